using System.Diagnostics;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class SentencePieceTokenizerTests
{
    private static readonly SentencePieceTokenizer Tokenizer = new(SampleVocabulary.Model);

    [Fact]
    [Trait("Category", "Reference")]
    public void Decode_ReferenceIds_EqualsSentencePiece()
    {
        SentencePieceTokenizer tokenizer = new(PromptReference.Model);
        foreach (JsonElement testCase in PromptReference.Cases("decode"))
        {
            Assert.Equal(testCase.GetProperty("text").GetString(), tokenizer.Decode(PromptReference.Numbers(testCase, "ids")));
        }
    }

    [Fact]
    public void Decode_AnyEncodedText_GivesTheTextBack() =>
        Prop.ForAll<string>(text =>
        {
            // What UTF-8 cannot hold and the character that stands for spaces do not survive in sentencepiece either.
            string text8 = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? string.Empty)).Replace(SentencePieceTokenizer.Space, ' ');
            return Tokenizer.Decode(Tokenizer.Encode(text ?? string.Empty)) == text8;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Encode_EqualScores_MergesTheLeftmostFirst()
    {
        // Three spaces in a row: with the prefix four, and "▁▁" must take the first two, then the next two.
        SentencePieceTokenizer tokenizer = new(Small(("\u2581\u2581", -1), ("\u2581", -2), ("a", -3)));
        Assert.Equal(["\u2581\u2581", "\u2581\u2581", "a"], Spell(tokenizer, "   a"));
        Assert.Equal(["\u2581\u2581", "\u2581", "a"], Spell(tokenizer, "  a"));
    }

    [Fact]
    public void Encode_HigherScore_MergesBeforePlacesFurtherLeft()
    {
        SentencePieceTokenizer tokenizer = new(Small(("bc", -1), ("ab", -2), ("\u2581", -3), ("a", -4), ("b", -5), ("c", -6)));
        Assert.Equal(["\u2581", "a", "bc"], Spell(tokenizer, "abc"));
    }

    [Fact]
    public void Encode_UserDefinedPiece_IsCutOutWhole()
    {
        List<SentencePiece> pieces = [.. Small(("\u2581", -1), ("a", -2), ("xa", -1)).Pieces, new("<x", 0, SentencePieceType.UserDefined), new("<xa", 0, SentencePieceType.UserDefined)];
        SentencePieceTokenizer tokenizer = new(new SentencePieceModel(pieces));
        Assert.Equal(["\u2581", "<xa", "a"], Spell(tokenizer, "<xaa"));
        Assert.Equal(["\u2581", "<x", "<0x62>"], Spell(tokenizer, "<xb"));
    }

    [Fact]
    public void Encode_NoByteFallback_OneUnknownForARun()
    {
        SentencePieceTokenizer tokenizer = new(new SentencePieceModel([new("<unk>", 0, SentencePieceType.Unknown), new("a", 0, SentencePieceType.Normal)])
        {
            ByteFallback = false,
            AddDummyPrefix = false,
        });
        Assert.Equal([1, 0, 1, 0], tokenizer.Encode("abca\U0001F642"));
        Assert.Equal("a \u2047 ", tokenizer.Decode([1, 0]));
    }

    [Fact]
    public void Encode_PieceNamesInText_AreNotMarkers()
    {
        int[] ids = Tokenizer.Encode("<0x0A><s>");
        Assert.DoesNotContain(Tokenizer.FindId("<0x0A>")!.Value, ids);
        Assert.DoesNotContain(1, ids);
        Assert.Equal("<0x0A><s>", Tokenizer.Decode(ids));
    }

    [Fact]
    public void Encode_TenTimesTheText_TakesNoHundredTimesTheTime()
    {
        string text = string.Concat(Enumerable.Repeat("The quick brown fox 12345 jumps ....... over    中文🙂 the lazy dog\n", 1600));
        TimeSpan small = Measure(text[..10_000]);
        TimeSpan large = Measure(text[..100_000]);

        // Quadratic work would take a hundred times as long; the margin is for a busy machine.
        Assert.True(large < (small * 40) + TimeSpan.FromMilliseconds(200), $"10,000 characters: {small.TotalMilliseconds} ms, 100,000: {large.TotalMilliseconds} ms");
    }

    [Fact]
    public void Decode_UnknownId_Throws() =>
        Assert.Contains("420", Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.Decode([SampleVocabulary.Size])).Message, StringComparison.Ordinal);

    [Fact]
    public void Constructor_ByteMissing_NamesIt()
    {
        SentencePieceModel model = new([.. SampleVocabulary.Model.Pieces.Where(p => p.Text != "<0x7F>")]);
        Assert.Contains("<0x7F>", Assert.Throws<InvalidDataException>(() => new SentencePieceTokenizer(model)).Message, StringComparison.Ordinal);
    }

    private static TimeSpan Measure(string text)
    {
        Tokenizer.Encode(text);
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Tokenizer.Encode(text);
            TimeSpan taken = Stopwatch.GetElapsedTime(start);
            best = taken < best ? taken : best;
        }

        return best;
    }

    private static string[] Spell(SentencePieceTokenizer tokenizer, string text) => [.. tokenizer.Encode(text).Select(id => tokenizer.Model.Pieces[id].Text)];

    private static SentencePieceModel Small(params (string Text, float Score)[] pieces) =>
        new([.. SampleVocabulary.Model.Pieces.Take(259), .. pieces.Select(p => new SentencePiece(p.Text, p.Score, SentencePieceType.Normal))]);
}
