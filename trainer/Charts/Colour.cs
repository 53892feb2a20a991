namespace LlavaCuda.Trainer.Charts;

/// <summary>A colour of eight bits a channel.</summary>
internal readonly record struct Colour(byte Red, byte Green, byte Blue)
{
    internal static readonly Colour White = new(255, 255, 255);
    internal static readonly Colour Ink = new(34, 38, 46);
    internal static readonly Colour Quiet = new(104, 112, 124);
    internal static readonly Colour Grid = new(228, 231, 236);
    internal static readonly Colour Right = new(22, 128, 61);
    internal static readonly Colour Wrong = new(200, 30, 40);
}
