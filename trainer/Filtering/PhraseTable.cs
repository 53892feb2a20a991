using System.Collections;
using System.Globalization;
using DuckDB.NET.Data;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>How often a phrase occurs.</summary>
/// <param name="Phrase">The phrase.</param>
/// <param name="Before">The captions that have it.</param>
/// <param name="After">Those of them that are kept.</param>
internal readonly record struct PhraseCount(string Phrase, long Before, long After);

/// <summary>
/// The phrases of all captions, in a database file next to the result, which goes with it: counted, and captions chosen by them, in
/// bounded memory.
/// </summary>
internal sealed class PhraseTable : IDisposable
{
    private const string Memory = "500MB";
    private readonly string _path;
    private readonly string _spill;
    private readonly ulong _seed;
    private readonly DuckDBConnection _connection;
    private DuckDBAppender? _appender;

    /// <summary>Initializes a new instance of the <see cref="PhraseTable"/> class.</summary>
    /// <param name="folder">The folder of the database.</param>
    /// <param name="seed">Chooses captions of frequent phrases.</param>
    internal PhraseTable(string folder, ulong seed)
    {
        _seed = seed;
        _path = Path.Combine(folder, $".phrases-{Guid.NewGuid():N}.duckdb");
        _spill = $"{_path}.tmp";
        _connection = new DuckDBConnection($"Data Source={_path}");
        try
        {
            _connection.Open();

            // Nothing is fetched, and no other library loaded.
            Execute("SET autoinstall_known_extensions = false");
            Execute("SET autoload_known_extensions = false");
            Execute($"SET memory_limit = '{Memory}'");
            Execute(string.Create(CultureInfo.InvariantCulture, $"SET threads = {Environment.ProcessorCount}"));
            Execute($"SET temp_directory = '{_spill.Replace("'", "''", StringComparison.Ordinal)}'");
            Execute("CREATE TABLE phrases (caption BIGINT NOT NULL, phrase VARCHAR NOT NULL, draw UBIGINT NOT NULL)");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens a second connection, to read files by.</summary>
    internal DuckDBConnection OpenReader()
    {
        // One of the same path shares the database.
        DuckDBConnection reader = new(_connection.ConnectionString);
        reader.Open();
        return reader;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _appender?.Dispose();
        _connection.Dispose();
        foreach (string file in (string[])[_path, $"{_path}.wal"])
        {
            File.Delete(file);
        }

        if (Directory.Exists(_spill))
        {
            Directory.Delete(_spill, recursive: true);
        }
    }

    /// <summary>The random number by which a caption of a frequent phrase is chosen: the smallest win.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="caption">The caption.</param>
    /// <param name="phrase">The phrase.</param>
    internal static ulong Draw(ulong seed, long caption, string phrase) =>
        new CounterRandom(seed, $"captions of {phrase}").Bits((ulong)caption);

    /// <summary>Adds a caption's phrases.</summary>
    /// <param name="caption">The caption's number.</param>
    /// <param name="phrases">Its phrases, each once.</param>
    internal void Add(long caption, IEnumerable<string> phrases)
    {
        _appender ??= _connection.CreateAppender("phrases");
        foreach (string phrase in phrases)
        {
            _appender.CreateRow().AppendValue(caption).AppendValue(phrase).AppendValue(Draw(_seed, caption, phrase)).EndRow();
        }
    }

    /// <summary>
    /// Chooses captions: of every phrase that occurs often enough all captions that have it, or, where there are more than
    /// <paramref name="most"/>, so many of them at random.
    /// </summary>
    /// <param name="captions">The number of captions.</param>
    /// <param name="least">How often a phrase occurs at least to count.</param>
    /// <param name="most">The most captions that a phrase brings.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>A bit for each caption.</returns>
    internal BitArray Choose(long captions, int least, int most, CancellationToken cancellation)
    {
        _appender?.Dispose();
        _appender = null;
        Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"CREATE TABLE counted AS SELECT phrase, count(*) AS n FROM phrases GROUP BY phrase HAVING count(*) >= {least}"));
        BitArray chosen = new(checked((int)captions));
        string rare = $"SELECT caption FROM phrases JOIN counted USING (phrase) WHERE n <= {most}";
        string frequent =
            $"SELECT unnest(min_by(caption, draw, {most})) FROM phrases JOIN counted USING (phrase) WHERE n > {most} GROUP BY phrase";
        foreach (string sql in (string[])[rare, frequent])
        {
            using DuckDBDataReader reader = Query(sql);
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                chosen[(int)reader.GetInt64(0)] = true;
            }
        }

        return chosen;
    }

    /// <summary>Counts the phrases that occur often enough, in all captions and in those that were chosen.</summary>
    /// <param name="chosen">What <see cref="Choose"/> returned.</param>
    /// <returns>The counts, the most frequent first.</returns>
    internal IEnumerable<PhraseCount> Counts(BitArray chosen)
    {
        Execute("CREATE TABLE chosen (caption BIGINT NOT NULL)");
        using (DuckDBAppender appender = _connection.CreateAppender("chosen"))
        {
            for (int caption = 0; caption < chosen.Length; caption++)
            {
                if (chosen[caption])
                {
                    appender.CreateRow().AppendValue((long)caption).EndRow();
                }
            }
        }

        const string Sql = """
            SELECT phrase, any_value(n) AS n, count(chosen.caption)
            FROM phrases JOIN counted USING (phrase) LEFT JOIN chosen ON chosen.caption = phrases.caption
            GROUP BY phrase ORDER BY n DESC, phrase
            """;
        using DuckDBDataReader reader = Query(Sql);
        while (reader.Read())
        {
            yield return new PhraseCount(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2));
        }
    }

    private void Execute(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private DuckDBDataReader Query(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        return command.ExecuteReader();
    }
}
