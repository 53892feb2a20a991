namespace LlavaCuda.Tests.Kernels;

/// <summary>A fault that is put into a kernel file, and the tests that must find it.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="File">The kernel file.</param>
/// <param name="From">Text of the file, found there once, or at its <paramref name="Occurrence"/>.</param>
/// <param name="To">What is put in its place.</param>
/// <param name="TestClass">The class whose tests are run, wildcards allowed.</param>
/// <param name="Occurrence">Which of several places, from 0.</param>
internal sealed record Mutation(string Name, string File, string From, string To, string TestClass, int Occurrence = 0)
{
    /// <summary>Gets what else has to change for the fault to be this one: texts that the file has once, and those in their place.</summary>
    internal IReadOnlyList<(string From, string To)> Also { get; init; } = [];

    /// <summary>Puts the fault in.</summary>
    /// <param name="source">The file's text.</param>
    /// <returns>The faulty text.</returns>
    internal string Apply(string source)
    {
        string faulty = Replace(source, From, To, Occurrence);
        return Also.Aggregate(faulty, (text, edit) => Replace(text, edit.From, edit.To, occurrence: 0));
    }

    private string Replace(string text, string from, string to, int occurrence)
    {
        int at = -1;
        for (int i = 0; i <= occurrence; i++)
        {
            at = text.IndexOf(from, at + 1, StringComparison.Ordinal);
            Assert.True(at >= 0, $"{Name}: {File} no longer has place {occurrence} of '{from}'.");
        }

        return string.Concat(text.AsSpan(0, at), to, text.AsSpan(at + from.Length));
    }
}
