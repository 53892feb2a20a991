using LlavaCuda.Models;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Data;

public sealed class TrainingDataReaderTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_MixedSamples_CountsRowsAndLabels()
    {
        TrainingData data = _folder.Read(_folder.WriteSamples(1100, textEvery: 4));
        Assert.Equal(1100, data.Samples.Count);
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(DataFolder.Model);
        TokenizedSample first = data.Samples[0], text = data.Samples[3];
        Assert.Equal(first.Tokens + 3, first.Rows);
        Assert.Equal(text.Tokens, text.Rows);
        Assert.Equal(tokenizer.Encode("red 0").Length + 1, first.Supervised);
        Assert.Equal("s1099", data.Samples[1099].Place.Id);
        Assert.Equal(0, data.Unsupervised);
        Assert.Contains("825 with pictures (825), 275 of text", data.Describe().First(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Again_HasTheSameFingerprintUnlessTheAnswersDiffer()
    {
        string file = _folder.WriteSamples(20);
        TrainingData one = _folder.Read(file), again = _folder.Read(file);
        Assert.Equal((one.Fingerprint, one.PictureFingerprint), (again.Fingerprint, again.PictureFingerprint));
        Assert.NotEqual(one.Fingerprint, _folder.Read(file, "plain").Fingerprint);
        File.WriteAllText(file, File.ReadAllText(file).Replace("green 1", "grey 1", StringComparison.Ordinal));
        Assert.NotEqual(one.Fingerprint, _folder.Read(file).Fingerprint);
    }

    [Fact]
    public void AddTo_Batch_GivesBackIdsAndLabels()
    {
        TrainingData data = _folder.Read(_folder.WriteSamples(3));
        PackedBatch batch = new(DataFolder.Config);
        int[] scratch = [];
        for (int i = 0; i < 3; i++)
        {
            data.Samples.AddTo(batch, i, ref scratch);
        }

        Assert.Equal(Enumerable.Range(0, 3).Sum(i => data.Samples[i].Rows), batch.Rows);
        Assert.Equal(Enumerable.Range(0, 3).Sum(i => data.Samples[i].Supervised), batch.LabelledRows);
    }

    [Fact]
    public void Read_MissingPictures_NamesTheFirstAndCountsAll()
    {
        string file = _folder.WriteSamples(9);
        for (int i = 2; i < 9; i++)
        {
            File.Delete(Path.Combine(_folder.Images, $"{i}.png"));
        }

        OneLine.Throws<FileNotFoundException>(() => _folder.Read(file), "7 pictures", "'2.png'", "sample 2", "'s2'", "'6.png'", "...");
    }

    [Theory]
    [InlineData(null, "<image>\nq", "names 0 pictures", "room for 1")]
    [InlineData("a.png", "q", "names 1 pictures", "room for 0")]
    public void Read_PicturesUnlikeMarkers_NamesTheSample(string? image, string question, params string[] parts)
    {
        _folder.WritePicture("a.png", 1);
        string file = _folder.WriteSamples(DataFolder.Sample("x", image, ("human", question), ("gpt", "yes")));
        OneLine.Throws<InvalidDataException>(() => _folder.Read(file), ["sample 0", "'x'", .. parts]);
    }

    [Fact]
    public void Read_TwoPicturesInATurn_KeepBothInEitherOrder()
    {
        _folder.WritePicture("a.png", 1);
        string file = _folder.Write("data.json", """[{"image":["a.png","a.png"],"conversations":[{"from":"human","value":"<image> or <image>?"},{"from":"gpt","value":"one"}]}]""");
        Assert.Equal(2, _folder.Read(file).Samples[0].Images.Count);
        Assert.Equal(2, _folder.Read(file, order: ImageOrder.Data).Samples[0].Images.Count);
    }

    [Fact]
    public void Read_TooLong_FollowsThePolicy()
    {
        _folder.WritePicture("a.png", 1);
        string file = _folder.WriteSamples(
            DataFolder.Sample("short", "a.png", ("human", "<image>\nq"), ("gpt", "yes")),
            DataFolder.Sample("long", "a.png", ("human", "<image>\nq"), ("gpt", string.Concat(Enumerable.Repeat("yes ", 300)))));
        OneLine.Throws<InvalidDataException>(() => _folder.Read(file), "1 of 2 samples", "256 rows", "sample 1", "'long'", "--too-long");

        TrainingData skipped = _folder.Read(file, tooLong: TooLongPolicy.Skip), cut = _folder.Read(file, tooLong: TooLongPolicy.Truncate);
        Assert.Equal((1, 1, 0), (skipped.Samples.Count, skipped.Skipped, skipped.Truncated));
        Assert.Equal((2, 0, 1), (cut.Samples.Count, cut.Skipped, cut.Truncated));
        Assert.Equal(256, cut.Samples[1].Rows);
        Assert.True(cut.Samples[1].Supervised > 100);
    }

    [Fact]
    public void Read_PictureBeyondTheEnd_IsNeverCut()
    {
        _folder.WritePicture("a.png", 1);
        string file = _folder.WriteSamples(
            DataFolder.Sample("x", "a.png", ("human", string.Concat(Enumerable.Repeat("why ", 300))), ("gpt", "yes"), ("human", "<image>\nq"), ("gpt", "no")));
        OneLine.Throws<InvalidDataException>(() => _folder.Read(file, tooLong: TooLongPolicy.Truncate), "'x'", "picture", "row 256");
    }

    [Fact]
    public void Read_NoAnswer_IsCountedAndNamed()
    {
        string file = _folder.WriteSamples(DataFolder.Sample("a", null, ("human", "q"), ("gpt", "yes")), DataFolder.Sample("b", null, ("human", "q")));
        TrainingData data = _folder.Read(file);
        Assert.Equal(1, data.Unsupervised);
        Assert.Contains("'b'", data.DescribeUnsupervised(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TemplateWithoutFormForTheSample_NamesIt()
    {
        string file = _folder.WriteSamples(DataFolder.Sample("a", null, ("human", "q"), ("gpt", "yes")));
        OneLine.Throws<InvalidDataException>(() => _folder.Read(file, "plain"), "data.json sample 0", "'a'");
    }
}
