namespace LlavaCuda.Text;

/// <summary>Where the images of a turn go when a sample is prepared for training.</summary>
public enum ImageOrder
{
    /// <summary>All markers of a turn go to its front, each on a line of its own; the text is trimmed. The original code does so with its one marker.</summary>
    First,

    /// <summary>Every marker stays where the data has it.</summary>
    Data,
}
