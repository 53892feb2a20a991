using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class TokenStreamDecoderTests
{
    private static readonly SentencePieceTokenizer Tokenizer = new(SampleVocabulary.Model);

    [Fact]
    public void Append_RandomIds_JoinedPiecesEqualTheWhole()
    {
        Random random = new(3);
        for (int round = 0; round < 2000; round++)
        {
            // Half of the ids are bytes, so that broken and whole characters of all lengths come up.
            int[] ids = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(2) == 0 ? 3 + random.Next(256) : random.Next(Tokenizer.Model.Pieces.Count))];
            TokenStreamDecoder decoder = new(Tokenizer);
            string joined = string.Concat(ids.Select(decoder.Append)) + decoder.Flush();
            Assert.Equal(Tokenizer.Decode(ids), joined);
        }
    }

    [Fact]
    public void Append_TextCutAnywhere_EachPartIsWholeCharacters()
    {
        const string Text = "  Ünïcödé 中文🙂 plain\n\ttext 🙂🙂";
        int[] ids = Tokenizer.Encode(Text);
        for (int cut = 0; cut <= ids.Length; cut++)
        {
            TokenStreamDecoder decoder = new(Tokenizer);
            string before = string.Concat(ids[..cut].Select(decoder.Append));
            Assert.StartsWith(before, Text, StringComparison.Ordinal);
            Assert.DoesNotContain('\uFFFD', before);
            Assert.Equal(Text, before + string.Concat(ids[cut..].Select(decoder.Append)) + decoder.Flush());
        }
    }

    [Fact]
    public void Append_BytesOfOneCharacter_ComeOutWithTheLast()
    {
        TokenStreamDecoder decoder = new(Tokenizer);
        Assert.Equal(string.Empty, decoder.Append(3 + 0xF0) + decoder.Append(3 + 0x9F) + decoder.Append(3 + 0x99));
        Assert.Equal("\U0001F642", decoder.Append(3 + 0x82));
        Assert.Equal(string.Empty, decoder.Flush());
    }

    [Fact]
    public void Append_BrokenCharacter_OneReplacementAByte()
    {
        TokenStreamDecoder decoder = new(Tokenizer);
        Assert.Equal(string.Empty, decoder.Append(3 + 0xF0) + decoder.Append(3 + 0x9F));
        Assert.Equal("\uFFFD\uFFFDA", decoder.Append(3 + 'A'));
        Assert.Equal(string.Empty, decoder.Append(3 + 0xE4));
        Assert.Equal("\uFFFD", decoder.Flush());
    }
}
