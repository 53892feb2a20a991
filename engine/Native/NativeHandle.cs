using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>Owns one native object. Frequent calls take <see cref="Value"/>, and whoever makes them keeps the owner alive.</summary>
internal abstract class NativeHandle : SafeHandle
{
    /// <summary>Initializes a new instance of the <see cref="NativeHandle"/> class.</summary>
    /// <param name="value">The native object; 0 for none.</param>
    protected NativeHandle(nint value)
        : base(0, ownsHandle: true)
    {
        SetHandle(value);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Gets the native object.</summary>
    internal nint Value => handle;
}
