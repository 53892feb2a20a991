using System.Text.RegularExpressions;
using LlavaCuda.Devices;

namespace LlavaCuda.Tests.Kernels;

/// <summary>What the kernel files say about themselves.</summary>
internal static partial class KernelFiles
{
    /// <summary>Lists the kernels of a file as <c>stem function</c>.</summary>
    internal static IEnumerable<string> FunctionsOf(string stem) => GlobalFunction().Matches(KernelSources.OfStem(stem)).Select(m => $"{stem} {m.Groups[1].Value}");

    [GeneratedRegex(@"__global__\s+void\s+(?:__launch_bounds__\([^)]*(?:\([^)]*\)[^)]*)*\)\s+)?(\w+)\s*\(")]
    private static partial Regex GlobalFunction();
}
