using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Models;
using LlavaCuda.Tests.Ops;
using LlavaCuda.Trainer.Verification;

namespace LlavaCuda.Tests.Verification;

/// <summary>The whole model on CUDA against what other people's code computed.</summary>
[Trait("Category", "Emulator")]
[Trait("Category", "Reference")]
public sealed class CudaReferenceCheckTests
{
    /// <summary>How much more than the rounding of activations to bf16 a device may err. Its kernels also round the weights of attention, and have exponentials of their own.</summary>
    private const double WorseThanRounding = 1.5;

    /// <summary>Below this an error is single precision's.</summary>
    private const double Negligible = 1e-5;

    /// <summary>
    /// The loss is a single number, whose error is one draw of the noise and may be near zero by luck on one side: about its usual size. The likeliest tokens' losses, which are
    /// many of its kind, are held to the same ratio as all else, and so are the losses of many batches.
    /// </summary>
    private const double OneNumber = 5e-4;

    public static TheoryData<string> Folders => ReferenceCheckTests.Folders;

    [Theory]
    [MemberData(nameof(Folders))]
    public void Run_SinglePrecision_AgreesInEveryRow(string folder)
    {
        IReadOnlyList<VerifyRow> rows = OnCuda(DType.F32, folder);
        Assert.True(rows.Count >= 16, $"only {rows.Count} comparisons");
        Assert.All(rows, static row => Assert.True(row.Passes, row.ToString()));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Run_Bf16_AgreesAndIsLittleWorseThanRounding(string folder)
    {
        IReadOnlyList<VerifyRow> rows = OnCuda(DType.BF16, folder);
        using RoundingDevice device = new();
        using ReferenceCheck check = new(device, Path.Combine(ReferenceFiles.Root, folder));
        Dictionary<string, VerifyRow> rounding = check.Run().ToDictionary(static r => r.Name);
        Assert.Equal(rounding.Keys.Order(StringComparer.Ordinal), rows.Select(static r => r.Name).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.True(row.Error <= (WorseThanRounding * rounding[row.Name].Error) + (row.Name == "loss" ? OneNumber : Negligible), $"{row}; rounding alone: {rounding[row.Name].Error:E2}"));
        Assert.All(rows, static row => Assert.True(row.Passes, row.ToString()));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Loss_OfManyBatches_IsLittleWorseThanRounding(string folder)
    {
        ModelFolder model = ModelFolder.Open(Path.Combine(ReferenceFiles.Root, folder));
        using CpuDevice exactly = new(2);
        using RoundingDevice rounding = new();
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        try
        {
            double[] exact = Losses(exactly, model);
            double allowed = Deviation(exact, Losses(rounding, model)), error = Deviation(exact, Losses(device, model));
            Assert.True(error <= WorseThanRounding * allowed, $"{error:E2}; rounding alone: {allowed:E2}");
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    // Of batches of a picture and random tokens, the second half of them labelled.
    private static double[] Losses(Device device, ModelFolder folder)
    {
        const int Batches = 128, Tokens = 24, PictureAt = 2;
        LlavaConfig config = folder.Config;
        using Llava model = Llava.Create(device, config);
        folder.Load(model.Parameters, device);
        using Arena arena = new(device, 64 << 20, "test activations");
        double[] losses = new double[Batches];
        for (int i = 0; i < Batches; i++)
        {
            CounterRandom random = new((ulong)i, "tokens");
            int[] ids = [.. Enumerable.Range(0, Tokens).Select(k => k == PictureAt ? PackedBatch.ImageToken : 3 + random.Below((ulong)k, config.Text.VocabularySize - 3))];
            PackedBatch batch = new(config);
            batch.Add(ids, [.. ids.Select(static (id, k) => k < Tokens / 2 ? PackedBatch.Ignore : id)]);
            TinyModels.AddPicture(batch, i);
            losses[i] = model.Loss(batch, arena) / batch.LabelledRows;
        }

        return losses;
    }

    private static double Deviation(double[] expected, double[] actual) => Math.Sqrt(expected.Zip(actual, static (e, a) => (a - e) * (a - e)).Average());

    private static IReadOnlyList<VerifyRow> OnCuda(DType type, string folder)
    {
        CudaDevice device = CudaDevices.Rent(type, Emulator.Order.Forward);
        try
        {
            using ReferenceCheck check = new(device, Path.Combine(ReferenceFiles.Root, folder));
            return check.Run();
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }
}
