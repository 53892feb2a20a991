using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>A call of NVRTC failed. The message's first line names the call and the code; what the compiler wrote is in <see cref="Log"/>.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "An error without its code would say nothing.")]
public sealed unsafe class NvrtcException : Exception
{
    private NvrtcException(NvrtcResult result, string message, string log)
        : base(message)
    {
        Result = result;
        Log = log;
    }

    /// <summary>Gets NVRTC's code.</summary>
    public NvrtcResult Result { get; }

    /// <summary>Gets what the compiler wrote, or an empty text.</summary>
    public string Log { get; }

    /// <summary>Throws when a call failed; costs nothing when it did not.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="context">What it was about, or null.</param>
    /// <param name="log">What the compiler wrote, or null.</param>
    /// <param name="call">The call; the compiler writes it.</param>
    /// <exception cref="NvrtcException">The call failed.</exception>
    internal static void ThrowIfFailed(NvrtcResult result, string? context = null, string? log = null, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != NvrtcResult.Success)
        {
            Throw(result, context, log, call);
        }
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(NvrtcResult result, string? context, string? log, string call)
    {
        string name = NativeLoader.Find(NativeComponent.Nvrtc).IsFound ? Marshal.PtrToStringUTF8((nint)Nvrtc.GetErrorString(result)) ?? result.ToString() : result.ToString();
        string line = NativeCallText.Failure(call, $"{name} ({(int)result})", context, bytes: -1);
        throw new NvrtcException(result, string.IsNullOrWhiteSpace(log) ? line : $"{line}\n{log.TrimEnd()}", log ?? string.Empty);
    }
}
