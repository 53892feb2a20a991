using System.CommandLine;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava chat</c>: a conversation on the console. Ctrl-C ends the answer that is being written, or the program when none is.</summary>
internal static class ChatCommand
{
    private const string Help = "Type a question. /image FILE adds a picture to the next question, /clear begins anew, /quit or end of input leaves, Ctrl-C stops an answer.";

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        ModelOptions options = new();
        Command command = new("chat", "Talk to a model, with pictures or without.");
        options.AddTo(command);
        command.SetAction(parsed => Run(parsed, options));
        return command;
    }

    private static void Run(ParseResult parsed, ModelOptions options)
    {
        GenerationOptions generation = options.Generation(parsed);
        List<RgbImage> pending = [.. options.ReadImages(parsed)];
        using Device device = options.OpenDevice(parsed);
        using LlavaModel model = options.Load(parsed, device);
        using ChatSession chat = model.StartChat();
        CancellationTokenSource? answering = null;
        ConsoleCancelEventHandler stop = (_, pressed) =>
        {
            // Without an answer under way the key means what it always means.
            CancellationTokenSource? current = Volatile.Read(ref answering);
            pressed.Cancel = current is not null;
            try
            {
                current?.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The answer ended while the key was on its way.
            }
        };
        Console.CancelKeyPress += stop;
        try
        {
            Console.Error.WriteLine($"{model.Name} on {device.Description}. {Help}");
            while (Read() is { } line)
            {
                if (line == "/quit")
                {
                    break;
                }

                if (Command(line, chat, pending, model.ImageFiles))
                {
                    continue;
                }

                using CancellationTokenSource source = new();
                Volatile.Write(ref answering, source);
                try
                {
                    Answer(chat, line, pending, generation, source.Token);
                }
                finally
                {
                    Volatile.Write(ref answering, null);
                }
            }
        }
        finally
        {
            Console.CancelKeyPress -= stop;
        }
    }

    private static string? Read()
    {
        if (!Console.IsInputRedirected)
        {
            Console.Write("> ");
        }

        return Console.ReadLine()?.Trim();
    }

    private static bool Command(string line, ChatSession chat, List<RgbImage> pending, ImageReadOptions files)
    {
        if (line.Length == 0)
        {
            return true;
        }

        if (line[0] != '/')
        {
            return false;
        }

        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        switch (words[0])
        {
            case "/clear":
                chat.Clear();
                pending.Clear();
                break;
            case "/image" when words.Length == 2:
                try
                {
                    pending.Add(ImageFile.Read(words[1], files));
                }
                catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
                {
                    Console.Error.WriteLine(error.Message);
                }

                break;
            default:
                Console.Error.WriteLine(words[0] == "/help" ? Help : $"'{line}' is no command. {Help}");
                break;
        }

        return true;
    }

    private static void Answer(ChatSession chat, string line, List<RgbImage> pending, GenerationOptions generation, CancellationToken cancellation)
    {
        try
        {
            foreach (string piece in chat.Send(line, [.. pending], generation, cancellation))
            {
                Console.Write(piece);
                Console.Out.Flush();
            }

            pending.Clear();
        }
        catch (ArgumentException error)
        {
            // The conversation does not fit; it can go on after /clear.
            Console.Error.WriteLine(error.Message);
        }
        catch (OperationCanceledException)
        {
            // Stopped before the first token.
        }

        Console.WriteLine();
    }
}
