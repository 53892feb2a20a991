using System.Numerics.Tensors;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;

namespace LlavaCuda.Trainer.Verification;

/// <summary>
/// The work that a reference has results of, done on a device: forward, greedy tokens, gradients, training steps of both stages.
/// </summary>
internal sealed class ReferenceWork : IDisposable
{
    /// <summary>Elements that stand for a gradient where the size of its error counts.</summary>
    private const int GradientSample = 2048;

    private readonly ModelFolder _folder;
    private readonly ReferenceData _reference;

    /// <summary>Initializes a new instance of the <see cref="ReferenceWork"/> class.</summary>
    /// <param name="folder">A model folder that holds a reference.</param>
    internal ReferenceWork(string folder)
    {
        _folder = ModelFolder.Open(folder);
        _reference = ReferenceData.Open(folder, _folder.Config);
    }

    /// <summary>Gets the tokens that the reference chose.</summary>
    internal int[] Tokens => _reference.Integers("generate.new_ids");

    /// <inheritdoc/>
    public void Dispose() => _reference.Dispose();

    /// <summary>Does what needs no optimizer: forward, tokens, gradients.</summary>
    /// <param name="device">Where.</param>
    /// <param name="generate">Whether to choose tokens too.</param>
    /// <param name="cancellation">Stops between the parts.</param>
    /// <returns>What came out.</returns>
    internal PassResults RunPasses(Device device, bool generate, CancellationToken cancellation)
    {
        using Llava model = Load(device);
        List<Quantity> found = Forward(model);
        cancellation.ThrowIfCancellationRequested();
        float[][] logits = TokenLogits(model);
        int[] tokens = generate ? Generate(model) : [];
        cancellation.ThrowIfCancellationRequested();
        return new PassResults(Checked([.. found, .. Gradients(model)]), logits, tokens);
    }

    /// <summary>Does the training steps of all stages.</summary>
    /// <param name="device">Where.</param>
    /// <param name="cancellation">Stops between the stages.</param>
    /// <returns>What came out, in the order of the report; the same quantities on every device.</returns>
    internal Quantity[] RunTraining(Device device, CancellationToken cancellation)
    {
        List<Quantity> found = [];
        foreach ((string stage, ReferenceRun run) in _reference.Runs)
        {
            cancellation.ThrowIfCancellationRequested();
            found.AddRange(Train(device, stage, run));
        }

        return Checked([.. found]);
    }

    private Quantity[] Checked(Quantity[] quantities) =>
        quantities.FirstOrDefault(static q => q.Values.Length != q.Expected.Length) is { } unlike
            ? throw new InvalidDataException(
                $"{_folder.Path}: reference.safetensors has {unlike.Expected.Length} values for '{$"{unlike.Row} {unlike.Name}".TrimEnd()}'; the model has {unlike.Values.Length}.")
            : quantities;

    private Llava Load(Device device)
    {
        Llava model = Llava.Create(device, _folder.Config);
        _folder.Load(model.Parameters, device);
        (device as RoundingDevice)?.RoundWeights(model.Parameters.Values);
        return model;
    }

    private static Arena TrainingArena(Llava model, PackedBatch batch, params ReadOnlySpan<ModelPart> trained)
    {
        using ActivationPlan plan = new(model.Device, model.Config, trained);
        return new Arena(model.Device, plan.Training(batch), "the activations");
    }

    private List<Quantity> Forward(Llava model)
    {
        (PackedBatch batch, int[] rows) = _reference.Batch();
        LlavaConfig config = model.Config;
        using Arena arena = TrainingArena(model, batch, ModelPart.Vision, ModelPart.Projector, ModelPart.Language);
        float[] hidden = new float[(long)batch.Images * config.Vision.Positions * config.Vision.HiddenSize];
        float[] features = new float[(long)batch.Images * config.RowsPerImage * config.Text.HiddenSize];
        model.ImageFeatures(hidden, features, batch, arena);

        int vocabulary = config.Text.VocabularySize;
        float[] logits = LogitsOf(model, batch, [.. Enumerable.Range(0, batch.Rows)], arena.Capacity);
        float[] padded = _reference.Floats("forward.logits");
        float[] expected = new float[logits.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0)
            {
                padded.AsSpan(i * vocabulary, vocabulary).CopyTo(expected.AsSpan(rows[i] * vocabulary));
            }
        }

