using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

/// <summary>A vocabulary of 420 pieces that needs no file, for tests of behaviour rather than of other people's numbers.</summary>
internal static class SampleVocabulary
{
    public const int Size = 420;

    public static SentencePieceModel Model { get; } = SentencePieceTrainer.Train(
        [
            "A chat between a curious user and an assistant. USER: What color is the square? ASSISTANT: The square is blue.",
            "USER: How many red circles are there? ASSISTANT: There are 3 red circles. USER: Hello world! ASSISTANT: hi hi",
            "Describe the image in detail. The red circle is above the blue square, and the green ring is below it.",
            "[INST] Ünïcödé text [/INST] 1234567890 ### Human: ### Assistant: <Image> xyz",
        ],
        Size);

    public static LlavaTokenizer Legacy { get; } = new(Model, new LlavaTokenizerOptions { Legacy = true });

    public static LlavaTokenizer Modern { get; } = new(Model, new LlavaTokenizerOptions { Legacy = false });
}
