using System.CommandLine;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava chat</c>: a conversation on the console. Ctrl-C ends the answer that is being written; where none is, the program asks once before it leaves.</summary>
internal static class ChatCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        ModelOptions options = new();
        Command command = new("chat", "Talk to a model, with images or without.");
        options.AddTo(command);
        command.SetAction(parsed => Run(parsed, options));
        return command;
    }

    private static int Run(ParseResult parsed, ModelOptions options)
    {
        GenerationOptions generation = options.Generation(parsed);
        IReadOnlyList<ImageArgument> images = options.ReadImages(parsed);
        using Device device = options.OpenDevice(parsed);
        using LlavaModel model = options.Load(parsed, device);
        using ChatSession chat = model.StartChat();
        Console.Error.WriteLine($"{model.Name} on {device.Description}. {ChatLoop.Help}");
        ChatLoop loop = new(chat, generation, images, model.ImageFiles, Console.Out, Console.Error);
        using ChatInterrupts interrupts = new();
        Func<(LineEnd End, string Text)> read = Reader();
        while (true)
        {
            (LineEnd end, string text) = read();
            if (end == LineEnd.Interrupted)
            {
                return ExitCode.Interrupted;
            }

            if (end != LineEnd.Entered || !loop.Handle(text, interrupts))
            {
                // A person saw what went wrong; a script looks at the exit code.
                return loop.HasRefused && Console.IsInputRedirected ? ExitCode.Failed : ExitCode.Ok;
            }
        }
    }

    // On a terminal lines are edited; from a pipe or a file they are read as they are.
    private static Func<(LineEnd End, string Text)> Reader()
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb")
        {
            return static () => Console.ReadLine() is { } line ? (LineEnd.Entered, line) : (LineEnd.EndOfInput, string.Empty);
        }

        // Standard output as it was before the filter, which the editor's cursor movements would not pass.
        TextWriter terminal = TerminalWriter.Raw(Console.Out);
        LineEditor? editor = null;
        return () =>
        {
            using ConsoleKeys keys = new();
            editor ??= new LineEditor(keys, terminal, static () => (Console.WindowWidth, Console.WindowHeight));
            return editor.Read("> ");
        };
    }
}
