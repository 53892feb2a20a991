using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation;

/// <summary>A question to a model.</summary>
/// <param name="Id">Its id, as JSON: a number or a text.</param>
/// <param name="Text">What is asked, without a marker for the image.</param>
/// <param name="Image">The image's path below the folder of images, or null.</param>
/// <param name="Recorded">What is recorded as asked.</param>
internal sealed record AskedQuestion(string Id, string Text, string? Image, string Recorded)
{
    /// <summary>
    /// Reads a file of conversations, whose first turns are asked, as the original's <c>model_vqa_science.py</c> does: what is recorded
    /// has the image's
    /// marker, from which the scorer knows whether the model was shown the image.
    /// </summary>
    /// <param name="file">LLaVA's conversations.</param>
    /// <param name="suffix">A line to add to each question, or null.</param>
    /// <exception cref="InvalidDataException">A sample is wrong, has no id, or has several images; the message names file and
    /// line.</exception>
    internal static List<AskedQuestion> ReadConversations(string file, string? suffix)
    {
        List<AskedQuestion> questions = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        using ConversationReader reader = new(file);
        while (reader.Read(out ConversationSample? sample, out string? fault))
        {
            if (sample is null)
            {
                throw new InvalidDataException($"{fault}.");
            }

            if (sample.Place.Id.Length == 0 || !ids.Add(sample.Place.Id))
            {
                throw new InvalidDataException($"{sample.Place}: expected an id that no other sample has.");
            }

            string text = string.Concat(sample.Conversation.Turns[0].Content.Select(static part => part.Text)).Trim();
            text = suffix is null ? text : $"{text}\n{suffix}";
            string id = $"\"{JsonEncodedText.Encode(sample.Place.Id)}\"";
            questions.Add(sample.Images switch
            {
                [] => new AskedQuestion(id, text, null, text),
                [string image] => new AskedQuestion(id, text, image, $"<image>\n{text}"),
                _ => throw new InvalidDataException($"{sample.Place} has {sample.Images.Length} images; expected one or none."),
            });
        }

        return questions;
    }

    /// <summary>Reads JSON Lines with <c>question_id</c>, <c>text</c> and perhaps <c>image</c>, as the original's <c>model_vqa.py</c>
    /// does.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="InvalidDataException">A row is wrong, or comes twice; the message names file and line.</exception>
    internal static List<AskedQuestion> ReadLines(string file)
    {
        List<AskedQuestion> questions = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach ((_, ConfigSection row) in JsonLines.Read(file))
        {
            const string Id = "question_id";
            bool hasId = row.Kind(Id) is JsonValueKind.Number or JsonValueKind.String;
            string id = hasId ? row.RawText(Id)! : throw row.Wrong(Id, "the id of a question");
            string text = row.OptionalText("text") ?? throw row.Wrong("text", "a string");
            bool isNew = ids.Add(id);
            questions.Add(isNew ? new AskedQuestion(id, text, row.OptionalText("image"), text)
                : throw row.Wrong(Id, "an id that no other question has"));
        }

        return questions;
    }
}
