using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class SentencePieceTrainerTests
{
    private static readonly string[] Lines =
    [
        "What color is the square? The square is blue.", "How many red circles are there? There are 3 red circles.",
        "Describe the image in detail.", "The red circle is above the blue square, and the green ring is below it.", "Ünïcödé 中文 🙂 12 + 30\ttab",
    ];

    [Fact]
    public void Train_Layout_IsThatOfLlama()
    {
        SentencePieceModel model = SentencePieceTrainer.Train(Lines, 380);
        Assert.Equal(380, model.Pieces.Count);
        Assert.Equal(["<unk>", "<s>", "</s>", "<0x00>"], model.Pieces.Take(4).Select(p => p.Text));
        Assert.Equal(new SentencePiece("<0xFF>", 0, SentencePieceType.Byte), model.Pieces[258]);
        Assert.All(model.Pieces.Skip(259).Select((p, i) => (Piece: p, Rank: i)), p => Assert.Equal((SentencePieceType.Normal, -p.Rank), (p.Piece.Type, p.Piece.Score)));
        Assert.Equal((0, 1, 2, true, true), (model.UnknownId, model.BeginId, model.EndId, model.AddDummyPrefix, model.ByteFallback));
    }

    [Fact]
    public void Train_MostFrequentPairs_BecomePiecesInOrder()
    {
        // 3 x "ab", 2 x "cd": after the prefix the first merges are ab, then ▁ab, then cd, then ▁cd.
        SentencePieceModel model = SentencePieceTrainer.Train(["ab ab ab cd cd"], 259 + 4 + 5);
        Assert.Equal(["ab", "\u2581ab", "cd", "\u2581cd"], model.Pieces.Skip(259).Take(4).Select(p => p.Text));
        Assert.Equal(["\u2581", "a", "b", "c", "d"], model.Pieces.Skip(263).Select(p => p.Text));
    }

    [Fact]
    public void Train_LettersDigitsAndSigns_NeverShareAPiece()
    {
        SentencePieceModel model = SentencePieceTrainer.Train(Enumerable.Repeat("ab12, ab12, (ab) 12", 50), 290);
        Assert.DoesNotContain(model.Pieces.Skip(259), p => p.Text.Any(char.IsLetter) && p.Text.Any(c => char.IsDigit(c) || char.IsPunctuation(c)));
        Assert.DoesNotContain(model.Pieces.Skip(259), p => p.Text.Length > 1 && p.Text.Any(char.IsDigit));
    }

    [Fact]
    public void Train_WrittenAndRead_EncodesShorterThanBytesAndDecodesBack()
    {
        SentencePieceModel model = SentencePieceTrainer.Train(Lines, 420);
        SentencePieceTokenizer tokenizer = new(SentencePieceFormat.Read(model.ToBytes(), "trained"));
        Assert.Equal(model.Pieces, tokenizer.Model.Pieces);
        foreach (string line in Lines.Append("Never seen: Ж𝄞\n!"))
        {
            int[] ids = tokenizer.Encode(line);
            Assert.Equal(line, tokenizer.Decode(ids));
        }

        Assert.True(tokenizer.Encode(Lines[0]).Length < Lines[0].Length / 3);
        Assert.Equal(["\u2581The", "\u2581square", "\u2581is"], tokenizer.Encode("The square is").Select(id => model.Pieces[id].Text));
    }

    [Fact]
    public void Train_SameText_GivesTheSameFile() =>
        Assert.Equal(SentencePieceTrainer.Train(Lines, 380).ToBytes(), SentencePieceTrainer.Train([.. Lines], 380).ToBytes());

    [Fact]
    public void Train_MoreAskedThanTheTextHas_GivesWhatThereIs()
    {
        SentencePieceModel model = SentencePieceTrainer.Train(["ab"], 1000);
        Assert.Equal(259 + 2 + 3, model.Pieces.Count);
    }

    [Fact]
    public void Train_NoRoomForCharacters_SaysHowMuchIsNeeded() =>
        Assert.Contains("263", Assert.Throws<ArgumentException>(() => SentencePieceTrainer.Train(["abc"], 260)).Message, StringComparison.Ordinal);
}
