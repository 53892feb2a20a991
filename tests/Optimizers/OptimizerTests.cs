using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Optimizers;

public abstract class OptimizerTests(Bed bed)
{
    private static readonly ModelPart[] EveryPart = [ModelPart.Vision, ModelPart.Projector, ModelPart.Language];
    private static readonly OptimizerOptions Plain = new() { MaxGradientNorm = float.PositiveInfinity };

    // What a weight near one can be away from its master.
    private readonly double _near = bed.Type == DType.BF16 ? 1.0 / 256 : 1e-6;

    [Fact]
    public void Step_ProjectorsOwnRateAndDecay_ApplyToTheirWeightsOnly()
    {
        using SmallTable table = new(bed, ModelPart.Projector, ModelPart.Language);
        table.Fill(1, 0.5f);
        using Optimizer optimizer = new(table.Device, table.Parameters, Plain with { WeightDecay = 0.1f });
        Assert.Equal(0.5 * Math.Sqrt(15), optimizer.MeasureGradients(), 1e-6);
        optimizer.Step(0.01f, 0.02f);

        // The first update of AdamW is the rate itself, whatever the gradient.
        Assert.Equal(1 - (0.02 * 0.1) - 0.02, table.Value("projector.w"), _near);
        Assert.Equal(1 - 0.02, table.Value("projector.b"), _near);
        Assert.Equal(1 - 0.01, table.Value("language.norm"), _near);
        Assert.Equal(1 - (0.01 * 0.1) - 0.01, table.Value("language.w"), _near);
        Assert.Equal(1, table.Value("vision.w"));
    }

    [Fact]
    public void MeasureGradients_AboveTheLimit_ScalesTheStepDown()
    {
        using SmallTable table = new(bed, ModelPart.Projector);
        table.Fill(0, 3);
        using Optimizer optimizer = new(table.Device, table.Parameters, new OptimizerOptions { Epsilon = 1, MaxGradientNorm = 1 });
        double norm = 3 * Math.Sqrt(6);
        Assert.Equal(norm, optimizer.MeasureGradients(), 1e-5);
        optimizer.Step(0.1f);
        double clipped = 3 / norm;
        Assert.Equal(-0.1 * clipped / (clipped + 1), table.Value("projector.w"), _near);
    }

    [Fact]
    public void Restore_AfterSaving_GoesOnToTheSameBits()
    {
        using TemporaryFolder folder = new();
        using SmallTable whole = new(bed, EveryPart), resumed = new(bed, EveryPart);
        using Optimizer first = new(whole.Device, whole.Parameters, Plain);
        Train(whole, first, 0, 3);
        SafetensorsWriter.Write(folder.At("state.safetensors"), first.State());
        resumed.Device.WriteFloats(resumed.Parameters.Values, whole.All());
        Train(whole, first, 3, 6);

        using Optimizer second = new(resumed.Device, resumed.Parameters, Plain);
        using (WeightFile file = WeightFile.Open(folder.At("state.safetensors")))
        {
            second.Restore(file, 3);
        }

        Train(resumed, second, 3, 6);
        Assert.Equal(whole.All(), resumed.All());
        Assert.Equal(6, second.Steps);
    }

    [Fact]
    public void Restore_OtherShapes_NamesTheTensor()
    {
        using TemporaryFolder folder = new();
        using SmallTable table = new(bed, ModelPart.Projector);
        using Optimizer optimizer = new(table.Device, table.Parameters, Plain);
        SafetensorsWriter.Write(folder.At("state.safetensors"), [TensorSource.FromArray("first.projector.w", DType.F32, new float[4], 4)]);
        using WeightFile file = WeightFile.Open(folder.At("state.safetensors"));
        OneLine.Throws<InvalidDataException>(() => optimizer.Restore(file, 1), "first.projector.w", "[4]", "[2, 2]");
    }

    [Fact]
    public void State_Weight_TakesTheBytesThatAreCounted()
    {
        using SmallTable table = new(bed, ModelPart.Projector);
        using Optimizer optimizer = new(table.Device, table.Parameters, Plain);
        string[] kept = bed.Type == DType.BF16 ? ["first", "second", "remainder"] : ["first", "second"];
        IReadOnlyList<TensorSource> state = optimizer.State();
        Assert.Equal(["projector.w", "projector.b"], state.Select(static s => s.Name.Split('.', 2)[1]).Distinct());
        Assert.Equal(kept, state.Select(static s => s.Name.Split('.')[0]).Distinct());
        Assert.Equal(6 * Optimizer.StateBytesPerWeight(bed.Type), state.Sum(static s => s.Shape.Count * s.Type.Size()));
        Assert.Equal((table.Parameters.TrainedRange.Count * Optimizer.StateBytesPerWeight(bed.Type)) + 8, Optimizer.StateBytes(table.Parameters, bed.Type));
    }

    [Fact]
    public void Constructor_NothingTrained_Throws()
    {
        using SmallTable table = new(bed);
        Assert.Throws<ArgumentException>(() => new Optimizer(table.Device, table.Parameters, Plain));
    }

    private static void Train(SmallTable table, Optimizer optimizer, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            foreach (Parameter parameter in table.Parameters.All)
            {
                table.Device.CopyFromHost<float>(parameter.Gradient, OpTest.Normal(step, parameter.Shape.Count));
            }

            optimizer.MeasureGradients();
            optimizer.Step(0.01f);
        }
    }

    private sealed class SmallTable : IDisposable
    {
        private readonly OpTest _test;

        internal SmallTable(Bed bed, params ReadOnlySpan<ModelPart> trained)
        {
            _test = new OpTest(bed, threads: 1);
            Parameters.Add("vision.w", ModelPart.Vision, 3, 2);
            Parameters.Add("projector.w", ModelPart.Projector, 2, 2);
            Parameters.Add("projector.b", ModelPart.Projector, 2);
            Parameters.Add("language.norm", ModelPart.Language, 3);
            Parameters.Add("language.w", ModelPart.Language, 3, 2);
            Parameters.Allocate(Device, bed.Type);
            Parameters.Train(Device, trained);
        }

        internal Device Device => _test.Device;

        internal ParameterTable Parameters { get; } = new();

        public void Dispose()
        {
            Parameters.Dispose();
            _test.Dispose();
        }

        internal void Fill(float value, float gradient)
        {
            foreach (Parameter parameter in Parameters.All)
            {
                Set(parameter.Value, value);
                if (parameter.Trainable)
                {
                    Set(parameter.Gradient, gradient);
                }
            }
        }

        internal float Value(string name)
        {
            float[] values = new float[Parameters[name].Shape.Count];
            Device.ReadFloats(values, Parameters[name].Value);
            Assert.All(values, value => Assert.Equal(values[0], value));
            return values[0];
        }

        internal float[] All()
        {
            float[] values = new float[Parameters.ArenaCount];
            Device.ReadFloats(values, Parameters.Values);
            return values;
        }

        private void Set(Tensor tensor, float value) => Device.WriteFloats(tensor, [.. Enumerable.Repeat(value, (int)tensor.Count)]);
    }
}

public sealed class OptimizerCpuTests() : OptimizerTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class OptimizerCudaTests() : OptimizerTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class OptimizerBf16Tests() : OptimizerTests(Bed.CudaBf16);
