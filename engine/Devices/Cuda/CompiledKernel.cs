namespace LlavaCuda.Devices;

/// <summary>What NVRTC made of one instance of a kernel.</summary>
/// <param name="LoweredName">Its name in the module.</param>
/// <param name="Image">A cubin for one architecture, or PTX with its terminating zero.</param>
/// <param name="Log">Warnings, and with <c>-v</c> for ptxas registers and spills.</param>
internal sealed record CompiledKernel(string LoweredName, byte[] Image, string Log);
