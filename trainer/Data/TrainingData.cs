using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>How samples become token ids.</summary>
/// <param name="Config">The model, for the rows of a picture and the size of the vocabulary.</param>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Template">The form of the prompt.</param>
/// <param name="ImageOrder">Where images go within their turns.</param>
/// <param name="ImageFolder">The folder that paths of pictures begin at, or null where no sample has one.</param>
/// <param name="MaxRows">The most rows that a sample may have, pictures included.</param>
/// <param name="TooLong">What becomes of longer ones.</param>
internal sealed record DataSettings(
    LlavaConfig Config, LlavaTokenizer Tokenizer, ConversationTemplate Template, ImageOrder ImageOrder, string? ImageFolder, int MaxRows, TooLongPolicy TooLong)
{
    /// <summary>Gets what becomes of samples whose images are missing.</summary>
    internal BadImagePolicy OnBadImage { get; init; }

    /// <summary>Gets a value indicating whether what carries no loss is a fault, which is named along with the others.</summary>
    internal bool RequireLoss { get; init; }
}

/// <summary>All samples of a run, tokenised, and the account of them.</summary>
/// <param name="Samples">The samples.</param>
/// <param name="Fingerprint">SHA-256 over tokens, labels and paths of pictures, in order.</param>
/// <param name="PictureFingerprint">SHA-256 over the sizes of the pictures' files.</param>
public sealed record TrainingData(SampleStore Samples, string Fingerprint, string PictureFingerprint)
{
    internal const int Named = 5;

    /// <summary>Gets the images that are missing, where those are no error, or have no bytes: the sample's number, the path, and -1 or 0.</summary>
    internal IReadOnlyList<(int Sample, string Image, long Bytes)> UnreadableFiles { get; init; } = [];

    /// <summary>Gets the number of samples that were cut off at the end.</summary>
    public int Truncated { get; init; }

    /// <summary>Gets the number of samples that were left out as too long.</summary>
    public int Skipped { get; init; }

    /// <summary>Gets the number of samples that begin with an answer, which is left out.</summary>
    public int BeginWithAnswer { get; init; }

    /// <summary>Gets the number of samples that end with a question, which nothing answers.</summary>
    public int EndWithQuestion { get; init; }

    /// <summary>Gets the number of turns that say nothing.</summary>
    public int EmptyTurns { get; init; }

    /// <summary>Gets where the first few of <see cref="EmptyTurns"/> are.</summary>
    internal IReadOnlyList<string> FirstEmptyTurns { get; init; } = [];

    /// <summary>Gets the number of samples without any row that carries loss.</summary>
    public int Unsupervised => Enumerable.Range(0, Samples.Count).Count(i => Samples[i].Supervised == 0);

    /// <summary>Names the first few samples without any row that carries loss, and why.</summary>
    /// <returns>At most five, as one text.</returns>
    public string DescribeUnsupervised() => string.Join("; ", Enumerable.Range(0, Samples.Count)
        .Where(i => Samples[i].Supervised == 0).Take(Named)
        .Select(i => $"{Samples[i].Place}: {(Truncated > 0 ? "no answer, an empty one, or one that was cut off" : "no answer, or an empty one")}"));

    /// <summary>Says how many turns say nothing.</summary>
    internal string CountEmptyTurns() => EmptyTurns == 1 ? "1 turn says nothing" : $"{EmptyTurns:N0} turns say nothing";

    /// <summary>Names the first few turns that say nothing.</summary>
    /// <returns>At most five, as one text.</returns>
    public string DescribeEmptyTurns() => string.Join("; ", FirstEmptyTurns) + (EmptyTurns > FirstEmptyTurns.Count ? "; ..." : string.Empty);

    /// <summary>Says what carries no loss though it might be meant to: samples without any such token, and turns that say nothing.</summary>
    /// <returns>At most a sentence each.</returns>
    internal IEnumerable<string> WithoutLoss()
    {
        const string Mend = "Mend them, or accept them with --allow-unsupervised.";
        if (Unsupervised is > 0 and int samples)
        {
            yield return $"{samples:N0} of {Samples.Count:N0} samples have no token that carries loss: {DescribeUnsupervised()}. {Mend}";
        }

        if (EmptyTurns > 0)
        {
            yield return $"{CountEmptyTurns()}: {DescribeEmptyTurns()}. {Mend}";
        }
    }

    /// <summary>Writes the account, a line each.</summary>
    /// <returns>The lines.</returns>
    public IEnumerable<string> Describe()
    {
        int images = 0, withImages = 0, least = int.MaxValue, most = 0, longest = 0;
        long supervised = 0, rows = 0;
        for (int i = 0; i < Samples.Count; i++)
        {
            TokenizedSample sample = Samples[i];
            images += sample.Images.Count;
            withImages += sample.Images.Count > 0 ? 1 : 0;
            least = Math.Min(least, sample.Supervised);
            most = Math.Max(most, sample.Supervised);
            longest = Math.Max(longest, sample.Rows);
            supervised += sample.Supervised;
            rows += sample.Rows;
        }

        string several = images > withImages ? $" ({images:N0} images)" : string.Empty;
        yield return $"{Samples.Count:N0} {(Samples.Count == 1 ? "sample" : "samples")}: {withImages:N0} with images{several}, {Samples.Count - withImages:N0} of text alone";
        yield return $"{rows:N0} rows, at most {longest:N0} in a sample; tokens with loss a sample: least {least}, mean {(double)supervised / Samples.Count:F1}, most {most}";
        if (Truncated + Skipped + BeginWithAnswer > 0)
        {
            yield return $"too long: {Truncated:N0} cut off, {Skipped:N0} left out; {BeginWithAnswer:N0} begin with an answer, which is left out";
        }

        if (EndWithQuestion + EmptyTurns > 0)
        {
            yield return $"{EndWithQuestion:N0} end with a question, which is not learned; {CountEmptyTurns()}{(EmptyTurns > 0 ? $": {DescribeEmptyTurns()}" : string.Empty)}";
        }
    }
}
