using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Charts;

/// <summary>
/// A question about a picture: what was asked, what the model said, what would have been right, and whether the answer counts as that.
/// </summary>
internal sealed record AnsweredPicture(RgbImage Picture, string Question, string Answer, string Truth, bool Right);
