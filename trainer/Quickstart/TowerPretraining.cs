using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Ops;
using LlavaCuda.Optimizers;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>
/// Pretrains the vision tower on labelled scenes: temporary linear probes on the hidden state that LLaVA reads, on every patch or on the
/// class token, classify what is in the image. No text is involved.
/// </summary>
internal sealed class TowerPretraining : IDisposable
{
    private const int Batch = 64;
    private readonly IReadOnlyList<TowerHead> _towerHeads;
    private readonly Llava _model;
    private readonly Device _device;
    private readonly ClipVision _vision;
    private readonly ImageProcessor _processor;
    private readonly ParameterTable _heads = new();
    private readonly Optimizer _towerOptimizer;
    private readonly Optimizer _headOptimizer;
    private readonly Arena _arena;
    private readonly Random _random;
    private readonly float[] _pixels;
    private readonly int[][] _labels;
    private readonly int[] _patchRows;
    private readonly int[] _classRows;
    private readonly int[] _cuSeqlens;
    private readonly float[] _losses;

    internal TowerPretraining(Llava model, ImageProcessor processor, int seed, IReadOnlyList<TowerHead> heads)
    {
        _towerHeads = heads;
        _model = model;
        _device = model.Device;
        _processor = processor;
        _random = new Random(seed);
        _vision = new ClipVision(_device, model.Config, model.Parameters);
        VisionConfig c = model.Config.Vision;
        foreach (TowerHead head in heads)
        {
            _heads.Add(head.Name + ".weight", ModelPart.Projector, head.Classes, c.HiddenSize);
            _heads.Add(head.Name + ".bias", ModelPart.Projector, head.Classes);
        }

        _heads.Allocate(_device, _device.ComputeType);
        _heads.Train(_device, ModelPart.Projector);
        BaseWeights.Fill(_device, _heads, (ulong)seed);
        model.Parameters.Train(_device, ModelPart.Vision);
        OptimizerOptions options = new() { Beta2 = 0.98f, WeightDecay = 0.01f };
        _towerOptimizer = new Optimizer(_device, model.Parameters, options);
        _headOptimizer = new Optimizer(_device, _heads, options);
        _pixels = new float[Batch * processor.Floats];
        _labels = [.. heads.Select(h => new int[h.OnPatches ? Batch * c.Patches : Batch])];
        _patchRows = [.. Enumerable.Range(0, Batch * c.Positions).Where(row => row % c.Positions > 0)];
        _classRows = [.. Enumerable.Range(0, Batch).Select(i => i * c.Positions)];
        _cuSeqlens = [.. Enumerable.Range(0, Batch + 1).Select(i => i * c.Positions)];
        _losses = new float[Batch * c.Patches];
        _arena = new Arena(_device, Measure(), "the tower's activations");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arena.Dispose();
        _towerOptimizer.Dispose();
        _headOptimizer.Dispose();
        _heads.Dispose();
        _model.Parameters.Train(_device);
    }

    /// <summary>Trains on fresh images, none of which shows a held-out scene.</summary>
    /// <param name="steps">Steps of 64 images.</param>
    /// <param name="progress">Receives step and loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    internal void Run(int steps, Action<int, double> progress, CancellationToken cancellation)
    {
        const float Peak = 1e-3f;
        LearningRateSchedule schedule = LearningRateSchedule.FromRatio(steps, 0.05);
        for (int step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            DrawBatch();
            double loss = ForwardBackward(_vision, _device, _arena, _heads);
            _towerOptimizer.MeasureGradients();
            _headOptimizer.MeasureGradients();
            float rate = Peak * (float)schedule.Factor(step);
            _towerOptimizer.Step(rate);
            _headOptimizer.Step(rate);
            progress(step + 1, loss);
        }
    }

    private static int Cell(VisionConfig config, int patch)
    {
        int half = config.Grid / 2;
        return (patch / config.Grid / half * 2) + (patch % config.Grid / half);
    }

    private long Measure()
    {
        using PlanningDevice device = new(_device);
        using Llava model = Llava.Create(device, _model.Config);
        model.Parameters.Train(device, ModelPart.Vision);
        using Arena arena = device.MeasuringArena();
        ForwardBackward(new ClipVision(device, model.Config, model.Parameters), device, arena, _heads);
        return arena.Peak;
    }

