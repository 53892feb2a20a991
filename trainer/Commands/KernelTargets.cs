using System.Globalization;
using System.Text.RegularExpressions;
using LlavaCuda.Devices;

namespace LlavaCuda.Trainer.Commands;

/// <summary>The architectures that <c>--arch</c> names. What cannot be one is refused here: the compiler would say so of the first kernel, in words that name no option.</summary>
internal static partial class KernelTargets
{
    // From these on, an architecture has a flavour whose code runs on it alone, and one for its family.
    private const int OldestAlone = 90;
    private const int OldestFamily = 100;

    /// <summary>Gets what is compiled for unless something else is asked for.</summary>
    internal static IReadOnlyList<string> Default { get; } = ["sm_80", "sm_86", "sm_89", "sm_90a"];

    /// <summary>Takes a list apart.</summary>
    /// <param name="text">The value of <c>--arch</c>.</param>
    /// <returns>The architectures; whether the compiler knows them is another question.</returns>
    /// <exception cref="ArgumentException">One is none or too old, or comes twice, or there is none at all.</exception>
    internal static string[] Parse(string text)
    {
        string[] targets = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (targets.Length == 0)
        {
            throw new ArgumentException($"--arch names no architecture; expected some with commas between, such as {string.Join(',', Default)}.");
        }

        for (int i = 0; i < targets.Length; i++)
        {
            if (!IsTarget(targets[i]))
            {
                throw new ArgumentException(
                    $"--arch '{targets[i]}' is no architecture for these kernels; expected sm_N with N of {KernelTarget.Oldest} or more, and behind it nothing, from {OldestAlone} on an 'a', or from {OldestFamily} on an 'f'.");
            }

            if (targets.AsSpan(0, i).Contains(targets[i]))
            {
                throw new ArgumentException($"--arch names {targets[i]} twice.");
            }
        }

        return targets;
    }

    /// <summary>Refuses what the compiler does not know.</summary>
    /// <param name="targets">From <see cref="Parse"/>.</param>
    /// <param name="compiler">What an error names.</param>
    /// <param name="supported">What it knows, 10·major + minor.</param>
    /// <exception cref="ArgumentException">It does not know one.</exception>
    internal static void RequireSupported(IReadOnlyList<string> targets, string compiler, IReadOnlyCollection<int> supported)
    {
        if (targets.FirstOrDefault(target => !supported.Contains(NumberOf(target))) is { } unknown)
        {
            throw new ArgumentException($"--arch {unknown}: {compiler} does not know it; it compiles these kernels for {string.Join(", ", supported.Where(static s => s >= KernelTarget.Oldest).Select(static s => $"sm_{s}"))}.");
        }
    }

    private static bool IsTarget(string text) => Target().Match(text) is { Success: true } match && NumberOf(text) >= (match.Groups["flavour"].Value switch
    {
        "a" => OldestAlone,
        "f" => OldestFamily,
        _ => KernelTarget.Oldest,
    });

    private static int NumberOf(string target) => int.Parse(Target().Match(target).Groups["number"].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\Asm_(?<number>[1-9][0-9]{1,2})(?<flavour>[af]?)\z")]
    private static partial Regex Target();
}
