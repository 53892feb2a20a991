namespace LlavaCuda.Tests.Checkpoints;

/// <summary>What every error of the checkpoints must be: one line that names what is wrong.</summary>
internal static class OneLine
{
    internal static void Throws<T>(Action action, params string[] parts)
        where T : Exception
    {
        T error = Assert.Throws<T>(action);
        Assert.DoesNotContain('\n', error.Message);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