    private void DrawBatch()
    {
        VisionConfig c = _model.Config.Vision;
        for (int i = 0; i < Batch; i++)
        {
            int kind = _random.Next(10);
            Scene scene = Scene.Draw(_random, kind < 2 ? SceneKind.Single : kind < 4 ? SceneKind.Alike : SceneKind.Mixed, heldOut: false);
            _processor.Process(SceneRenderer.Draw(_random, scene), _pixels.AsSpan(i * _processor.Floats, _processor.Floats));
            for (int h = 0; h < _labels.Length; h++)
            {
                TowerHead head = _towerHeads[h];
                int rows = head.OnPatches ? c.Patches : 1;
                for (int row = 0; row < rows; row++)
                {
                    _labels[h][(i * rows) + row] = head.Label(scene, Cell(c, row));
                }
            }
        }
    }

    private double ForwardBackward(ClipVision vision, Device device, Arena arena, ParameterTable heads)
    {
        VisionConfig c = _model.Config.Vision;
        long mark = arena.Mark();
        Tensor pixels = arena.Push(DType.F32, Batch, 3, c.ImageSize, c.ImageSize);
        device.CopyFromHost<float>(pixels, _pixels);
        Tensor cuSeqlens = Ints(_cuSeqlens);
        Tensor[] rows = [Ints(_patchRows), Ints(_classRows)];
        Tensor hidden = vision.Forward(arena, pixels, cuSeqlens, PassMode.Training);
        Tensor dhidden = arena.Push(hidden.Type, hidden.Rows, hidden.Width);
        Tensor dmore = arena.Push(hidden.Type, hidden.Rows, hidden.Width);
        double loss = 0;
        bool first = true;
        foreach (bool onPatches in (ReadOnlySpan<bool>)[true, false])
        {
            int[] reading = [.. Enumerable.Range(0, _towerHeads.Count).Where(h => _towerHeads[h].OnPatches == onPatches)];
            if (reading.Length == 0)
            {
                continue;
            }

            Tensor read = rows[onPatches ? 0 : 1];
            Tensor features = arena.Push(hidden.Type, read.Rows, hidden.Width);
            Tensor dfeatures = arena.Push(hidden.Type, read.Rows, hidden.Width);
            GatherRows.Forward(device, features, hidden, read);
            foreach (int h in reading)
            {
                loss += Head(h, features, dfeatures, accumulate: h != reading[0]);
            }

            GatherRows.Backward(device, first ? dhidden : dmore, dfeatures, read);
            if (!first)
            {
                Residual.Add(device, dhidden, dmore);
            }

            first = false;
        }

        vision.Backward(arena, dhidden, cuSeqlens, accumulate: false);
        arena.Release(mark);
        return loss;

        Tensor Ints(int[] values)
        {
            Tensor tensor = arena.Push(DType.I32, values.Length);
            device.CopyFromHost<int>(tensor, values);
            return tensor;
        }

        double Head(int h, Tensor features, Tensor dfeatures, bool accumulate)
        {
            Parameter weight = heads[_towerHeads[h].Name + ".weight"];
            Parameter bias = heads[_towerHeads[h].Name + ".bias"];
            long top = arena.Mark();
            Tensor logits = arena.Push(features.Type, features.Rows, _towerHeads[h].Classes);
            Tensor losses = arena.Push(DType.F32, features.Rows);
            Linear.Forward(device, logits, features, weight.Value, bias.Value);
            CrossEntropy.ForwardBackward(device, losses, logits, Ints(_labels[h]), _towerHeads[h].Weight / features.Rows);
            Linear.BackwardInput(device, dfeatures, logits, weight.Value, accumulate);
            Linear.BackwardWeight(device, weight.Gradient, logits, features, accumulate: false);
            ColumnSum.Backward(device, bias.Gradient, logits, accumulate: false);
            Span<float> values = _losses.AsSpan(0, (int)features.Rows);
            device.CopyToHost(values, losses);
            arena.Release(top);
            double sum = 0;
            foreach (float value in values)
            {
                sum += value;
            }

            return sum * _towerHeads[h].Weight / features.Rows;
        }
    }
}
