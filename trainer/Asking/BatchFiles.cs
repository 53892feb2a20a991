using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Formats;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Asking;

/// <summary>The files of OpenAI's Batch interface: what is uploaded, a line a request, and what comes back, a line a result.</summary>
internal static class BatchFiles
{
    private const int MostRequests = 50_000;
    private const long MostBytes = 190L << 20;
    private const string Url = "/v1/chat/completions";

    /// <summary>
    /// Writes requests for upload, as many files as the provider's limits ask for (50,000 requests and 200 MB each): <c>name.jsonl</c>,
    /// <c>name-2.jsonl</c>, ...
    /// </summary>
    /// <param name="path">The first file.</param>
    /// <param name="model">The model.</param>
    /// <param name="calls">The requests.</param>
    /// <param name="store">Those that it has an answer to are left out.</param>
    /// <returns>The files, and how many requests they hold.</returns>
    internal static (IReadOnlyList<string> Paths, int Requests) Write(
        string path, string model, IEnumerable<ModelCall> calls, CallStore store)
    {
        List<string> paths = [];
        HashSet<string> written = [];
        using IEnumerator<(string Key, ModelCall Call)> open = calls.Select(call => (Key: CallKey.Of(model, call), Call: call))
            .Where(pair => store.Find(pair.Key) is null && written.Add(pair.Key)).GetEnumerator();
        byte[]? line = Next();
        while (line is not null)
        {
            string file = paths.Count == 0 ? path : Numbered(path, paths.Count + 1);
            AtomicFile.Write(file, stream =>
            {
                for (int i = 0; line is not null && i < MostRequests && (i == 0 || stream.Position + line.Length <= MostBytes); i++)
                {
                    stream.Write(line);
                    store.Begin(open.Current.Key, model, open.Current.Call.Name, default);
                    line = Next();
                }
            });
            paths.Add(file);
        }

        return (paths, written.Count);

        byte[]? Next()
        {
            if (!open.MoveNext())
            {
                return null;
            }

            using MemoryStream one = new();
            using (Utf8JsonWriter json = new(one))
            {
                WriteRequest(json, open.Current.Key, model, open.Current.Call);
            }

            one.WriteByte((byte)'\n');
            return one.ToArray();
        }
    }

    /// <summary>Reads a file of results, or of errors, into the store.</summary>
    /// <param name="path">The file.</param>
    /// <param name="store">The store.</param>
    /// <returns>How many answers and failed requests there were.</returns>
    /// <exception cref="InvalidDataException">A line is no result of a batch; file and line are named, and nothing was taken.</exception>
    internal static (int Answers, int Failed) Read(string path, CallStore store)
    {
        int answers = 0, failed = 0;
        store.Together(() =>
        {
            int line = 0;
            using StreamReader reader = new(RegularFile.OpenRead(path));
            while (reader.ReadLine() is { } text)
            {
                line++;
                if (!string.IsNullOrWhiteSpace(text))
                {
                    _ = ReadResult(text, $"{path} line {line}", store) ? answers++ : failed++;
                }
            }
        });
        return (answers, failed);
    }

    private static string Numbered(string path, int number) => Path.Combine(
        Path.GetDirectoryName(path) ?? string.Empty,
        $"{Path.GetFileNameWithoutExtension(path)}-{number}{Path.GetExtension(path)}");

    private static void WriteRequest(Utf8JsonWriter json, string key, string model, ModelCall call)
    {
        json.WriteStartObject();
        json.WriteString("custom_id", key);
        json.WriteString("method", "POST");
        json.WriteString("url", Url);
        json.WriteStartObject("body");
        json.WriteString("model", model);
        json.WriteStartArray("messages");
        foreach (ChatMessage message in call.Messages)
        {
            json.WriteStartObject();
            json.WriteString("role", message.Role.Value);
            if (message.Contents is [TextContent only])
            {
                json.WriteString("content", only.Text);
            }
            else
            {
                WriteParts(json, message);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        Number("temperature", call.Options.Temperature);
        Number("top_p", call.Options.TopP);
        Number("max_completion_tokens", call.Options.MaxTokens);
        Number("seed", call.Options.Seed);
        json.WriteEndObject();
        json.WriteEndObject();

        void Number(string name, double? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
        }
    }

    private static void WriteParts(Utf8JsonWriter json, ChatMessage message)
    {
        json.WriteStartArray("content");
        foreach (AIContent content in message.Contents)
        {
            json.WriteStartObject();
            if (content is DataContent data)
            {
                json.WriteString("type", "image_url");
                json.WriteStartObject("image_url");
                json.WriteString("url", data.Uri);
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("type", "text");
                json.WriteString("text", ((TextContent)content).Text);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static bool ReadResult(string text, string place, CallStore store)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            string key = root.GetProperty("custom_id").GetString() ?? throw new InvalidDataException($"{place}: custom_id is null.");
            if (!store.Has(key))
            {
                throw new InvalidDataException($"{place}: custom_id {Quoted.Name(key)} is none of this store's requests.");
            }

            if (!root.TryGetProperty("response", out JsonElement response) || response.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            int status = response.GetProperty("status_code").GetInt32();
            JsonElement body = response.GetProperty("body");
            StoredReply? reply = status == 200 ? Answer(body) : CallFault.Refusal(status, body);
            if (reply is not null && store.Find(key)?.Text is null)
            {
                store.Finish(key, reply, Text(body, "model"), default);
            }

            return reply?.Text is not null;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException(
                $"{place} is no result of a batch; expected custom_id, and response with status_code and body.", error);
        }
    }

    // Null where the reply has no choice.
    private static StoredReply? Answer(JsonElement body)
    {
        JsonElement choices = body.GetProperty("choices");
        if (choices.GetArrayLength() == 0)
        {
            return null;
        }

        JsonElement message = choices[0].GetProperty("message");
        JsonElement usage = body.GetProperty("usage");
        CallUsage used = new(usage.GetProperty("prompt_tokens").GetInt64(), usage.GetProperty("completion_tokens").GetInt64());
        return CallReply.Of(Text(message, "content"), Text(message, "refusal"), Text(choices[0], "finish_reason"), used, batch: true);
    }

    private static string? Text(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out JsonElement value)
        && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
