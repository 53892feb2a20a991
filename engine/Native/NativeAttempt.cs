namespace LlavaCuda.Native;

/// <summary>One library that was tried and failed.</summary>
/// <param name="Path">Its path, or its name in the system's library path.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsAbsent">Whether nothing was there, as against something of no use.</param>
internal readonly record struct NativeAttempt(string Path, string Reason, bool IsAbsent);
