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
        bool alone = CarriesItsRuntime;
        string beside = Path.Combine(folder, program);
        ProcessStartInfo start = new(alone ? beside : Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        foreach (string argument in (string[])[.. alone ? Array.Empty<string>() : [$"{beside}.dll"], .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
