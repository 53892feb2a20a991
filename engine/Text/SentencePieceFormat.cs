using System.Text;

namespace LlavaCuda.Text;

/// <summary>The protocol buffer layout of a <c>tokenizer.model</c>; field numbers as in sentencepiece_model.proto.</summary>
internal static class SentencePieceFormat
{
    private const int Bpe = 2;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static SentencePieceModel Read(byte[] file, string name)
    {
        try
        {
            return Read(file);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            throw new InvalidDataException($"{name}: not a usable SentencePiece vocabulary: {e.Message.Split(" (Parameter")[0]}", e);
        }
    }

    public static byte[] Write(SentencePieceModel model)
    {
        ProtobufWriter file = new();
        foreach (SentencePiece piece in model.Pieces)
        {
            ProtobufWriter entry = new();
            entry.Text(1, piece.Text);
            entry.Single(2, piece.Score);
            entry.Number(3, (int)piece.Type);
            file.Bytes(1, entry.ToArray());
        }

        ProtobufWriter trainer = new();
        trainer.Number(3, Bpe);
        trainer.Number(4, model.Pieces.Count);
        trainer.Flag(25, true);
        trainer.Flag(35, model.ByteFallback);
        trainer.Number(40, model.UnknownId);
        trainer.Number(41, model.BeginId);
        trainer.Number(42, model.EndId);
        trainer.Number(43, -1);
        trainer.Text(44, model.UnknownSurface);
        file.Bytes(2, trainer.ToArray());

        ProtobufWriter normalizer = new();
        normalizer.Text(1, "identity");
        normalizer.Bytes(2, []);
        normalizer.Flag(3, model.AddDummyPrefix);
        normalizer.Flag(4, false);
        normalizer.Flag(5, true);
        file.Bytes(3, normalizer.ToArray());
        return file.ToArray();
    }

    private static SentencePieceModel Read(byte[] file)
    {
        List<SentencePiece> pieces = [];
        TrainerFields? trainer = null;
        bool? dummyPrefix = null;
        ProtobufReader reader = new(file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    pieces.Add(ReadPiece(reader.Bytes, pieces.Count));
                    break;
                case 2:
                    trainer = ReadTrainer(reader.Bytes);
                    break;
                case 3:
                    dummyPrefix = ReadNormalizer(reader.Bytes);
                    break;
                default:
                    break;
            }
        }

        if (pieces.Count == 0 || trainer is null || dummyPrefix is null)
        {
            throw new InvalidDataException($"{pieces.Count} pieces, {(trainer is null ? "no" : "a")} trainer section, {(dummyPrefix is null ? "no" : "a")} normalizer section; the file is cut short or something else");
        }

        SentencePieceModel model = new(pieces, file)
        {
            AddDummyPrefix = dummyPrefix.Value,
            ByteFallback = trainer.ByteFallback,
            BeginId = CheckId(trainer.BeginId, pieces.Count, "bos_id"),
            EndId = CheckId(trainer.EndId, pieces.Count, "eos_id"),
            UnknownSurface = trainer.UnknownSurface,
        };
        return model;
    }

    private static SentencePiece ReadPiece(ReadOnlySpan<byte> message, int id)
    {
        string text = string.Empty;
        float score = 0;
        var type = SentencePieceType.Normal;
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    text = StrictUtf8.GetString(reader.Bytes);
                    break;
                case 2:
                    score = reader.Single;
                    break;
                case 3:
                    type = (SentencePieceType)reader.Number;
                    break;
                default:
                    break;
            }
        }

        return Enum.IsDefined(type) && type != SentencePieceType.Unused && !float.IsNaN(score)
            ? new SentencePiece(text, score, type)
            : throw new InvalidDataException($"piece {id} ('{text}') has type {(int)type} and score {score}; unused pieces are not supported");
    }

    private static TrainerFields ReadTrainer(ReadOnlySpan<byte> message)
    {
        TrainerFields fields = new();
        int type = 1;
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    type = (int)reader.Number;
                    break;
                case 24 when reader.Number != 0:
                    throw new InvalidDataException("it treats white space as a suffix, which is not supported");
                case 35:
                    fields.ByteFallback = reader.Number != 0;
                    break;
                case 41:
                    fields.BeginId = (int)reader.Number;
                    break;
                case 42:
                    fields.EndId = (int)reader.Number;
                    break;
                case 44:
                    fields.UnknownSurface = StrictUtf8.GetString(reader.Bytes);
                    break;
                default:
                    break;
            }
        }

        string kind = type switch { 1 => "unigram", Bpe => "BPE", 3 => "word", 4 => "character", _ => $"unknown (number {type})" };
        return type == Bpe ? fields : throw new InvalidDataException($"its model type is {kind}, and only BPE is supported");
    }

    private static bool ReadNormalizer(ReadOnlySpan<byte> message)
    {
        string name = string.Empty;
        int rules = 0;
        bool dummyPrefix = true;
        bool removeSpaces = true;
        bool escapeSpaces = true;
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = StrictUtf8.GetString(reader.Bytes);
                    break;
                case 2:
                    rules = reader.Bytes.Length;
                    break;
                case 3:
                    dummyPrefix = reader.Number != 0;
                    break;
                case 4:
                    removeSpaces = reader.Number != 0;
                    break;
                case 5:
                    escapeSpaces = reader.Number != 0;
                    break;
                default:
                    break;
            }
        }

        return rules == 0 && !removeSpaces && escapeSpaces
            ? dummyPrefix
            : throw new InvalidDataException(
                $"its normalizer '{name}' ({rules} bytes of rules, {(removeSpaces ? "removes" : "keeps")} extra spaces, {(escapeSpaces ? "escapes" : "keeps")} spaces) is not supported; only identity that keeps extra spaces and escapes them is");
    }

    private static int CheckId(int id, int count, string key) =>
        id >= -1 && id < count ? id : throw new InvalidDataException($"{key} is {id}, and there are {count} pieces");

    private sealed class TrainerFields
    {
        public bool ByteFallback { get; set; }

        public int BeginId { get; set; } = 1;

        public int EndId { get; set; } = 2;

        public string UnknownSurface { get; set; } = " \u2047 ";
    }
}
