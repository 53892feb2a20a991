namespace LlavaCuda.Trainer.Terminal;

/// <summary>How the editing of a line ended.</summary>
internal enum LineEnd
{
    /// <summary>With Enter.</summary>
    Entered,

    /// <summary>There is no more input: Ctrl-D, or the terminal is gone.</summary>
    EndOfInput,

    /// <summary>With Ctrl-C, pressed again when the editor asked.</summary>
    Interrupted,
}
