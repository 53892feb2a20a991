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
        Assert.Contains("825 with images, 275 of text", data.Describe().First(), StringComparison.Ordinal);
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

        OneLine.Throws<FileNotFoundException>(() => _folder.Read(file), "7 images", "'2.png'", "sample 2", "'s2'", "'6.png'", "...");
    }

    [Fact]
    public void Read_NoFolderOfImages_SaysSoOnlyWhereOneIsNeeded()
    {
        string file = _folder.WriteSamples(DataFolder.Sample("a", "0.png", ("human", "<image>"), ("gpt", "yes")));
        OneLine.Throws<FileNotFoundException>(() => _folder.Read(file), "1 image is missing", _folder.Images, "no folder", "'0.png'");
        Assert.Equal(1, _folder.Read(_folder.WriteSamples(DataFolder.Sample("a", null, ("human", "q"), ("gpt", "yes")))).Samples.Count);
    }

    [Theory]
    [InlineData(null, "<image>\nq", "0 images", "1 <image> mark in")]
    [InlineData("a.png", "q", "1 image,", "0 <image> marks")]
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
        OneLine.Throws<InvalidDataException>(() => _folder.Read(file, tooLong: TooLongPolicy.Truncate), "'x'", "an image", "row 256");
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

    [Fact]
    public void Read_SeveralWrongSamples_CountsNamesAndListsAll()
    {
        _folder.WritePicture("a.png", 1);
        string good = """{"image":"a.png","conversations":[{"from":"human","value":"<image>"},{"from":"gpt","value":"yes"}]}""";
        string[] wrong = ["{}", good.Replace("<image>", "", StringComparison.Ordinal), "7", good.Replace("gpt", "bot", StringComparison.Ordinal), "[]", good.Replace("yes", "\\ud800", StringComparison.Ordinal)];
        string file = _folder.Write("data.json", $"[{string.Join(",\n", wrong.SelectMany(w => (string[])[good, w]))}]");
        List<string> report = [];
        OneLine.Throws<InvalidDataException>(() => _folder.Read(file, report: report), "6 of 12 samples", "sample 1, line 2", "sample 3, line 4", "sample 9, line 10", "...");
        Assert.Equal(Enumerable.Range(5, 1).Select(i => $"sample {(2 * i) + 1}, line {(2 * i) + 2}: "), report.Select(r => r[(r.IndexOf("sample ", StringComparison.Ordinal))..(r.IndexOf(": ", StringComparison.Ordinal) + 2)]));

        File.Delete(_folder.At("images", "a.png"));
        OneLine.Throws<InvalidDataException>(() => _folder.Read(file), "6 of 12 samples", "images are missing");
        File.WriteAllText(file, File.ReadAllText(file)[..^1] + ",");
        OneLine.Throws<InvalidDataException>(() => _folder.Read(file), "line 12", "cut off", "6 of 12 samples");
    }

    [Theory]
    [InlineData(TooLongPolicy.Error)]
    [InlineData(TooLongPolicy.Skip)]
    [InlineData(TooLongPolicy.Truncate)]
    public void Read_LongTextThatTheTemplateLeavesOut_DoesNotCount(TooLongPolicy policy)
    {
        string text = string.Concat(Enumerable.Repeat("so far ", 20_000));
        _folder.WritePicture("a.png", 1);
        string captions = _folder.WriteSamples(DataFolder.Sample("a", "a.png", ("human", "<image>" + text), ("gpt", "a dog")));
        Assert.Equal((1, 0, 0), Counts(_folder.Read(captions, "plain", tooLong: policy)));
        string chats = _folder.WriteSamples(DataFolder.Sample("b", null, ("gpt", text), ("human", "q"), ("gpt", "yes")));
        Assert.Equal((1, 0, 0), Counts(_folder.Read(chats, tooLong: policy)));

        static (int, int, int) Counts(TrainingData data) => (data.Samples.Count, data.Skipped, data.Truncated);
    }

    [Theory]
    [InlineData(TooLongPolicy.Error)]
    [InlineData(TooLongPolicy.Skip)]
    [InlineData(TooLongPolicy.Truncate)]
    public void Read_TextsThatNoModelReads_FollowThePolicyWithoutBeingEncoded(TooLongPolicy policy)
    {
        string short1 = """{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"yes"}]}""";
        string file = _folder.Write(
            "data.jsonl",
            $"{short1}\n{short1.Replace("yes", new string('x', 1 + SampleParser.LongestText), StringComparison.Ordinal)}\n{short1.Replace("yes", string.Concat(Enumerable.Repeat("yes ", 1_000_000)), StringComparison.Ordinal)}\n{short1}");
        if (policy == TooLongPolicy.Skip)
        {
            TrainingData data = _folder.Read(file, tooLong: policy);
            Assert.Equal((2, 2), (data.Samples.Count, data.Skipped));
        }
        else if (policy == TooLongPolicy.Error)
        {
            OneLine.Throws<InvalidDataException>(() => _folder.Read(file, tooLong: policy), "2 of 4 samples", "sample 1, line 2", "conversations[1].value", "16,777,216 bytes", "sample 2, line 3", "4,000,001 characters");
        }
        else
        {
            OneLine.Throws<InvalidDataException>(() => _folder.Read(file, tooLong: policy), "sample 1, line 2", "conversations[1].value", "16,777,216 bytes", "--too-long skip");
        }
    }

    [Fact]
    public void Read_LongTextCutOff_IsThatOfTheWholeText()
    {
        string text = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{i} yes 😀 "));
        foreach (int length in (int[])[3_000, 20_000, text.Length])
        {
            string file = _folder.WriteSamples(DataFolder.Sample("a", null, ("human", "q"), ("gpt", text[..length]), ("human", "q"), ("gpt", "no")));
            TrainingData data = _folder.Read(file, tooLong: TooLongPolicy.Truncate);
            Assert.Equal((256, 1), (data.Samples[0].Rows, data.Truncated));
            Assert.Equal(_folder.Read(_folder.WriteSamples(DataFolder.Sample("a", null, ("human", "q"), ("gpt", text[..2_000]))), tooLong: TooLongPolicy.Truncate).Fingerprint, data.Fingerprint);
        }
    }

    [Fact]
    public void Read_SystemTurn_StandsInThePlaceOfTheTemplates()
    {
        string plain = """{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"yes"}]}""";
        string file = _folder.Write("data.jsonl", $"{plain}\n{plain.Replace("[{", "[{\"from\":\"system\",\"value\":\"Be brief.\"},{", StringComparison.Ordinal)}");
        TrainingData data = _folder.Read(file);
        ConversationTemplate template = ConversationTemplates.Parse("v1");
        Conversation conversation = new([Turn.Human("q"), Turn.Assistant("yes")]);
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(DataFolder.Model);
        Assert.Equal(data.Samples[0].Supervised, data.Samples[1].Supervised);
        Assert.Equal(PromptEncoder.EncodeTraining(template.WithSystem("Be brief."), conversation, tokenizer, ImageOrder.First, null).Ids.Length, data.Samples[1].Tokens);
        Assert.NotEqual(data.Samples[0].Tokens, data.Samples[1].Tokens);

        _folder.WritePicture("a.png", 1);
        string captions = _folder.Write("captions.json", """[{"system":"Be brief.","image":"a.png","conversations":[{"from":"human","value":"<image>"},{"from":"gpt","value":"yes"}]}]""");
        OneLine.Throws<InvalidDataException>(() => _folder.Read(captions, "plain"), "sample 0", "plain", "system text");
    }

    [Fact]
    public void Read_TurnsThatSayNothing_AreCountedAndNamed()
    {
        string file = _folder.WriteSamples(
            DataFolder.Sample("a", null, ("gpt", ""), ("human", "q"), ("gpt", ""), ("human", "q"), ("gpt", "yes")),
            DataFolder.Sample("b", null, ("human", " \n"), ("gpt", "yes"), ("human", "q")),
            DataFolder.Sample("c", null, ("human", "q"), ("gpt", "yes")));
        TrainingData data = _folder.Read(file);
        Assert.Equal((2, 1, 1), (data.EmptyTurns, data.EndWithQuestion, data.BeginWithAnswer));
        Assert.Contains("'a'), line 1, the answer of turn 2; ", data.DescribeEmptyTurns(), StringComparison.Ordinal);
        Assert.Contains("'b'), line 1, the question of turn 0", data.DescribeEmptyTurns(), StringComparison.Ordinal);
        Assert.Contains(data.Describe(), line => line.Contains("2 turns say nothing", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_AbsoluteAndBackslashPaths_AreFound()
    {
        _folder.WritePicture(Path.Combine("sub", "a.png"), 1);
        string absolute = Path.Combine(_folder.Images, "sub", "a.png");
        string file = _folder.WriteSamples([.. ((string[])[absolute, "sub\\a.png", "sub/a.png"]).Select(p => DataFolder.Sample("x", p, ("human", "<image>"), ("gpt", "yes")))]);
        Assert.Equal(3, _folder.Read(file).Samples.Count);
    }
}
