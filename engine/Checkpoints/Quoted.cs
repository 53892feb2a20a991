namespace LlavaCuda.Checkpoints;

/// <summary>Text from files inside error messages: quoted, of bounded length, always on one line.</summary>
internal static class Quoted
{
    private const int Longest = 160;

    internal static string Name(string text)
    {
        string bounded = text.Length <= Longest ? text : text[..Longest] + "...";
        return $"'{string.Create(bounded.Length, bounded, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(from[i]) ? '?' : from[i];
            }
        })}'";
    }
}
