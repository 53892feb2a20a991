using System.Reflection;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Generating;

/// <summary>
/// What requests of one type begin with: a system message, and worked examples as turns of a conversation. They come from a folder in
/// the original's layout, <c>TYPE/system_message.txt</c> and pairs <c>TYPE/NNN_caps.txt</c>, <c>TYPE/NNN_conv.txt</c>.
/// </summary>
internal sealed class PromptSet
{
    private const string SystemFile = "system_message.txt";
    private const string AskedEnd = "_caps.txt";
    private const string AnsweredEnd = "_conv.txt";
    private const string Shipped = "prompts/";
    private readonly List<ChatMessage> _messages;

    private PromptSet(List<ChatMessage> messages) => _messages = messages;

    /// <summary>Gets the number of worked examples.</summary>
    internal int Examples => _messages.Count / 2;

    /// <summary>Reads those of a folder.</summary>
    /// <param name="folder">The folder; null for those that the program brings.</param>
    /// <param name="type">The type.</param>
    /// <exception cref="InvalidDataException">A file is missing or empty; the message names it.</exception>
    internal static PromptSet Read(string? folder, ResponseType type)
    {
        Func<string, string> read = folder is null
            ? name => Resource($"{Shipped}{type.Folder}/{name}")
            : name => File.ReadAllText(Path.Combine(folder, type.Folder, name));
        string[] names = folder is null
            ? [.. Names().Where(name => name.StartsWith($"{type.Folder}/", StringComparison.Ordinal))
                .Select(name => name[(type.Folder.Length + 1)..])]
            : Files(Path.Combine(folder, type.Folder));
        string from = folder is null ? type.Folder : Path.Combine(folder, type.Folder);
        List<ChatMessage> messages = [new(ChatRole.System, Text(SystemFile))];
        string[] shown = [.. names.Where(static name => name.EndsWith(AskedEnd, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        foreach (string asked in shown)
        {
            messages.Add(new ChatMessage(ChatRole.User, Text(asked)));
            messages.Add(new ChatMessage(ChatRole.Assistant, Text($"{asked[..^AskedEnd.Length]}{AnsweredEnd}")));
        }

        string? single = names.FirstOrDefault(
            name => name.EndsWith(AnsweredEnd, StringComparison.Ordinal) && !names.Contains($"{name[..^AnsweredEnd.Length]}{AskedEnd}"));
        return single is null ? new PromptSet(messages)
            : throw new InvalidDataException($"{Path.Combine(from, single)} has no {single[..^AnsweredEnd.Length]}{AskedEnd} beside it.");

        string Text(string name)
        {
            string path = Path.Combine(from, name);
            string text = names.Contains(name) ? read(name).ReplaceLineEndings("\n").Trim()
                : throw new InvalidDataException($"{path} is missing.");
            return text.Length > 0 ? text : throw new InvalidDataException($"{path} is empty.");
        }
    }

    /// <summary>Writes those that the program brings, to be edited.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>How many files were written.</returns>
    /// <exception cref="IOException">One of them is there already.</exception>
    internal static int Export(string folder)
    {
        string[] names = [.. Names()];
        foreach (string name in names)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
            using Stream from = Open(Shipped + name);
            from.CopyTo(file);
        }

        return names.Length;
    }

    /// <summary>Makes a request's messages.</summary>
    /// <param name="context">What is shown of the image.</param>
    internal IReadOnlyList<ChatMessage> For(string context) => [.. _messages, new ChatMessage(ChatRole.User, context)];

    private static string[] Files(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder).Select(static path => Path.GetFileName(path))]
        : throw new DirectoryNotFoundException(
            $"{folder} is missing; expected {SystemFile} and pairs NNN{AskedEnd}, NNN{AnsweredEnd} in it.");

    private static IEnumerable<string> Names() => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(static name => name.StartsWith(Shipped, StringComparison.Ordinal)).Select(static name => name[Shipped.Length..])
        .Order(StringComparer.Ordinal);

    private static Stream Open(string resource) => Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;

    private static string Resource(string name)
    {
        using StreamReader reader = new(Open(name));
        return reader.ReadToEnd();
    }
}
