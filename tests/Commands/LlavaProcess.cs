using System.Diagnostics;

namespace LlavaCuda.Tests.Commands;

/// <summary>The <c>llava</c> program in a process of its own, with environment variables of its own.</summary>
internal static class LlavaProcess
{
    /// <summary>Runs it to its end.</summary>
    internal static (int Exit, string Output, string Error) Run(IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        ProcessStartInfo start = new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "llava.dll"), .. arguments])
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
