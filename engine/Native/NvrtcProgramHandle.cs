namespace LlavaCuda.Native;

/// <summary>A program of NVRTC: a source, its options and what was compiled of it.</summary>
internal sealed class NvrtcProgramHandle : NativeHandle
{
    /// <summary>Initializes a new instance of the <see cref="NvrtcProgramHandle"/> class.</summary>
    /// <param name="program">A new program, which it owns from now on.</param>
    internal NvrtcProgramHandle(nint program)
        : base(program)
    {
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        nint program = handle;
        return Nvrtc.DestroyProgram(ref program) == NvrtcResult.Success;
    }
}
