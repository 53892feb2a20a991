namespace LlavaCuda.Text;

/// <summary>What a piece of a vocabulary stands for; the values are those of the file format.</summary>
public enum SentencePieceType
{
    /// <summary>A string found in text.</summary>
    Normal = 1,

    /// <summary>The piece for everything that no other piece covers.</summary>
    Unknown = 2,

    /// <summary>A marker, such as <c>&lt;s&gt;</c>, that is never found in text and decodes to nothing.</summary>
    Control = 3,

    /// <summary>A string that is always cut out of the text whole.</summary>
    UserDefined = 4,

    /// <summary>A piece that is kept in the vocabulary but must not be produced.</summary>
    Unused = 5,

    /// <summary>One byte, written <c>&lt;0x41&gt;</c>.</summary>
    Byte = 6,
}
