namespace LlavaCuda.Text;

/// <summary>A training sample as tokens.</summary>
/// <param name="Ids">Token ids, with <see cref="PromptEncoder.ImageToken"/> once for each image.</param>
/// <param name="Labels">The ids on which loss is taken, <see cref="PromptEncoder.Ignore"/> elsewhere; not shifted.</param>
/// <param name="SupervisedTokens">The number of labels that are ids.</param>
/// <param name="ImageCount">The number of image places among the ids.</param>
/// <param name="Truncated">Whether the sample was longer and its end is missing.</param>
public sealed record EncodedSample(int[] Ids, int[] Labels, int SupervisedTokens, int ImageCount, bool Truncated);
