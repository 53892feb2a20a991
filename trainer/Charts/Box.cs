namespace LlavaCuda.Trainer.Charts;

/// <summary>A rectangle of pixels; right and bottom are the first ones outside.</summary>
internal readonly record struct Box(int Left, int Top, int Right, int Bottom)
{
    internal int Width => Right - Left;

    internal int Height => Bottom - Top;

    /// <summary>A rectangle by its size.</summary>
    internal static Box Sized(int left, int top, int width, int height) => new(left, top, left + width, top + height);

    /// <summary>Whether a pixel lies inside.</summary>
    internal bool Contains(int x, int y) => x >= Left && x < Right && y >= Top && y < Bottom;

    /// <summary>The smallest rectangle around this one and another.</summary>
    internal Box Union(Box other) =>
        new(Math.Min(Left, other.Left), Math.Min(Top, other.Top), Math.Max(Right, other.Right), Math.Max(Bottom, other.Bottom));
}
