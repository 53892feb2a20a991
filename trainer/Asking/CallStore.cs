using Microsoft.Data.Sqlite;

namespace LlavaCuda.Trainer.Asking;

/// <summary>An answer in the store.</summary>
/// <param name="Text">The answer.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">Tokens of the request.</param>
/// <param name="AnswerTokens">Tokens of the answer.</param>
/// <param name="Batch">Whether it came through a batch, which providers bill less for.</param>
internal sealed record StoredAnswer(string Text, string? FinishReason, long PromptTokens, long AnswerTokens, bool Batch);

/// <summary>
/// Every request and its answer, in one SQLite file. A request is written down before it is sent and its answer as soon as it is there,
/// so that a run that is killed sends nothing twice that was answered, and any run can be repeated from the file alone. One process uses
/// a file at a time.
/// </summary>
internal sealed class CallStore : IDisposable
{
    private const int Busy = 5;
    private const int NotADatabase = 26;
    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();
    private readonly string _path;

    /// <summary>Opens the file, which is made where it is missing.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">Another process uses it, or it cannot be written.</exception>
    /// <exception cref="InvalidDataException">It is no store of requests.</exception>
    internal CallStore(string path)
    {
        _path = path;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            _connection.Open();
            Execute("PRAGMA locking_mode = EXCLUSIVE");
            Execute("PRAGMA journal_mode = WAL");
            Execute("PRAGMA synchronous = NORMAL");
            Execute("""
                CREATE TABLE IF NOT EXISTS calls (
                    key TEXT PRIMARY KEY, model TEXT NOT NULL, name TEXT NOT NULL, sent_at TEXT NOT NULL, tries INTEGER NOT NULL,
                    answered_at TEXT, text TEXT, finish_reason TEXT, prompt_tokens INTEGER, answer_tokens INTEGER,
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
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }

    /// <summary>Finds an answer.</summary>
    /// <param name="key">The request's key.</param>
    /// <returns>Null where the request was never answered.</returns>
    internal StoredAnswer? Find(string key)
    {
        lock (_gate)
        {
            using SqliteCommand command = Command("SELECT text, finish_reason, prompt_tokens, answer_tokens, batch FROM calls WHERE key = $key AND answered_at IS NOT NULL", ("$key", key));
            using SqliteDataReader row = command.ExecuteReader();
            return row.Read() ? new StoredAnswer(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetBoolean(4)) : null;
        }
    }

    /// <summary>Writes down that a request is about to be sent.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="model">The model that is asked.</param>
    /// <param name="name">Its name.</param>
    internal void Begin(string key, string model, string name)
    {
        lock (_gate)
        {
            using SqliteCommand command = Command(
                "INSERT INTO calls (key, model, name, sent_at, tries) VALUES ($key, $model, $name, $now, 1) ON CONFLICT (key) DO UPDATE SET sent_at = $now, tries = tries + 1",
                ("$key", key), ("$model", model), ("$name", name), ("$now", Now()));
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Writes down an answer.</summary>
    /// <param name="key">The key of its request, which was begun.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="providerModel">The name that the provider gives the model that answered, or null.</param>
    internal void Finish(string key, StoredAnswer answer, string? providerModel)
    {
        lock (_gate)
        {
            using SqliteCommand command = Command(
                """
                UPDATE calls SET answered_at = $now, text = $text, finish_reason = $finish, prompt_tokens = $prompt, answer_tokens = $answer, provider_model = $provider, batch = $batch
                WHERE key = $key
                """,
                ("$key", key), ("$now", Now()), ("$text", answer.Text), ("$finish", answer.FinishReason), ("$prompt", answer.PromptTokens), ("$answer", answer.AnswerTokens),
                ("$provider", providerModel), ("$batch", answer.Batch ? 1 : 0));
            if (command.ExecuteNonQuery() != 1)
            {
                throw new InvalidOperationException($"{_path} has no request {key}.");
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

    /// <summary>Adds up the tokens of all answers of a model.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The tokens, those that came through batches apart.</returns>
    internal CallUsage Used(string model)
    {
        lock (_gate)
        {
            using SqliteCommand command = Command(
                """
                SELECT coalesce(sum(prompt_tokens * (1 - batch)), 0), coalesce(sum(answer_tokens * (1 - batch)), 0), coalesce(sum(prompt_tokens * batch), 0), coalesce(sum(answer_tokens * batch), 0)
                FROM calls WHERE model = $model AND answered_at IS NOT NULL
                """,
                ("$model", model));
            using SqliteDataReader row = command.ExecuteReader();
            row.Read();
            return new CallUsage(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
        }
    }

    private static string Now() => DateTime.UtcNow.ToString("O", System.Globalization.CultureInfo.InvariantCulture);

    private void Execute(string sql)
    {
        using SqliteCommand command = Command(sql);
        command.ExecuteNonQuery();
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
