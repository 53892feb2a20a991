using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Generation;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>
/// The file of answers that were chosen among options by likelihood: a row for each question, with the logarithm of every option's
/// probability. A file with the first of them is gone on with.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="model">The model's name.</param>
/// <param name="run">What tells this model, asked in this way, from others.</param>
/// <param name="byMean">Whether the mean over an option's tokens counts, and not their sum.</param>
internal sealed class ChosenAnswers(string path, string model, string run, bool byMean)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the rows; a last one that was not finished is dropped.</summary>
    /// <returns>The chosen answers by question.</returns>
    /// <exception cref="InvalidDataException">The file has answers of another model, or asked in another way.</exception>
    internal Dictionary<string, string> Read()
    {
        Dictionary<string, string> chosen = new(StringComparer.Ordinal);
        if (!File.Exists(path) || new FileInfo(path).Length == 0)
        {
            return chosen;
        }

        foreach ((_, ConfigSection row) in JsonLines.Read(path, whole: true))
        {
            if (row.OptionalText("model_id") != model || row.OptionalText("run") != run)
            {
                throw row.Wrong("model_id", $"{Quoted.Name(model)} as it is and is asked now; choose another folder for other runs");
            }

            string id = row.RawText("question_id") ?? throw row.Wrong("question_id", "the id of a question");
            chosen[id] = row.OptionalText("text") ?? throw row.Wrong("text", "the chosen option");
        }

        byte[] bytes = File.ReadAllBytes(path);
        if (bytes[^1] != '\n')
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write);
            file.SetLength(bytes.AsSpan().LastIndexOf((byte)'\n') + 1);
        }

        return chosen;
    }

    /// <summary>Opens the file to append rows.</summary>
    internal FileStream Append() => new(path, FileMode.Append, FileAccess.Write, FileShare.Read);

    /// <summary>Writes a row.</summary>
    /// <param name="file">The file.</param>
    /// <param name="id">The question's id, as JSON.</param>
    /// <param name="options">The likelihoods of its options.</param>
    /// <returns>The most likely option; the first of several.</returns>
    internal string Write(FileStream file, string id, IReadOnlyList<AnswerLikelihood> options)
    {
        string text = options.MaxBy(option => byMean ? option.MeanLogProbability : option.LogProbability).Text;
        using MemoryStream row = new();
        using (Utf8JsonWriter json = new(row, Options))
        {
            json.WriteStartObject();
            json.WritePropertyName("question_id");
            json.WriteRawValue(id);
            json.WriteString("text", text);
            json.WriteStartObject("log_probabilities");
            foreach (AnswerLikelihood option in options)
            {
                json.WriteNumber(option.Text, option.LogProbability);
            }

            json.WriteEndObject();
            json.WriteStartObject("tokens");
            foreach (AnswerLikelihood option in options)
            {
                json.WriteNumber(option.Text, option.Tokens);
            }

            json.WriteEndObject();
            json.WriteString("model_id", model);
            json.WriteString("run", run);
            json.WriteEndObject();
        }

        row.Write("\n"u8);
        file.Write(row.GetBuffer().AsSpan(0, (int)row.Length));
        file.Flush();
        return text;
    }
}
