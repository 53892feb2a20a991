using System.Text;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Data;

/// <summary>The reader's results do not depend on the blocks in which it reads, and its memory does not depend on the file.</summary>
public sealed class ConversationReaderBlockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_AnyBlockSize_GivesTheSame()
    {
        string[] files =
        [
            """[{"id":"é1","x":[1,-2.5e3,true,null,{"y":"\u00e9\"\\"}],"image":"a.png","conversations":[{"from":"human","value":"<image>\n\ud83d\ude00 €𝄞"},{"from":"gpt","value":"ok"}]}, {"conversations":[]}]""",
            "\uFEFF{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"é\"}]}]}\n{\"id\": tru}\n\n{\"id\":\"b\nc\"}\r\n{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
            "[\n{\"conversations\":[{\"from\":\"human\",\"value\":\"x\"}] \n\n , \"id\" \n : 12345 } \n,\n  ]",
            "[{\"id\": 1, \"conversations\": [{\"from\":\"human\",\"value\":\"x\"}]}, {'id': 2}]",
            "[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"}]}\n{}]",
            "[{\"id\": \"\\u12g4\"}]",
            "[{\"id\": nan}]",
            "[{\"id\": \"tab\there\"}]",
            "[{\"id\" 1}]",
            "[{\"id\": 1, \"conversations\": [{\"from\": \"human\"",
            "[1] [2]",
            "[" + new string('[', 80) + "]",
            "{} x\n// y\n{}",
        ];
        foreach (string file in files)
        {
            string path = _folder.Write("data.json", file);
            string expected = Outcome(path, DataWindow.DefaultBlock);
            foreach (int block in (int[])[1, 2, 3, 4, 5, 7, 13, 64])
            {
                Assert.Equal(expected, Outcome(path, block));
            }
        }
    }

    [Fact]
    public void Read_FileCutAnywhere_GivesTheSameForAnyBlockSize()
    {
        byte[] file = Encoding.UTF8.GetBytes("""[{"id":"é","conversations":[{"from":"human","value":"a\n\ud83d\ude00"},{"from":"gpt","value":"€"}],"n":-1.5e+2},{"id":null}]""");
        foreach (bool lines in (bool[])[false, true])
        {
            byte[] whole = lines ? file[1..^1] : file;
            for (int length = 1; length <= whole.Length; length++)
            {
                File.WriteAllBytes(_folder.At("data.json"), whole[..length]);
                string expected = Outcome(_folder.At("data.json"), DataWindow.DefaultBlock);
                Assert.DoesNotContain("Exception", expected.Replace(nameof(InvalidDataException), string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
                foreach (int block in (int[])[1, 3, 7])
                {
                    Assert.Equal(expected, Outcome(_folder.At("data.json"), block));
                }
            }
        }
    }

    [Fact]
    public void Read_BytesChangedAnywhere_GivesTheSameForAnyBlockSizeAndNamesTheFile()
    {
        byte[] file = Encoding.UTF8.GetBytes("""
            [{"id":"é","image":"a.png","conversations":[{"from":"human","value":"<image>\n\ud83d\ude00"},{"from":"gpt","value":"€"}]},
             {"messages":[{"role":"user","content":[{"type":"image","image":"b.png"},{"type":"text","text":"q"}]},{"role":"assistant","content":"a"}]}]
            """);
        Random random = new(31);
        string path = _folder.At("data.json");
        for (int i = 0; i < 1500; i++)
        {
            byte[] changed = [.. file];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                changed[random.Next(changed.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)"[]{}\",:\\ud8\n0"[random.Next(12)];
            }

            File.WriteAllBytes(path, changed);
            string expected = Outcome(path, DataWindow.DefaultBlock);
            Assert.Equal(expected, Outcome(path, random.Next(1, 40)));
        }
    }

    [Fact]
    public void Read_TextsAroundTheLongest_AreKeptUpToItForAnyBlockSize()
    {
        const int Longest = 24;
        foreach (string unit in (string[])["a", "é", "\\n", "\\ud83d\\ude00", "\\\\", "𝄞"])
        {
            for (int units = 1; units < 30; units++)
            {
                string text = string.Concat(Enumerable.Repeat(unit, units));
                int bytes = Encoding.UTF8.GetByteCount(text);
                string[] files =
                [
                    $$"""[{"note":"{{text}}","conversations":[{"from":"human","value":"q"}]}]""",
                    $$"""[{"conversations":[{"from":"human","value":"{{text}}"}]}]""",
                    $$"""[{"id":"{{text}}","conversations":[{"from":"human","value":"q"}]}]""",
                    $$"""{"{{text}}":1,{{new string('\n', units)}}"conversations":[{"from":"human","value":"q"}{{new string(' ', units)}}]} {{new string(' ', units)}} {}""",
                ];
                for (int i = 0; i < files.Length; i++)
                {
                    string path = _folder.Write("data.json", files[i]);
                    string expected = Outcome(path, DataWindow.DefaultBlock, Longest);
                    bool isNamed = expected.Contains("has more than 24 bytes", StringComparison.Ordinal);
                    Assert.Equal(i is 1 or 2 && bytes > Longest, isNamed);
                    foreach (int block in (int[])[1, 2, 3, 7, 64])
                    {
                        Assert.Equal(expected, Outcome(path, block, Longest));
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("\"", "", "\"")]
    [InlineData("\"\\\\", "\\\\", "\"")]
    [InlineData("[0", ",0", "]")]
    [InlineData("[[]", ",[]", "]")]
    [InlineData("", " ", "1")]
    [InlineData("", "1", "")]
    public void Read_HugeValueOfAnotherKey_IsPassedOverInBoundedMemory(string first, string repeated, string last)
    {
        const int Longest = 1 << 16;
        string path = _folder.At("data.json");
        using (StreamWriter file = new(path))
        {
            file.Write("[{\"note\":" + first);
            for (int i = 0; i < 4_000_000; i++)
            {
                file.Write(repeated.Length == 0 ? "ab" : repeated);
            }

            file.Write(last + ",\n\"conversations\":[{\"from\":\"human\",\"value\":\"q\"}]}]");
        }

        List<ConversationSample> samples = [];
        long before = GC.GetAllocatedBytesForCurrentThread();
        if (repeated == "1")
        {
            OneLine.Throws<InvalidDataException>(() => ConversationReaderTests.ReadAll(path, 1 << 14, samples, [], Longest), "line 1", "digits");
        }
        else
        {
            ConversationReaderTests.ReadAll(path, 1 << 14, samples, [], Longest);
            Assert.Equal(1, Assert.Single(samples).Place.Line);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    // All samples and faults, and how it ended; anything but InvalidDataException of one line fails.
    private static string Outcome(string path, int block, int longest = SampleParser.LongestText)
    {
        List<ConversationSample> samples = [];
        List<string> faults = [];
        string end = "end";
        try
        {
            ConversationReaderTests.ReadAll(path, block, samples, faults, longest);
        }
        catch (InvalidDataException error)
        {
            Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
            end = error.Message;
        }

        Assert.DoesNotContain('\n', string.Concat(faults) + end);
        return string.Join('\n', [.. samples.Select(s => $"{s.Place} {string.Join(',', s.Images)} {string.Join('|', s.Conversation.Turns.Select(t => t.Role + ConversationReaderTests.Written(t)))} {s.Oversized}"), .. faults, end]);
    }
}
