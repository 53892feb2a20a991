using System.Text;

namespace LlavaCuda.Generation;

/// <summary>Lets text through as it comes, but holds back what may become a stop string, so that none is ever shown in part.</summary>
internal sealed class StopFilter
{
    private readonly string[] _stops;
    private readonly StringBuilder _held = new();

    /// <summary>Initializes a new instance of the <see cref="StopFilter"/> class.</summary>
    /// <param name="stops">Texts that end the answer; empty ones are left out.</param>
    internal StopFilter(IEnumerable<string> stops)
    {
        _stops = [.. stops.Where(static s => s.Length > 0).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Gets a value indicating whether a stop string was met.</summary>
    internal bool Stopped { get; private set; }

    /// <summary>Takes text in.</summary>
    /// <param name="text">What was generated.</param>
    /// <returns>What may be shown now.</returns>
    internal string Append(string text)
    {
        if (Stopped)
        {
            return string.Empty;
        }

        string all = _held.Append(text).ToString();
        _held.Clear();
        int end = -1;
        foreach (string stop in _stops)
        {
            int at = all.IndexOf(stop, StringComparison.Ordinal);
            end = at >= 0 && (end < 0 || at < end) ? at : end;
        }

        if (end >= 0)
        {
            Stopped = true;
            return all[..end];
        }

        int safe = all.Length - Pending(all);
        _held.Append(all, safe, all.Length - safe);
        return all[..safe];
    }

    /// <summary>Gives out what was held back, at the end of the answer.</summary>
    /// <returns>The rest.</returns>
    internal string Flush()
    {
        string rest = _held.ToString();
        _held.Clear();
        return rest;
    }

    // The longest end of the text that begins a stop string.
    private int Pending(string text)
    {
        int longest = 0;
        foreach (string stop in _stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
