using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace LlavaCuda.Trainer.Asking;

/// <summary>What became of a request for good: an answer, or a refusal.</summary>
/// <param name="Text">The answer; null where it was refused.</param>
/// <param name="Failure">Why there is no answer; null where there is one.</param>
/// <param name="FinishReason">Why the answer ended.</param>
/// <param name="PromptTokens">Tokens of the request.</param>
/// <param name="AnswerTokens">Tokens of the answer.</param>
/// <param name="Batch">Whether it came through a batch, which providers bill less for.</param>
internal sealed record StoredReply(
    string? Text, string? Failure, string? FinishReason, long PromptTokens, long AnswerTokens, bool Batch);

/// <summary>
/// Every request and its reply, in one SQLite file. A request is written down before it is sent and its reply as soon as it is there,
/// so that a run that is killed sends nothing twice that was answered, and any run can be repeated from the file alone. Tokens of tries
/// that were sent and of which nothing came back count as lost, as expected: the provider may bill them. One process uses a file at a
/// time.
/// </summary>
internal sealed class CallStore : IDisposable
{
    private const int Busy = 5;
    private const int NotADatabase = 26;

    // "LlvC"; SQLite keeps it in the file's head, so that no other program's database is taken for a store.
    private const long ApplicationId = 0x4C6C_7643;

