using System.CommandLine;
using System.Globalization;
using LlavaCuda.Trainer.Evaluation.Benchmarks;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava eval</c>: benchmarks, all asked, judged, counted and compared in the same way.</summary>
internal static class EvalCommand
{
    /// <summary>The command's name.</summary>
    internal const string Name = "eval";

    private static readonly string[] Judged =
    [
        "LLaVA-Bench (COCO), LLaVA-Bench (In-the-Wild) and Vicuna-80 are judged by a model:",
        "  llava review answer, review judge --benchmark coco|wild|text, review summarize",
    ];

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        IReadOnlyList<IBenchmark> benchmarks = BenchmarkRegistry.Create();
        Command command = new(Name, "Run a benchmark on a model, or on answers that are there; list benchmarks; compare runs.")
        {
            CreateList(benchmarks), CreateCompare(),
        };
        foreach (IBenchmark benchmark in benchmarks)
        {
            command.Add(new EvalRunCommand(benchmark).Create());
        }

        return command;
    }

    private static Command CreateList(IReadOnlyList<IBenchmark> benchmarks)
    {
        Command command = new("list", "List the benchmarks: where their files come from, their licences, sizes and hashes.");
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            foreach (IBenchmark benchmark in benchmarks)
            {
                BenchmarkCard card = benchmark.Card;
                output.WriteLine($"{benchmark.Name}: {card.Title}");
                output.WriteLine($"  from     {card.Source}");
                output.WriteLine($"  licence  {card.Licence}");
                output.WriteLine($"  size     {card.Size}");
                foreach (BenchmarkFile file in card.Files)
                {
                    string bytes = file.Bytes is { } count ? string.Create(CultureInfo.InvariantCulture, $"{count:N0} bytes") : "size not recorded";
                    output.WriteLine($"  file     {file.Name}, {bytes}");
                    output.WriteLine($"           {(file.Sha256 is { } hash ? $"SHA-256 {hash}" : "no hash recorded")}");
                }
            }

            Array.ForEach(Judged, output.WriteLine);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command CreateCompare()
    {
        Argument<string> first = new("first") { Description = "The folder of a run." };
        Argument<string> second = new("second") { Description = "The folder of another run over the same questions." };
        Command command = new("compare", "Compare two runs question by question: McNemar's test and a paired bootstrap.") { first, second };
        command.SetAction(parsed =>
        {
            string[] folders = [parsed.GetRequiredValue(first), parsed.GetRequiredValue(second)];
            string[] files = [.. folders.Select(static folder => Path.Combine(folder, EvalRunCommand.RowFile))];
            IReadOnlyList<RunComparison> comparisons = RunComparison.Of(
                JudgedRow.Read(files[0]), JudgedRow.Read(files[1]), folders[0], folders[1]);
            string[][] rows =
            [
                ["questions", "first %", "second %", "difference", "95 % interval", "only first", "only second", "McNemar p"],
                .. comparisons.Select(static comparison => comparison.Cells()),
            ];
            int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
            foreach (string[] row in rows)
            {
                parsed.InvocationConfiguration.Output.WriteLine(
                    string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))));
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
