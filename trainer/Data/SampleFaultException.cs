namespace LlavaCuda.Trainer.Data;

/// <summary>What is wrong with one sample; the others can be read all the same.</summary>
/// <param name="line">The line, counted from 1.</param>
/// <param name="what">A clause without a full stop.</param>
internal sealed class SampleFaultException(long line, string what) : Exception(what)
{
    internal long Line { get; } = line;
}
