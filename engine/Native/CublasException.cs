using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>A call of cuBLASLt failed. The message is one line: the call, the code's name and number, what it was about.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "An error without its code would say nothing.")]
public sealed unsafe class CublasException : Exception
{
    private CublasException(CublasStatus status, string message)
        : base(message)
    {
        Status = status;
    }

    /// <summary>Gets cuBLASLt's code.</summary>
    public CublasStatus Status { get; }

    /// <summary>Throws when a call failed; costs nothing when it did not.</summary>
    /// <param name="status">What the call returned.</param>
    /// <param name="context">What it was about, or null.</param>
    /// <param name="call">The call; the compiler writes it.</param>
    /// <exception cref="CublasException">The call failed.</exception>
    internal static void ThrowIfFailed(CublasStatus status, string? context = null, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status != CublasStatus.Success)
        {
            Throw(status, context, call);
        }
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(CublasStatus status, string? context, string call)
    {
        string words = NativeLoader.Find(NativeComponent.CublasLt).IsFound ? Marshal.PtrToStringUTF8((nint)CublasLt.GetStatusString(status)) ?? status.ToString() : status.ToString();
        throw new CublasException(status, NativeCallText.Failure(call, $"{words} ({(int)status})", context, bytes: -1));
    }
}
