using System.CommandLine;
using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava ask</c>: one question, one answer on standard output.</summary>
internal static class AskCommand
{
    /// <summary>Says that an answer is empty, which an empty line does not.</summary>
    internal const string NoWord = "The model ended its answer without a word.";

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Option<string> question = new("--question", "-q") { Description = "The question; - reads it from standard input.", Required = true };
        Option<bool> stats = new("--stats") { Description = "Print token counts and speed on standard error." };
        ModelOptions options = new();
        Command command = new("ask", "Ask one question, with images or without.") { question, stats };
        options.AddTo(command);
        command.SetAction(parsed => Run(parsed, options, parsed.GetRequiredValue(question), parsed.GetValue(stats)));
        return command;
    }

    /// <summary>Describes what an answer took.</summary>
    /// <param name="answer">The answer.</param>
    /// <returns>One line.</returns>
    internal static string Describe(Answer answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"{answer.PromptRows} prompt rows ({answer.ImageRows} of images) read in {answer.PrefillTime.TotalSeconds:F2} s, {answer.NewTokens} tokens in {answer.DecodeTime.TotalSeconds:F2} s ({answer.NewTokens / Math.Max(answer.DecodeTime.TotalSeconds, 1e-9):F1} tokens/s)");

    private static int Run(ParseResult parsed, ModelOptions options, string question, bool stats)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        question = question == "-" ? Console.In.ReadToEnd().Trim() : question;
        if (string.IsNullOrWhiteSpace(question))
        {
            throw new ArgumentException("--question is empty; expected a question.");
        }

        GenerationOptions generation = options.Generation(parsed);
        RgbImage[] images = [.. options.ReadImages(parsed).Select(static image => image.Image)];
        using InterruptScope interrupt = new();
        using Device device = options.OpenDevice(parsed);
        using LlavaModel model = options.Load(parsed, device);
        using ChatSession chat = model.StartChat();
        foreach (string piece in chat.Send(question, images, generation, interrupt.Token))
        {
            output.Write(piece);
            output.Flush();
        }

        output.WriteLine();
        if (chat.LastAnswer is { End: AnswerEnd.Stop, Text.Length: 0 })
        {
            parsed.InvocationConfiguration.Error.WriteLine(NoWord);
        }

        if (stats)
        {
            parsed.InvocationConfiguration.Error.WriteLine(Describe(chat.LastAnswer!));
        }

        return chat.LastAnswer!.End == AnswerEnd.Cancelled ? ExitCode.Interrupted : ExitCode.Ok;
    }
}
