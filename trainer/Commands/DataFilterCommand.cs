using System.CommandLine;
using LlavaCuda.Trainer.Filtering;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava data filter</c>: chooses captions so that rare and frequent concepts are covered alike.</summary>
internal static class DataFilterCommand
{
    private const int Least = 3;
    private const int Most = 100;

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Option<string> captions = new("--captions")
        {
            Description = "The captions: LLaVA's JSON, JSON or JSON Lines with caption and image, CSV, TSV or Parquet.",
            Required = true,
        };
        Option<string?> phrases = new("--phrases")
        {
            Description = "Their noun phrases, a JSON list of texts for each caption, in an array or a line each; "
                + "by default the built-in extractor finds them.",
        };
        Option<string> caption = new("--caption-column")
        {
            Description = "The column, or key, of the caption.",
            DefaultValueFactory = static _ => "caption",
        };
        Option<string> image = new("--image-column")
        {
            Description = "The column of the image.",
            DefaultValueFactory = static _ => "image",
        };
        Option<bool> noHeader = new("--no-header")
        {
            Description = "The first line of CSV or TSV is a caption already; columns are numbers, from 1 on.",
        };
        Option<int> least = new("--least")
        {
            Description = "How often a phrase occurs at least to count.",
            DefaultValueFactory = static _ => Least,
        };
        Option<int> most = new("--most")
        {
            Description = "The most captions that a phrase brings.",
            DefaultValueFactory = static _ => Most,
        };
        Option<ulong> seed = new("--seed")
        {
            Description = "Chooses captions of frequent phrases, and instructions.",
        };
        Option<string> output = new("--out") { Description = "The folder for the chosen captions and the report.", Required = true };
        Command command = new("filter", "Choose captions by the frequency of their noun phrases, as the paper chose its 595,000.")
        {
            captions, phrases, caption, image, noHeader, least, most, seed, output,
        };
        command.SetAction(parsed =>
        {
            CaptionFile file = new(
                parsed.GetRequiredValue(captions),
                parsed.GetRequiredValue(caption),
                parsed.GetRequiredValue(image),
                !parsed.GetValue(noHeader));
            FilterRule rule = new(OptionParsing.AtLeast(1, parsed, least), OptionParsing.AtLeast(1, parsed, most), parsed.GetValue(seed));
            string folder = parsed.GetRequiredValue(output);
            using OutputLock held = OutputLock.Take(folder);
            using InterruptScope interrupt = new();
            try
            {
                CaptionFilter filter = new(file, parsed.GetValue(phrases), rule, parsed.InvocationConfiguration.Error);
                FilterReport report = filter.Run(folder, interrupt.Token);
                report.Write(folder, warning => parsed.InvocationConfiguration.Error.WriteLine($"warning: {warning}"));
                parsed.InvocationConfiguration.Output.WriteLine(report.Line());
                if (report.Kept == 0)
                {
                    parsed.InvocationConfiguration.Error.WriteLine(
                        $"warning: nothing is kept: no noun phrase is in {rule.Least} of the captions; {least.Name} says how many are needed");
                }

                (string data, string page) = (Path.Combine(folder, CaptionFilter.DataFile), Path.Combine(folder, FilterReport.MarkdownFile));
                parsed.InvocationConfiguration.Output.WriteLine($"they are in {data}, the report in {page}");
                return ExitCode.Ok;
            }
            catch (OperationCanceledException)
            {
                parsed.InvocationConfiguration.Error.WriteLine("llava: interrupted; nothing was written");
                return ExitCode.Interrupted;
            }
        });
        return command;
    }
}
