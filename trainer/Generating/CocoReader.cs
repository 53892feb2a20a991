using System.Globalization;
using System.Text.Json;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Generating;

/// <summary>
/// Reads COCO's annotation files a token at a time: an object with <c>images</c>, <c>annotations</c> and, where these are boxes,
/// <c>categories</c>, in any order. Everything else, such as the outlines, is passed over.
/// </summary>
internal sealed class CocoReader
{
    private const int LongestText = 1 << 16;
    private const int BoxNumbers = 4;
    private readonly CocoData _data;
    private readonly string _path;
    private readonly bool _hasBoxes;

    private CocoReader(CocoData data, string path, bool hasBoxes) => (_data, _path, _hasBoxes) = (data, path, hasBoxes);

    private delegate void ReadItem(ref JsonTokens tokens);

    /// <summary>Reads captions, and boxes where there is a file of them.</summary>
    /// <param name="captions">The captions file.</param>
    /// <param name="instances">The instances file, or null.</param>
    /// <returns>What they hold.</returns>
    /// <exception cref="InvalidDataException">A file is not of this form; the message names file and line.</exception>
    internal static CocoData Read(string captions, string? instances)
    {
        CocoData data = new();
        new CocoReader(data, captions, hasBoxes: false).Read();
        if (instances is not null)
        {
            new CocoReader(data, instances, hasBoxes: true).Read();
        }

        return data;
    }

    private void Read()
    {
        using DataWindow window = new(_path);
        JsonTokens tokens = new(window, new JsonReaderState(JsonTokens.Options), LongestText);
        try
        {
            bool isObject = tokens.Read() && tokens.Type == JsonTokenType.StartObject;
            Require(isObject, ref tokens, "expected an object with 'images' and 'annotations'");
            HashSet<string> seen = [];
            while (tokens.Read() && tokens.Type == JsonTokenType.PropertyName)
            {
                string key = tokens.TryGetText() ?? string.Empty;
                Require(seen.Add(key), ref tokens, $"key '{key}' occurs twice");
                tokens.Read();
                ReadItem? item = key switch
                {
                    "images" => ReadImage,
                    "annotations" => _hasBoxes ? ReadBox : ReadCaption,
                    "categories" => ReadCategory,
                    _ => null,
                };
                if (item is null)
                {
                    tokens.Skip();
                }
                else
                {
                    ReadList(ref tokens, key, item);
                }
            }

            foreach (string key in (string[])["images", "annotations"])
            {
                string kind = _hasBoxes ? "instances" : "captions";
                Require(seen.Contains(key), ref tokens, $"there is no '{key}'; expected COCO's {kind} file");
            }
        }
        catch (JsonSyntaxException error)
        {
            throw new InvalidDataException($"{_path}: line {error.Line}: {error.Message}.", error);
        }

        if (_data.Complete() is { } fault)
        {
            throw new InvalidDataException($"{_path}: {fault}.");
        }
    }

    private void ReadList(ref JsonTokens tokens, string key, ReadItem read)
    {
        Require(tokens.Type == JsonTokenType.StartArray, ref tokens, $"'{key}' is no list");
        while (tokens.Read() && tokens.Type != JsonTokenType.EndArray)
        {
            Require(tokens.Type == JsonTokenType.StartObject, ref tokens, $"an item of '{key}' is no object");
            read(ref tokens);
        }
    }

    private void ReadImage(ref JsonTokens tokens)
    {
        long? id = null;
        string? file = null;
        long width = 0, height = 0;
        while (Key(ref tokens) is { } key)
        {
            switch (key)
            {
                case "id":
                    id = Whole(ref tokens, key);
                    break;
                case "file_name":
                    file = Text(ref tokens, key);
                    break;
                case "width":
                    width = Whole(ref tokens, key);
                    break;
                case "height":
                    height = Whole(ref tokens, key);
                    break;
                default:
                    tokens.Skip();
                    break;
            }
        }

        Require(id is not null && !string.IsNullOrEmpty(file), ref tokens, "an image has no 'id' or no 'file_name'");
        Require(
            width is > 0 and <= int.MaxValue && height is > 0 and <= int.MaxValue,
            ref tokens,
            $"image {id} has no 'width' and 'height' of 1 or more");
        Require(
            _data.AddImage(id!.Value, file!, (int)width, (int)height),
            ref tokens,
            $"image {id} is there with another width or height before");
    }

