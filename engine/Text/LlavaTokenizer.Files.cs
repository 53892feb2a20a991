using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LlavaCuda.Text;

/// <content>Model folders: <c>tokenizer.model</c>, <c>tokenizer_config.json</c>, <c>added_tokens.json</c>, <c>special_tokens_map.json</c>; <c>tokenizer.json</c> is written for others.</content>
public sealed partial class LlavaTokenizer
{
    private const string ModelFile = "tokenizer.model";
    private const string ConfigFile = "tokenizer_config.json";
    private const string FastFile = "tokenizer.json";
    private const string AddedFile = "added_tokens.json";
    private const string ChatTemplateKey = "chat_template";
    private const string SpecialFile = "special_tokens_map.json";

    /// <summary>Settings of a loaded folder that mean nothing here, such as the class of its processor; they are written back.</summary>
    private Dictionary<string, JsonElement> _savedConfig = [];

    /// <summary>Loads the tokenizer of a model folder.</summary>
    /// <param name="folder">A folder with <c>tokenizer.model</c>; the JSON files beside it may be missing.</param>
    /// <returns>The tokenizer; without settings it is legacy and begins with <c>&lt;s&gt;</c>, as transformers assumes.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder has no <c>tokenizer.model</c>.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or of a kind that is not supported.</exception>
    public static LlavaTokenizer Load(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{folder}: no such folder; a tokenizer was expected there");
        }

        if (!File.Exists(Path.Combine(folder, ModelFile)) && File.Exists(Path.Combine(folder, FastFile)))
        {
            throw new FileNotFoundException($"{folder} holds {FastFile}, but not {ModelFile}, from which it was made and which is read here; copy the one of the model that this one was made from");
        }

        SentencePieceModel model = SentencePieceModel.Load(Path.Combine(folder, ModelFile));
        TokenizerConfig config = new(folder);
        LlavaTokenizerOptions options = config.ReadOptions(model);
        try
        {
            LlavaTokenizer tokenizer = new(model, options) { _savedConfig = config.Unread() };
            tokenizer.Warnings = config.Warnings(tokenizer);
            return tokenizer;
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{folder}: {e.Message}", e);
        }
    }

    /// <summary>Writes the tokenizer into a folder as transformers' LlamaTokenizer reads it, slow or fast.</summary>
    /// <param name="folder">The folder; it is made where it is missing.</param>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        AddedToken[] behind = [.. AddedTokens.Where(t => t.Id >= Model.Pieces.Count)];
        Write(folder, ModelFile, Model.ToBytes());
        Write(folder, SpecialFile, Json(WriteSpecial));
        Write(folder, ConfigFile, Json(WriteConfig));
        if (TokenizerJson.CanExpress(this))
        {
            Write(folder, FastFile, Json(writer => TokenizerJson.Write(writer, this)));
        }

        if (behind.Length > 0)
        {
            Write(folder, AddedFile, Json(writer =>
            {
                foreach (AddedToken token in behind)
                {
                    writer.WriteNumber(token.Content, token.Id);
                }
            }));
        }
    }

    private static byte[] Json(Action<Utf8JsonWriter> content)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            content(writer);
            writer.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static void Write(string folder, string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path + ".part", content);
        File.Move(path + ".part", path, overwrite: true);
    }

    private void WriteSpecial(Utf8JsonWriter writer)
    {
        writer.WriteString("bos_token", Options.BosToken);
        writer.WriteString("eos_token", Options.EosToken);
        writer.WriteString("pad_token", Options.PadToken ?? Options.UnkToken);
        writer.WriteString("unk_token", Options.UnkToken);
    }

    private void WriteConfig(Utf8JsonWriter writer)
    {
        writer.WriteString("tokenizer_class", "LlamaTokenizer");
        writer.WriteBoolean("legacy", Options.Legacy);
        writer.WriteBoolean("add_bos_token", Options.AddBos);
        writer.WriteBoolean("add_eos_token", false);
        WriteSpecial(writer);
        if (Options.MaxLength is { } length)
        {
            writer.WriteNumber("model_max_length", length);
        }

        writer.WriteString("padding_side", "right");
        writer.WriteStartObject("added_tokens_decoder");
        foreach (AddedToken token in AddedTokens)
        {
            writer.WriteStartObject(token.Id.ToString(CultureInfo.InvariantCulture));
            TokenizerJson.WriteAdded(writer, this, token);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        if (Options.ChatTemplate is { } template)
        {
            writer.WriteString(ChatTemplateKey, template);
        }

        foreach ((string key, JsonElement value) in _savedConfig.Where(setting => setting.Key != ChatTemplateKey || Options.ChatTemplate is null))
        {
            writer.WritePropertyName(key);
            value.WriteTo(writer);
        }
    }
}
