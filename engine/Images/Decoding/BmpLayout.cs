namespace LlavaCuda.Images.Decoding;

/// <summary>How the pixels of a BMP file are stored.</summary>
internal enum BmpLayout
{
    /// <summary>Indices of 1, 4 or 8 bits.</summary>
    Indices,

    /// <summary>Gray levels of 8 bits.</summary>
    Levels,

    /// <summary>One bit a pixel, whatever the header says.</summary>
    BlackAndWhite,

    /// <summary>Runs of 8-bit indices.</summary>
    Runs8,

    /// <summary>Runs of 4-bit indices.</summary>
    Runs4,

    /// <summary>16 bits, 5 a channel.</summary>
    Bits555,

    /// <summary>16 bits, 6 for green.</summary>
    Bits565,

    /// <summary>Blue, green, red, and a fourth byte where there are 32 bits.</summary>
    Bgr,

    /// <summary>A byte of no meaning, blue, green, red.</summary>
    SkipBgr,

    /// <summary>Blue, green, a byte of no meaning, red.</summary>
    BgSkipR,

    /// <summary>Red, green, blue and a fourth byte.</summary>
    Rgb,
}
