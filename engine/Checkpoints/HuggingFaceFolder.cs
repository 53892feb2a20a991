using System.Text;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Text;

namespace LlavaCuda.Checkpoints;

/// <summary>Saves models as folders that Hugging Face's library loads unchanged.</summary>
public static class HuggingFaceFolder
{
    /// <summary>
    /// Saves a whole model: configurations, weights, tokenizer, picture settings, chat template. The vocabulary grows where it has no
    /// <c>&lt;image&gt;</c>, see
    /// <see cref="HuggingFaceVocabulary"/>. The folder changes whole or not at all.
    /// </summary>
    /// <param name="folder">The folder, made or replaced.</param>
    /// <param name="table">The weights.</param>
    /// <param name="device">The device that holds them.</param>
    /// <param name="config">The model.</param>
    /// <param name="options">What else, and how; null for the defaults.</param>
    /// <exception cref="ArgumentException">The projector has no form there: only two affine maps with GELU between them do. <see
    /// cref="OriginalFolder"/> saves the others.</exception>
    /// <exception cref="IOException">Writing failed; what was in the folder before is still there.</exception>
    public static void Save(string folder, ParameterTable table, Device device, LlavaConfig config, SaveOptions? options = null)
    {
        SaveOptions how = options ?? new SaveOptions();
        if (config.Projector != ProjectorConfig.Mlp2)
        {
            throw new ArgumentException($"A projector of type {config.Projector} has no form in Hugging Face's layout, only {ProjectorConfig.Mlp2}; save in the original layout.", nameof(config));
        }

        HuggingFaceVocabulary vocabulary = HuggingFaceVocabulary.For(config, how.Tokenizer);
        how.Write(folder, files =>
        {
            ConfigWriter.Write(files, "config.json", json => ConfigWriter.HuggingFace(json, config, vocabulary, how));
            ConfigWriter.Write(files, "generation_config.json", json => ConfigWriter.Generation(json, config.Text, vocabulary.PadTokenId));
            ConfigWriter.Write(files, "processor_config.json", json => ConfigWriter.Processor(json, config));
            string? chatTemplate = how.Template?.ToJinja();
            WriteChatTemplate(files, chatTemplate);
            LlavaTokenizer? tokenizer = how.Tokenizer is null ? null : vocabulary.Extend(how.Tokenizer);
            SavedParts.Write(files, config, how, tokenizer?.With(tokenizer.Options with { ChatTemplate = chatTemplate }));
            SafetensorsWriter.WriteSharded(files, [.. table.All.Select(p => Source(p, device, vocabulary.Size))], how.Type, how.MaxShardBytes);
        });
    }

    // Recent versions read the one, older ones the other; an older tokenizer's own lies in its configuration.
    private static void WriteChatTemplate(AtomicFolder files, string? template)
    {
        if (template is not null)
        {
            files.WriteFile("chat_template.jinja", stream => stream.Write(Encoding.UTF8.GetBytes(template)));
            ConfigWriter.Write(files, "chat_template.json", json => json.WriteString("chat_template", template));
        }
    }

    private static TensorSource Source(Parameter parameter, Device device, int vocabulary)
    {
        string name = CheckpointNames.ToHuggingFace(parameter.Name);
        Tensor value = parameter.Value;
        return parameter.Name is "language.embed_tokens.weight" or "language.lm_head.weight" && value.Rows < vocabulary
            ? new ExtendedRows(name, device, value, vocabulary)
            : TensorSource.FromDevice(name, device, value);
    }
}
