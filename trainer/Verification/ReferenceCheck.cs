using System.Numerics.Tensors;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;

namespace LlavaCuda.Trainer.Verification;

/// <summary>Compares this engine with the reference of a model folder: forward, gradients, training steps of both stages, greedy tokens.</summary>
public sealed class ReferenceCheck : IDisposable
{
    private readonly Device _device;
    private readonly VerifyTolerances _allowed;
    private readonly ModelFolder _folder;
    private readonly ReferenceData _reference;
    private readonly List<VerifyRow> _rows = [];

    /// <summary>Initializes a new instance of the <see cref="ReferenceCheck"/> class.</summary>
    /// <param name="device">Where to compute; the tolerances are the device's, see <see cref="VerifyTolerances"/>.</param>
    /// <param name="folder">A model folder that holds a reference.</param>
    public ReferenceCheck(Device device, string folder)
    {
        _device = device;
        _allowed = VerifyTolerances.Of(device);
        _folder = ModelFolder.Open(folder);
        _reference = ReferenceData.Open(folder, _folder.Config);
    }

    /// <summary>Makes all comparisons that the reference has data for.</summary>
    /// <param name="cancellation">Stops between them.</param>
    /// <returns>One row each.</returns>
    public IReadOnlyList<VerifyRow> Run(CancellationToken cancellation = default)
    {
        _rows.Clear();
        using (Llava model = Load())
        {
            CheckForward(model);
            cancellation.ThrowIfCancellationRequested();
            CheckGreedy(model);
            cancellation.ThrowIfCancellationRequested();
            CheckGradients(model);
        }

        foreach ((string stage, ReferenceRun run) in _reference.Runs)
        {
            cancellation.ThrowIfCancellationRequested();
            CheckTraining(stage, run);
        }

        return _rows;
    }

    /// <inheritdoc/>
    public void Dispose() => _reference.Dispose();

    private Llava Load()
    {
        Llava model = Llava.Create(_device, _folder.Config);
        _folder.Load(model.Parameters, _device);
        return model;
    }

    private Arena TrainingArena(PackedBatch batch, params ReadOnlySpan<ModelPart> trained)
    {
        using ActivationPlan plan = new(_device, _folder.Config, trained);
        return new Arena(_device, plan.Training(batch), "the activations");
    }

    private void CheckForward(Llava model)
    {
        (PackedBatch batch, int[] rows) = _reference.Batch();
        LlavaConfig config = model.Config;
        using Arena arena = TrainingArena(batch, ModelPart.Vision, ModelPart.Projector, ModelPart.Language);
        float[] hidden = new float[(long)batch.Images * config.Vision.Positions * config.Vision.HiddenSize];
        float[] features = new float[(long)batch.Images * config.RowsPerImage * config.Text.HiddenSize];
        model.ImageFeatures(hidden, features, batch, arena);
        Compare("vision hidden state", hidden, _reference.Floats("forward.vision_hidden_state"), _allowed.Forward);
        Compare("image features", features, _reference.Floats("forward.image_features"), _allowed.Forward);

        int vocabulary = config.Text.VocabularySize;
        float[] logits = new float[(long)batch.Rows * vocabulary];
        using Arena wide = new(_device, arena.Capacity + (4L * logits.Length) + (1 << 20), "the logits");
        model.Logits(logits, batch, wide, [.. Enumerable.Range(0, batch.Rows)]);
        float[] padded = _reference.Floats("forward.logits");
        float[] expected = new float[logits.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0)
            {
                padded.AsSpan(i * vocabulary, vocabulary).CopyTo(expected.AsSpan(rows[i] * vocabulary));
            }
        }

