using System.Globalization;
using System.Text.RegularExpressions;

namespace LlavaCuda.Devices;

/// <summary>What the compiler says that one instance of a kernel takes on one architecture.</summary>
/// <param name="Stem">The file's name without <c>.cu</c>.</param>
/// <param name="Expression">The instance, as CUDA C++ names it.</param>
/// <param name="Target">The architecture, for example <c>sm_90a</c>.</param>
/// <param name="Registers">Registers of a thread.</param>
/// <param name="SpillBytes">Bytes that a thread stores to and loads from local memory because registers ran out.</param>
/// <param name="StackBytes">The frame of a thread in local memory.</param>
internal sealed partial record KernelReport(string Stem, string Expression, string Target, int Registers, int SpillBytes, int StackBytes)
{
    /// <summary>Compiles one instance and reads the compiler's report.</summary>
    /// <param name="compiler">With reports.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="variant">The instance.</param>
    /// <returns>The report.</returns>
    internal static KernelReport Of(KernelCompiler compiler, KernelTemplate kernel, KernelVariant variant)
    {
        string expression = kernel.NameExpression(variant);
        return Parse(kernel.Stem, expression, compiler.Target.Option, compiler.Compile(kernel.Stem, expression).Log);
    }

    /// <summary>Reads a log of ptxas.</summary>
    /// <exception cref="InvalidDataException">The log has no report.</exception>
    internal static KernelReport Parse(string stem, string expression, string target, string log)
    {
        Match registers = UsedRegisters().Match(log);
        Match memory = LocalMemory().Match(log);
        return registers.Success && memory.Success
            ? new KernelReport(stem, expression, target, Number(registers, 1), Number(memory, 2) + Number(memory, 3), Number(memory, 1))
            : throw new InvalidDataException($"The compiler's log of {expression} for {target} tells no registers and spills: {log.Trim()}");
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex UsedRegisters();

    [GeneratedRegex(@"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")]
    private static partial Regex LocalMemory();
}
