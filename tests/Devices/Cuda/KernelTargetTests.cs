using LlavaCuda.Devices;

namespace LlavaCuda.Tests.Devices.Cuda;

public sealed class KernelTargetTests
{
    private static readonly int[] Cuda12 = [50, 60, 70, 75, 80, 86, 87, 89, 90];

    [Theory]
    [InlineData(80, "sm_80", false)]
    [InlineData(86, "sm_86", false)]
    [InlineData(89, "sm_89", false)]
    [InlineData(90, "sm_90a", false)]
    [InlineData(100, "compute_90", true)]
    [InlineData(88, "compute_87", true)]
    public void Choose_WhatTheCompilerKnows_IsMachineCodeElsePtx(int capability, string option, bool isPtx) =>
        Assert.Equal(new KernelTarget(option, isPtx), KernelTarget.Choose(capability, Cuda12));

    [Fact]
    public void Choose_GpuIsTooOld_SaysWhatIsNeeded() =>
        Assert.Contains("capability 7.5; the kernels need 8.0", Assert.Throws<PlatformNotSupportedException>(() => KernelTarget.Choose(75, Cuda12)).Message, StringComparison.Ordinal);

    [Fact]
    public void Choose_CompilerIsTooOld_SaysSo() =>
        Assert.Contains("from 8.0 to the GPU's 9.0", Assert.Throws<PlatformNotSupportedException>(() => KernelTarget.Choose(90, [50, 60, 75])).Message, StringComparison.Ordinal);
}
