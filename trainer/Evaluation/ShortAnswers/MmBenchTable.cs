using System.Globalization;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>A row of MMBench.</summary>
/// <param name="Index">Its index; those of one question with its options rotated differ by multiples of a million.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Image">Where its image lies in the table, in base64.</param>
/// <param name="Fields">All short fields, by column; images are empty.</param>
internal sealed record MmBenchRow(long Index, ShortQuestion Question, TsvField Image, IReadOnlyList<string> Fields)
{
    /// <summary>Gets the index of the question whose options are rotated: CircularEval wants all of its rows right.</summary>
    internal long Base => Index % 1_000_000;
}

/// <summary>MMBench's table. Its images, hundreds of megabytes, stay in the file.</summary>
internal sealed class MmBenchTable
{
    private const int LongestImageIndex = 64;
    private const string ChineseSentence = "请直接回答选项字母。";
    private static readonly string[] Needed = ["index", "question", "image", "A", "B"];
    private static readonly string[] Letters = ["A", "B", "C", "D"];
    private static readonly string[] Categories = ["l2-category", "category"];
    private static readonly string[] Dropped = ["hint", "category", "source", "image", "comment", "l2-category"];
    private readonly string _path;
    private readonly Dictionary<long, TsvField> _images = [];

    /// <summary>Reads the table.</summary>
    /// <param name="path">The file, as <c>mmbench_dev_20230712.tsv</c>.</param>
    /// <param name="chinese">Whether to ask for a letter in Chinese, as for MMBench-CN.</param>
    /// <exception cref="InvalidDataException">A row is wrong; file and line are named.</exception>
    internal MmBenchTable(string path, bool chinese)
    {
        _path = path;
        List<MmBenchRow> rows = [];
        foreach ((long line, TsvField[] fields) in TsvReader.Read(path))
        {
            if (Columns.Count == 0)
            {
                Columns = [.. fields.Select(static field => field.Text ?? string.Empty)];
                Columns = Needed.Except(Columns).FirstOrDefault() is { } missing
                    ? throw new InvalidDataException($"{path}: line {line}: there is no column {missing}.") : Columns;
                continue;
            }

            if (fields.Length != Columns.Count)
            {
                throw new InvalidDataException($"{path}: line {line} has {fields.Length} fields; expected {Columns.Count}.");
            }

            rows.Add(ReadRow(fields, line, chinese));
            bool isNew = _images.TryAdd(rows[^1].Index, rows[^1].Image);
            _ = isNew ? 0 : throw new InvalidDataException($"{path}: line {line}: index {rows[^1].Index} is there twice.");
        }

        Rows = rows.Count > 0 ? rows : throw new InvalidDataException($"{path} has no rows.");
    }

    /// <summary>Gets the columns' names.</summary>
    internal IReadOnlyList<string> Columns { get; } = [];

    /// <summary>Gets the rows.</summary>
    internal IReadOnlyList<MmBenchRow> Rows { get; }

    /// <summary>Reads the image of a row from the file; a short field is the index of the row that has the image.</summary>
    /// <param name="row">The row.</param>
    /// <returns>The bytes of an image file.</returns>
    /// <exception cref="InvalidDataException">It is no base64; file and row are named.</exception>
    internal byte[] ReadImage(MmBenchRow row)
    {
        TsvField place = row.Image;
        if (place.Length <= LongestImageIndex)
        {
            bool isIndex = long.TryParse(place.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long other);
            place = isIndex && _images.TryGetValue(other, out TsvField found) && found.Length > LongestImageIndex ? found : throw Wrong();
        }

        byte[] text = new byte[place.Length];
        using (FileStream file = RegularFile.OpenRead(_path))
        {
            file.Position = place.Begin;
            file.ReadExactly(text);
        }

        try
        {
            return Convert.FromBase64String(System.Text.Encoding.Latin1.GetString(text));
        }
        catch (FormatException)
        {
            throw Wrong();
        }

        InvalidDataException Wrong() => new($"{_path}: index {row.Index}: image is no base64, and not the index of a row with an image.");
    }

    /// <summary>Makes what is handed in: the table without images, hints and categories, with the predictions as column 7.</summary>
    /// <param name="predictions">The answers by index.</param>
    internal IEnumerable<string[]> Submission(IReadOnlyDictionary<long, string> predictions)
    {
        const int Place = 6;
        int[] kept = [.. Enumerable.Range(0, Columns.Count).Where(i => !Dropped.Contains(Columns[i]))];
        int place = Math.Min(Place, kept.Length);
        yield return [.. kept[..place].Select(i => Columns[i]), "prediction", .. kept[place..].Select(i => Columns[i])];
        foreach (MmBenchRow row in Rows)
        {
            string prediction = predictions.GetValueOrDefault(row.Index, string.Empty);
            yield return [.. kept[..place].Select(i => row.Fields[i]), prediction, .. kept[place..].Select(i => row.Fields[i])];
        }
    }

    // What pandas reads as missing, and what LLaVA takes for it besides.
    private static bool IsNone(string? text) =>
        text is null or "" or "#N/A" or "#N/A N/A" or "#NA" or "-1.#IND" or "-1.#QNAN" or "-NaN" or "-nan" or "1.#IND" or "1.#QNAN"
            or "<NA>" or "N/A" or "NA" or "NULL" or "n/a" or "null" || text.ToLowerInvariant() is "nan" or "none";

    private MmBenchRow ReadRow(TsvField[] fields, long line, bool chinese)
    {
        string? Field(string name) => Columns.ToList().IndexOf(name) is var at and >= 0 ? fields[at].Text : null;
        InvalidDataException Wrong(string what) => new($"{_path}: line {line}: {what}.");
        string? text = Field("index");
        long index = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : throw Wrong($"index is {Quoted.Line(text ?? string.Empty)}; expected a whole number");
        string[] options = [.. Letters.Select(Field).TakeWhile(static option => !IsNone(option)).Select(static option => option!)];
        if (options.Length < 2)
        {
            throw Wrong($"index {index} has {options.Length} options; expected two to four");
        }

        string question = IsNone(Field("hint")) ? Field("question")! : $"{Field("hint")}\n{Field("question")}";
        string? answer = IsNone(Field("answer")) ? null : Field("answer");
        if (answer is not null && (answer.Length != 1 || answer[0] < 'A' || answer[0] >= 'A' + options.Length))
        {
            throw Wrong($"answer is {Quoted.Line(answer)}; expected the letter of one of {options.Length} options");
        }

        string[] groups = [.. Categories.Select(Field).Where(static group => !IsNone(group)).Select(static group => group!)];
        return new MmBenchRow(
            index,
            new ShortQuestion(
                index.ToString(CultureInfo.InvariantCulture),
                $"{ShortQuestion.Lettered(question, options)}\n{(chinese ? ChineseSentence : ShortQuestion.LetterSentence)}",
                string.Empty,
                groups,
                answer is null ? [] : [answer])
            { Options = options },
            fields[Columns.ToList().IndexOf("image")],
            [.. fields.Select((field, i) => Columns[i] == "image" ? string.Empty : field.Text ?? string.Empty)]);
    }
}
