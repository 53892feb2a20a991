namespace LlavaCuda.Tests;

/// <summary>Where the outputs of other people's code lie: in <c>LLAVA_REFERENCE</c>, else in the copy beside the tests.</summary>
internal static class ReferenceFiles
{
    internal static string Root { get; } = Environment.GetEnvironmentVariable("LLAVA_REFERENCE") is { Length: > 0 } folder
        ? folder
        : Path.Combine(AppContext.BaseDirectory, "reference");

    /// <summary>The copy beside the tests, for tests that need some model folder and not agreement with others.</summary>
    internal static string Shipped(params ReadOnlySpan<string> parts) => Path.Combine([AppContext.BaseDirectory, "reference", .. parts]);

    internal static string At(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);
}
