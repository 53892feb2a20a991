namespace LlavaCuda.Images;

/// <summary>Which way up an image is read whose file has an EXIF orientation.</summary>
public enum ImageOrientation
{
    /// <summary>As its pixels are stored; LLaVA trains and answers so.</summary>
    Stored,

    /// <summary>Turned and mirrored as the EXIF orientation says: as cameras and viewers show it.</summary>
    Exif,
}
