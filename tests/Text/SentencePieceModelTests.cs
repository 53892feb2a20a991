using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class SentencePieceModelTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_path);

    [Fact]
    [Trait("Category", "Reference")]
    public void ToBytes_LoadedModel_IsTheFile() =>
        Assert.Equal(File.ReadAllBytes(Path.Combine(PromptReference.ModelFolder, "tokenizer.model")), PromptReference.Model.ToBytes());

    [Fact]
    public void ToBytes_NewModel_LoadsAsItWas()
    {
        SentencePieceModel written = new([.. SampleVocabulary.Model.Pieces]) { AddDummyPrefix = false, BeginId = -1, EndId = 7, UnknownSurface = "?" };
        SentencePieceModel read = Load(written.ToBytes());
        Assert.Equal(written.Pieces, read.Pieces);
        Assert.Equal((false, true, -1, 7, "?"), (read.AddDummyPrefix, read.ByteFallback, read.BeginId, read.EndId, read.UnknownSurface));
    }

    [Fact]
    public void Load_EveryTruncation_IsAnErrorThatNamesTheFile()
    {
        byte[] file = new SentencePieceModel([.. SampleVocabulary.Model.Pieces.Take(40)]).ToBytes();
        Load(file);
        for (int length = 0; length < file.Length; length++)
        {
            byte[] cut = file[..length];
            string message = Assert.Throws<InvalidDataException>(() => Load(cut)).Message;
            Assert.StartsWith(_path, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void Load_EveryByteChanged_LoadsOrIsAnError()
    {
        byte[] file = new SentencePieceModel([.. SampleVocabulary.Model.Pieces.Take(20)]).ToBytes();
        for (int at = 0; at < file.Length; at++)
        {
            byte kept = file[at];
            file[at] ^= 0xFF;
            try
            {
                Load(file);
            }
            catch (InvalidDataException)
            {
            }

            file[at] = kept;
        }
    }

    [Theory]
    [InlineData(1, "unigram")]
    [InlineData(3, "word")]
    public void Load_OtherModelType_NamesIt(int type, string name)
    {
        ProtobufWriter trainer = new();
        trainer.Number(3, type);
        AssertRefused(trainer, new ProtobufWriter(), name);
    }

    [Fact]
    public void Load_NormalizingModel_NamesTheNormalizer()
    {
        ProtobufWriter trainer = new();
        trainer.Number(3, 2);
        ProtobufWriter normalizer = new();
        normalizer.Text(1, "nmt_nfkc");
        normalizer.Bytes(2, [1, 2, 3]);
        normalizer.Flag(4, false);
        AssertRefused(trainer, normalizer, "nmt_nfkc");
        AssertRefused(trainer, new ProtobufWriter(), "removes extra spaces");
    }

    [Fact]
    public void Load_NoSuchFile_NamesIt() =>
        Assert.Contains(_path, Assert.Throws<FileNotFoundException>(() => SentencePieceModel.Load(_path)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a", "a", "second time")]
    [InlineData("a", "", "empty")]
    public void Constructor_BadPieces_Throws(string first, string second, string message)
    {
        SentencePiece[] pieces = [new("<unk>", 0, SentencePieceType.Unknown), new(first, 0, SentencePieceType.Normal), new(second, 0, SentencePieceType.Normal)];
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new SentencePieceModel(pieces)).Message, StringComparison.Ordinal);
    }

    private void AssertRefused(ProtobufWriter trainer, ProtobufWriter normalizer, string reason)
    {
        ProtobufWriter piece = new();
        piece.Text(1, "<unk>");
        piece.Number(3, 2);
        ProtobufWriter file = new();
        file.Bytes(1, piece.ToArray());
        file.Bytes(2, trainer.ToArray());
        file.Bytes(3, normalizer.ToArray());
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => Load(file.ToArray())).Message, StringComparison.Ordinal);
    }

    private SentencePieceModel Load(byte[] file)
    {
        File.WriteAllBytes(_path, file);
        return SentencePieceModel.Load(_path);
    }
}
