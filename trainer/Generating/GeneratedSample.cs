using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Generating;

/// <summary>A sample of instruction data.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Image">Its image.</param>
/// <param name="File">The image's file, as data files name it.</param>
/// <param name="Pairs">Its questions and answers.</param>
/// <param name="CallKey">The key of the request that it was made of.</param>
internal sealed record GeneratedSample(
    ResponseType Type, CocoImage Image, string File, IReadOnlyList<QuestionAnswer> Pairs, string CallKey)
{
    private const string Placeholder = "<image>";

    /// <summary>Gets what samples that say the same have in common.</summary>
    internal UInt128 Fingerprint
    {
        get
        {
            // The instruction of a description is drawn, so that it tells nothing.
            string text = string.Join(
                '\0', Pairs.Select(pair => Type == ResponseType.Detail ? pair.Answer : $"{pair.Question}\0{pair.Answer}"));
            byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Type.Name}\0{text}"));
            return new UInt128(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, sizeof(ulong)));
        }
    }

    /// <summary>Writes it in LLaVA's format, the image before or after the first question at random.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="seed">Chooses.</param>
    internal void Write(Utf8JsonWriter json, ulong seed)
    {
        bool isFirst = new CounterRandom(seed, $"image first, {Type.Name}").Below((ulong)Image.Id, 2) == 0;
        json.WriteStartObject();
        json.WriteString("id", Image.PaddedId);
        json.WriteString("image", File);
        json.WriteStartArray("conversations");
        foreach ((int index, (string question, string answer)) in Pairs.Index())
        {
            Turn("human", index > 0 ? question : isFirst ? $"{Placeholder}\n{question}" : $"{question}\n{Placeholder}");
            Turn("gpt", answer);
        }

        json.WriteEndArray();
        json.WriteStartObject("source");
        json.WriteString("type", Type.Name);
        json.WriteString("call", CallKey);
        json.WriteEndObject();
        json.WriteEndObject();

        void Turn(string from, string value)
        {
            json.WriteStartObject();
            json.WriteString("from", from);
            json.WriteString("value", value);
            json.WriteEndObject();
        }
    }
}
