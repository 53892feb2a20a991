namespace LlavaCuda.Devices;

/// <summary>Environment variables that switch something on: <c>1</c> is on; <c>0</c>, nothing and no variable are off. Any other word is an error: whoever wrote it would wait for its effect in vain.</summary>
internal static class EnvironmentSwitch
{
    /// <summary>Reads a switch.</summary>
    /// <param name="variable">The variable's name.</param>
    /// <returns>Whether it is on.</returns>
    /// <exception cref="ArgumentException">The variable has another value.</exception>
    internal static bool IsOn(string variable) => IsOn(variable, Environment.GetEnvironmentVariable(variable));

    /// <summary>Says what a value means.</summary>
    /// <param name="variable">What an error names.</param>
    /// <param name="value">The variable's value, or null.</param>
    /// <returns>Whether it means on.</returns>
    /// <exception cref="ArgumentException">It means nothing.</exception>
    internal static bool IsOn(string variable, string? value) => value switch
    {
        "1" => true,
        null or "" or "0" => false,
        _ => throw new ArgumentException($"{variable} is '{value}'; expected 0 or 1."),
    };
}
