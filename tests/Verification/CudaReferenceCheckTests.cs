using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
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
    /// <summary>How much more than rounding alone a bf16 device may err, in the root mean square over many models.</summary>
    private const double WorseThanRounding = 1.25;

    /// <summary>
    /// How much more it errs, and how many independent numbers the error of one model is worth: over few models, three standard
    /// deviations of luck are more than the bound.
    /// </summary>
    private const double Usual = 1.05, Independent = 5;

    private static readonly Lazy<(CpuDevice Processor, ReferenceCheck Check)> Shipped = new(static () =>
    {
        CpuDevice processor = new(2);
        return (processor, new ReferenceCheck(processor, processor, ReferenceFiles.Shipped("layouts", "huggingface")));
    });

    private static readonly ConcurrentDictionary<(DType Type, string Folder), IReadOnlyList<VerifyRow>> Known = [];

    public static TheoryData<string> Folders => ReferenceCheckTests.Folders;

    public static TheoryData<Fault> Faults => ReferenceFaultTests.Faults;

    [Theory]
    [MemberData(nameof(Folders))]
    public void Run_SinglePrecision_AgreesInEveryRow(string folder) => AssertAgrees(OnCuda(DType.F32, folder));

    [Theory]
    [MemberData(nameof(Folders))]
    public void Run_Bf16_AgreesInEveryRow(string folder) => AssertAgrees(OnCuda(DType.BF16, folder));

    // Over folders, luck evens out: what a kernel does more than rounding stays.
    [Fact]
    public void Run_Bf16OverAllFolders_IsLittleWorseThanRounding()
    {
        StringBuilder table = new();
        List<string> worse = [];
        IEnumerable<VerifyRow> all = ReferenceFiles.Models.SelectMany(static folder => OnCuda(DType.BF16, folder));
        foreach (IGrouping<string, VerifyRow> row in all.GroupBy(static r => r.Name))
        {
            double[] ratios = [.. row.Select(static r => r.Error / r.Rounding)];
            double usual = Math.Sqrt(ratios.Average(static r => r * r));
            double share = row.Max(static r => r.Error / r.Tolerance);
            table.AppendLine(
                CultureInfo.InvariantCulture,
                $"{row.Key,-28} {ratios.Length,3} models: {usual:0.00} x rounding, worst {ratios.Max():0.00}, {share:0.00} of what is allowed");
            if (!(usual <= Math.Max(WorseThanRounding, Usual * (1 + (3 / Math.Sqrt(2 * Independent * ratios.Length))))))
            {
                worse.Add(row.Key);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(table.ToString());
        Assert.True(worse.Count == 0, $"{string.Join(", ", worse)}\n{table}");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Run_FaultInBf16_IsFound(Fault fault)
    {
        // The yardstick is right here and the fault the device's alone.
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        try
        {
            using FaultyDevice faulty = new(device, fault);
            Assert.Contains(Shipped.Value.Check.RunOn(faulty), static row => !row.Passes);
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Loss_OfManyBatches_IsLittleWorseThanRounding(string folder)
    {
        ModelFolder model = ModelFolder.Open(Path.Combine(ReferenceFiles.Root, folder));
        using CpuDevice processor = new(2);
        using RoundingDevice rounding = new(processor, RoundingDevice.Bf16Bits, seed: null);
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        try
        {
            double[] exact = Losses(processor, model);
            double allowed = Deviation(exact, Losses(rounding, model)), error = Deviation(exact, Losses(device, model));

            // Of 128 numbers on either side.
            Assert.True(error <= WorseThanRounding * 1.2 * allowed, $"{error:E2}; rounding alone: {allowed:E2}");
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    // Of batches of an image and random tokens, the second half of them labelled.
    private static double[] Losses(Device device, ModelFolder folder)
    {
        const int Batches = 128, Tokens = 24, ImageAt = 2;
        LlavaConfig config = folder.Config;
        using Llava model = Llava.Create(device, config);
        folder.Load(model.Parameters, device);
        using Arena arena = new(device, 64 << 20, "test activations");
        double[] losses = new double[Batches];
        for (int i = 0; i < Batches; i++)
        {
            CounterRandom random = new((ulong)i, "tokens");
            int Token(int k) => k == ImageAt ? PackedBatch.ImageToken : 3 + random.Below((ulong)k, config.Text.VocabularySize - 3);
            int[] ids = [.. Enumerable.Range(0, Tokens).Select(Token)];
            PackedBatch batch = new(config);
            batch.Add(ids, [.. ids.Select(static (id, k) => k < Tokens / 2 ? PackedBatch.Ignore : id)]);
            TinyModels.AddPicture(batch, i);
            losses[i] = model.Loss(batch, arena) / batch.LabelledRows;
        }

        return losses;
    }

    private static double Deviation(double[] expected, double[] actual) =>
        Math.Sqrt(expected.Zip(actual, static (e, a) => (a - e) * (a - e)).Average());

    private static void AssertAgrees(IReadOnlyList<VerifyRow> rows)
    {
        Assert.True(rows.Count >= 16, $"only {rows.Count} comparisons");
        Assert.All(rows, static row => Assert.True(row.Passes, row.ToString()));
    }

    private static IReadOnlyList<VerifyRow> OnCuda(DType type, string folder) => Known.GetOrAdd((type, folder), static key =>
    {
        CudaDevice device = CudaDevices.Rent(key.Type, Emulator.Order.Forward);
        try
        {
            using ReferenceCheck check = new(device, Path.Combine(ReferenceFiles.Root, key.Folder));
            return check.Run();
        }
        finally
        {
            CudaDevices.Return(device);
        }
    });
}
