using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Native;
using LlavaCuda.Optimizers;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Models;

/// <summary>The whole model on CUDA beside the same model on the processor, and how a pass behaves there: order of threads, memory, failures.</summary>
[Trait("Category", "Emulator")]
public sealed class LlavaCudaTests
{
    private static readonly ModelPart[] AllParts = [ModelPart.Vision, ModelPart.Projector, ModelPart.Language];

    // Head sizes that have tensor-core kernels, grouped queries, widths that are multiples of a vector: the path that real models take.
    private static readonly LlavaConfig Config = new(
        new VisionConfig { HiddenSize = 64, IntermediateSize = 96, Layers = 2, Heads = 2, ImageSize = 28, PatchSize = 7 },
        new TextConfig { HiddenSize = 64, IntermediateSize = 96, Layers = 2, Heads = 4, KvHeads = 2, HeadSize = 32, VocabularySize = 128, MaxPositions = 128 },
        ProjectorConfig.Mlp2);

    public static TheoryData<DType, double> Precisions => new() { { DType.F32, 1e-5 }, { DType.BF16, 5e-2 } };

    [Theory]
    [MemberData(nameof(Precisions))]
    public void ForwardBackward_EveryGradient_AgreesWithTheProcessor(DType type, double tolerance)
    {
        using CpuDevice cpu = new(2);
        (double expectedLoss, Dictionary<string, float[]> expected) = LossAndGradients(cpu, type);
        (double loss, Dictionary<string, float[]> actual) = On(type, device => LossAndGradients(device, type));
        Assert.InRange(Math.Abs(loss - expectedLoss) / expectedLoss, 0, tolerance);
        foreach ((string name, float[] gradient) in expected)
        {
            // Blocks behind the layer that LLaVA reads are never evaluated.
            if (gradient.All(static g => g == 0))
            {
                Assert.All(actual[name], static g => Assert.Equal(0, g));
                continue;
            }

            // The gradient of a key's bias vanishes in exact arithmetic: it is held against the query's.
            float[] yardstick = expected[name.Replace("k_proj.bias", "q_proj.bias", StringComparison.Ordinal)];
            double error = Math.Sqrt(gradient.Zip(actual[name], static (a, b) => Math.Pow((double)a - b, 2)).Sum() / yardstick.Sum(static g => (double)g * g));
            Assert.True(error <= tolerance, $"{name}: relative error {error:E2}");
        }
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void Step_ThreeThreadOrders_GiveTheSameBits(DType type, double tolerance)
    {
        _ = tolerance;
        byte[][] weights = [.. Enum.GetValues<Emulator.Order>().Select(order => On(type, device => InOrder(order, () => WeightsAfterSteps(device, 2))))];
        Assert.Equal(weights[0], weights[1]);
        Assert.Equal(weights[0], weights[2]);
    }

    [Fact]
    public void Step_Steady_AllocatesNothing() => On(DType.BF16, static device =>
    {
        using Llava model = TinyModels.Create(device, Config);
        model.Parameters.Train(device, AllParts);
        using Optimizer optimizer = new(device, model.Parameters, new OptimizerOptions());
        using Arena arena = TinyModels.Arena(device);
        PackedBatch batch = TinyModels.Mixed(Config);
        for (int i = 0; i < 3; i++)
        {
            Step();
        }

        bool emulated = Emulator.IsAvailable;
        EmulatorStatistics before = emulated ? Statistics() : default;
        Assert.Equal(0, Allocations.Of(Step));
        Assert.Equal(before.Allocations, emulated ? Statistics().Allocations : 0);
        return 0;

        void Step()
        {
            model.ForwardBackward(batch, arena, 0.1f, accumulate: false);
            optimizer.MeasureGradients();
            optimizer.Step(1e-3f);
        }
    });

    [Fact]
    public void Steps_OnOneBatch_DriveTheLossDown() => On(DType.BF16, static device =>
    {
        using Llava model = TinyModels.Create(device, Config);
        model.Parameters.Train(device, ModelPart.Projector, ModelPart.Language);
        using Optimizer optimizer = new(device, model.Parameters, new OptimizerOptions());
        using Arena arena = TinyModels.Arena(device);
        PackedBatch batch = TinyModels.Mixed(Config);
        List<double> losses = [];
        for (int i = 0; i < 12; i++)
        {
            losses.Add(model.ForwardBackward(batch, arena, 1f / batch.LabelledRows, accumulate: false) / batch.LabelledRows);
            optimizer.MeasureGradients();
            optimizer.Step(3e-3f);
        }

        Assert.True(losses[^1] < 0.5 * losses[0], string.Join(", ", losses.Select(static l => l.ToString("F3"))));
        return 0;
    });

    [Fact]
    public void Logits_WithCacheInPieces_EqualThoseOfTheWhole() => On(DType.F32, static device =>
    {
        using Llava model = TinyModels.Create(device, Config);
        using Arena arena = TinyModels.Arena(device);
        int[] ids = [1, 5, PackedBatch.ImageToken, 6, 7, 8, 9];
        PackedBatch whole = new(Config);
        whole.Add(ids, []);
        TinyModels.AddPicture(whole, 0);
        float[] expected = new float[Config.Text.VocabularySize], actual = new float[Config.Text.VocabularySize];
        model.Logits(expected, whole, arena, [whole.Rows - 1]);
        using KvCache cache = new(device, Config.Text, 1, 40);
        foreach (int[] piece in (int[][])[ids[..2], ids[2..4], ids[4..5], ids[5..]])
        {
            PackedBatch batch = new(Config);
            batch.Add(piece, [], cache.Lengths[0]);
            if (piece.Contains(PackedBatch.ImageToken))
            {
                TinyModels.AddPicture(batch, 0);
            }

            model.Logits(actual, batch, arena, [batch.Rows - 1], cache);
        }

        double size = Math.Sqrt(expected.Sum(static x => (double)x * x));
        Assert.InRange(Math.Sqrt(expected.Zip(actual, static (a, b) => Math.Pow((double)a - b, 2)).Sum()) / size, 0, 1e-5);
        return 0;
    });

    [Fact]
    public void ForwardBackward_PicturesSentAhead_GivesTheSameBits() => On(DType.BF16, static device =>
    {
        using Llava model = TinyModels.Create(device, Config);
        model.Parameters.Train(device, AllParts);
        using Arena arena = TinyModels.Arena(device);
        using StagedCopy staging = device.CreateStaging();
        PackedBatch batch = TinyModels.Mixed(Config);
        double expected = model.ForwardBackward(batch, arena, 1, accumulate: false);
        for (int i = 0; i < 3; i++)
        {
            batch.SendAhead(staging);
            Assert.Equal(expected, model.ForwardBackward(batch, arena, 1, accumulate: false, staging));
        }

        return 0;
    });

    [Fact]
    public void Allocate_MemoryIsShort_NamesPurposeAndBytes()
    {
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        On(DType.BF16, static device =>
        {
            InsufficientMemoryException error = Assert.Throws<InsufficientMemoryException>(() => device.Allocate(1L << 44, "the weights"));
            Assert.Contains("17,592,186,044,416 bytes for the weights", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
            return 0;
        });
    }

    [Fact]
    public void ForwardBackward_LaunchFails_NamesTheKernelAndGivesTheArenaBack()
    {
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        On(DType.BF16, static device =>
        {
            using Llava model = TinyModels.Create(device, Config);
            model.Parameters.Train(device, AllParts);
            using Arena arena = TinyModels.Arena(device);
            PackedBatch batch = TinyModels.Mixed(Config);
            Emulator.FailLaunch(5, CudaResult.LaunchOutOfResources);
            CudaException error = Assert.Throws<CudaException>(() => model.ForwardBackward(batch, arena, 1, accumulate: false));
            Emulator.FailLaunch(0, CudaResult.Success);
            Assert.Equal(CudaResult.LaunchOutOfResources, error.Result);
            Assert.Contains('<', error.Message);
            Assert.Equal(0, arena.Mark());
            return 0;
        });
    }

    private static T On<T>(DType type, Func<CudaDevice, T> run)
    {
        CudaDevice device = CudaDevices.Rent(type, Emulator.Order.Forward);
        try
        {
            return run(device);
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    private static T InOrder<T>(Emulator.Order order, Func<T> run)
    {
        if (!Emulator.IsAvailable)
        {
            return run();
        }

        Emulator.SetOrder(order);
        try
        {
            return run();
        }
        finally
        {
            Emulator.SetOrder(Emulator.Order.Forward);
        }
    }

    private static EmulatorStatistics Statistics()
    {
        Emulator.GetStatistics(out EmulatorStatistics statistics);
        return statistics;
    }

    // With weights that the type can store, so that both devices begin with the same.
    private static (double Loss, Dictionary<string, float[]> Gradients) LossAndGradients(Device device, DType type)
    {
        using Llava model = TinyModels.Create(device, Config);
        foreach (Parameter parameter in model.Parameters.All.Where(_ => type == DType.BF16))
        {
            float[] values = new float[parameter.Value.Count];
            device.ReadFloats(values, parameter.Value);
            device.WriteFloats(parameter.Value, Array.ConvertAll(values, static v => Bf16.Round(v)));
        }

        PackedBatch batch = TinyModels.Mixed(Config);
        model.Parameters.Train(device, AllParts);
        using Arena arena = TinyModels.Arena(device);
        double loss = model.ForwardBackward(batch, arena, 1f / batch.LabelledRows, accumulate: false);
        return (loss, model.Parameters.All.ToDictionary(static p => p.Name, p =>
        {
            float[] values = new float[p.Gradient.Count];
            device.CopyToHost<float>(values, p.Gradient);
            return values;
        }));
    }

    private static byte[] WeightsAfterSteps(Device device, int steps)
    {
        using Llava model = TinyModels.Create(device, Config);
        model.Parameters.Train(device, AllParts);
        using Optimizer optimizer = new(device, model.Parameters, new OptimizerOptions());
        using Arena arena = TinyModels.Arena(device);
        PackedBatch batch = TinyModels.Mixed(Config);
        for (int i = 0; i < steps; i++)
        {
            model.ForwardBackward(batch, arena, 0.1f, accumulate: false);
            optimizer.MeasureGradients();
            optimizer.Step(1e-3f);
        }

        byte[] weights = new byte[model.Parameters.Values.Bytes];
        device.CopyToHost<byte>(weights, model.Parameters.Values);
        return weights;
    }
}
