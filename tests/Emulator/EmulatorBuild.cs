using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LlavaCuda.Tests.Emulation;

/// <summary>
/// Builds the emulator's library with g++ and keeps it in the user's cache, in a folder named by all that it depends on: the sources, the compiler and the processor.
/// </summary>
internal static class EmulatorBuild
{
    /// <summary>The library's file name.</summary>
    internal const string LibraryName = "libllavacuda_emulator.so";

    // The names under which the engine looks for CUDA's libraries: one file behind all of them, so that they share their state.
    private static readonly string[] Links = ["libcuda.so.1", "libnvrtc.so.12", "libcublasLt.so.12"];

    // What kernel modules are compiled with has to lie beside the library.
    private static readonly string[] ModuleHeaders = ["kernel_abi.h", "kernel_prelude.h", "primitives.cuh"];

    private static readonly string[] Options = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off"];

    // Where the time goes: switches between threads, and products of matrices.
    private static readonly string[] FastOptions = ["-O3", "-march=native"];
    private static readonly string[] FastSources = ["gemm.cpp", "matrices.cpp", "multiprocessor.cpp", "warp.cpp"];

    private static string SourceFolder => Path.Combine(AppContext.BaseDirectory, "Emulator", "native");

    /// <summary>Finds the library's folder; builds it if there is none.</summary>
    /// <param name="folder">Where the library and its links are.</param>
    /// <param name="reason">Why there is none.</param>
    /// <returns>Whether there is one.</returns>
    internal static bool TryFind([NotNullWhen(true)] out string? folder, [NotNullWhen(false)] out string? reason)
    {
        folder = null;
        if (!OperatingSystem.IsLinux())
        {
            reason = "The emulator runs on Linux only.";
            return false;
        }

        if (!TryRun("g++", ["--version"], out string compiler))
        {
            reason = "The emulator is built with g++, which was not found: " + compiler.Trim();
            return false;
        }

        string place = string.Empty;
        string words = string.Empty;
        try
        {
            string[] sources = [.. Directory.GetFiles(SourceFolder).Order(StringComparer.Ordinal)];
            place = Path.Combine(CacheFolder(), Key(sources, compiler));
            if (File.Exists(Path.Combine(place, LibraryName)) || TryBuild(sources, place, out words))
            {
                folder = place;
                reason = null;
                return true;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            words = error.Message;
        }

        reason = $"The emulator could not be built in {place}: {words.Trim()}";
        return false;
    }

    private static string CacheFolder()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string root = !string.IsNullOrEmpty(cache) ? cache : home.Length > 0 ? Path.Combine(home, ".cache") : Path.GetTempPath();
        return Path.Combine(root, "llavacuda", "emulator");
    }

    private static string Key(string[] sources, string compiler)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("flags", StringComparison.Ordinal) || line.StartsWith("Features", StringComparison.Ordinal)) ?? string.Empty;
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', [compiler, processor, .. Options, .. FastOptions, .. FastSources])));
        foreach (string source in sources)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(source) + '\0'));
            hash.AppendData(File.ReadAllBytes(source));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    // Built beside its place and renamed, so that a process that looks never finds a part of it; of two that build at once, one wins.
    private static bool TryBuild(string[] sources, string place, out string words)
    {
        string beside = string.Create(CultureInfo.InvariantCulture, $"{place}.{Environment.ProcessId}.tmp");
        Directory.CreateDirectory(beside);
        try
        {
            string[] units = [.. sources.Where(static source => source.EndsWith(".cpp", StringComparison.Ordinal))];
            string[] results = new string[units.Length];
            bool[] compiled = new bool[units.Length];
            string Object(string unit) => Path.Combine(beside, Path.ChangeExtension(Path.GetFileName(unit), ".o"));
            Parallel.For(0, units.Length, i =>
            {
                string[] more = FastSources.Contains(Path.GetFileName(units[i])) ? FastOptions : [];
                compiled[i] = TryRun("g++", [.. Options, .. more, "-c", units[i], "-o", Object(units[i])], out results[i]);
            });
            words = string.Concat(results);
            if (compiled.Contains(false)
                || !TryRun("g++", ["-shared", "-o", Path.Combine(beside, LibraryName), .. units.Select(Object), "-ldl", "-lpthread", "-lm"], out words))
            {
                return false;
            }

            Array.ForEach(units, unit => File.Delete(Object(unit)));
            Array.ForEach(Links, link => File.CreateSymbolicLink(Path.Combine(beside, link), LibraryName));
            Array.ForEach(ModuleHeaders, header => File.Copy(Path.Combine(SourceFolder, header), Path.Combine(beside, header)));
            try
            {
                Directory.Move(beside, place);
            }
            catch (IOException) when (File.Exists(Path.Combine(place, LibraryName)))
            {
                // Another process was faster.
            }

            return true;
        }
        finally
        {
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }
        }
    }

    private static bool TryRun(string program, string[] arguments, out string words)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            words = process.StandardOutput.ReadToEnd() + errors.Result;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            words = error.Message;
            return false;
        }
    }
}
