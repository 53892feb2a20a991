using System.Diagnostics;

namespace LlavaCuda.Tests.Commands;

/// <summary>The <c>llava</c> program, or another of the project's, in a process of its own, with environment variables of its own.</summary>
internal static class LlavaProcess
{
    /// <summary>Gets a value indicating whether the tests lie in a folder that carries the runtime, for machines without the SDK: there programs are started by their own names.</summary>
    internal static bool CarriesItsRuntime => File.Exists(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "coreclr.dll" : "libcoreclr.so"));

    /// <summary>Runs it to its end.</summary>
    internal static (int Exit, string Output, string Error) Run(IEnumerable<(string Name, string Value)> environment, params string[] arguments) => RunOther("llava", environment, arguments);

    /// <summary>Runs another program to its end.</summary>
    internal static (int Exit, string Output, string Error) RunOther(string program, IEnumerable<(string Name, string Value)> environment, params string[] arguments) =>
        RunIn(AppContext.BaseDirectory, program, environment, arguments);

    /// <summary>Runs a program of another folder to its end.</summary>
    internal static (int Exit, string Output, string Error) RunIn(string folder, string program, IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        using Process process = Start(folder, program, environment, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>
    /// Starts <c>llava</c>, which the caller waits for or kills, and disposes. It runs on the tests' framework, a part of which has
    /// libraries that the program brings where it is built by itself.
    /// </summary>
    internal static Process Start(params string[] arguments)
    {
        string tests = Path.Combine(AppContext.BaseDirectory, "LlavaCuda.Tests");
        string[] host = CarriesItsRuntime ? [] :
            ["exec", "--runtimeconfig", $"{tests}.runtimeconfig.json", "--depsfile", $"{tests}.deps.json"];
        return Start(AppContext.BaseDirectory, "llava", [], arguments, host);
    }

    /// <summary>
    /// Reads what a program says, up to its end. Reads of pipes wait on a thread, which those of the pool must not: a server of the same
    /// test needs them.
    /// </summary>
    internal static Task<string> ReadAsync(StreamReader reader) =>
        Task.Factory.StartNew(reader.ReadToEnd, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static Process Start(string folder, string program, IEnumerable<(string Name, string Value)> environment, string[] arguments, params string[] host)
    {
        bool alone = CarriesItsRuntime;
        string beside = Path.Combine(folder, program);
        ProcessStartInfo start = new(alone ? beside : Environment.ProcessPath is { } running && Path.GetFileNameWithoutExtension(running) == "dotnet" ? running : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        foreach (string argument in (string[])[.. host, .. alone ? Array.Empty<string>() : [$"{beside}.dll"], .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
