using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>
/// Finds CUDA's libraries, once a process, and answers the engine's imports with them. Nothing is looked for before something is asked for,
/// and absence is a value.
/// </summary>
internal static class NativeLoader
{
    /// <summary>The driver's name in the imports.</summary>
    internal const string DriverLibrary = "cuda";

    /// <summary>NVRTC's name in the imports.</summary>
    internal const string NvrtcLibrary = "nvrtc";

    /// <summary>cuBLASLt's name in the imports.</summary>
    internal const string CublasLtLibrary = "cublasLt";

    private static readonly Lazy<NativeFinding> Driver = new(static () => NativeSearch.Find(NativeComponent.Driver, driver: null, NativeEnvironment.Machine));
    private static readonly Lazy<NativeFinding> Compiler = new(static () => NativeSearch.Find(NativeComponent.Nvrtc, DriverVersion, NativeEnvironment.Machine));
    private static readonly Lazy<NativeFinding> Products = new(static () => NativeSearch.Find(NativeComponent.CublasLt, DriverVersion, NativeEnvironment.Machine));

    /// <summary>
    /// Gets the newest CUDA that the driver supports, or null where there is no driver: the compiler alone can be of use all the same.
    /// </summary>
    internal static Version? DriverVersion => Driver.Value is { IsFound: true, Version.Major: > 0 } driver ? driver.Version : null;

    /// <summary>Gives what was found; looks for it at the first call.</summary>
    /// <param name="component">Of what.</param>
    /// <returns>The finding.</returns>
    internal static NativeFinding Find(NativeComponent component) => component switch
    {
        NativeComponent.Driver => Driver.Value,
        NativeComponent.Nvrtc => Compiler.Value,
        _ => Products.Value,
    };

    /// <summary>Loads a library, if it is there.</summary>
    /// <param name="component">Which.</param>
    /// <param name="reason">Why not, in one line.</param>
    /// <returns>Whether it is loaded.</returns>
    internal static bool TryLoad(NativeComponent component, [NotNullWhen(false)] out string? reason)
    {
        NativeFinding finding = Find(component);
        reason = finding.Reason;
        return finding.IsFound;
    }

    /// <summary>Loads a library.</summary>
    /// <param name="component">Which.</param>
    /// <exception cref="PlatformNotSupportedException">It is not there; the message names it and where it was looked for.</exception>
    internal static void Require(NativeComponent component)
    {
        if (!TryLoad(component, out string? reason))
        {
            throw new PlatformNotSupportedException(reason);
        }
    }

    /// <summary>Tells whether a library has a function.</summary>
    /// <param name="component">The library.</param>
    /// <param name="entryPoint">The function's name.</param>
    /// <returns>Whether it has; false when the library is missing.</returns>
    internal static bool Exports(NativeComponent component, string entryPoint) =>
        Find(component) is { IsFound: true } finding && NativeLibrary.TryGetExport(finding.Handle, entryPoint, out _);

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "The only place that is sure to come before the first import, and it looks for nothing yet.")]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);

    // An import whose library is missing fails with the loader's one line, not with the runtime's list of paths.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        NativeComponent? component = name switch
        {
            DriverLibrary => NativeComponent.Driver,
            NvrtcLibrary => NativeComponent.Nvrtc,
            CublasLtLibrary => NativeComponent.CublasLt,
            _ => null,
        };
        if (component is not { } ours)
        {
            return 0;
        }

        Require(ours);
        return Find(ours).Handle;
    }
}
