using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Ops;
using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Devices.Cuda;

/// <summary>Launches that cannot be right are refused before they reach the device.</summary>
[Trait("Category", "Emulator")]
public sealed class KernelLibraryTests
{
    [Fact]
    public void Launch_InstanceNotDeclared_IsRefused()
    {
        using OpTest test = new(Bed.CudaSingle);
        CudaDevice device = (CudaDevice)test.Device;
        string message = Assert.Throws<ArgumentException>(() => device.Launch(GeluKernels.Forward, new KernelVariant(DType.F32, 3), 1, 256, 0)).Message;
        Assert.Contains("gelu_forward<float, 3> is not among the declared instances of gelu.cu", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Launch_WrongArguments_AreNamed()
    {
        using OpTest test = new(Bed.CudaSingle);
        CudaDevice device = (CudaDevice)test.Device;
        Assert.SkipUnless(CudaDriver.HasFuncGetParamInfo, "This driver does not tell a kernel's signature.");
        Tensor x = test.Singles([1, 2, 3, 4], 4);

        // Kernels of its own, so that the signature is looked at.
        using KernelLibrary kernels = new(device.Context, new KernelCompiler(KernelTarget.Choose(device.Capability, KernelCompiler.SupportedArchitectures())), new KernelCache(CacheFolder.Choose()));
        Kernel kernel = kernels.Get(GeluKernels.Forward, new KernelVariant(DType.F32, 4));
        Assert.Contains("launched with 2 arguments; its signature has more", Assert.Throws<ArgumentException>(() => kernel.Launch(device.Stream, 1, 256, 0, [x, x])).Message, StringComparison.Ordinal);
        Assert.Contains("launched with 4 arguments; its signature has fewer", Assert.Throws<ArgumentException>(() => kernel.Launch(device.Stream, 1, 256, 0, [x, x, 4L, 4L])).Message, StringComparison.Ordinal);
        Assert.Contains("Argument 2 of kernel gelu_forward<float, 4> has 4 bytes; its signature has 8", Assert.Throws<ArgumentException>(() => kernel.Launch(device.Stream, 1, 256, 0, [x, x, 4])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16, 31, false)]
    [InlineData(128, 1, true)]
    public void Launch_MuchSharedMemory_AsksForRoomForSeveralBlocks(int headSize, int added, bool much)
    {
        Assert.SkipWhen(CudaDevices.IsGpu, "Only the emulator tells what it was asked for.");

        // No device whose kernels have run already.
        using OpTest test = new(Bed.CudaBf16, CudaDevices.RentNew(DType.BF16));
        CudaDevice device = (CudaDevice)test.Device;
        AttentionShape shape = new(1, 1, headSize, Causal: true);
        Tensor qkv = test.Floats(new float[added * shape.QkvSize], added, shape.QkvSize);
        Tensor cache = test.Poisoned(1, 1, 64, headSize);
        CachedAttention.AppendForward(device, test.Poisoned(added, headSize), cache, cache, qkv, default, test.Ints(0, added), test.Ints(0), added, shape);
        (KernelTemplate template, KernelVariant variant) = much
            ? (CachedAttentionKernels.Decode, CachedAttentionKernels.DecodeFor(DType.BF16, 8, headSize, 1).Variant)
            : (CachedAttentionKernels.Append, new KernelVariant(DType.BF16, 8));
        nint function = device.Kernels.Get(template, variant).Function;
        Assert.Equal(much ? 100 : -1, Emulator.SharedCarveout(function));
    }

    [Fact]
    public void Compile_NameThatIsNotThere_ShowsTheCompilersLog()
    {
        using OpTest test = new(Bed.CudaSingle);
        KernelCompiler compiler = new(KernelTarget.Choose(((CudaDevice)test.Device).Capability, KernelCompiler.SupportedArchitectures()));
        KernelCompileException error = Assert.Throws<KernelCompileException>(() => compiler.Compile("gelu", "gelu_sideways<float, 1>"));
        Assert.Contains("kernels/gelu.cu", error.Message, StringComparison.Ordinal);
        Assert.Contains("gelu_sideways", error.Log, StringComparison.Ordinal);
    }
}
