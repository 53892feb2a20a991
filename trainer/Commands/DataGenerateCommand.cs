using System.CommandLine;
using LlavaCuda.Trainer.Asking;
using LlavaCuda.Trainer.Generating;
using LlavaCuda.Trainer.Terminal;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary>
/// <c>llava data generate</c>: has a text-only model write conversations, descriptions and reasoning about annotated images.
/// </summary>
internal sealed class DataGenerateCommand
{
    private const int UsualAnswer = 1024;
    private readonly Option<string> _captions = new("--captions") { Description = "COCO's captions file.", Required = true };
    private readonly Option<string?> _instances = new("--instances")
    {
        Description = "COCO's instances file, whose boxes descriptions and reasoning are shown.",
    };
    private readonly Option<string?> _images = new("--images")
    {
        Description = "The folder of images: those that are not in it are left out, and the report shows some.",
    };
    private readonly Option<string> _output = new("--out") { Description = "The folder for data, report and requests.", Required = true };
    private readonly Option<string?> _prompts = new("--prompts")
    {
        Description = "A folder of system messages and worked examples in place of the built-in ones, see data prompts.",
    };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Chooses images, instructions and where <image> stands." };
    private readonly Option<double?> _temperature = new("--temperature")
    {
        Description = "How freely the model writes; by default the provider's way.",
    };
    private readonly Option<int> _maxTokens = new("--max-tokens")
    {
        Description = "Most tokens of an answer.",
        DefaultValueFactory = static _ => UsualAnswer,
    };
    private readonly AskingOptions _asking = new();
    private readonly Dictionary<ResponseType, Option<int?>> _counts = new()
    {
        [ResponseType.Conversation] = Count("--conversations", "Conversations", ResponseType.Conversation),
        [ResponseType.Detail] = Count("--details", "Detailed descriptions", ResponseType.Detail),
        [ResponseType.Reasoning] = Count("--reasoning", "Questions that need thought", ResponseType.Reasoning),
    };

    private DataGenerateCommand()
    {
    }

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        DataGenerateCommand options = new();
        Command command = new("generate", "Have a text-only model write instruction data about images, from their captions and boxes.");
        Option[] own =
        [
            options._captions, options._instances, options._images, options._output, .. options._counts.Values, options._prompts,
            options._seed, options._temperature, options._maxTokens,
        ];
        foreach (Option option in own)
        {
            command.Add(option);
        }

