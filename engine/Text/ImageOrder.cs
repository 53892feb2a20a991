namespace LlavaCuda.Text;

/// <summary>Where the images of a turn go when a sample is prepared for training.</summary>
public enum ImageOrder
{
    /// <summary>As the original code does: all markers of a turn become one, at its front, on a line of its own; the text is trimmed.</summary>
    First,

    /// <summary>Every marker stays where the data has it.</summary>
    Data,
}
