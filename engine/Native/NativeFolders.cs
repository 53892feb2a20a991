using System.Globalization;

namespace LlavaCuda.Native;

/// <summary>Where CUDA's libraries are looked for beside the system's library path: only folders that exist, in the order in which they are tried.</summary>
internal static class NativeFolders
{
    /// <summary>The variable with folders to look in first, separated as in <c>PATH</c>.</summary>
    internal const string Variable = "LLAVACUDA_CUDA_PATH";

    private static readonly string[] Site = ["lib/python3*/site-packages"];
    private static readonly EnumerationOptions Accessible = new() { IgnoreInaccessible = true, MatchCasing = MatchCasing.CaseSensitive };

    /// <summary>Gives the folders that the user names; these need not exist.</summary>
    /// <param name="machine">The machine.</param>
    /// <returns>The folders.</returns>
    internal static IEnumerable<string> Named(NativeEnvironment machine) =>
        machine.Variable(Variable)?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Writes a folder that was looked in, with a mark where nothing can be in it: a user who named it may have meant another.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The words.</returns>
    internal static string Marked(string folder) => Directory.Exists(folder) ? folder : File.Exists(folder) ? $"{folder} (a file, not a folder)" : $"{folder} (missing)";

    /// <summary>Gives the folders where a driver may be that the system's library path leaves out: Windows' Linux, containers, NixOS.</summary>
    /// <param name="machine">The machine.</param>
    /// <returns>The folders.</returns>
    internal static IEnumerable<string> Drivers(NativeEnvironment machine) =>
        machine.IsWindows ? [] : Expand(machine.Root, "usr/lib/wsl/lib", "usr/local/nvidia/lib64", "run/opengl-driver/lib");

    /// <summary>Gives the folders of CUDA toolkits: those that variables name, then the usual places, the newest first.</summary>
    /// <param name="machine">The machine.</param>
    /// <returns>The folders.</returns>
    internal static IEnumerable<string> Toolkits(NativeEnvironment machine)
    {
        string[] libraries = machine.IsWindows ? ["bin/x64", "bin"] : ["lib64", "lib"];
        return
        [
            .. FromVariable(machine, "CUDA_PATH", libraries),
            .. FromVariable(machine, "CUDA_HOME", libraries),
            .. FromVariable(machine, "CONDA_PREFIX", machine.IsWindows ? ["Library/bin"] : ["lib"]),
            .. machine.IsWindows
                ? FromVariable(machine, "ProgramFiles", "NVIDIA GPU Computing Toolkit/CUDA/v*/bin/x64", "NVIDIA GPU Computing Toolkit/CUDA/v*/bin")
                : Expand(machine.Root, "usr/local/cuda/lib64", "usr/local/cuda-*/lib64", "opt/cuda/lib64"),
        ];
    }

    /// <summary>Gives the folders of NVIDIA's Python packages, as PyTorch brings them.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="component">The library that is looked for.</param>
    /// <returns>The folders.</returns>
    internal static IEnumerable<string> Wheels(NativeEnvironment machine, NativeComponent component)
    {
        string package = component == NativeComponent.Nvrtc ? "cuda_nvrtc" : "cublas";
        string[] inSite = machine.IsWindows
            ? ["nvidia/cu13/bin/x86_64", $"nvidia/{package}/bin", "torch/lib"]
            : ["nvidia/cu13/lib", $"nvidia/{package}/lib"];
        return Sites(machine).SelectMany(site => Expand(site, inSite));
    }

    private static IEnumerable<string> Sites(NativeEnvironment machine) => machine.IsWindows
        ?
        [
            .. FromVariable(machine, "VIRTUAL_ENV", "Lib/site-packages"),
            .. FromVariable(machine, "CONDA_PREFIX", "Lib/site-packages"),
            .. FromVariable(machine, "LOCALAPPDATA", "Programs/Python/Python3*/Lib/site-packages"),
            .. FromVariable(machine, "APPDATA", "Python/Python3*/site-packages"),
        ]
        :
        [
            .. FromVariable(machine, "VIRTUAL_ENV", Site),
            .. FromVariable(machine, "CONDA_PREFIX", Site),
            .. FromVariable(machine, "HOME", ".local/lib/python3*/site-packages"),
            .. Expand(
                machine.Root,
                "usr/local/lib/python3*/dist-packages",
                "usr/local/lib/python3*/site-packages",
                "usr/lib/python3*/dist-packages",
                "usr/lib/python3*/site-packages",
                "opt/*/lib/python3*/site-packages"),
        ];

    private static IEnumerable<string> FromVariable(NativeEnvironment machine, string variable, params string[] patterns) =>
        machine.Variable(variable) is { Length: > 0 } folder ? Expand(folder, patterns) : [];

    private static IEnumerable<string> Expand(string root, params string[] patterns)
    {
        foreach (string pattern in patterns)
        {
            IEnumerable<string> folders = [root];
            foreach (string segment in pattern.Split('/'))
            {
                folders = segment.Contains('*', StringComparison.Ordinal)
                    ? folders.SelectMany(folder => Matching(folder, segment))
                    : folders.Select(folder => Path.Join(folder, segment));
            }

            foreach (string folder in folders.Where(Directory.Exists))
            {
                yield return folder;
            }
        }
    }

    private static IEnumerable<string> Matching(string folder, string pattern) => Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder, pattern, Accessible).OrderByDescending(VersionOf).ThenBy(static path => path, StringComparer.Ordinal)
        : [];

    // The numbers at a name's end: 12.10 of "cuda-12.10" is newer than 12.9.
    private static Version VersionOf(string path)
    {
        string name = Path.GetFileName(path);
        string numbers = name[name.AsSpan().TrimEnd("0123456789.").Length..];
        return Version.TryParse(numbers, out Version? version) ? version
            : int.TryParse(numbers, NumberStyles.None, CultureInfo.InvariantCulture, out int major) ? new Version(major, 0)
            : new Version();
    }
}