        options._asking.AddTo(command);
        command.SetAction(options.Run);
        return command;
    }

    private static Option<int?> Count(string name, string what, ResponseType type) => new(name)
    {
        Description = $"{what}; by default {type.Paper}, as in the paper, and none if another of the three is given. At most one an image.",
    };

    private int Run(ParseResult parsed)
    {
        string folder = parsed.GetRequiredValue(_output);
        Dictionary<ResponseType, int> targets = Targets(parsed);
        ulong seed = parsed.GetValue(_seed);
        CallOptions options = new()
        {
            Temperature = parsed.GetValue(_temperature) is not { } temperature ? null
                : temperature >= 0 ? temperature
                : throw new ArgumentException($"{_temperature.Name} is {temperature}; expected 0 or more."),
            MaxTokens = OptionParsing.AtLeast(1, parsed, _maxTokens),
        };
        Dictionary<ResponseType, PromptSet> prompts = targets.Keys.ToDictionary(
            static type => type, type => PromptSet.Read(parsed.GetValue(_prompts), type));
        TextWriter error = parsed.InvocationConfiguration.Error;
        ImageFiles images = new(parsed.GetValue(_images));
        CocoData data = CocoReader.Read(parsed.GetRequiredValue(_captions), parsed.GetValue(_instances));
        error.WriteLine($"{data.Count} images with {data.CaptionCount} captions and {data.BoxCount} boxes");
        images.Look(data, error);
        GenerationTask[] tasks = [.. targets.Select(target => new GenerationTask(
            target.Key, prompts[target.Key], target.Value, GenerationRun.Order(data, images.IsUsed, target.Key, seed)))];
        GenerationRun run = new(data, tasks, options, seed, images.NameOf);
        using OutputLock held = OutputLock.Take(folder);
        using InterruptScope interrupt = new();
        using AskingSession session = _asking.Open(parsed, folder);
        try
        {
            return session.SendsNothing
                ? Preview(run, session, parsed.InvocationConfiguration.Output, interrupt.Token)
                : Generate(run, session, parsed, seed, images.Folder, interrupt.Token);
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("llava: interrupted; what was answered is kept, and the same command goes on from here");
            return ExitCode.Interrupted;
        }
    }

    private Dictionary<ResponseType, int> Targets(ParseResult parsed)
    {
        bool anyGiven = _counts.Values.Any(option => parsed.GetValue(option) is not null);
        Dictionary<ResponseType, int> targets = [];
        foreach ((ResponseType type, Option<int?> option) in _counts)
        {
            int count = parsed.GetValue(option) ?? (anyGiven ? 0 : type.Paper);
            if (count < 0)
            {
                throw new ArgumentException($"{option.Name} is {count}; expected 0 or more.");
            }

            if (count > 0 && type.HasBoxes && parsed.GetValue(_instances) is null)
            {
                string without = _counts[ResponseType.Conversation].Name;
                throw new ArgumentException(
                    $"{_instances.Name} is missing; {option.Name} needs boxes. Without them, ask for {without} alone.");
            }

            if (count > 0)
            {
                targets.Add(type, count);
            }
        }

        return targets.Count > 0 ? targets : throw new ArgumentException(
            $"Nothing is asked for: all of {string.Join(", ", _counts.Values.Select(static o => o.Name))} are 0.");
    }

    // What would be sent now: replies that are there are read, so that requests for those of no use are among them.
    private static int Preview(GenerationRun run, AskingSession session, TextWriter output, CancellationToken cancellation)
    {
        List<IReadOnlyCollection<ModelCall>> rounds = [];
        run.Run(
            calls =>
            {
                rounds.Add(calls);
                return session.Caller.RunAsync(calls, cancellation).ToBlockingEnumerable(cancellation);
            },
            new NoOutput(),
            session.Caller.Model);
        session.Instead(rounds.SelectMany(static round => round), output);
        return ExitCode.Ok;
    }

    private int Generate(
        GenerationRun run, AskingSession session, ParseResult parsed, ulong seed, string? images, CancellationToken cancellation)
    {
        string folder = parsed.GetRequiredValue(_output);
        TextWriter error = parsed.InvocationConfiguration.Error;
        GenerationStatistics statistics = new(seed);
        GenerationFiles.Write(folder, seed, statistics, output => run.Run(
            calls => session.RunAsync(calls, calls.Count, error, cancellation).ToBlockingEnumerable(cancellation),
            output,
            session.Caller.Model));
        GenerationReport.Write(folder, statistics, session.Caller.Model, session.Price, images);
        foreach (string line in GenerationReport.Lines(statistics))
        {
            parsed.InvocationConfiguration.Output.WriteLine(TerminalText.Line(line));
        }

        (string data, string page) = (Path.Combine(folder, GenerationFiles.DataFile), Path.Combine(folder, GenerationReport.PageFile));
        parsed.InvocationConfiguration.Output.WriteLine($"samples are in {data}, the report in {page}");
        if (statistics.Types.All(static type => type.Counts.Open == 0))
        {
            return ExitCode.Ok;
        }

        error.WriteLine("llava: some requests are still open; the same command asks them again");
        return ExitCode.Failed;
    }

    private sealed class NoOutput : IGenerationOutput
    {
        public void Count(ResponseType type, CallOutcome outcome)
        {
        }

        public void Drop(ResponseType type, CocoImage image, ParsedReply parsed, string callKey)
        {
        }

        public void Add(GeneratedSample sample, ParsedReply parsed)
        {
        }
    }
}
