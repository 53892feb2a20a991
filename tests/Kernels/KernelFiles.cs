using System.Text.RegularExpressions;
using LlavaCuda.Devices;

namespace LlavaCuda.Tests.Kernels;

/// <summary>What the kernel files say about themselves.</summary>
internal static partial class KernelFiles
{
    /// <summary>Lists the kernels of a file, and of the headers that it includes, as <c>stem function</c>.</summary>
    internal static IEnumerable<string> FunctionsOf(string stem) => GlobalFunction().Matches(WithHeaders(KernelSources.OfStem(stem), [])).Select(m => $"{stem} {m.Groups[1].Value}");

    private static string WithHeaders(string text, HashSet<string> seen) =>
        string.Concat([text, .. Include().Matches(text).Select(static m => m.Groups[1].Value).Where(seen.Add).Select(name => WithHeaders(KernelSources.Headers.Single(h => h.Name == name).Text, seen))]);

    [GeneratedRegex(@"__global__\s+void\s+(?:__launch_bounds__\([^)]*(?:\([^)]*\)[^)]*)*\)\s+)?(\w+)\s*\(")]
    private static partial Regex GlobalFunction();

    [GeneratedRegex("#include \"([^\"]+)\"")]
    private static partial Regex Include();
}
