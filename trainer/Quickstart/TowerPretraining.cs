using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Ops;
using LlavaCuda.Optimizers;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>
/// Teaches the vision tower to see, from labelled patches: throw-away linear heads on the hidden state that LLaVA reads tell, for every patch, the colour, the shape and the
/// place of the cell it lies in, and the class token's row tells how many things there are. The tower meets no language.
/// </summary>
internal sealed class TowerPretraining : IDisposable
{
    private const int Batch = 64;
    private static readonly (string Name, int Classes, float Weight, bool OnPatches)[] Heads =
        [("color", SceneWords.Colors.Length + 1, 1, true), ("shape", SceneWords.Shapes.Length + 1, 1, true), ("place", SceneWords.Places.Length, 0.3f, true), ("count", SceneWords.Places.Length, 0.3f, false)];

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

    internal TowerPretraining(Llava model, ImageProcessor processor, int seed)
    {
        _model = model;
        _device = model.Device;
        _processor = processor;
        _random = new Random(seed);
        _vision = new ClipVision(_device, model.Config, model.Parameters);
        VisionConfig c = model.Config.Vision;
        foreach ((string name, int classes, _, _) in Heads)
        {
            _heads.Add(name + ".weight", ModelPart.Projector, classes, c.HiddenSize);
            _heads.Add(name + ".bias", ModelPart.Projector, classes);
        }

        _heads.Allocate(_device, _device.ComputeType);
        _heads.Train(_device, ModelPart.Projector);
        BaseWeights.Fill(_device, _heads, (ulong)seed);
        model.Parameters.Train(_device, ModelPart.Vision);
        OptimizerOptions options = new() { Beta2 = 0.98f, WeightDecay = 0.01f };
        _towerOptimizer = new Optimizer(_device, model.Parameters, options);
        _headOptimizer = new Optimizer(_device, _heads, options);
        _pixels = new float[Batch * processor.Floats];
        _labels = [.. Heads.Select(h => new int[h.OnPatches ? Batch * c.Patches : Batch])];
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

    /// <summary>Trains on fresh pictures, none of which shows a held-out scene.</summary>
    /// <param name="steps">Steps of 64 pictures.</param>
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
            for (int patch = 0; patch < c.Patches; patch++)
            {
                int cell = Cell(c, patch);
                int found = scene.Objects.ToList().FindIndex(o => o.Place == cell);
                _labels[0][(i * c.Patches) + patch] = found < 0 ? SceneWords.Colors.Length : scene.Objects[found].Color;
                _labels[1][(i * c.Patches) + patch] = found < 0 ? SceneWords.Shapes.Length : scene.Objects[found].Shape;
                _labels[2][(i * c.Patches) + patch] = cell;
            }

            _labels[3][i] = scene.Objects.Count - 1;
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
        Tensor dclass = arena.Push(hidden.Type, hidden.Rows, hidden.Width);
        double loss = 0;
        for (int side = 0; side < 2; side++)
        {
            Tensor features = arena.Push(hidden.Type, rows[side].Rows, hidden.Width);
            Tensor dfeatures = arena.Push(hidden.Type, rows[side].Rows, hidden.Width);
            GatherRows.Forward(device, features, hidden, rows[side]);
            bool first = true;
            for (int h = 0; h < Heads.Length; h++)
            {
                if (Heads[h].OnPatches == (side == 0))
                {
                    loss += Head(h, features, dfeatures, !first);
                    first = false;
                }
            }

            GatherRows.Backward(device, side == 0 ? dhidden : dclass, dfeatures, rows[side]);
        }

        Residual.Add(device, dhidden, dclass);
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
            Parameter weight = heads[Heads[h].Name + ".weight"];
            Parameter bias = heads[Heads[h].Name + ".bias"];
            long top = arena.Mark();
            Tensor logits = arena.Push(features.Type, features.Rows, Heads[h].Classes);
            Tensor losses = arena.Push(DType.F32, features.Rows);
            Linear.Forward(device, logits, features, weight.Value, bias.Value);
            CrossEntropy.ForwardBackward(device, losses, logits, Ints(_labels[h]), Heads[h].Weight / features.Rows);
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

            return sum * Heads[h].Weight / features.Rows;
        }
    }
}
