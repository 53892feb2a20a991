namespace LlavaCuda.Text;

/// <summary>Where the images of a turn go, in training and in chats.</summary>
public enum ImageOrder
{
    /// <summary>All markers of a turn go to its front, each on a line of its own; the text is trimmed. The original code does so with its one marker.</summary>
    First,

    /// <summary>Every image stays where the data, or the message, has it.</summary>
    Data,
}
