namespace LlavaCuda.Text;

/// <summary>One entry of a SentencePiece vocabulary; its place in the list is its id.</summary>
/// <param name="Text">The piece, with U+2581 in place of spaces.</param>
/// <param name="Score">Higher scores are merged first.</param>
/// <param name="Type">What the piece stands for.</param>
public readonly record struct SentencePiece(string Text, float Score, SentencePieceType Type);
