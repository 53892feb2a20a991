namespace LlavaCuda.Tests;

/// <summary>The repository that the tests run in, for tests that hold sources and documents against each other.</summary>
internal static class RepositoryFolder
{
    internal static string Root { get; } = Find();

    /// <summary>Reads all C# sources of one of the repository's folders.</summary>
    internal static string Sources(string folder)
    {
        string root = Path.Combine(Root, folder);
        IEnumerable<string> files = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar).Intersect(["bin", "obj"]).Any());
        return string.Join('\n', files.Select(File.ReadAllText));
    }

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LlavaCuda.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
