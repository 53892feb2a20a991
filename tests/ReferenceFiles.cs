namespace LlavaCuda.Tests;

/// <summary>Where the outputs of other people's code lie: in <c>LLAVA_REFERENCE</c>, else in the copy beside the tests.</summary>
internal static class ReferenceFiles
{
    internal static string Root { get; } = Environment.GetEnvironmentVariable("LLAVA_REFERENCE") is { Length: > 0 } folder
        ? folder
        : Path.Combine(AppContext.BaseDirectory, "reference");

    internal static string At(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);
}
