using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Ops.Cuda;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava kernels</c>: compiles every instance of every kernel for some architectures, no GPU needed, and tells registers and spills.</summary>
internal static class KernelsCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Option<string> targets = new("--arch")
        {
            Description = "Architectures, with commas between.",
            DefaultValueFactory = static _ => string.Join(',', KernelTargets.Default),
        };
        Option<string?> table = new("--out") { Description = "Also write each kernel's registers on every architecture to this file, a tab-separated table." };
        Option<string?> only = new("--only") { Description = "Only kernels whose name, or whose file's, contains this; all unless given." };
        Option<string?> ptx = new("--ptx") { Description = "Also write the PTX of every instance to files in this folder." };
        Command command = new("kernels", "Compile all CUDA kernels through NVRTC, tell the most registers that one takes, and name those that spill (exit code 1). Needs no GPU.") { targets, table, only, ptx };
        command.SetAction(parsed =>
        {
            string[] names = KernelTargets.Parse(parsed.GetRequiredValue(targets));
            KernelTemplate[] kernels = Choose(parsed.GetValue(only) ?? string.Empty);
            string? file = parsed.GetValue(table);
            if (file is not null)
            {
                FileOption.Require(table.Name, file);
            }

            string? folder = parsed.GetValue(ptx);
            if (folder is not null)
            {
                Directory.CreateDirectory(folder);
            }

            NativeLoader.Require(NativeComponent.Nvrtc);
            KernelTargets.RequireSupported(names, $"NVRTC {NativeLoader.Find(NativeComponent.Nvrtc).Version}", KernelCompiler.SupportedArchitectures());
            using InterruptScope interrupt = new();
            IReadOnlyList<KernelReport> reports = CompileAll(names, kernels, parsed.InvocationConfiguration.Output, interrupt.Token);
            if (file is not null)
            {
                AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(Table(reports, names))));
            }

            if (folder is not null)
            {
                WritePtx(folder, names, kernels);
            }

            return Print(reports, parsed.InvocationConfiguration.Output);
        });
        return command;
    }

    private static KernelTemplate[] Choose(string part)
    {
        KernelTemplate[] kernels = [.. KernelCatalog.All.Where(kernel => kernel.Function.Contains(part, StringComparison.OrdinalIgnoreCase) || kernel.Stem.Contains(part, StringComparison.OrdinalIgnoreCase))];
        return kernels.Length > 0 ? kernels : throw new ArgumentException(
            $"--only '{part}' is in no kernel's name; the files of kernels are {string.Join(", ", KernelCatalog.All.Select(static kernel => kernel.Stem).Distinct())}.");
    }

    private static List<KernelReport> CompileAll(string[] targets, KernelTemplate[] kernels, TextWriter output, CancellationToken cancellation)
    {
        KernelCompiler[] compilers = [.. targets.Select(static t => new KernelCompiler(new KernelTarget(t, IsPtx: false), report: true))];
        (KernelCompiler Compiler, KernelTemplate Kernel, KernelVariant Variant)[] work =
            [.. from kernel in kernels from variant in kernel.Instances from compiler in compilers select (compiler, kernel, variant)];
        output.WriteLine($"NVRTC {compilers[0].Version} ({NativeLoader.Find(NativeComponent.Nvrtc).Path}), {work.Length} compilations");
        KernelReport[] reports = new KernelReport[work.Length];
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        ParallelOptions options = new() { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, work.Length, options, i =>
        {
            reports[i] = KernelReport.Of(work[i].Compiler, work[i].Kernel, work[i].Variant);
            int count = Interlocked.Increment(ref done);
            if (count % 100 == 0)
            {
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count}/{work.Length}, {count / seconds:F0} a second, {(work.Length - count) * seconds / count:F0} s left"));
            }
        });
        return [.. reports];
    }

    private static void WritePtx(string folder, string[] targets, KernelTemplate[] kernels)
    {
        foreach (string target in targets)
        {
            KernelCompiler compiler = new(new KernelTarget(target.Replace("sm_", "compute_", StringComparison.Ordinal), IsPtx: true));
            foreach ((string stem, string expression) in kernels.SelectMany(static kernel => kernel.Instances.Select(variant => (kernel.Stem, kernel.NameExpression(variant)))))
            {
                string name = new([.. $"{target} {expression}".Select(static c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '-')]);
                AtomicFile.Write(Path.Combine(folder, name + ".ptx"), stream => stream.Write(compiler.Compile(stem, expression).Image));
            }
        }
    }

    // One line an instance: its registers on every architecture, and a plus with the bytes where it spills.
    private static string Table(IReadOnlyList<KernelReport> reports, string[] targets)
    {
        IEnumerable<string> lines = reports
            .GroupBy(static r => (r.Stem, r.Expression))
            .Select(static g => string.Join('\t', [g.Key.Stem, g.Key.Expression, .. g.Select(static r => Cell(r))]));
        return string.Join('\n', [string.Join('\t', ["file", "kernel", .. targets]), .. lines, string.Empty]);
    }

    private static string Cell(KernelReport report) =>
        report.SpillBytes == 0 ? report.Registers.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{report.Registers}+{report.SpillBytes}");

    private static int Print(IReadOnlyList<KernelReport> reports, TextWriter output)
    {
        int spilling = 0;
        foreach (KernelReport report in reports.Where(static r => r.SpillBytes > 0))
        {
            spilling++;
            output.WriteLine($"{report.Target} {report.Expression}: {report.Registers} registers, {report.SpillBytes} bytes SPILLED");
        }

        output.WriteLine($"{reports.Count} compiled, at most {reports.Max(static r => r.Registers)} registers, {(spilling == 0 ? "none spills" : $"{spilling} spill")}");
        return spilling == 0 ? ExitCode.Ok : ExitCode.Failed;
    }
}
