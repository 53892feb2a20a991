using System.CommandLine;
using LlavaCuda.Devices;
using LlavaCuda.Formats;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Trainer.Commands;

/// <summary>The commands <c>answer</c> of several benchmarks: ask a model of ours, and keep a row for each answer.</summary>
internal static class AnsweringCommand
{
    // Real files of COCO have it; the questions of LLaVA-Bench (COCO) leave it out.
    private const string CocoPrefix = "COCO_val2014_";

    /// <summary>Makes a command.</summary>
    /// <param name="questionFile">What the file of questions is.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="more">Further options of the benchmark.</param>
    internal static Command Create(string questionFile, Func<ParseResult, string, List<AskedQuestion>> read, params Option[] more)
    {
        Option<string> questions = new("--questions") { Description = questionFile, Required = true };
        Option<string?> images = new("--images") { Description = "The folder that the images' paths begin at." };
        Option<string> output = new("--out")
        {
            Description = "The file of answers; one with the first of them is gone on with.",
            Required = true,
        };
        Option<int> atOnce = new("--at-once")
        {
            Description = "Most questions that are answered at once; on the CPU answers are the same for any number.",
            DefaultValueFactory = static _ => new BatchOptions().Questions,
        };
        ModelOptions options = new();
        Command command = new("answer", "Ask a model the questions, a row for each answer.") { questions, images, output, atOnce };
        Array.ForEach(more, command.Add);
        options.AddTo(command, images: false);
        command.SetAction(parsed =>
        {
            string file = parsed.GetRequiredValue(output);
            FileOption.Require("--out", file);
            GenerationOptions generation = options.Generation(parsed);
            int most = parsed.GetValue(atOnce);
            BatchOptions batch = most >= 1 ? new BatchOptions { Questions = most }
                : throw new ArgumentException($"{atOnce.Name} is {most}; expected 1 or more.");
            List<AskedQuestion> all = read(parsed, parsed.GetRequiredValue(questions));
            string? folder = parsed.GetValue(images);
            if (folder is null && all.FirstOrDefault(static q => q.Image is not null) is { } shown)
            {
                throw new ArgumentException($"--images is missing; question {Quoted.Line(shown.Id)} has an image.");
            }

            using InterruptScope interrupt = new();
            using Device device = options.OpenDevice(parsed);
            using LlavaModel model = options.Load(parsed, device);
            QuestionAnswering answering = new(file, model.Name, options.Fingerprint(parsed));
            List<AskedQuestion> remaining = answering.Remaining(all);
            TextWriter error = parsed.InvocationConfiguration.Error;
            try
            {
                using CountLine line = new(error, "questions", remaining.Count, ProgressStyle.OfConsole());
                answering.Ask(remaining, model, generation, batch, question => ReadImage(question, folder), () => line.Add(), interrupt.Token);
            }
            catch (OperationCanceledException)
            {
                error.WriteLine("llava: interrupted; what was answered is kept, and the same command goes on from here");
                return ExitCode.Interrupted;
            }

            parsed.InvocationConfiguration.Output.WriteLine($"{all.Count} answers, {remaining.Count} of them new, in {file}");
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Reads the image of a question.</summary>
    /// <param name="question">The question.</param>
    /// <param name="folder">The folder of images; null only where no question has one.</param>
    internal static RgbImage? ReadImage(AskedQuestion question, string? folder)
    {
        if (question.Image is not { } image)
        {
            return null;
        }

        string path = Path.Combine(folder!, image);
        string prefixed = Path.Combine(folder!, Path.GetDirectoryName(image) ?? string.Empty, CocoPrefix + Path.GetFileName(image));
        string found = !File.Exists(path) && File.Exists(prefixed) ? prefixed : path;
        return ImageArgument.Read($"question {Quoted.Line(question.Id)}:", found).Image;
    }
}
