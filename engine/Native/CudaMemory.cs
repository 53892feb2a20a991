namespace LlavaCuda.Native;

/// <summary>Takes memory of the device, with an error that says how much there is.</summary>
internal static class CudaMemory
{
    /// <summary>Takes memory of the current context's device.</summary>
    /// <param name="bytes">The size, above 0.</param>
    /// <param name="purpose">What an error names.</param>
    /// <returns>The address, aligned to 256 bytes; to be given to <see cref="CudaDriver.MemFree"/>.</returns>
    /// <exception cref="InsufficientMemoryException">There is not so much; the message names purpose, bytes asked and bytes free.</exception>
    internal static nint Allocate(long bytes, string purpose)
    {
        CudaResult result = CudaDriver.MemAlloc(out nint address, (nuint)bytes);
        if (result == CudaResult.OutOfMemory)
        {
            throw Insufficient(bytes, purpose);
        }

        CudaException.ThrowIfFailed(result, purpose, bytes, nameof(CudaDriver.MemAlloc));
        return address;
    }

    /// <summary>Makes the error of memory that is not there.</summary>
    /// <param name="bytes">Bytes asked.</param>
    /// <param name="purpose">What for.</param>
    /// <returns>The error.</returns>
    internal static InsufficientMemoryException Insufficient(long bytes, string purpose)
    {
        string free = CudaDriver.MemGetInfo(out nuint left, out nuint total) == CudaResult.Success
            ? $"{left:N0} of the device's {total:N0} are free"
            : "the device refused";
        return new InsufficientMemoryException($"Cannot allocate {bytes:N0} bytes for {purpose}: {free}.");
    }
}
