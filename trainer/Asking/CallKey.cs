using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// The key of a request: a hash of everything that is sent, so that what was answered once is found again by any later run that would
/// send the same.
/// </summary>
internal static class CallKey
{
    private const string Version = "1";

    /// <summary>Computes the key.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="call">The request.</param>
    /// <returns>64 hexadecimal digits.</returns>
    /// <exception cref="ArgumentException">A message holds something other than text and data.</exception>
    internal static string Of(string model, ModelCall call)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        CallOptions options = call.Options;
        string[] fields =
        [
            Version, model, Number(options.Temperature), Number(options.TopP), Number(options.MaxTokens), Number(options.Seed),
            Number(options.Sample),
        ];
        foreach (string field in fields)
        {
            Add(hash, Encoding.UTF8.GetBytes(field));
        }

        foreach (ChatMessage message in call.Messages)
        {
            Add(hash, Encoding.UTF8.GetBytes($"{message.Role.Value}, {message.Contents.Count}"));
            foreach (AIContent content in message.Contents)
            {
                switch (content)
                {
                    case TextContent text:
                        Add(hash, "text"u8);
                        Add(hash, Encoding.UTF8.GetBytes(text.Text));
                        break;
                    case DataContent data:
                        Add(hash, Encoding.UTF8.GetBytes(data.MediaType));
                        Add(hash, data.Data.Span);
                        break;
                    default:
                        throw new ArgumentException($"Request {call.Name} holds {content.GetType().Name}; expected text and images.");
                }
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Number(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture) ?? "-";

    // With its length, so that no two lists of fields give the same bytes.
    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, field.Length);
        hash.AppendData(length);
        hash.AppendData(field);
    }
}
