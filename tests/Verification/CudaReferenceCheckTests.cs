using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
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
    /// The loss is a single number, whose error is one draw of the noise and may be near zero by luck on one side: about its usual size. The likeliest tokens' losses,
    /// which are many of its kind, are held to the same ratio as all else.
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
