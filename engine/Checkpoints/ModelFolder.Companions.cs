using LlavaCuda.Formats;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Checkpoints;

/// <summary>The small files beside <c>config.json</c>, and what of them contradicts it.</summary>
public sealed partial class ModelFolder
{
    private const int LongestTemplate = 1 << 20;
    private static readonly string[] AdapterFiles = ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"];

    /// <summary>Gets what the folder says in <c>llava_manifest.json</c>, or null where there is none.</summary>
    public ModelManifest? Manifest { get; private set; }

    /// <summary>Gets a value indicating whether the head is the embedding's matrix in the files; here each is a matrix of its own.</summary>
    public bool TiesHead => _tied;

    /// <summary>Gets one line each of what files ask for that is not used here.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Opens what training and chat begin with: a LLaVA, or a language model alone, and a projector from elsewhere.</summary>
    /// <param name="path">The folder of a LLaVA, or of the language model that the projector was trained for.</param>
    /// <param name="visionTowerPath">See <see cref="Open"/>.</param>
    /// <param name="projectorPath">The folder of a projector, as stage 1 writes it, which takes the place of the model's own; null for that.</param>
    /// <returns>The opened model.</returns>
    /// <exception cref="InvalidDataException">A configuration is broken, or the projector does not fit; the message names file and key.</exception>
    public static ModelFolder OpenWithProjector(string path, string? visionTowerPath, string? projectorPath)
    {
        if (projectorPath is null)
        {
            return Open(path, visionTowerPath);
        }

        if (OpenConfig(path).Text("model_type", string.Empty) == "llama")
        {
            return Open(projectorPath, visionTowerPath, path);
        }

        ModelFolder folder = Open(path, visionTowerPath);
        RefuseAdapter(projectorPath);
        ProjectorFolder.RequireFits(projectorPath, folder.Config);
        for (int i = 0; i < folder._sources.Count; i++)
        {
            folder._sources[i] = folder._sources[i].Without(ModelPart.Projector);
        }

        folder._sources.Add(new(() => ProjectorFolder.OpenWeights(projectorPath), ModelPart.Projector));
        return folder;
    }

    /// <summary>Finds the conversation template that the weights were trained with: in the manifest, or by a chat template that one of ours renders to.</summary>
    /// <returns>The template, or null where the folder has neither.</returns>
    public ConversationTemplate? FindTemplate() => Manifest?.Template is { } name ? ConversationTemplates.Parse(name)
        : ReadChatTemplate() is { } jinja ? ConversationTemplates.All.FirstOrDefault(template => template.ToJinja() == jinja)
        : null;