        Compare("logits", logits, expected, _allowed.Forward);
        Compare("likeliest tokens' losses", Losses(logits, expected, vocabulary), Losses(expected, expected, vocabulary), _allowed.Forward);
        float loss = (float)(model.Loss(batch, arena) / batch.LabelledRows);
        Compare("loss", [loss], _reference.Floats("forward.loss"), _allowed.Forward);
    }

    // The loss is one number, whose error may be near zero by luck. These are many of its kind: each row's, if its label were the token that the reference finds likeliest.
    private static float[] Losses(float[] logits, float[] reference, int vocabulary)
    {
        float[] losses = new float[logits.Length / vocabulary];
        for (int i = 0; i < losses.Length; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * vocabulary, vocabulary);
            int label = TensorPrimitives.IndexOfMax(reference.AsSpan(i * vocabulary, vocabulary));
            double max = TensorPrimitives.Max(row);
            double sum = 0;
            foreach (float logit in row)
            {
                sum += Math.Exp(logit - max);
            }

            losses[i] = (float)(Math.Log(sum) + max - row[label]);
        }

        return losses;
    }

    private void CheckGreedy(Llava model)
    {
        int[] prompt = _reference.Mark(_reference.Integers("generate.prompt_ids"));
        int[] expected = _reference.Integers("generate.new_ids");
        float[] pixels = _reference.Floats("input.pixel_values");
        int size = 3 * model.Config.Vision.ImageSize * model.Config.Vision.ImageSize;
        using TokenGenerator generator = new(model, PackedBatch.CountRows(model.Config, prompt) + expected.Length);
        TokenDraw greedy = new Sampler(new GenerationOptions()).Draw(0);

        // The reference generates a fixed number of tokens: the end is forbidden.
        generator.Forbid([model.Config.Text.EosTokenId]);
        generator.Read(prompt, (picture, destination) => pixels.AsSpan(picture * size, size).CopyTo(destination));
        int unlike = 0;
        string worst = string.Empty;
        for (int i = 0; i < expected.Length; i++)
        {
            int id = generator.Choose(greedy);
            if (id != expected[i])
            {
                unlike++;
                worst = worst.Length == 0 ? $"token {i}: {id}, not {expected[i]}" : worst;
            }

            if (i < expected.Length - 1)
            {
                generator.Append(expected[i]);
            }
        }

        _rows.Add(new VerifyRow("greedy tokens", (double)unlike / expected.Length, _allowed.Greedy, worst));
    }

    private void CheckGradients(Llava model)
    {
        (PackedBatch batch, _) = _reference.Batch();
        using Arena arena = TrainingArena(batch, ModelPart.Vision, ModelPart.Projector, ModelPart.Language);
        model.Parameters.Train(_device, ModelPart.Vision, ModelPart.Projector, ModelPart.Language);
        model.ForwardBackward(batch, arena, 1f / batch.LabelledRows, accumulate: false);
        VerifyRow? sample = null;
        VerifyRow? norm = null;
        foreach (string name in _reference.Names.Where(static n => n.StartsWith("grad.", StringComparison.Ordinal)))
        {
            Parameter parameter = Find(model, name["grad.".Length..]);
            float[] gradient = new float[parameter.Shape.Count];
            _device.CopyToHost<float>(gradient, parameter.Gradient);
            float[] expected = _reference.Floats(name);
            string normName = string.Concat("grad_norm.", name.AsSpan("grad.".Length));

            // The gradient of CLIP's key bias is zero in exact arithmetic, so its error is taken against the query bias's.
            bool vanishes = parameter.Part == ModelPart.Vision && parameter.Name.EndsWith("k_proj.bias", StringComparison.Ordinal);
            string by = vanishes ? normName.Replace("k_proj", "q_proj", StringComparison.Ordinal) : normName;
            double size = _reference.Floats(by)[0];
            double share = Math.Sqrt((double)expected.Length / gradient.Length);
            double sampleError = Comparison.RelativeError(Comparison.Sample(gradient, expected.Length), expected, vanishes ? size * share : null);
            sample = Worse(sample, new VerifyRow("gradients", sampleError, _allowed.Gradient, parameter.Name));
            double ours = Math.Sqrt(gradient.Sum(static g => (double)g * g));
            norm = Worse(norm, new VerifyRow("gradient norms", Math.Abs(ours - _reference.Floats(normName)[0]) / size, _allowed.Gradient, parameter.Name));
        }

        AddIf(sample);
        AddIf(norm);
    }

    private void CheckTraining(string stage, ReferenceRun run)
    {
        using Llava model = Load();
        (PackedBatch batch, _) = _reference.Batch();
        ModelPart[] trained = stage switch
        {
            "pretrain" => [ModelPart.Projector],
            "finetune" => [ModelPart.Projector, ModelPart.Language],
            _ => throw new InvalidDataException($"{_folder.Path}: reference.json has stage '{stage}'; expected pretrain or finetune."),
        };
        using Arena arena = TrainingArena(batch, trained);
        model.Parameters.Train(_device, trained);
        using Optimizer optimizer = new(_device, model.Parameters, new OptimizerOptions
        {
            Beta1 = (float)run.Betas[0],
            Beta2 = (float)run.Betas[1],
            Epsilon = (float)run.Epsilon,
            WeightDecay = (float)run.WeightDecay,
            MaxGradientNorm = (float)run.MaxGradientNorm,
        });
        LearningRateSchedule schedule = new(run.Steps, run.WarmupSteps);
        float[] losses = new float[run.Steps];
        float[] norms = new float[run.Steps];
        float[] rates = new float[run.Steps];
        for (int step = 0; step < run.Steps; step++)
        {
            losses[step] = (float)(model.ForwardBackward(batch, arena, 1f / batch.LabelledRows, accumulate: false) / batch.LabelledRows);
            norms[step] = optimizer.MeasureGradients();
            rates[step] = (float)(run.PeakLearningRate * schedule.Factor(step));
            optimizer.Step(rates[step]);
        }

        Compare($"{stage}: losses", losses, Array.ConvertAll(run.Losses, static v => (float)v), _allowed.Training);
        Compare($"{stage}: gradient norms", norms, Array.ConvertAll(run.GradientNorms, static v => (float)v), _allowed.Training);
        Compare($"{stage}: learning rates", rates, Array.ConvertAll(run.LearningRates, static v => (float)v), 1e-6);
        VerifyRow? worst = null;
        string prefix = $"{stage}.after.";
        foreach (string name in _reference.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)))
        {
            Parameter parameter = Find(model, name[prefix.Length..]);
            float[] values = new float[parameter.Shape.Count];
            _device.ReadFloats(values, parameter.Value);
            float[] expected = _reference.Floats(name);
            worst = Worse(worst, new VerifyRow($"{stage}: weights", Comparison.RelativeError(Comparison.Sample(values, expected.Length), expected), _allowed.Weights, parameter.Name));
        }

        AddIf(worst);
    }

    private static VerifyRow Worse(VerifyRow? row, VerifyRow other) => row is null || !(other.Error <= row.Error) ? other : row;

    private Parameter Find(Llava model, string name) =>
        CheckpointNames.TryToEngineName(name, out string? engineName) && model.Parameters.TryGet(engineName, out Parameter? parameter)
            ? parameter
            : throw new InvalidDataException($"{_folder.Path}: reference.safetensors names the weight '{name}', which the model does not have.");

    private void Compare(string name, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double tolerance) =>
        _rows.Add(new VerifyRow(name, Comparison.RelativeError(actual, expected), tolerance));

    private void AddIf(VerifyRow? row)
    {
        if (row is not null)
        {
            _rows.Add(row);
        }
    }
}