    // A killed process loses nothing either way; what a power cut may take are the replies of the last second.
    private const string Unsynchronised = "PRAGMA synchronous = NORMAL";
    private const string Synchronised = "PRAGMA synchronous = FULL";
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);
    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();
    private readonly string _path;
    private bool _isTogether;
    private long _flushed = Stopwatch.GetTimestamp();

    /// <summary>Opens the file, which is made where it is missing.</summary>
    /// <param name="path">The file; <c>:memory:</c> for none.</param>
    /// <exception cref="IOException">Another process uses it, or it cannot be written.</exception>
    /// <exception cref="InvalidDataException">It is no store of requests.</exception>
    internal CallStore(string path)
    {
        _path = path;
        SqliteConnectionStringBuilder source = new() { DataSource = path, Pooling = false, DefaultTimeout = 1 };
        _connection = new SqliteConnection(source.ToString());
        try
        {
            _connection.Open();
            Execute("PRAGMA locking_mode = EXCLUSIVE");
            Claim();
            Execute("PRAGMA journal_mode = WAL");
            Execute(Unsynchronised);
            Execute("""
                CREATE TABLE IF NOT EXISTS calls (
                    key TEXT PRIMARY KEY, model TEXT NOT NULL, name TEXT NOT NULL, sent_at TEXT NOT NULL, tries INTEGER NOT NULL,
                    answered_at TEXT, text TEXT, failure TEXT, finish_reason TEXT, prompt_tokens INTEGER, answer_tokens INTEGER,
                    lost_prompt INTEGER NOT NULL DEFAULT 0, lost_answer INTEGER NOT NULL DEFAULT 0,
                    provider_model TEXT, batch INTEGER NOT NULL DEFAULT 0
                ) WITHOUT ROWID
                """);

            // Takes the lock, which lasts until the file is closed.
            Execute("BEGIN EXCLUSIVE");
            Execute("COMMIT");
        }
        catch (SqliteException error)
        {
            _connection.Dispose();
            throw error.SqliteErrorCode switch
            {
                Busy => new IOException($"{path} is in use by another run.", error),
                NotADatabase => new InvalidDataException($"{path} is no store of requests: {error.Message}", error),
                _ => new IOException($"{path} cannot be used as the store of requests: {error.Message}", error),
            };
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }

    /// <summary>Finds a reply.</summary>
    /// <param name="key">The request's key.</param>
    /// <returns>Null where the request was neither answered nor refused.</returns>
    internal StoredReply? Find(string key)
    {
        const string Sql = """
            SELECT text, failure, finish_reason, prompt_tokens, answer_tokens, batch FROM calls WHERE key = $key AND answered_at IS NOT NULL
            """;
        lock (_gate)
        {
            using SqliteCommand command = Command(Sql, ("$key", key));
            using SqliteDataReader row = command.ExecuteReader();
            return row.Read()
                ? new StoredReply(Text(row, 0), Text(row, 1), Text(row, 2), row.GetInt64(3), row.GetInt64(4), row.GetBoolean(5))
                : null;
        }
    }

    /// <summary>
    /// Writes down that a request is about to be sent; what it is expected to use counts as lost until its reply is there.
    /// </summary>
    /// <param name="key">Its key.</param>
    /// <param name="model">The model that is asked.</param>
    /// <param name="name">Its name.</param>
    /// <param name="expected">What it is expected to use.</param>
    internal void Begin(string key, string model, string name, CallUsage expected) => Change(
        """
        INSERT INTO calls (key, model, name, sent_at, tries, lost_prompt, lost_answer)
        VALUES ($key, $model, $name, $now, 1, $prompt, $answer)
        ON CONFLICT (key) DO UPDATE
        SET sent_at = $now, tries = tries + 1, lost_prompt = lost_prompt + $prompt, lost_answer = lost_answer + $answer
        """,
        ("$key", key), ("$model", model), ("$name", name), ("$now", Now()), ("$prompt", expected.Prompt), ("$answer", expected.Answer));

    /// <summary>Writes down that a try used nothing.</summary>
    /// <param name="key">The key of its request.</param>
    /// <param name="expected">What it was begun with.</param>
    internal void Unspent(string key, CallUsage expected) => Change(
        "UPDATE calls SET lost_prompt = lost_prompt - $prompt, lost_answer = lost_answer - $answer WHERE key = $key",
        ("$key", key), ("$prompt", expected.Prompt), ("$answer", expected.Answer));

    /// <summary>Writes down a reply.</summary>
    /// <param name="key">The key of its request, which was begun.</param>
    /// <param name="reply">The reply.</param>
    /// <param name="providerModel">The name that the provider gives the model that answered, or null.</param>
    /// <param name="expected">What the try was begun with, which is no longer lost.</param>
    internal void Finish(string key, StoredReply reply, string? providerModel, CallUsage expected)
    {
        const string Sql = """
            UPDATE calls SET answered_at = $now, text = $text, failure = $failure, finish_reason = $finish, prompt_tokens = $prompt,
                answer_tokens = $answer, provider_model = $provider, batch = $batch,
                lost_prompt = lost_prompt - $expected_prompt, lost_answer = lost_answer - $expected_answer
            WHERE key = $key
            """;
        int rows = Flushed(
            Sql,
            ("$key", key), ("$now", Now()), ("$text", reply.Text), ("$failure", reply.Failure), ("$finish", reply.FinishReason),
            ("$prompt", reply.PromptTokens), ("$answer", reply.AnswerTokens), ("$provider", providerModel),
            ("$batch", reply.Batch ? 1 : 0), ("$expected_prompt", expected.Prompt), ("$expected_answer", expected.Answer));
        if (rows != 1)
        {
            throw new InvalidOperationException($"{_path} has no request {key}.");
        }
    }

    /// <summary>Forgets that a request was refused, so that it is asked again. An answer stays.</summary>
    /// <param name="key">The request's key.</param>
    internal void Reopen(string key) =>
        Change("UPDATE calls SET answered_at = NULL WHERE key = $key AND failure IS NOT NULL", ("$key", key));

    /// <summary>Forgets all refusals of a model's requests.</summary>
    /// <param name="model">The model.</param>
    /// <returns>How many there were.</returns>
    internal int ReopenAll(string model) => Change(
        "UPDATE calls SET answered_at = NULL WHERE model = $model AND failure IS NOT NULL AND answered_at IS NOT NULL", ("$model", model));

    /// <summary>Does several things to the file, or, where one of them throws, none.</summary>
    /// <param name="work">What is done.</param>
    internal void Together(Action work)
    {
        lock (_gate)
        {
            Execute("BEGIN");
            _isTogether = true;
            try
            {
                work();
                Execute("COMMIT");
            }
            catch
            {
                Execute("ROLLBACK");
                throw;
            }
            finally
            {
                _isTogether = false;
            }
        }
    }

    /// <summary>Tells whether a request was begun, answered or not.</summary>
    /// <param name="key">Its key.</param>
    internal bool Has(string key)
    {
        lock (_gate)
        {
            using SqliteCommand command = Command("SELECT 1 FROM calls WHERE key = $key", ("$key", key));
            return command.ExecuteScalar() is not null;
        }
    }

    /// <summary>Adds up the tokens of a model: of all replies, and those that were lost.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The tokens, those that came through batches apart.</returns>
    internal CallUsage Used(string model)
    {
        const string Sql = """
            SELECT coalesce(sum(coalesce(prompt_tokens * (1 - batch), 0) + lost_prompt), 0),
                coalesce(sum(coalesce(answer_tokens * (1 - batch), 0) + lost_answer), 0),
                coalesce(sum(prompt_tokens * batch), 0), coalesce(sum(answer_tokens * batch), 0)
            FROM calls WHERE model = $model
            """;
        lock (_gate)
        {
            using SqliteCommand command = Command(Sql, ("$model", model));
            using SqliteDataReader row = command.ExecuteReader();
            row.Read();
            return new CallUsage(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
        }
    }

    private static string Now() => DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private void Claim()
    {
        long id = Number("PRAGMA application_id");
        if (id != ApplicationId && (id != 0 || Number("SELECT count(*) FROM sqlite_master") > 0))
        {
            throw new InvalidDataException($"{_path} is no store of requests: it is the database of another program.");
        }

        Execute($"PRAGMA application_id = {ApplicationId}");
    }

    private long Number(string sql)
    {
        using SqliteCommand command = Command(sql);
        return (long)command.ExecuteScalar()!;
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = Command(sql);
        command.ExecuteNonQuery();
    }

    private int Change(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (_gate)
        {
            using SqliteCommand command = Command(sql, parameters);
            return command.ExecuteNonQuery();
        }
    }

    // As above; now and then what was written is brought to the disk, together with all that was before it.
    private int Flushed(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (_gate)
        {
            if (_isTogether || Stopwatch.GetElapsedTime(_flushed) < FlushInterval)
            {
                return Change(sql, parameters);
            }

            Execute(Synchronised);
            int rows = Change(sql, parameters);
            Execute(Unsynchronised);
            _flushed = Stopwatch.GetTimestamp();
            return rows;
        }
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
