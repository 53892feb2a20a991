using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>What became of a sample: tokens, a length that is not allowed, or a fault.</summary>
/// <param name="Sample">The tokens, or null.</param>
/// <param name="ImageBytes">The sizes of the images' files, -1 for those that are missing.</param>
/// <param name="TooLong">The sample's length as a clause, where it is more than allowed.</param>
/// <param name="Fault">What is wrong with it, as a line that names it and has no full stop.</param>
internal readonly record struct SampleEncoding(EncodedSample? Sample, long[] ImageBytes, string? TooLong, string? Fault);
