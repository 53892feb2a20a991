namespace LlavaCuda.Native;

/// <summary>Words for a native call that failed.</summary>
internal static class NativeCallText
{
    /// <summary>Puts an error's one line together.</summary>
    /// <param name="call">The call as the source has it.</param>
    /// <param name="error">The error's name, number and words.</param>
    /// <param name="context">What it was about, or null.</param>
    /// <param name="bytes">Bytes asked, or -1.</param>
    /// <returns>The line.</returns>
    internal static string Failure(string call, string error, string? context, long bytes)
    {
        // A call that the source breaks over several lines is put into one.
        string line = string.Join(' ', call.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
        string about = context is null ? string.Empty : $" for {context}";
        string asked = bytes < 0 ? string.Empty : $", {bytes:N0} bytes asked";
        return $"{line}{about} failed{asked}: {error}.";
    }
}
