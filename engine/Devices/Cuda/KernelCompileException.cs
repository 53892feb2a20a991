namespace LlavaCuda.Devices;

/// <summary>NVRTC refused a kernel.</summary>
public sealed class KernelCompileException : Exception
{
    /// <summary>Initializes a new instance of the <see cref="KernelCompileException"/> class.</summary>
    /// <param name="stem">The file's name without <c>.cu</c>.</param>
    /// <param name="expression">The instance.</param>
    /// <param name="target">The architecture.</param>
    /// <param name="log">NVRTC's log.</param>
    public KernelCompileException(string stem, string expression, string target, string log)
        : base($"NVRTC cannot compile {expression} of kernels/{stem}.cu for {target}:\n{log.Trim()}")
    {
        Log = log;
    }

    /// <summary>Gets NVRTC's log, which names file and line.</summary>
    public string Log { get; }
}
