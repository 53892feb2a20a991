using System.Diagnostics.CodeAnalysis;

namespace LlavaCuda.Native;

/// <summary>What came of looking for a library.</summary>
/// <param name="Component">What was looked for.</param>
/// <param name="Handle">The loaded library, or 0.</param>
/// <param name="Name">The path or name under which it loaded, or null.</param>
/// <param name="Version">Its version; the driver's is that of the newest CUDA that it supports.</param>
/// <param name="Tried">Everything that was tried and failed, each with the reason.</param>
/// <param name="Reason">Why it was not found, in one line, or null.</param>
internal sealed record NativeFinding(NativeComponent Component, nint Handle, string? Name, Version Version, IReadOnlyList<string> Tried, string? Reason)
{
    /// <summary>Gets a value indicating whether it is loaded.</summary>
    [MemberNotNullWhen(true, nameof(Name))]
    [MemberNotNullWhen(false, nameof(Reason))]
    internal bool IsFound => Handle != 0;
}
