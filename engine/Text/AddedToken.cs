namespace LlavaCuda.Text;

/// <summary>A string that is cut out of text before it is encoded and has an id of its own.</summary>
/// <param name="Content">The string, such as <c>&lt;/s&gt;</c> or <c>&lt;image&gt;</c>.</param>
/// <param name="Id">Its id, inside or behind the vocabulary.</param>
public sealed record AddedToken(string Content, int Id)
{
    /// <summary>Gets a value indicating whether decoding may skip it.</summary>
    public bool Special { get; init; } = true;

    /// <summary>Gets a value indicating whether it swallows the white space before it.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Gets a value indicating whether it swallows the white space behind it.</summary>
    public bool StripRight { get; init; }
}
