using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Charts;

/// <summary>
/// A question about an image: what was asked, what the model said, what would have been right, and whether the answer counts as that.
/// </summary>
internal sealed record AnsweredImage(RgbImage Image, string Question, string Answer, string Truth, bool Right);
