using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Text;

namespace LlavaCuda.Checkpoints;

/// <summary>What a saved model consists of besides its weights, and how those are stored.</summary>
public sealed record SaveOptions
{
    /// <summary>Gets the type of the weights in the files: BF16, F16 or F32. Values are rounded to nearest, ties to even.</summary>
    public DType Type { get; init; } = DType.BF16;

    /// <summary>Gets the size in bytes from which on weights are divided into several files.</summary>
    public long MaxShardBytes { get; init; } = SafetensorsWriter.DefaultShardBytes;

    /// <summary>Gets how pictures are made ready, or null for CLIP's way in the vision tower's size, without padding.</summary>
    public ImageProcessorOptions? Images { get; init; }

    /// <summary>Gets the tokenizer that is saved along, or null for none.</summary>
    public LlavaTokenizer? Tokenizer { get; init; }

    /// <summary>
    /// Gets the conversation template that the weights were trained with, or null where it is not known. It goes into the manifest, and in
    /// Hugging Face's layout in Jinja to where other
    /// programs look for it; without it no chat template is written but the one that the tokenizer's own folder had.
    /// </summary>
    public ConversationTemplate? Template { get; init; }

    /// <summary>
    /// Gets the name or path of the vision tower that the original layout's <c>mm_vision_tower</c> says, or null for the published name of
    /// a tower of these extents.
    /// </summary>
    public string? VisionTower { get; init; }

    /// <summary>Gets what writes further files into the folder, or null.</summary>
    public Action<AtomicFolder>? WriteMore { get; init; }

    /// <summary>Gets what opens files for writing; tests put failing disks here.</summary>
    internal Func<string, Stream> CreateFile { get; init; } = File.Create;

    /// <summary>
    /// Gets what receives the names of the files instead of a folder that has them: everything is tried, and nothing is kept.
    /// </summary>
    internal Action<IReadOnlyList<string>>? Tried { get; init; }

    internal void Write(string folder, Action<AtomicFolder> write)
    {
        if (Tried is null)
        {
            AtomicFolder.Write(folder, write, CreateFile);
        }
        else
        {
            Tried(AtomicFolder.Try(folder, write, CreateFile));
        }
    }

    internal ImageProcessorOptions ImagesFor(LlavaConfig config) => Images ?? ClipConfigFile.Pictures(config.Vision);
}
