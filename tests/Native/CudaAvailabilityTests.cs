using LlavaCuda.Native;

namespace LlavaCuda.Tests.Native;

/// <summary>Why CUDA cannot be used, in one line each.</summary>
public class CudaAvailabilityTests
{
    private static readonly Version Cuda12 = new(12, 4);

    [Fact]
    public void WhyNot_OldDriver_NamesBothVersions() =>
        Assert.Equal("The NVIDIA driver is too old: it supports CUDA 11.8, and 12.0 or newer is needed (driver 525 or newer).", CudaAvailability.WhyNot(new Version(11, 8), CudaResult.Success, 0, visible: null));

    [Theory]
    [InlineData(CudaResult.NoDevice)]
    [InlineData(CudaResult.Success)]
    public void WhyNot_NoDevice_SaysThatTheDriverIsThere(CudaResult result) =>
        Assert.Equal("The NVIDIA driver (CUDA 12.4) is there, but shows no GPU.", CudaAvailability.WhyNot(Cuda12, result, 0, visible: null));

    [Fact]
    public void WhyNot_HiddenDevices_NamesTheVariable() =>
        Assert.Equal("The NVIDIA driver (CUDA 12.4) is there, but shows no GPU; CUDA_VISIBLE_DEVICES is ''.", CudaAvailability.WhyNot(Cuda12, CudaResult.NoDevice, 0, visible: string.Empty));

    [Fact]
    public void WhyNot_OtherFailure_HasTheCode()
    {
        string? reason = CudaAvailability.WhyNot(Cuda12, CudaResult.SystemNotReady, 0, visible: null);
        Assert.StartsWith("The NVIDIA driver (CUDA 12.4) did not start: ", reason, StringComparison.Ordinal);
        Assert.Contains("(802)", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void WhyNot_Working_IsNull() => Assert.Null(CudaAvailability.WhyNot(new Version(12, 0), CudaResult.Success, 1, visible: null));

    [Fact]
    public void WhyNot_OldDevice_NamesIt() =>
        Assert.Equal("CUDA device 1 (Tesla T4) has compute capability 7.5, and 8.0 or newer is needed.", CudaAvailability.WhyNot(1, Device(new Version(7, 5), CudaComputeMode.Default)));

    [Fact]
    public void WhyNot_ProhibitedDevice_SaysSo() => Assert.Contains("nobody may use it", CudaAvailability.WhyNot(0, Device(new Version(9, 0), CudaComputeMode.Prohibited)), StringComparison.Ordinal);

    [Theory]
    [InlineData(8, 0)]
    [InlineData(8, 6)]
    [InlineData(9, 0)]
    [InlineData(12, 0)]
    public void WhyNot_GoodDevice_IsNull(int major, int minor) => Assert.Null(CudaAvailability.WhyNot(0, Device(new Version(major, minor), CudaComputeMode.ExclusiveProcess)));

    [Fact]
    public void OfDevice_Anything_NeverThrowsAndRequireSaysTheSame()
    {
        CudaAvailability availability = CudaAvailability.OfDevice(int.MaxValue);
        Assert.False(availability.IsAvailable);
        Assert.DoesNotContain('\n', availability.Reason!);
        Assert.Equal(availability.Reason, Assert.Throws<PlatformNotSupportedException>(static () => CudaAvailability.Require(int.MaxValue)).Message);
    }

    private static CudaDeviceInfo Device(Version capability, CudaComputeMode mode) => new(0, "Tesla T4", capability, 1L << 34, 40, mode);
}
