namespace LlavaCuda.Images;

/// <summary>What happens to a picture that is not square before it is resized.</summary>
public enum ImageAspect
{
    /// <summary>Nothing: the shortest edge is resized and the ends of the long side are cropped off (LLaVA, and LLaVA-1.5's first stage).</summary>
    Square,

    /// <summary>The picture is laid on the middle of a square in the mean colour, so that all of it is seen (LLaVA-1.5's second stage and inference).</summary>
    Pad,
}
