using System.Text.Encodings.Web;
using System.Text.Json;

namespace LlavaCuda.Checkpoints;

/// <summary>How configuration files are written.</summary>
internal static class ConfigText
{
    /// <summary>Gets two spaces a level, and <c>&lt;image&gt;</c> as itself.</summary>
    internal static JsonWriterOptions Indented { get; } = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
