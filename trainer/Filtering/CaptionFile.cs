using DuckDB.NET.Data;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>
/// A file of captions: JSON or JSON Lines (LLaVA's samples, or objects with caption and image), CSV, TSV or Parquet. It is read a piece
/// at a time, in its order.
/// </summary>
internal sealed class CaptionFile
{
    private const int LargestObject = 64 << 20;

    // Left to itself, the reader passes over lines at the start that do not look like those behind them, or like remarks.
    private const string AsItIs = "all_varchar = true, skip = 0, comment = '', strict_mode = true, null_padding = false, ignore_errors = false";
    private readonly string _path;
    private readonly string _caption;
    private readonly string _image;
    private readonly bool _hasHeader;

    /// <summary>Initializes a new instance of the <see cref="CaptionFile"/> class.</summary>
    /// <param name="path">The file.</param>
    /// <param name="caption">The key, or the column, of the caption.</param>
    /// <param name="image">The column of the image.</param>
    /// <param name="hasHeader">Whether the first line of CSV and TSV names the columns; else they are named by number, from 1 on.</param>
    /// <exception cref="ArgumentException">The file's name has no ending that is known.</exception>
    internal CaptionFile(string path, string caption, string image, bool hasHeader)
    {
        (_path, _caption, _image, _hasHeader) = (path, caption, image, hasHeader);
        Kind = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".json" or ".jsonl" or ".ndjson" => CaptionKind.Json,
            ".csv" => CaptionKind.Csv,
            ".tsv" => CaptionKind.Tsv,
            ".parquet" => CaptionKind.Parquet,
            _ => throw new ArgumentException($"{path} is none of .json, .jsonl, .csv, .tsv and .parquet."),
        };
        if (path.AsSpan().IndexOfAny('*', '?', '[') >= 0)
        {
            throw new ArgumentException($"{path} has one of *, ? and [ in its name, which the reader takes for several files; rename it.");
        }

        // Names what is wrong with a file that is missing, or no file.
        RegularFile.OpenRead(path).Dispose();
    }

    /// <summary>Gets what kind of file it is.</summary>
    internal CaptionKind Kind { get; }

    /// <summary>Reads the rows.</summary>
    /// <param name="connection">A connection of its own.</param>
    /// <exception cref="InvalidDataException">The file is not of its kind, or a row has no caption; the message names file and
    /// row.</exception>
    internal IEnumerable<CaptionRow> Read(DuckDBConnection connection)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = Kind == CaptionKind.Json
            ? $"SELECT json FROM read_json_objects({Literal(_path)}, format = 'auto', maximum_object_size = {LargestObject})"
            : $"SELECT {Column(connection, _caption)}, {Column(connection, _image)} FROM {Table}";
        command.UseStreamingMode = true;
        using DuckDBDataReader reader = Guard(command.ExecuteReader);
        for (long row = 1; Guard(reader.Read); row++)
        {
            yield return Row(reader, row);
        }
    }

    private string Table => Kind switch
    {
        CaptionKind.Parquet => $"read_parquet({Literal(_path)})",
        CaptionKind.Tsv => $"read_csv({Literal(_path)}, {AsItIs}, header = {Header}, delim = '\t', quote = '', escape = '')",
        _ => $"read_csv({Literal(_path)}, {AsItIs}, header = {Header}, delim = ',', quote = '\"', escape = '\"')",
    };

    private string Header => _hasHeader ? "true" : "false";

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private CaptionRow Row(DuckDBDataReader reader, long row)
    {
        CaptionRow? read = Kind == CaptionKind.Json ? CaptionRow.Parse(reader.GetString(0), _caption)
            : reader.IsDBNull(0) || reader.IsDBNull(1) ? null
            : new CaptionRow(reader.GetString(0), reader.GetString(1), null);
        string expected = Kind == CaptionKind.Json ? $"'conversations', or '{_caption}' and 'image'" : $"'{_caption}' and '{_image}'";
        return read ?? throw new InvalidDataException($"{_path}: row {row} has no caption or no image; expected {expected}.");
    }

    private string Column(DuckDBConnection connection, string name)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT column_name FROM (DESCRIBE SELECT * FROM {Table})";
        List<string> columns = [];
        using DuckDBDataReader reader = Guard(command.ExecuteReader);
        while (reader.Read())
        {
            columns.Add(reader.GetString(0));
        }

        bool isNumbered = Kind != CaptionKind.Parquet && !_hasHeader;
        string? column = !isNumbered ? columns.Find(column => column == name)
            : int.TryParse(name, out int number) && number >= 1 && number <= columns.Count ? columns[number - 1] : null;
        string there = isNumbered
            ? $"1 to {columns.Count}"
            : string.Join(", ", columns.Select(static column => Quoted.Name(column)));
        return column is null ? throw new InvalidDataException($"{_path} has no column {Quoted.Name(name)}; the columns are {there}.")
            : $"\"{column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"::VARCHAR";
    }

    // Where and what, without the line itself, advice and settings.
    private static string What(string message)
    {
        IEnumerable<string> lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .TakeWhile(static line => !line.StartsWith("Possible ", StringComparison.OrdinalIgnoreCase))
            .Where(static line => !line.StartsWith("Original Line", StringComparison.OrdinalIgnoreCase));
        return string.Join("; ", lines.Take(2));
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DuckDBException error)
        {
            throw new InvalidDataException($"{_path} cannot be read: {TerminalText.Line(What(error.Message))}", error);
        }
    }
}

/// <summary>Kinds of files of captions.</summary>
internal enum CaptionKind
{
    /// <summary>JSON or JSON Lines.</summary>
    Json,

    /// <summary>Values between commas.</summary>
    Csv,

    /// <summary>Values between tabs, without quotes.</summary>
    Tsv,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}
