using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>
/// Makes the quickstart's base: a tiny vision tower that has learned to see and a tiny language model that has learned to read, which have never met. Everything is drawn from one seed, so that
/// anyone can make the shipped files again.
/// </summary>
internal static class BaseModels
{
    /// <summary>The template of all conversations.</summary>
    internal const string Template = "v1";

    private const int Vocabulary = 512;
    private const int AddedTokens = 2;
    private const int TowerSteps = 400;
    private const int MostListSteps = 800;
    private const int ReadSteps = 500;

    /// <summary>Gets the extents.</summary>
    internal static LlavaConfig Config { get; } = new(
        new VisionConfig
        {
            HiddenSize = 96,
            IntermediateSize = 256,
            Layers = 3,
            Heads = 3,
            ImageSize = SceneRenderer.Edge,
            PatchSize = 14,
            ProjectionSize = 96,
        },
        new TextConfig
        {
            HiddenSize = 128,
            IntermediateSize = 256,
            Layers = 3,
            Heads = 4,
            KvHeads = 4,
            HeadSize = 32,
            VocabularySize = Vocabulary,
            MaxPositions = 1024,
            RmsNormEpsilon = 1e-5f,
            PadTokenId = Vocabulary - 1,
        },
        ProjectorConfig.Mlp2)
    {
        ImageTokenId = Vocabulary - AddedTokens,
    };

    /// <summary>Gets how pictures are prepared.</summary>
    internal static ImageProcessorOptions Processor { get; } = new()
    {
        ShortestEdge = SceneRenderer.Edge,
        CropSize = SceneRenderer.Edge,
        Mean = new ChannelValues(0.5, 0.5, 0.5),
        Deviation = new ChannelValues(0.25, 0.25, 0.25),
    };

    /// <summary>Makes the base and saves it as a model folder whose projector is untrained.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="folder">Where to save.</param>
    /// <param name="seed">Chooses everything.</param>
    /// <param name="report">Receives phase, step, steps and loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    internal static void Make(Device device, string folder, int seed, Action<string, int, int, double> report, CancellationToken cancellation)
    {
        ConversationTemplate template = ConversationTemplates.Parse(Template);
        LlavaTokenizer tokenizer = MakeTokenizer(seed, template);
        using Llava model = Llava.Create(device, Config);
        BaseWeights.Fill(device, model.Parameters, (ulong)seed);
        using (TowerPretraining tower = new(model, new ImageProcessor(Processor), seed, TowerHead.OfPatches))
        {
            tower.Run(TowerSteps, (step, loss) => report("tower", step, TowerSteps, loss), cancellation);
        }

        using (LanguagePretraining language = new(model, tokenizer, template, seed))
        {
            language.ReadLists(MostListSteps, (step, loss) => report("lists", step, MostListSteps, loss), cancellation);
            language.ReadAll(ReadSteps, (step, loss) => report("reading", step, ReadSteps, loss), cancellation);
        }

        Save(model, tokenizer, folder);
    }

    /// <summary>Saves a base as a model folder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="folder">Where.</param>
    internal static void Save(Llava model, LlavaTokenizer tokenizer, string folder) =>
        HuggingFaceFolder.Save(folder, model.Parameters, model.Device, model.Config, new SaveOptions
        {
            Images = Processor,
            Tokenizer = tokenizer,
            Template = ConversationTemplates.Parse(Template),
        });

    private static LlavaTokenizer MakeTokenizer(int seed, ConversationTemplate template)
    {
        SentencePieceModel pieces = SentencePieceTrainer.Train(SceneTexts.Corpus(new Random(seed), 6000, template), Vocabulary - AddedTokens);
        return new LlavaTokenizer(pieces, new LlavaTokenizerOptions { MaxLength = Config.Text.MaxPositions })
            .WithAddedToken(LlavaTokenizer.ImageMarker, Vocabulary - AddedTokens)
            .WithAddedToken("<pad>", Vocabulary - 1);
    }
}
