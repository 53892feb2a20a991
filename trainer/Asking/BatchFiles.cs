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
    internal static (IReadOnlyList<string> Paths, int Requests) Write(string path, string model, IEnumerable<ModelCall> calls, CallStore store)
    {
        List<string> paths = [];
        HashSet<string> written = [];
        using IEnumerator<(string Key, ModelCall Call)> open = calls.Select(call => (CallKey.Of(model, call), call)).Where(pair => store.Find(pair.Item1) is null && written.Add(pair.Item1)).GetEnumerator();
        bool more = open.MoveNext();
        while (more)
        {
            string file = paths.Count == 0 ? path : Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, $"{Path.GetFileNameWithoutExtension(path)}-{paths.Count + 1}{Path.GetExtension(path)}");
            AtomicFile.Write(file, stream =>
            {
                for (int i = 0; more && i < MostRequests && stream.Position < MostBytes; i++)
                {
                    using (Utf8JsonWriter json = new(stream))
                    {
                        WriteRequest(json, open.Current.Key, model, open.Current.Call);
                    }

                    stream.WriteByte((byte)'\n');
                    store.Begin(open.Current.Key, model, open.Current.Call.Name);
                    more = open.MoveNext();
                }
            });
            paths.Add(file);
        }

        return (paths, written.Count);
    }

    /// <summary>Reads a file of results, or of errors, into the store.</summary>
    /// <param name="path">The file.</param>
    /// <param name="store">The store.</param>
    /// <returns>How many answers and failed requests there were.</returns>
    /// <exception cref="InvalidDataException">A line is no result of a batch; file and line are named.</exception>
    internal static (int Answers, int Failed) Read(string path, CallStore store)
    {
        int answers = 0, failed = 0, line = 0;
        using StreamReader reader = new(RegularFile.OpenRead(path));
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            if (ReadResult(text, $"{path} line {line}", store))
            {
                answers++;
            }
            else
            {
                failed++;
            }
        }

        return (answers, failed);
    }

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

            if (!root.TryGetProperty("response", out JsonElement response) || response.ValueKind != JsonValueKind.Object || response.GetProperty("status_code").GetInt32() != 200)
            {
                return false;
            }

            JsonElement body = response.GetProperty("body");
            JsonElement choice = body.GetProperty("choices")[0];
            string answer = choice.GetProperty("message").GetProperty("content").GetString() ?? string.Empty;
            JsonElement usage = body.GetProperty("usage");
            StoredAnswer stored = new(
                answer, choice.GetProperty("finish_reason").GetString(), usage.GetProperty("prompt_tokens").GetInt64(), usage.GetProperty("completion_tokens").GetInt64(), Batch: true);
            store.Finish(key, stored, body.TryGetProperty("model", out JsonElement model) ? model.GetString() : null);
            return true;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{place} is no result of a batch; expected custom_id, and response with status_code and body.", error);
        }
    }
}