        float loss = (float)(model.Loss(batch, arena) / batch.LabelledRows);
        return
        [
            new("vision hidden state", string.Empty, hidden, _reference.Floats("forward.vision_hidden_state")),
            new("image features", string.Empty, features, _reference.Floats("forward.image_features")),
            new("logits", string.Empty, logits, expected),
            new("likeliest tokens' losses", string.Empty, Losses(logits, expected, vocabulary), Losses(expected, expected, vocabulary)),
            new("loss", string.Empty, [loss], _reference.Floats("forward.loss")) { Parts = Terms(model.RowLosses) },
        ];
    }

    private static float[] LogitsOf(Llava model, PackedBatch batch, int[] rows, long activations)
    {
        float[] logits = new float[(long)rows.Length * model.Config.Text.VocabularySize];
        using Arena arena = new(model.Device, activations + (4L * logits.Length) + (1 << 20), "the logits");
        model.Logits(logits, batch, arena, rows);
        return logits;
    }

    // A mean's terms, scaled so that their norm bounds the error of the mean.
    private static float[] Terms(ReadOnlySpan<float> values)
    {
        float[] terms = new float[values.Length];
        TensorPrimitives.Multiply(values, 1 / MathF.Sqrt(values.Length), terms);
        return terms;
    }

    // The loss is one number. These are many of its kind: each row's, if its label were the token that the reference finds likeliest.
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

    // Of the reference's tokens in one pass, without a cache.
    private float[][] TokenLogits(Llava model)
    {
        int[] prompt = _reference.Mark(_reference.Integers("generate.prompt_ids"));
        int[] ids = [.. prompt, .. Tokens[..^1]];
        PackedBatch batch = new(model.Config);

        // One label, so that there is a loss to plan the memory of.
        batch.Add(ids, [.. ids.Select((id, i) => i == ids.Length - 1 ? id : PackedBatch.Ignore)]);
        _reference.AddPictures(batch, ids.AsSpan().Count(PackedBatch.ImageToken));
        using ActivationPlan plan = new(model.Device, model.Config);
        float[] logits = LogitsOf(model, batch, [.. Enumerable.Range(batch.Rows - Tokens.Length, Tokens.Length)], plan.Loss(batch));
        return [.. logits.Chunk(model.Config.Text.VocabularySize)];
    }

    private int[] Generate(Llava model)
    {
        int[] prompt = _reference.Mark(_reference.Integers("generate.prompt_ids"));
        int[] expected = Tokens;
        float[] pixels = _reference.Floats("input.pixel_values");
        int size = 3 * model.Config.Vision.ImageSize * model.Config.Vision.ImageSize;
        using TokenGenerator generator = new(model, PackedBatch.CountRows(model.Config, prompt) + expected.Length);
        TokenDraw greedy = new Sampler(new GenerationOptions()).Draw(0);

        // The reference generates a fixed number of tokens: the end is forbidden.
        generator.Forbid([model.Config.Text.EosTokenId]);
        generator.Read(prompt, (picture, destination) => pixels.AsSpan(picture * size, size).CopyTo(destination));
        int[] chosen = new int[expected.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = generator.Choose(greedy);
            if (i < chosen.Length - 1)
            {
                generator.Append(expected[i]);
            }
        }

        return chosen;
    }

    private List<Quantity> Gradients(Llava model)
    {
        (PackedBatch batch, _) = _reference.Batch();
        using Arena arena = TrainingArena(model, batch, ModelPart.Vision, ModelPart.Projector, ModelPart.Language);
        model.Parameters.Train(model.Device, ModelPart.Vision, ModelPart.Projector, ModelPart.Language);
        model.ForwardBackward(batch, arena, 1f / batch.LabelledRows, accumulate: false);
        List<Quantity> samples = [];
        List<Quantity> norms = [];
        foreach (string name in _reference.Names.Where(static n => n.StartsWith("grad.", StringComparison.Ordinal)))
        {
            Parameter parameter = Find(model, name["grad.".Length..]);
            float[] gradient = GradientOf(model, parameter);
            float[] expected = _reference.Floats(name);
            float[] sample = Comparison.Sample(gradient, expected.Length);
            string normName = string.Concat("grad_norm.", name.AsSpan("grad.".Length));
            float[] norm = [(float)Math.Sqrt(gradient.Sum(static g => (double)g * g))];

            // The gradient of CLIP's key bias is zero in exact arithmetic, so its error is told against the query bias's.
            bool vanishes = parameter.Part == ModelPart.Vision && parameter.Name.EndsWith("k_proj.bias", StringComparison.Ordinal);
            double size = _reference.Floats(vanishes ? normName.Replace("k_proj", "q_proj", StringComparison.Ordinal) : normName)[0];
            samples.Add(new Quantity("gradients", parameter.Name, sample, expected)
            {
                Size = size * Math.Sqrt((double)expected.Length / gradient.Length),
            });
            norms.Add(new Quantity("gradient norms", parameter.Name, norm, _reference.Floats(normName))
            {
                Parts = Elements(sample, gradient.Length),
                Size = size,
            });
        }

        return [.. samples, .. norms];
    }

    private List<Quantity> Train(Device device, string stage, ReferenceRun run)
    {
        using Llava model = Load(device);
        (PackedBatch batch, _) = _reference.Batch();
        ModelPart[] trained = stage switch
        {
            "pretrain" => [ModelPart.Projector],
            "finetune" => [ModelPart.Projector, ModelPart.Language],
            _ => throw new InvalidDataException($"{_folder.Path}: reference.json has stage '{stage}'; expected pretrain or finetune."),
        };
        using Arena arena = TrainingArena(model, batch, trained);
        model.Parameters.Train(device, trained);
        using Optimizer optimizer = new(device, model.Parameters, new OptimizerOptions
        {
            Beta1 = (float)run.Betas[0],
            Beta2 = (float)run.Betas[1],
            Epsilon = (float)run.Epsilon,
            WeightDecay = (float)run.WeightDecay,
            MaxGradientNorm = (float)run.MaxGradientNorm,
        });
        LearningRateSchedule schedule = new(run.Steps, run.WarmupSteps);
        string prefix = $"{stage}.after.";
        Dictionary<Parameter, float[]> after = _reference.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(n => Find(model, n[prefix.Length..]), _reference.Floats);
        float[] Masters(Parameter parameter, int count) => Comparison.Sample(optimizer.ReadMasters(parameter), count);
        Dictionary<Parameter, float[]> start = after.ToDictionary(static p => p.Key, p => Masters(p.Key, p.Value.Length));
        Dictionary<Parameter, float[]> gradients = [];
        List<Quantity> losses = [];
        List<Quantity> norms = [];
        float[] rates = new float[run.Steps];
        for (int step = 0; step < run.Steps; step++)
        {
            float loss = (float)(model.ForwardBackward(batch, arena, 1f / batch.LabelledRows, accumulate: false) / batch.LabelledRows);
            losses.Add(new Quantity($"{stage}: losses", $"step {step}", [loss], [(float)run.Losses[step]]) { Parts = Terms(model.RowLosses) });
            float norm = optimizer.MeasureGradients();
            norms.Add(new Quantity($"{stage}: gradient norms", $"step {step}", [norm], [(float)run.GradientNorms[step]])
            {
                Parts = [.. model.Parameters.All.Where(static p => p.Trainable).SelectMany(p => Elements(GradientSampleOf(model, p), p.Shape.Count))],
            });
            if (step == 0)
            {
                gradients = after.ToDictionary(static p => p.Key, p => Comparison.Sample(GradientOf(model, p.Key), p.Value.Length));
            }

            rates[step] = (float)(run.PeakLearningRate * schedule.Factor(step));
            optimizer.Step(rates[step]);
        }

        (device as RoundingDevice)?.ShowMasters();
        List<Quantity> updates = [];
        foreach ((Parameter parameter, float[] expected) in after)
        {
            float[] weights = Masters(parameter, expected.Length), before = start[parameter];
            updates.Add(new Quantity($"{stage}: updates", parameter.Name, Difference(weights, before), Difference(expected, before))
            {
                Gradient = gradients[parameter],
                LastBits = LastBits(weights, run.Steps),
            });
        }

        float[] expectedRates = Array.ConvertAll(run.LearningRates, static v => (float)v);
        return
        [
            .. losses,
            .. norms,
            new Quantity($"{stage}: learning rates", string.Empty, rates, expectedRates),
            .. updates,
            .. updates.Select(u => u with { Row = $"{stage}: decay alone", Decays = true }),
        ];
    }

    // A step stores a weight twice, after its decay and after its move, and each time is off by half a unit of the last bit at most.
    private static float[] LastBits(float[] weights, int steps)
    {
        float[] bits = new float[weights.Length];
        TensorPrimitives.Multiply(weights, MathF.ScaleB(MathF.Sqrt(2 * steps), -24), bits);
        return bits;
    }

    private static float[] GradientOf(Llava model, Parameter parameter)
    {
        float[] gradient = new float[parameter.Shape.Count];
        model.Device.CopyToHost<float>(gradient, parameter.Gradient);
        return gradient;
    }

    private static float[] GradientSampleOf(Llava model, Parameter parameter) =>
        Comparison.Sample(GradientOf(model, parameter), (int)Math.Min(GradientSample, parameter.Shape.Count));

    // A sample of a norm's elements, scaled so that the norm of its error is the whole's.
    private static float[] Elements(float[] sample, long count)
    {
        float[] elements = new float[sample.Length];
        TensorPrimitives.Multiply(sample, MathF.Sqrt((float)count / sample.Length), elements);
        return elements;
    }

    private static float[] Difference(float[] from, float[] subtract)
    {
        float[] difference = new float[from.Length];
        TensorPrimitives.Subtract(from, subtract, difference);
        return difference;
    }

    private Parameter Find(Llava model, string name) =>
        CheckpointNames.TryToEngineName(name, out string? engineName) && model.Parameters.TryGet(engineName, out Parameter? parameter)
            ? parameter
            : throw new InvalidDataException($"{_folder.Path}: reference.safetensors names the weight '{name}', which the model does not have.");
}
