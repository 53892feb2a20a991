using System.Runtime.CompilerServices;

namespace LlavaCuda.Trainer.Data;

/// <summary>The text of a fault, which is written only where there is one.</summary>
[InterpolatedStringHandler]
internal ref struct FaultText
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Begins the text, unless what is required holds.</summary>
    public FaultText(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _text = isNeeded ? new(literalLength, formattedCount) : default;
    }

    /// <summary>Appends a text.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Appends a value.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>Appends a value.</summary>
    public void AppendFormatted<T>(T value, string format) => _text.AppendFormatted(value, format);

    internal string Finish() => _text.ToStringAndClear();
}
