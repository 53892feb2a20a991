namespace LlavaCuda.Images;

/// <summary>
/// What to compute of a resize: the source lies on a canvas of one colour, the canvas is resized to <see cref="Width"/> x <see cref="Height"/>, and of that
/// the window is wanted. Neither canvas nor resized picture is ever stored, so that a long thin picture costs no more than another.
/// </summary>
internal readonly record struct ResizePlan
{
    /// <summary>Width of the canvas.</summary>
    internal required int CanvasWidth { get; init; }

    /// <summary>Height of the canvas.</summary>
    internal required int CanvasHeight { get; init; }

    /// <summary>Columns of the canvas left of the source.</summary>
    internal int OffsetX { get; init; }

    /// <summary>Rows of the canvas above the source.</summary>
    internal int OffsetY { get; init; }

    /// <summary>Colour of the canvas where the source is not.</summary>
    internal (byte Red, byte Green, byte Blue) Fill { get; init; }

    /// <summary>Width that the canvas is resized to.</summary>
    internal required int Width { get; init; }

    /// <summary>Height that the canvas is resized to.</summary>
    internal required int Height { get; init; }

    /// <summary>First column wanted.</summary>
    internal int Left { get; init; }

    /// <summary>First row wanted.</summary>
    internal int Top { get; init; }

    /// <summary>Number of columns wanted.</summary>
    internal required int Columns { get; init; }

    /// <summary>Number of rows wanted.</summary>
    internal required int Rows { get; init; }
}
