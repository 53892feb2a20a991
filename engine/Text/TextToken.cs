namespace LlavaCuda.Text;

/// <summary>A token and the place in the text (UTF-16 units) where it begins; a dummy prefix begins where its text does.</summary>
internal readonly record struct TextToken(int Id, int Start);
