using System.Reflection;
using System.Runtime.InteropServices;
using LlavaCuda.Ops.Cpu;

namespace LlavaCuda.Bench.Native;

/// <summary>OpenBLAS, where the system has it: what our products are compared with. Nothing but the benchmarks loads it.</summary>
internal static unsafe partial class OpenBlas
{
    private const string Library = "openblas";
    private const int RowMajor = 101;
    private const int Plain = 111;
    private const int Transposed = 112;

    private static readonly string[] Candidates =
    [
        "libopenblas.so.0", "libopenblas.so", "libopenblasp.so.0", "libopenblas.dll", "openblas.dll", "libopenblas.dylib",
        "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    ];

    private static readonly nint Handle = Load();

    /// <summary>Gets a value indicating whether the library was found.</summary>
    internal static bool IsAvailable => Handle != 0;

    /// <summary>Gets the library's description of itself, or what was looked for.</summary>
    internal static string Description =>
        IsAvailable ? Marshal.PtrToStringUTF8(GetConfig())! : $"OpenBLAS not found (looked for {string.Join(", ", Candidates)})";

    /// <summary>Multiplies as <see cref="Gemm.Multiply"/> does, rows without gaps.</summary>
    internal static void Multiply(GemmForm form, float* c, float* a, float* b, int m, int n, int k) => Sgemm(
        RowMajor,
        form == GemmForm.TN ? Transposed : Plain,
        form == GemmForm.NT ? Transposed : Plain,
        m,
        n,
        k,
        1,
        a,
        form == GemmForm.TN ? m : k,
        b,
        form == GemmForm.NT ? k : n,
        0,
        c,
        n);

    /// <summary>Sets the number of threads of all later calls.</summary>
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    internal static partial void SetThreads(int threads);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "openblas_get_config")]
    private static partial nint GetConfig();

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(
        int order, int transposeA, int transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);

    private static nint Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(OpenBlas).Assembly, Resolve);
        foreach (string candidate in Candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? paths) => name == Library ? Handle : 0;
}
