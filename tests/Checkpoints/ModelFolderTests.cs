using LlavaCuda.Checkpoints;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

[Trait("Category", "Reference")]
public sealed class ModelFolderTests : IDisposable
{
    private static readonly string HuggingFace = ReferenceFiles.At("layouts", "huggingface");
    private static readonly string Original = ReferenceFiles.At("layouts", "original");
    private static readonly string Clip = ReferenceFiles.At("layouts", "clip");
    private static readonly string Vicuna = ReferenceFiles.At("layouts", "vicuna");
    private static readonly string Linear = ReferenceFiles.At("layouts", "linear");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_HuggingFace_GivesTheFilesValues()
    {
        using LoadedModel model = LoadedModel.Reference();
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(HuggingFace, "model.safetensors"));

        Assert.Equal(file.Tensors.Count, model.Table.All.Count);
        Assert.Empty(model.Report!.Warnings);
        Assert.All(file.Tensors, tensor =>
        {
            Assert.True(CheckpointNames.TryToEngineName(tensor.Name, out string? name));
            Assert.Equal(tensor.ToFloats(), model.Values(name));
        });
    }

    [Fact]
    public void Load_HubLayoutInShards_EqualsHuggingFaceInHalfPrecision()
    {
        ModelFolder folder = ModelFolder.Open(ReferenceFiles.At("layouts", "hub-4x"));
        using LoadedModel expected = LoadedModel.Reference(), found = new(folder);

        Assert.Equal(CheckpointLayout.HuggingFace, folder.Layout);
        Assert.Equal(expected.Config, found.Config);
        found.AssertEqual(expected, static v => Rounded.To(v, DType.F16));
    }

    [Fact]
    public void Load_OriginalWithItsClip_EqualsHuggingFaceInHalfPrecision()
    {
        ModelFolder folder = ModelFolder.Open(Original);
        using LoadedModel expected = LoadedModel.Reference(), found = new(folder);

        Assert.Equal(CheckpointLayout.Original, folder.Layout);
        Assert.Equal("pad", folder.ImageAspectRatio);
        Assert.Equal(Path.Combine(Clip, "preprocessor_config.json"), folder.PreprocessorFile);
        Assert.Equal(Original, folder.TokenizerFolder);
        Assert.Null(found.Config.ImageTokenId);
        Assert.Equal(expected.Config with { ImageTokenId = null }, found.Config);
        Assert.Empty(found.Report!.Warnings);
        found.AssertEqual(expected, static v => Rounded.To(v, DType.F16), static p => p.Part != ModelPart.Vision);
        found.AssertEqual(expected, static v => v, static p => p.Part == ModelPart.Vision);
    }

    [Fact]
    public void Load_VicunaAndClip_LeavesTheProjectorAlone()
    {
        ModelFolder folder = ModelFolder.OpenBase(Vicuna, Clip, ProjectorConfig.Mlp2);
        using LoadedModel expected = LoadedModel.Reference(), found = new(folder);

        Assert.Equal(CheckpointLayout.Base, folder.Layout);
        Assert.Equal(Vicuna, folder.TokenizerFolder);
        found.AssertEqual(expected, static v => Rounded.To(v, DType.F16), static p => p.Part == ModelPart.Language);
        found.AssertEqual(expected, static v => v, static p => p.Part == ModelPart.Vision);
        Assert.All(found.Table.All.Where(static p => p.Part == ModelPart.Projector), p => Assert.All(found.Values(p.Name), static v => Assert.Equal(0, v)));
    }

    [Fact]
    public void Load_ProjectorAloneWithItsLanguageModel_ReadsAllThree()
    {
        ModelFolder folder = ModelFolder.Open(Linear, languagePath: Vicuna);
        using LoadedModel expected = LoadedModel.Reference(), found = new(folder);
        using TorchFile file = TorchFile.Open(Path.Combine(Linear, "mm_projector.bin"));

        Assert.Equal(new ProjectorConfig(ProjectorKind.Linear, 1), folder.Config.Projector);
        Assert.Equal("square", folder.ImageAspectRatio);
        Assert.Equal(Vicuna, folder.TokenizerFolder);
        Assert.Equal(file["model.mm_projector.weight"].ToFloats(), found.Values("projector.linear_1.weight"));
        Assert.Equal(file["model.mm_projector.bias"].ToFloats(), found.Values("projector.linear_1.bias"));
        found.AssertEqual(expected, static v => Rounded.To(v, DType.F16), static p => p.Part == ModelPart.Language);
    }

    [Fact]
    public void Open_ProjectorAloneWithoutLanguageModel_Throws() =>
        OneLine.Throws<FileNotFoundException>(() => ModelFolder.Open(Linear), Linear, "only a projector");

    [Fact]
    public void Open_ProjectorOfAnotherLanguageModel_Throws()
    {
        string vicuna = _folder.CopyOf(Vicuna, "vicuna");
        _folder.Replace("vicuna/config.json", "\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 1e-06");

        OneLine.Throws<InvalidDataException>(() => ModelFolder.Open(Linear, languagePath: vicuna), vicuna, Linear, "another language model");
    }

    [Fact]
    public void Open_SecondTowerOrLanguageModel_Throws()
    {
        OneLine.Throws<ArgumentException>(() => ModelFolder.Open(HuggingFace, Clip), HuggingFace);
        OneLine.Throws<ArgumentException>(() => ModelFolder.Open(Original, languagePath: Vicuna), Original);
    }

    [Fact]
    public void Open_TowerIsAHubName_TakesTheGivenFolderOrThrows()
    {
        string path = _folder.CopyOf(Original, "original");
        _folder.Replace("original/config.json", "../clip", "openai/clip-vit-large-patch14-336");

        OneLine.Throws<InvalidDataException>(() => ModelFolder.Open(path), "mm_vision_tower", "openai/clip-vit-large-patch14-336", "vision tower");
        using LoadedModel expected = LoadedModel.Reference(), found = new(ModelFolder.Open(path, Clip));
        found.AssertEqual(expected, static v => v, static p => p.Part == ModelPart.Vision);
    }

    [Fact]
    public void Load_ShapeContradictsConfig_NamesBothShapes()
    {
        string path = _folder.CopyOf(HuggingFace, "model");
        int width = ModelFolder.Open(HuggingFace).Config.Text.IntermediateSize;
        _folder.Replace("model/config.json", $"\"intermediate_size\": {width}", $"\"intermediate_size\": {width + 2}");
        ModelFolder folder = ModelFolder.Open(path);

        OneLine.Throws<InvalidDataException>(() => new LoadedModel(folder).Dispose(), "model.safetensors", "mlp.", width.ToString(), (width + 2).ToString());
    }

    [Fact]
    public void Load_TensorMissing_NamesItAndChangesNothing()
    {
        string path = _folder.CopyOf(HuggingFace, "model");
        Rename(path, "model.norm.weight", "model.nrom.weight");
        ModelFolder folder = ModelFolder.Open(path);
        using LoadedModel model = new(folder.Config);

        OneLine.Throws<InvalidDataException>(() => folder.Load(model.Table, model.Device), path, "language.norm.weight");
        Assert.All(model.Table.All, p => Assert.All(model.Values(p.Name), static v => Assert.Equal(0, v)));
    }

    [Fact]
    public void Load_UnusedTensorAndUnreadVisionWeightsMissing_Warns()
    {
        string path = _folder.CopyOf(HuggingFace, "model");
        Rename(path, "vision_tower.post_layernorm.weight", "vision_tower.post_layernorm.wait__");
        using LoadedModel expected = LoadedModel.Reference(), found = new(ModelFolder.Open(path));

        Assert.Equal(2, found.Report!.Warnings.Count);
        Assert.Contains("vision.post_layernorm.weight", found.Report.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("'vision_tower.post_layernorm.wait__'", found.Report.Warnings[1], StringComparison.Ordinal);
        Assert.All(found.Values("vision.post_layernorm.weight"), static v => Assert.Equal(1, v));
        found.AssertEqual(expected, static v => v, static p => !p.Name.StartsWith("vision.post", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_HeadMissing_IsTheEmbeddingOnlyWhereTied()
    {
        string path = _folder.CopyOf(HuggingFace, "model");
        Rename(path, "language_model.lm_head.weight", "language_model.lm_haed.weight");
        OneLine.Throws<InvalidDataException>(() => new LoadedModel(ModelFolder.Open(path)).Dispose(), "language.lm_head.weight");

        _folder.Replace("model/config.json", "\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true");
        using LoadedModel found = new(ModelFolder.Open(path));
        Assert.Equal(found.Values("language.embed_tokens.weight"), found.Values("language.lm_head.weight"));
    }

    [Fact]
    public void Load_ShardOrTensorOfIndexMissing_NamesIndexAndFile()
    {
        string path = _folder.CopyOf(Vicuna, "vicuna");
        ModelFolder folder = ModelFolder.OpenBase(path, Clip, ProjectorConfig.Mlp2);
        using LoadedModel model = new(folder.Config);
        _folder.Replace("vicuna/pytorch_model.bin.index.json", "\"model.norm.weight\": \"pytorch_model-00002", "\"model.norm.weight\": \"pytorch_model-00001");
        OneLine.Throws<InvalidDataException>(() => folder.Load(model.Table, model.Device), "index.json", "'model.norm.weight'", "pytorch_model-00001-of-00002.bin");

        File.Delete(Path.Combine(path, "pytorch_model-00002-of-00002.bin"));
        OneLine.Throws<FileNotFoundException>(() => folder.Load(model.Table, model.Device), "index.json", "pytorch_model-00002-of-00002.bin");

        _folder.Replace("vicuna/pytorch_model.bin.index.json", "pytorch_model-00002", "../pytorch_model-00002");
        OneLine.Throws<InvalidDataException>(() => folder.Load(model.Table, model.Device), "index.json", "same folder");
    }

    [Fact]
    public void Load_TruncatedWeights_Throws()
    {
        string path = _folder.CopyOf(HuggingFace, "model"), file = Path.Combine(path, "model.safetensors");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]);

        OneLine.Throws<InvalidDataException>(() => new LoadedModel(ModelFolder.Open(path)).Dispose(), file, "truncated");
    }

    [Theory]
    [InlineData("vision_tower.embeddings.class_embedding", float.NaN, "NaN")]
    [InlineData("language_model.model.layers.0.mlp.up_proj.weight", float.PositiveInfinity, "infinite")]
    [InlineData("multi_modal_projector.linear_2.bias", float.NegativeInfinity, "infinite")]
    public void Load_WeightThatIsNotFinite_NamesItAndItsPlace(string end, float bad, string what)
    {
        string path = _folder.CopyOf(HuggingFace, "model"), file = Path.Combine(path, "model.safetensors");
        StoredTensor tensor;
        using (SafetensorsFile opened = SafetensorsFile.Open(file))
        {
            tensor = opened.Tensors.Single(t => t.Name.EndsWith(end, StringComparison.Ordinal) || t.Name.EndsWith(end.Replace("language_model.model", "model.language_model", StringComparison.Ordinal), StringComparison.Ordinal));
        }

        // The last element: whatever is vectorised leaves it over.
        byte[] contents = File.ReadAllBytes(file);
        Elements.Convert(BitConverter.GetBytes(bad), DType.F32, contents.AsSpan((int)(tensor.Offset + tensor.Bytes - tensor.Type.Size()), tensor.Type.Size()), tensor.Type);
        File.WriteAllBytes(file, contents);
        string place = tensor.Shape.Place(tensor.Shape.Count - 1);
        OneLine.Throws<InvalidDataException>(() => new LoadedModel(ModelFolder.Open(path)).Dispose(), file, tensor.Name, $"is {what} at {place}; expected finite weights");
    }

    [Fact]
    public void Load_TableWithoutMemory_Throws()
    {
        ModelFolder folder = ModelFolder.Open(HuggingFace);
        using LoadedModel other = new(folder.Config);

        Assert.Throws<InvalidOperationException>(() => folder.Load(LlavaParameters.Build(folder.Config), other.Device));
    }

    [Fact]
    public void Open_NoFolderNoConfigNoWeights_Throws()
    {
        OneLine.Throws<DirectoryNotFoundException>(() => ModelFolder.Open(_folder.At("none")), "none");
        OneLine.Throws<FileNotFoundException>(() => ModelFolder.Open(_folder.Root), "config.json");

        string path = _folder.CopyOf(HuggingFace, "model");
        File.Delete(Path.Combine(path, "model.safetensors"));
        OneLine.Throws<FileNotFoundException>(() => new LoadedModel(ModelFolder.Open(path)).Dispose(), path, "no weights");
    }

    /// <summary>Renames a tensor in the header of a folder's safetensors file, to a name of the same length.</summary>
    private static void Rename(string folder, string old, string by)
    {
        string file = Path.Combine(folder, "model.safetensors");
        byte[] contents = File.ReadAllBytes(file);
        int at = contents.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(old + "\""));
        Assert.True(at > 0 && old.Length == by.Length);
        System.Text.Encoding.ASCII.GetBytes(by).CopyTo(contents, at);
        File.WriteAllBytes(file, contents);
    }
}
