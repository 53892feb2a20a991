namespace LlavaCuda.Images.Decoding;

/// <summary>The compressions of TIFF files that are read, by their numbers in the file.</summary>
internal enum TiffCompression
{
    /// <summary>None.</summary>
    None = 1,

    /// <summary>Variable-length codes.</summary>
    Lzw = 5,

    /// <summary>Deflate, as Adobe numbered it.</summary>
    AdobeDeflate = 8,

    /// <summary>Runs of bytes.</summary>
    PackBits = 32773,

    /// <summary>Deflate, as it was numbered before.</summary>
    Deflate = 32946,
}
