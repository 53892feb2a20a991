using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>Looks for one library in one place after the other: the user's folders, the system's library path, CUDA toolkits, NVIDIA's Python packages.</summary>
internal static class NativeSearch
{
    // Of one line: more folders than these are counted, and "doctor" lists them.
    private const int NamedPlaces = 8;
    private const string Absent = "not there";

    /// <summary>Looks for a library and loads the first that is of use. Never throws.</summary>
    /// <param name="component">Which.</param>
    /// <param name="driver">Version of the driver's CUDA, or null where there is none: no library of a newer major version is taken.</param>
    /// <param name="machine">Where to look.</param>
    /// <returns>What came of it.</returns>
    internal static NativeFinding Find(NativeComponent component, Version? driver, NativeEnvironment machine)
    {
        IReadOnlyList<(string File, int Major)> names = NativeNames.Of(component, machine.IsWindows);
        string[] usable = [.. names.Where(n => driver is null || n.Major <= driver.Major).Select(static n => n.File)];
        string[] files = usable.Length > 0 ? usable : [names[^1].File];
        List<NativeAttempt> tried = [];
        List<string> places = [];
        foreach ((string title, IEnumerable<string?> folders) in Places(component, machine))
        {
            int before = places.Count;
            foreach (string? folder in folders)
            {
                places.Add(folder is null ? title : NativeFolders.Marked(folder));
                foreach ((string file, int major) in names)
                {
                    if (TryOpen(component, folder, file, driver is null || major <= driver.Major ? null : driver, machine, tried) is NativeImage image)
                    {
                        return new NativeFinding(component, image.Handle, folder is null ? file : Path.Join(folder, file), image.Version, tried, null) { Files = files, Places = places };
                    }
                }
            }

            if (places.Count == before)
            {
                places.Add($"{title} (none here)");
            }
        }

        NativeFinding missing = new(component, 0, null, new Version(), tried, null) { Files = files, Places = places };
        return missing with { Reason = Missing(missing) };
    }

    // A null folder stands for the system's library path, which only the system knows.
    private static IEnumerable<(string Title, IEnumerable<string?> Folders)> Places(NativeComponent component, NativeEnvironment machine)
    {
        IEnumerable<string> named = NativeFolders.Named(machine);
        if (named.Any())
        {
            yield return (NativeFolders.Variable, named);
        }

        yield return ("the system's library path", [null]);
        if (component != NativeComponent.Driver)
        {
            yield return ("CUDA toolkits", NativeFolders.Toolkits(machine));
            yield return ("NVIDIA's Python packages", NativeFolders.Wheels(machine, component));
        }
        else if (NativeFolders.Drivers(machine).Any())
        {
            yield return (string.Empty, NativeFolders.Drivers(machine));
        }
    }

    private static NativeImage? TryOpen(NativeComponent component, string? folder, string file, Version? tooOldDriver, NativeEnvironment machine, List<NativeAttempt> tried)
    {
        string path = folder is null ? file : Path.Join(folder, file);
        if (folder is not null && !File.Exists(path))
        {
            tried.Add(new NativeAttempt(path, Absent, IsAbsent: true));
            return null;
        }

        if (tooOldDriver is not null)
        {
            tried.Add(new NativeAttempt(path, $"not taken: the driver supports CUDA {tooOldDriver} only", IsAbsent: folder is null));
            return null;
        }

        try
        {
            NativeImage image = machine.Open(component, path);
            OpenBuiltins(component, folder, image, machine);
            return image;
        }
        catch (Exception error) when (NativeImage.IsFailure(error))
        {
            string? reason = NativeImage.Reason(error, path);
            tried.Add(new NativeAttempt(path, reason ?? Absent, IsAbsent: reason is null));
            return null;
        }
    }

    // NVRTC loads its builtins by their bare name. From a folder outside of the system's library path that works only if they are loaded already.
    private static void OpenBuiltins(NativeComponent component, string? folder, NativeImage nvrtc, NativeEnvironment machine)
    {
        if (component == NativeComponent.Nvrtc && folder is not null)
        {
            string path = Path.Join(folder, NativeNames.NvrtcBuiltins(nvrtc.Version, machine.IsWindows));
            _ = File.Exists(path) && NativeLibrary.TryLoad(path, out _);
        }
    }

    private static string Missing(NativeFinding missing)
    {
        NativeAttempt[] useless = [.. missing.PassedOver];
        IReadOnlyList<string> places = missing.Places;
        string which = $"{NativeNames.Title(missing.Component)} ({string.Join(" or ", missing.Files)})";
        string what = useless.Length == 0 ? "was not found" : $"cannot be used: {string.Join(", ", useless.Take(NamedPlaces).Select(static t => $"{t.Path} ({t.Reason})"))}";
        string more = places.Count > NamedPlaces ? $" and {places.Count - NamedPlaces} more folders" : string.Empty;
        string advice = missing.Component == NativeComponent.Driver ? "install NVIDIA's driver, 525 or newer" : $"set {NativeFolders.Variable} to its folder";
        return $"{which} {what}{(useless.Length == 0 ? ":" : ";")} looked in {string.Join(", ", places.Take(NamedPlaces))}{more}; {advice}.";
    }
}
