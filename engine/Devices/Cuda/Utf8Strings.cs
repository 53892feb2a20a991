using System.Runtime.InteropServices;

namespace LlavaCuda.Devices;

/// <summary>Zero-terminated texts for native calls, freed together.</summary>
internal sealed unsafe class Utf8Strings : IDisposable
{
    private readonly List<nint> _blocks = [];

    /// <summary>Copies a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Its copy, valid until <see cref="Dispose"/>.</returns>
    internal byte* Add(string text)
    {
        nint copy = Marshal.StringToCoTaskMemUTF8(text);
        _blocks.Add(copy);
        return (byte*)copy;
    }

    /// <summary>Copies texts into a table of pointers.</summary>
    /// <param name="texts">The texts.</param>
    /// <returns>The table, valid until <see cref="Dispose"/>.</returns>
    internal byte** AddAll(params IReadOnlyList<string> texts)
    {
        nint block = Marshal.AllocCoTaskMem(Math.Max(1, texts.Count) * sizeof(nint));
        _blocks.Add(block);
        byte** table = (byte**)block;
        for (int i = 0; i < texts.Count; i++)
        {
            table[i] = Add(texts[i]);
        }

        return table;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            Marshal.FreeCoTaskMem(block);
        }

        _blocks.Clear();
    }
}
