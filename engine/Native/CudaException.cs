using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>A call of NVIDIA's driver failed. The message is one line: the call, the code's name and number, the driver's own words.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "An error without its code would say nothing.")]
public sealed unsafe class CudaException : Exception
{
    private CudaException(CudaResult result, string message)
        : base(message)
    {
        Result = result;
    }

    /// <summary>Gets the driver's code.</summary>
    public CudaResult Result { get; }

    /// <summary>Throws when a call failed; costs nothing when it did not.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="context">What it was about, or null.</param>
    /// <param name="bytes">Bytes asked, or -1.</param>
    /// <param name="call">The call; the compiler writes it.</param>
    /// <exception cref="CudaException">The call failed.</exception>
    internal static void ThrowIfFailed(CudaResult result, string? context = null, long bytes = -1, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != CudaResult.Success)
        {
            Throw(result, context, bytes, call);
        }
    }

    /// <summary>Gives the driver's name of a code and its sentence for it; where it has none, the enumeration's name and nothing.</summary>
    /// <param name="result">The code.</param>
    /// <returns>Name and sentence.</returns>
    internal static (string Name, string Words) Words(CudaResult result)
    {
        if (!NativeLoader.Find(NativeComponent.Driver).IsFound || CudaDriver.GetErrorName(result, out byte* name) != CudaResult.Success)
        {
            return (result.ToString(), string.Empty);
        }

        string words = CudaDriver.GetErrorString(result, out byte* text) == CudaResult.Success ? Text(text) : string.Empty;
        return (Text(name), words);
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(CudaResult result, string? context, long bytes, string call)
    {
        (string name, string words) = Words(result);
        throw new CudaException(result, NativeCallText.Failure(call, $"{name} ({(int)result}){(words.Length == 0 ? words : $": {words}")}", context, bytes));
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? string.Empty;
}