    private void ReadCaption(ref JsonTokens tokens)
    {
        long? image = null;
        string? caption = null;
        while (Key(ref tokens) is { } key)
        {
            switch (key)
            {
                case "image_id":
                    image = Whole(ref tokens, key);
                    break;
                case "caption":
                    caption = Text(ref tokens, key);
                    break;
                default:
                    tokens.Skip();
                    break;
            }
        }

        Require(
            image is not null && caption is not null,
            ref tokens,
            "an annotation has no 'image_id' or no 'caption'; expected COCO's captions file");
        string line = string.Join(' ', caption!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (line.Length > 0)
        {
            _data.AddCaption(image!.Value, line);
        }
    }

    private void ReadBox(ref JsonTokens tokens)
    {
        long? image = null, category = null;
        Span<double> box = stackalloc double[BoxNumbers];
        bool hasBox = false;
        while (Key(ref tokens) is { } key)
        {
            switch (key)
            {
                case "image_id":
                    image = Whole(ref tokens, key);
                    break;
                case "category_id":
                    category = Whole(ref tokens, key);
                    break;
                case "bbox":
                    Require(tokens.Type == JsonTokenType.StartArray, ref tokens, "'bbox' is no list of four numbers");
                    for (int i = 0; i < BoxNumbers; i++)
                    {
                        tokens.Read();
                        box[i] = Real(ref tokens, key);
                    }

                    Require(tokens.Read() && tokens.Type == JsonTokenType.EndArray, ref tokens, "'bbox' is no list of four numbers");
                    hasBox = true;
                    break;
                default:
                    tokens.Skip();
                    break;
            }
        }

        Require(
            image is not null && category is >= int.MinValue and <= int.MaxValue && hasBox,
            ref tokens,
            "an annotation has no 'image_id', 'category_id' or 'bbox'; expected COCO's instances file");
        _data.AddBox(image!.Value, (int)category!.Value, box[0], box[1], box[2], box[3]);
    }

    private void ReadCategory(ref JsonTokens tokens)
    {
        long? id = null;
        string? name = null;
        while (Key(ref tokens) is { } key)
        {
            switch (key)
            {
                case "id":
                    id = Whole(ref tokens, key);
                    break;
                case "name":
                    name = Text(ref tokens, key);
                    break;
                default:
                    tokens.Skip();
                    break;
            }
        }

        Require(id is >= int.MinValue and <= int.MaxValue && name is not null, ref tokens, "a category has no 'id' or no 'name'");
        _data.AddCategory((int)id!.Value, name!);
    }

    // The next key of an object, with the reader at its value; null at the object's end.
    private static string? Key(ref JsonTokens tokens)
    {
        if (!tokens.Read() || tokens.Type != JsonTokenType.PropertyName)
        {
            return null;
        }

        string key = tokens.TryGetText() ?? string.Empty;
        tokens.Read();
        return key;
    }

    private string Text(ref JsonTokens tokens, string key)
    {
        Require(tokens.Type == JsonTokenType.String, ref tokens, $"'{key}' is no text");
        Require(!tokens.IsCut, ref tokens, $"'{key}' has more than {LongestText:N0} bytes");
        string? text = tokens.TryGetText();
        Require(text is not null, ref tokens, $"'{key}' holds half of a surrogate pair");
        return text!;
    }

    private long Whole(ref JsonTokens tokens, string key)
    {
        long value = 0;
        bool isWhole = tokens.Type == JsonTokenType.Number
            && long.TryParse(tokens.Number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        Require(isWhole, ref tokens, $"'{key}' is no whole number");
        return value;
    }

    private double Real(ref JsonTokens tokens, string key)
    {
        Require(tokens.Type == JsonTokenType.Number, ref tokens, $"'{key}' holds something other than numbers");
        double value = double.Parse(tokens.Number, CultureInfo.InvariantCulture);
        Require(double.IsFinite(value), ref tokens, $"'{key}' holds a number that is too large");
        return value;
    }

    private void Require(bool holds, ref JsonTokens tokens, string fault)
    {
        if (!holds)
        {
            throw new InvalidDataException($"{_path}: line {tokens.Line}: {fault}.");
        }
    }
}
