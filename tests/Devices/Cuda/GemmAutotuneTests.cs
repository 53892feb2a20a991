using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Devices.Cuda;

/// <summary>The emulator offers two algorithms, which compute the same.</summary>
[Trait("Category", "Emulator")]
public sealed class GemmAutotuneTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private GemmChoices Choices => new(_folder.At("products.json"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Choose_SecondProcess_MeasuresNothing()
    {
        using OpTest test = new(Bed.CudaSingle);
        CudaDevice device = (CudaDevice)test.Device;
        (GemmProblem problem, GemmOperands operands) = GemmPlansTests.Product(test, 3, 4, 5);
        GemmAutotune first = new(device, Choices);
        GemmAutotune second = new(device, Choices);
        Multiply(device, first, problem, operands);
        Assert.Equal(1, first.Measured);
        GemmAutotune later = new(device, Choices);
        Multiply(device, later, problem, operands);
        Assert.Equal(0, later.Measured);

        // It began before the first had chosen: it measures, but the first's choice counts.
        string chosen = File.ReadAllText(_folder.At("products.json"));
        Multiply(device, second, problem, operands);
        Assert.Equal(1, second.Measured);
        Assert.Equal(chosen, File.ReadAllText(_folder.At("products.json")));
        Assert.Contains($"{device.Name}, {device.Multiprocessors} multiprocessors, cuBLASLt {CublasLt.GetVersion()}: {problem}", chosen, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_OtherProblem_IsMeasured()
    {
        using OpTest test = new(Bed.CudaSingle);
        CudaDevice device = (CudaDevice)test.Device;
        (GemmProblem problem, GemmOperands operands) = GemmPlansTests.Product(test, 3, 4, 5);
        GemmAutotune autotune = new(device, Choices);
        using GemmPlans plans = new(device, autotune);
        plans.Multiply(problem, operands);
        plans.Multiply(problem, operands);
        plans.Multiply(problem with { AlignmentA = 4 }, operands);
        Assert.Equal(2, autotune.Measured);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Multiply_Measured_GivesTheProductOnce(bool accumulate)
    {
        using OpTest test = new(Bed.CudaSingle);
        CudaDevice device = (CudaDevice)test.Device;
        Tensor x = test.Floats([1, 2, 3, 4], 2, 2);
        Tensor w = test.Floats([1, 0, 0, 1, 2, -1], 3, 2);
        Tensor y = test.Floats([100, 200, 300, 400, 500, 600], 2, 3);
        using GemmPlans plans = new(device, new GemmAutotune(device, Choices));
        GemmProblem problem = GemmProblem.Of(y, w, transposeA: true, x, transposeB: false, bias: default, accumulate);
        plans.Multiply(problem, new GemmOperands(y.Address, y.Address, w.Address, x.Address, Bias: 0));
        Assert.Equal(accumulate ? [101, 202, 300, 403, 504, 602] : [1, 2, 0, 3, 4, 2], test.Read(y));
    }

    [Fact]
    public void Choose_NoMemoryToMeasureIn_KeepsTheEstimate()
    {
        using OpTest test = new(Bed.CudaSingle);
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        CudaDevice device = (CudaDevice)test.Device;
        (GemmProblem problem, GemmOperands operands) = GemmPlansTests.Product(test, 3, 4, 5);
        using GemmPlans plans = new(device, new GemmAutotune(device, Choices));
        Emulator.FailAllocation(1);
        plans.Multiply(problem, operands);
        Emulator.FailAllocation(0);
        test.Device.Synchronize();
        Assert.DoesNotContain("microseconds", File.ReadAllText(_folder.At("products.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_WhileCapturing_MeasuresNothing()
    {
        using OpTest test = new(Bed.CudaSingle);
        CudaDevice device = (CudaDevice)test.Device;
        (GemmProblem problem, GemmOperands operands) = GemmPlansTests.Product(test, 3, 4, 5);
        GemmAutotune autotune = new(device, Choices);
        using GemmPlans plans = new(device, autotune);
        device.Synchronize();
        CudaException.ThrowIfFailed(CudaDriver.StreamBeginCapture(device.Stream, CudaCaptureMode.ThreadLocal));
        plans.Multiply(problem, operands);
        CudaException.ThrowIfFailed(CudaDriver.StreamEndCapture(device.Stream, out nint graph));
        Assert.Equal(CudaResult.Success, CudaDriver.GraphDestroy(graph));
        Assert.Equal(0, autotune.Measured);
        Assert.False(File.Exists(_folder.At("products.json")));
    }

    [Fact]
    public void Device_AskedTo_Measures()
    {
        using OpTest test = new(Bed.CudaSingle);
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        using CudaDevice device = new(((CudaDevice)test.Device).Ordinal, DType.F32) { Autotunes = true };
        using DeviceMemory memory = device.Allocate(1024, "a test");
        Tensor one = new(memory.Address, DType.F32, new Shape(1, 1));
        Tensor two = new(memory.Address + 256, DType.F32, new Shape(1, 1));
        Tensor product = new(memory.Address + 512, DType.F32, new Shape(1, 1));
        Linear.BackwardInput(device, product, one, two);
        device.Synchronize();
        Assert.Contains($"{device.Name}, ", File.ReadAllText(GemmChoices.DefaultFile!), StringComparison.Ordinal);
    }

    private static void Multiply(CudaDevice device, GemmAutotune autotune, GemmProblem problem, GemmOperands operands)
    {
        using GemmPlans plans = new(device, autotune);
        plans.Multiply(problem, operands);
        device.Synchronize();
    }
}
