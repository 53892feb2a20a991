using System.Reflection;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace LlavaCuda.Images;

/// <summary>SkiaSharp's native library. It is a file of its own, which copies of a program leave behind; SkiaSharp itself would then fail in a type initializer, whose message names nothing.</summary>
internal static class SkiaLibrary
{
    private const string Name = "libSkiaSharp";
    private static readonly Lazy<string?> Search = new(static () => Find(Name, typeof(SKData).Assembly, AppContext.BaseDirectory));

    /// <summary>Gets why it cannot be used, or null where it can.</summary>
    internal static string? Reason => Search.Value;

    /// <summary>Must be called before anything of SkiaSharp is.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message names the file and the folder.</exception>
    internal static void Require()
    {
        if (Reason is { } reason)
        {
            throw new DllNotFoundException($"Images cannot be read or written: {reason}.");
        }
    }

    /// <summary>Looks for a library where calls into it will.</summary>
    /// <param name="name">Its name without what a system appends.</param>
    /// <param name="caller">The assembly that calls it.</param>
    /// <param name="folder">The program's folder, which a message names.</param>
    /// <returns>Why it cannot be loaded, or null.</returns>
    internal static string? Find(string name, Assembly caller, string folder)
    {
        if (NativeLibrary.TryLoad(name, caller, searchPath: null, out _))
        {
            return null;
        }

        string file = Path.Combine(folder, name + (OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so"));
        if (!File.Exists(file))
        {
            return $"{Path.GetFileName(file)} is missing from {folder}; it belongs next to the program";
        }

        try
        {
            NativeLibrary.Load(file);
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            return $"{file} cannot be loaded on {RuntimeInformation.RuntimeIdentifier} ({string.Join(' ', error.Message.Split(['\r', '\n', ' '], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.')})";
        }
    }
}