    /// <summary>
    /// Compares the configuration with the folder's tokenizer. Where <c>config.json</c> says no place for images the tokenizer's <c>&lt;image&gt;</c> is taken.
    /// </summary>
    /// <param name="tokenizer">The tokenizer of <see cref="TokenizerFolder"/>.</param>
    /// <exception cref="InvalidDataException">They have different ids for images, or the configuration takes that of a text token.</exception>
    public void CheckTokenizer(LlavaTokenizer tokenizer)
    {
        ConfigSection config = OpenConfig(Path);
        string key = LlavaConfigFile.ImageTokenKey(config);
        if (tokenizer.ImageId is { } id && id != Config.ImageTokenId && Layout == CheckpointLayout.HuggingFace)
        {
            string image = $"the tokenizer's {LlavaTokenizer.ImageMarker} is {id}";
            if (Config.ImageTokenId is not null)
            {
                throw new InvalidDataException($"{config.Path}: {key} is {(config.Has(key) ? $"{Config.ImageTokenId}" : $"missing, which stands for {Config.ImageTokenId}")}, but {image}.");
            }

            _warnings.Add($"{config.Path}: {key} is missing; {image}, which is used.");
            Config = LlavaConfigFile.Valid(config, Config with { ImageTokenId = id });
        }

        if (tokenizer.ImageId is null && Config.ImageTokenId is { } place && tokenizer.FindToken(place) is { } taken && Layout == CheckpointLayout.HuggingFace)
        {
            throw new InvalidDataException($"{config.Path}: {key} is {place}, but that is {Quoted.Name(taken)} of the tokenizer, which has no {LlavaTokenizer.ImageMarker}.");
        }

        Compare("bos_token_id", Config.Text.BosTokenId == tokenizer.BosId, Config.Text.BosTokenId, tokenizer.Options.BosToken, tokenizer.BosId);
        Compare("eos_token_id", Config.Text.EosTokenId == tokenizer.EosId || Config.Text.OtherEosTokenIds.Contains(tokenizer.EosId), Config.Text.EosTokenId, tokenizer.Options.EosToken, tokenizer.EosId);
        _warnings.AddRange(tokenizer.Warnings);
        RequireRows(tokenizer);

        void Compare(string name, bool agree, int found, string token, int used)
        {
            if (!agree)
            {
                _warnings.Add($"{config.Path}: {name} is {found}, but the tokenizer's {token} is {used}; {(name == "eos_token_id" ? "both end an answer" : "prompts begin with the tokenizer's")}.");
            }
        }
    }

    // An id without a row would be found only when somebody's text has it.
    private void RequireRows(LlavaTokenizer tokenizer)
    {
        int rows = Config.Text.VocabularySize, pieces = tokenizer.Model.Pieces.Count;
        if (pieces > rows)
        {
            throw new InvalidDataException($"{TokenizerFolder}: tokenizer.model has {pieces} pieces, but the vocabulary of {Path} has {rows} rows.");
        }

        if (tokenizer.AddedTokens.FirstOrDefault(token => token.Id >= rows && IsNeeded(token)) is { } outside)
        {
            throw new InvalidDataException(
                $"{FileOf(outside)}: added token {Quoted.Name(outside.Content)} has id {outside.Id}, but the vocabulary of {Path} has {rows} rows.");
        }

        string FileOf(AddedToken token)
        {
            string older = System.IO.Path.Combine(TokenizerFolder, "added_tokens.json");
            string newer = System.IO.Path.Combine(TokenizerFolder, "tokenizer_config.json");
            bool inNewer = ConfigSection.OpenOrEmpty(newer).Section("added_tokens_decoder")?.Has($"{token.Id}") == true;
            return inNewer ? newer : ConfigSection.OpenOrEmpty(older).Has(token.Content) ? older : TokenizerFolder;
        }

        // Padding is never computed, and the place of an image has no row in the original layout.
        bool IsNeeded(AddedToken token) =>
            token.Id != tokenizer.PadId && (token.Content != LlavaTokenizer.ImageMarker || Config.ImageTokenId is not null);
    }

    internal static void RefuseAdapter(string folder)
    {
        if (AdapterFiles.Select(name => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } found)
        {
            throw new InvalidDataException($"{found}: adapters such as LoRA are not applied; merge the adapter into the model, or take its files away.");
        }
    }

    private void ReadCompanions(ConfigSection config)
    {
        RefuseAdapter(Path);
        ReadGeneration();
        string manifest = System.IO.Path.Combine(Path, ModelManifest.FileName), processor = System.IO.Path.Combine(Path, "processor_config.json");
        if (System.IO.Path.Exists(manifest))
        {
            ConfigSection file = ConfigSection.Open(manifest);
            Manifest = ModelManifest.Read(file);
            _warnings.AddRange(ConfigKeys.OfManifest(file));
            if (Manifest.ImageAspect is { } aspect && aspect != ImageAspectRatio)
            {
                ImageAspectRatio = config.Has("image_aspect_ratio") ? throw config.Wrong("image_aspect_ratio", $"{aspect}, as {manifest} says") : aspect;
            }
        }

        if (Layout == CheckpointLayout.HuggingFace && System.IO.Path.Exists(processor))
        {
            CheckProcessor(ConfigSection.Open(processor));
        }

        if (PreprocessorFile is null && Layout != CheckpointLayout.HuggingFace)
        {
            _warnings.Add($"{Path}: there is no preprocessor_config.json of the vision tower; CLIP's mean and deviation are taken.");
        }
    }

    // What ends an answer may be said there alone.
    private void ReadGeneration()
    {
        string path = System.IO.Path.Combine(Path, "generation_config.json");
        if (!System.IO.Path.Exists(path))
        {
            return;
        }

        ConfigSection file = ConfigSection.Open(path);
        int[] ends = [.. (LlamaConfigFile.EndTokens(file) ?? []).Except(Config.Text.OtherEosTokenIds).Where(id => id != Config.Text.EosTokenId).Distinct()];
        if (ends.Length > 0)
        {
            Config = Config with { Text = Config.Text with { OtherEosTokenIds = new([.. Config.Text.OtherEosTokenIds, .. ends]) } };
        }

        _warnings.AddRange(ConfigKeys.OfGeneration(file));
    }

    private void CheckProcessor(ConfigSection file)
    {
        file.Require("processor_class", "LlavaProcessor", "LlavaProcessor");
        file.Require("image_token", LlavaTokenizer.ImageMarker, LlavaTokenizer.ImageMarker);
        string selection = Config.FeatureSelection == FeatureSelection.Patch ? "default" : "full";
        if (file.Text("vision_feature_select_strategy", selection) != selection)
        {
            throw file.Wrong("vision_feature_select_strategy", $"{selection}, as config.json says");
        }

        if (file.Positive("patch_size", Config.Vision.PatchSize) != Config.Vision.PatchSize)
        {
            throw file.Wrong("patch_size", $"{Config.Vision.PatchSize}, as config.json says");
        }

        _warnings.AddRange(ConfigKeys.OfProcessor(file));
    }

    private string? ReadChatTemplate()
    {
        string alone = System.IO.Path.Combine(Path, "chat_template.jinja"), wrapped = System.IO.Path.Combine(Path, "chat_template.json");
        return File.Exists(wrapped) ? ConfigSection.Open(wrapped).OptionalText("chat_template")
            : File.Exists(alone) ? System.Text.Encoding.UTF8.GetString(RegularFile.ReadAllBytes(alone, LongestTemplate)).TrimStart('\uFEFF') : null;
    }
}
