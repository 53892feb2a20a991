namespace LlavaCuda.Bench.Gpu;

/// <summary>At what sizes kernels are measured. Without changes: those of LLaVA-1.5-7B with 8192 packed rows and 64 pictures.</summary>
internal sealed record KernelSizes
{
    /// <summary>The sizes that count.</summary>
    internal static readonly KernelSizes Full = new();

    /// <summary>Sizes of a rehearsal, at which the emulator runs every case in seconds. What is measured there means nothing.</summary>
    internal static readonly KernelSizes Small = new()
    {
        Rows = 16,
        Width = 128,
        Inner = 192,
        Vocabulary = 512,
        Labelled = 8,
        Heads = 2,
        FewKvHeads = 1,
        HeadSize = 64,
        Positions = 64,
        Sequences = 2,
        Length = 32,
        LongLength = 64,
        Cached = [16, 64],
        PromptRows = 16,
        Pictures = 2,
        Edge = 28,
        VisionWidth = 64,
        VisionHeads = 1,
        Parameters = 4096,
        CopyBytes = 1 << 16,
        Square = 64,
        StreamedBytes = 1 << 16,
        NoiseElements = 1 << 10,
        Timing = new TimerSettings { Rounds = 1, RoundSeconds = 0, ShortSeconds = double.MaxValue, WarmUpSeconds = 0, LeadSeconds = 0 },
    };

    /// <summary>Gets the packed rows of the language model.</summary>
    internal int Rows { get; init; } = 8192;

    /// <summary>Gets the language model's width.</summary>
    internal int Width { get; init; } = 4096;

    /// <summary>Gets the width between gate and down projection.</summary>
    internal int Inner { get; init; } = 11008;

    /// <summary>Gets the vocabulary.</summary>
    internal int Vocabulary { get; init; } = 32064;

    /// <summary>Gets the rows with a label.</summary>
    internal int Labelled { get; init; } = 4096;

    /// <summary>Gets the heads of queries.</summary>
    internal int Heads { get; init; } = 32;

    /// <summary>Gets the heads of keys and values of a model that has fewer of them, as Mistral does.</summary>
    internal int FewKvHeads { get; init; } = 8;

    /// <summary>Gets D.</summary>
    internal int HeadSize { get; init; } = 128;

    /// <summary>Gets the rows of the tables of angles and of the caches.</summary>
    internal int Positions { get; init; } = 4096;

    /// <summary>Gets the sequences of usual length.</summary>
    internal int Sequences { get; init; } = 4;

    /// <summary>Gets the usual length.</summary>
    internal int Length { get; init; } = 2048;

    /// <summary>Gets a great length, of one sequence.</summary>
    internal int LongLength { get; init; } = 8192;

    /// <summary>Gets the rows that decoding attends to, the new one included, ascending: a picture and a question, and more.</summary>
    internal IReadOnlyList<int> Cached { get; init; } = [640, 1024, 4096];

    /// <summary>Gets the rows of a further prompt that is read behind a cache.</summary>
    internal int PromptRows { get; init; } = 512;

    /// <summary>Gets the pictures.</summary>
    internal int Pictures { get; init; } = 64;

    /// <summary>Gets a picture's edge.</summary>
    internal int Edge { get; init; } = 336;

    /// <summary>Gets a patch's edge.</summary>
    internal int Patch { get; init; } = 14;

    /// <summary>Gets the vision tower's width.</summary>
    internal int VisionWidth { get; init; } = 1024;

    /// <summary>Gets the vision tower's heads.</summary>
    internal int VisionHeads { get; init; } = 16;

    /// <summary>Gets the parameters of an optimizer's step.</summary>
    internal long Parameters { get; init; } = 1L << 28;

    /// <summary>Gets the bytes that the yardstick copies.</summary>
    internal long CopyBytes { get; init; } = 2L << 30;

    /// <summary>Gets the edge of the yardstick's product.</summary>
    internal int Square { get; init; } = 8192;

    /// <summary>Gets more bytes than caches hold: what decoding reads is spread over so many, so that it comes from memory as it does there.</summary>
    internal long StreamedBytes { get; init; } = 512_000_000;

    /// <summary>Gets the length of the block of noise that tensors are filled with.</summary>
    internal int NoiseElements { get; init; } = 1 << 22;

    /// <summary>Gets how a case is timed.</summary>
    internal TimerSettings Timing { get; init; } = new();

    /// <summary>Gets the patches of a picture.</summary>
    internal int Patches => Edge / Patch * (Edge / Patch);

    /// <summary>Gets the vision tower's rows: the patches and a class token of each picture.</summary>
    internal int VisionRows => Pictures * (Patches + 1);
}
