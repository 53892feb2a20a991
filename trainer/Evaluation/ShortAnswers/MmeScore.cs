namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>A question of MME: its image, and whether it was answered rightly.</summary>
/// <param name="Image">The image, within its subtask.</param>
/// <param name="IsRight">Whether the answer is right.</param>
internal readonly record struct MmeRow(string Image, bool IsRight);

/// <summary>MME's figures of a subtask.</summary>
internal static class MmeScore
{
    /// <summary>The share of right answers.</summary>
    internal static double Accuracy(IReadOnlyCollection<MmeRow> rows) => rows.Count(static row => row.IsRight) / (double)rows.Count;

    /// <summary>The share of images of which all questions, two in MME, are answered rightly.</summary>
    internal static double AccuracyPlus(IReadOnlyCollection<MmeRow> rows)
    {
        IGrouping<string, MmeRow>[] images = [.. rows.GroupBy(static row => row.Image)];
        return images.Count(static image => image.All(static row => row.IsRight)) / (double)images.Length;
    }

    /// <summary>The subtask's score, of 200: both figures in percent, summed.</summary>
    internal static double Points(IReadOnlyCollection<MmeRow> rows) => (100 * Accuracy(rows)) + (100 * AccuracyPlus(rows));
}
