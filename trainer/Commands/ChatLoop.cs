using LlavaCuda.Generation;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Commands;

/// <summary>What is typed in a chat: questions, and commands that begin with a slash.</summary>
internal sealed class ChatLoop
{
    internal const string Help = "Type a question. /image FILE adds an image to the next question, /clear starts over, /quit or end of input leaves, Ctrl-C stops an answer.";

    private readonly ChatSession _chat;
    private readonly GenerationOptions _generation;
    private readonly ImageReadOptions _files;
    private readonly TextWriter _output;
    private readonly TextWriter _error;

    // Images for the next question, and those of earlier ones.
    private readonly List<ImageArgument> _pending;
    private readonly List<ImageArgument> _asked = [];

    /// <summary>Starts a chat.</summary>
    /// <param name="chat">The conversation.</param>
    /// <param name="generation">How to answer.</param>
    /// <param name="images">Images of the first question.</param>
    /// <param name="files">How later images are read, and what they may cost.</param>
    /// <param name="output">Where answers go.</param>
    /// <param name="error">Where everything else goes.</param>
    internal ChatLoop(ChatSession chat, GenerationOptions generation, IReadOnlyList<ImageArgument> images, ImageReadOptions files, TextWriter output, TextWriter error) =>
        (_chat, _generation, _pending, _files, _output, _error) = (chat, generation, [.. images], files, output, error);

    /// <summary>Gets a value indicating whether a question could not be asked, or an image not be read.</summary>
    internal bool HasRefused { get; private set; }

    /// <summary>Handles what was typed: a question, a command, or a command with a question in the lines after it.</summary>
    /// <param name="typed">The text.</param>
    /// <param name="interrupts">What Ctrl-C ends.</param>
    /// <returns>Whether the chat goes on.</returns>
    internal bool Handle(string typed, ChatInterrupts interrupts)
    {
        string text = typed.Trim();
        while (text.StartsWith('/'))
        {
            string[] lines = text.Split('\n', 2, StringSplitOptions.TrimEntries);
            if (lines[0] is "/quit" or "/exit")
            {
                return false;
            }

            Command(lines[0]);
            text = lines.Length == 2 ? lines[1] : string.Empty;
        }

        if (text.Length > 0)
        {
            interrupts.Run(cancellation => Answer(text, cancellation));
        }

        return true;
    }

    private void Command(string line)
    {
        string[] words = line.Split((char[]?)null, 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        switch (words[0])
        {
            case "/clear":
                Clear();
                break;
            case "/image" when words.Length == 2:
                Add(words[1]);
                break;
            case "/image":
                _error.WriteLine($"/image expects a file. {Pending()}");
                break;
            case "/help":
                _error.WriteLine(Help);
                break;
            default:
                _error.WriteLine($"'{words[0]}' is no command. {Help}");
                break;
        }
    }

    private void Clear()
    {
        ImageArgument[] dropped = [.. _asked, .. _pending];
        _chat.Clear();
        _asked.Clear();
        _pending.Clear();
        _error.WriteLine(dropped.Length == 0
            ? "The conversation is empty again."
            : $"The conversation is empty again, without {Names(dropped)}; /image adds an image to the next question.");
    }

    private void Add(string text)
    {
        foreach (string path in ImageArgument.Split(text))
        {
            try
            {
                ImageArgument image = ImageArgument.Read("/image", path, _files);
                _pending.Add(image);
                _error.WriteLine($"{image.Path} ({image.Image.Width}x{image.Image.Height}) goes with the next question{(_pending.Count > 1 ? $", the last of {_pending.Count} images" : string.Empty)}.");
            }
            catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or DllNotFoundException)
            {
                _error.WriteLine(ExitCode.Line(error));
                HasRefused = true;
            }
        }
    }

    private string Pending() => _pending.Count == 0 ? "No image goes with the next question." : $"With the next question goes {Names(_pending)}.";

    private static string Names(IEnumerable<ImageArgument> images) => string.Join(", ", images.Select(static image => image.Path));

    private void Answer(string question, CancellationToken cancellation)
    {
        try
        {
            foreach (string piece in _chat.Send(question, [.. _pending.Select(static image => image.Image)], _generation, cancellation))
            {
                _output.Write(piece);
                _output.Flush();
            }

            _asked.AddRange(_pending);
            _pending.Clear();
            if (_chat.LastAnswer is { End: AnswerEnd.Stop, Text.Length: 0 })
            {
                _error.WriteLine(AskCommand.NoWord);
            }
        }
        catch (ArgumentException error)
        {
            // The conversation does not fit.
            _error.WriteLine($"{ExitCode.Line(error)} /clear starts over.");
            HasRefused = true;
        }
        catch (OperationCanceledException)
        {
            // Stopped before the first token.
        }

        _output.WriteLine();
    }
}
