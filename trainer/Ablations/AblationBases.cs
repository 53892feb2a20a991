using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Trainer.Ablations;

/// <summary>
/// Makes the base models of the ablations. The vision tower is trained through its class token alone, as CLIP's is, so that its last
/// layer serves that one vector and what the patches of the layer before it keep is their own. The language models are the quickstart's,
/// and a smaller one that read the same texts.
/// </summary>
internal static class AblationBases
{
    private const int Seed = 0;

    /// <summary>Gets the folder of a base.</summary>
    /// <param name="folder">The folder of all bases.</param>
    /// <param name="kind">Which.</param>
    internal static string PathOf(string folder, AblationBase kind) => Path.Combine(folder, kind switch
    {
        AblationBase.LayerBeforeLast => "layer-before-last",
        AblationBase.LastLayer => "last-layer",
        _ => "small-language",
    });

    /// <summary>Makes all of them.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="folder">Where to save; three model folders.</param>
    /// <param name="steps">How long.</param>
    /// <param name="report">Receives phase, step, steps and loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    internal static void Make(Device device, string folder, AblationBaseSteps steps, Action<string, int, int, double> report, CancellationToken cancellation)
    {
        string shipped = Path.Combine(folder, "quickstart");
        ShippedBase.Extract(shipped);
        ModelFolder language = ModelFolder.Open(shipped);
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(shipped);
        LlavaConfig last = BaseModels.Config with { FeatureLayer = -1 };
        using Llava model = Llava.Create(device, last);
        language.Load(model.Parameters, device);
        BaseWeights.Fill(device, model.Parameters, Seed, ModelPart.Vision);
        using (TowerPretraining tower = new(model, new ImageProcessor(BaseModels.Processor), Seed, TowerHead.OfClassToken))
        {
            tower.Run(steps.Tower, (step, loss) => report("vision tower", step, steps.Tower, loss), cancellation);
        }

        BaseModels.Save(model, tokenizer, PathOf(folder, AblationBase.LastLayer));
        using Llava before = Llava.Create(device, BaseModels.Config);
        Copy(device, model, before, static _ => true);
        BaseModels.Save(before, tokenizer, PathOf(folder, AblationBase.LayerBeforeLast));
        MakeSmall(device, before, tokenizer, PathOf(folder, AblationBase.SmallLanguage), steps, report, cancellation);
    }

    private static void MakeSmall(
        Device device, Llava tower, LlavaTokenizer tokenizer, string folder, AblationBaseSteps steps, Action<string, int, int, double> report, CancellationToken cancellation)
    {
        TextConfig large = BaseModels.Config.Text;
        TextConfig text = large with { HiddenSize = large.HiddenSize / 2, IntermediateSize = large.IntermediateSize / 2, Heads = large.Heads / 2, KvHeads = large.KvHeads / 2, Layers = large.Layers - 1 };
        using Llava model = Llava.Create(device, BaseModels.Config with { Text = text });
        BaseWeights.Fill(device, model.Parameters, Seed);
        Copy(device, tower, model, static parameter => parameter.Part == ModelPart.Vision);
        using (LanguagePretraining language = new(model, tokenizer, ConversationTemplates.Parse(BaseModels.Template), Seed))
        {
            language.ReadLists(steps.Lists, (step, loss) => report("small model, lists", step, steps.Lists, loss), cancellation);
            language.ReadAll(steps.Reading, (step, loss) => report("small model, texts", step, steps.Reading, loss), cancellation);
        }

        BaseModels.Save(model, tokenizer, folder);
    }

    private static void Copy(Device device, Llava from, Llava to, Func<Parameter, bool> which)
    {
        foreach (Parameter parameter in to.Parameters.All.Where(which))
        {
            float[] values = new float[parameter.Shape.Count];
            device.ReadFloats(values, from.Parameters[parameter.Name].Value);
            device.WriteFloats(parameter.Value, values);
        }
    }
}
