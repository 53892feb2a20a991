namespace LlavaCuda.Trainer.Commands;

/// <summary>How whoever reads a hint starts the program: <c>llava</c>, or <c>dotnet run</c> where it runs from its project's build output.</summary>
internal static class Invocation
{
    private const string Project = "LlavaCuda.Trainer.csproj";

    /// <summary>Writes a command line that can be pasted into a shell.</summary>
    /// <param name="arguments">The program's arguments.</param>
    internal static string Line(params string[] arguments) => LineFor(AppContext.BaseDirectory, Environment.CurrentDirectory, arguments);

    /// <summary>Writes a command line for a program in some folder.</summary>
    /// <param name="program">The program's folder.</param>
    /// <param name="current">The folder that relative paths start at.</param>
    /// <param name="arguments">The program's arguments.</param>
    internal static string LineFor(string program, string current, params string[] arguments) => string.Join(' ', [.. Start(program, current), .. arguments.Select(Quote)]);

    // The output of a build is PROJECT/bin/CONFIGURATION/FRAMEWORK/RUNTIME; what is published lies a folder deeper, or anywhere.
    private static string[] Start(string program, string current)
    {
        DirectoryInfo output = new(Path.TrimEndingDirectorySeparator(program));
        if (output.Parent?.Parent is not { Parent: { Name: "bin", Parent: { } project } } configuration || !File.Exists(Path.Combine(project.FullName, Project)))
        {
            return ["llava"];
        }

        string path = Path.GetRelativePath(current, project.FullName);
        return ["dotnet", "run", "-c", configuration.Name, "--project", Quote(path.StartsWith("..", StringComparison.Ordinal) ? project.FullName : path), "--"];
    }

    // Double quotes read best; what means something within them goes into single ones.
    private static string Quote(string argument) => argument switch
    {
        { Length: > 0 } when argument.All(static c => char.IsAsciiLetterOrDigit(c) || c > '\x7f' || "-_./\\:=,+@%".Contains(c)) => argument,
        _ when argument.AsSpan().ContainsAny("\"$`!\\") => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'",
        _ => $"\"{argument}\"",
    };
}
