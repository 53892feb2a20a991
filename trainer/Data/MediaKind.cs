namespace LlavaCuda.Trainer.Data;

/// <summary>What the name of a key says about media.</summary>
internal enum MediaKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It describes them: <c>image_id</c>.</summary>
    Describes,

    /// <summary>Nothing, but its value is the name of an image, a video or a sound.</summary>
    NamesFile,

    /// <summary>It holds an image: <c>image_path</c>.</summary>
    HoldsImage,

    /// <summary>It holds something else than an image: <c>video</c>.</summary>
    HoldsOther,
}
