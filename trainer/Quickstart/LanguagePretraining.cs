using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>Teaches the language model to read: first lists told again (<see cref="SceneTexts.Recall"/>), then all kinds of text. It meets no picture.</summary>
internal sealed class LanguagePretraining : IDisposable
{
    private const int Batch = 64;
    private const int MostQuestions = 8;
    private readonly Llava _model;
    private readonly LlavaTokenizer _tokenizer;
    private readonly ConversationTemplate _template;
    private readonly PackedBatch _batch;
    private readonly ActivationPlan _plan;
    private readonly Random _random;
    private Arena? _arena;
    private int _planned;

    internal LanguagePretraining(Llava model, LlavaTokenizer tokenizer, ConversationTemplate template, int seed)
    {
        _model = model;
        _tokenizer = tokenizer;
        _template = template;
        _random = new Random(seed);
        _batch = new PackedBatch(model.Config);
        _plan = new ActivationPlan(model.Device, model.Config, ModelPart.Language);
        model.Parameters.Train(model.Device, ModelPart.Language);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arena?.Dispose();
        _plan.Dispose();
        _model.Parameters.Train(_model.Device);
    }

    /// <summary>Reads lists only, at a constant rate, until it finds one attribute by another: seeds differ in when that happens.</summary>
    /// <param name="mostSteps">Steps of 64 texts at most.</param>
    /// <param name="progress">Receives step and loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    internal void ReadLists(int mostSteps, Action<int, double> progress, CancellationToken cancellation)
    {
        // At chance among two to four things the loss stays near 0.9; below this the binding is there.
        const double Learned = 0.25;
        const int Window = 50;
        Queue<double> losses = new();
        Run(mostSteps, recallShare: 1, static (step, _) => 2e-3f * Math.Min(1, (step + 1) / 10f), NotLearned, cancellation);

        bool NotLearned(int step, double loss)
        {
            progress(step, loss);
            losses.Enqueue(loss);
            if (losses.Count > Window)
            {
                losses.Dequeue();
            }

            return losses.Count < Window || losses.Average() > Learned;
        }
    }

    /// <summary>Reads text of all kinds, lists among them.</summary>
    /// <param name="steps">Steps of 64 texts.</param>
    /// <param name="progress">Receives step and loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    internal void ReadAll(int steps, Action<int, double> progress, CancellationToken cancellation)
    {
        Run(steps, recallShare: 0.3, static (step, steps) => 1.5e-3f * Math.Min(1, 4f * (steps - step) / steps), Always, cancellation);

        bool Always(int step, double loss)
        {
            progress(step, loss);
            return true;
        }
    }

    private void Run(int steps, double recallShare, Func<int, int, float> rate, Func<int, double, bool> goOn, CancellationToken cancellation)
    {
        using Optimizer optimizer = new(_model.Device, _model.Parameters, new OptimizerOptions { Beta2 = 0.98f, WeightDecay = 0.05f });
        bool more = true;
        for (int step = 0; step < steps && more; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            _batch.Clear();
            for (int i = 0; i < Batch; i++)
            {
                (int[] ids, int[] labels) = Draw(recallShare);
                _batch.Add(ids, labels);
            }

            double loss = _model.ForwardBackward(_batch, Reserve(), 1f / _batch.LabelledRows, accumulate: false) / _batch.LabelledRows;
            optimizer.MeasureGradients();
            optimizer.Step(rate(step, steps));
            more = goOn(step + 1, loss);
        }
    }

    private (int[] Ids, int[] Labels) Draw(double recallShare)
    {
        if (_random.NextDouble() < recallShare)
        {
            return SceneTexts.Recall(_random).Encode(_tokenizer);
        }

        double kind = _random.NextDouble();
        Scene scene = Scene.Draw(_random, kind switch { < 0.15 => SceneKind.Single, < 0.3 => SceneKind.Alike, _ => SceneKind.Mixed }, heldOut: false);
        double form = _random.NextDouble();
        if (form < 0.1)
        {
            return SceneTexts.Caption(scene).Encode(_tokenizer);
        }

        if (form < 0.25)
        {
            return SceneTexts.NotedCaption(_random, scene).Encode(_tokenizer);
        }

        EncodedSample sample = PromptEncoder.EncodeTraining(_template, SceneTexts.Talk(_random, scene, MostQuestions), _tokenizer, ImageOrder.Data, maxLength: null);
        return (sample.Ids, sample.Labels);
    }

    // Texts vary in length: the arena grows to the largest batch met.
    private Arena Reserve()
    {
        long bytes = _arena is { } held && _batch.Rows <= _planned ? held.Capacity : _plan.Training(_batch);
        if (_arena is null || bytes > _arena.Capacity)
        {
            _arena?.Dispose();
            _arena = new Arena(_model.Device, bytes + (bytes / 8), "the language model's activations");
        }

        _planned = Math.Max(_planned, _batch.Rows);
        return _arena;
    }
}
