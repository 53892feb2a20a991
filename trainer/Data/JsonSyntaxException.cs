namespace LlavaCuda.Trainer.Data;

/// <summary>A place of a data file that breaks JSON's rules.</summary>
/// <param name="line">Its line, counted from 1.</param>
/// <param name="at">Where in the window it is.</param>
/// <param name="what">A clause without a full stop.</param>
internal sealed class JsonSyntaxException(long line, int at, string what) : Exception(what)
{
    internal long Line { get; } = line;

    internal int At { get; } = at;
}
