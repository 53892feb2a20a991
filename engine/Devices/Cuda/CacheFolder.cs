namespace LlavaCuda.Devices;

/// <summary>The folder in which compiled kernels and measured products wait for the next process.</summary>
internal static class CacheFolder
{
    /// <summary>The variable that names it.</summary>
    internal const string Variable = "LLAVACUDA_CACHE";

    /// <summary>Chooses the folder: <c>LLAVACUDA_CACHE</c>, else <c>llavacuda/kernels</c> in the user's cache.</summary>
    /// <returns>The folder, which need not exist, or null for a user who has no home.</returns>
    /// <exception cref="IOException">The variable names a file.</exception>
    internal static string? Choose() => Choose(Environment.GetEnvironmentVariable);

    /// <summary>Chooses the folder by variables that tests give.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <returns>The folder, which need not exist, or null for a user who has no home.</returns>
    /// <exception cref="IOException">The variable names a file.</exception>
    internal static string? Choose(Func<string, string?> variable)
    {
        if (variable(Variable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? throw new IOException($"{Variable} names {named}, which is a file; expected a folder.") : named;
        }

        string? cache = variable("XDG_CACHE_HOME");
        string home = Environment.GetFolderPath(OperatingSystem.IsWindows() ? Environment.SpecialFolder.LocalApplicationData : Environment.SpecialFolder.UserProfile);
        string? root = !string.IsNullOrEmpty(cache) ? cache : home.Length == 0 ? null : OperatingSystem.IsWindows() ? home : Path.Combine(home, ".cache");
        return root is null ? null : Path.Combine(root, "llavacuda", "kernels");
    }

    /// <summary>
    /// Says why nothing can be kept in a folder, by writing to it or, before there is one, where it will be made. What is there can be read all the same: an image may come with its kernels and be
    /// read-only.
    /// </summary>
    /// <param name="folder">From <see cref="Choose()"/>.</param>
    /// <returns>The reason in one line, or null.</returns>
    internal static string? WhyNotKept(string? folder)
    {
        if (folder is null)
        {
            return $"there is no home folder; set {Variable} to a folder";
        }

        try
        {
            string existing = Path.GetFullPath(folder);
            while (!Path.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            {
                existing = parent;
            }

            // Numbers of process and thread would not do: containers that share the folder have the same.
            File.Create(Path.Combine(existing, $"trial.{Guid.NewGuid():N}.tmp"), bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{folder} cannot be written to ({error.Message.TrimEnd('.')}); set {Variable} to another folder";
        }
    }
}
