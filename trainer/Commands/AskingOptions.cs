using System.CommandLine;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Trainer.Asking;
using LlavaCuda.Trainer.Evaluation;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Commands;

/// <summary>The options by which commands ask another model: who it is, how fast, and for how much.</summary>
internal sealed class AskingOptions
{
    private const string UrlVariable = "OPENAI_BASE_URL";
    private const string KeyVariable = "OPENAI_API_KEY";
    private const int MostInFlight = 1024;
    private static readonly CallerSettings Defaults = new("model");
    private readonly DeviceOptions _device = new();
    private readonly Option<string?> _model = new("--ask-model") { Description = "The model that is asked, as its provider names it." };
    private readonly Option<string?> _folder = new("--ask-folder") { Description = "Ask the model of this folder instead of a provider." };
    private readonly Option<string?> _url = new("--endpoint")
    {
        Description = $"Where an interface like OpenAI's is, up to /v1; by default what {UrlVariable} says, else OpenAI.",
    };
    private readonly Option<string?> _keyFile = new("--api-key-file")
    {
        Description = $"A file with the provider's key; by default what {KeyVariable} says.",
    };
    private readonly Option<string?> _store = new("--calls")
    {
        Description = "The file that keeps all requests and answers; by default calls.sqlite in --out.",
    };
    private readonly Option<bool> _replay = new("--replay") { Description = "Ask nobody: take all answers from --calls." };
    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Send nothing: show three requests, count all, and estimate tokens and cost.",
    };
    private readonly Option<string?> _batchWrite = new("--batch-write")
    {
        Description = "Send nothing: write the requests to this file, for the provider's Batch interface.",
    };
    private readonly Option<string[]> _batchRead = new("--batch-read")
    {
        Description = "Take answers from a file that the Batch interface gave back; may be given several times.",
        DefaultValueFactory = static _ => [],
    };
    private readonly Option<int> _inFlight = new("--in-flight")
    {
        Description = "Most requests on their way at once.",
        DefaultValueFactory = static _ => Defaults.InFlight,
    };
    private readonly Option<int?> _requests = new("--requests-per-minute") { Description = "Most requests a minute." };
    private readonly Option<int?> _tokens = new("--tokens-per-minute") { Description = "Most tokens a minute, expected answers included." };
    private readonly Option<int> _timeout = new("--timeout")
    {
        Description = "Seconds that an answer may take.",
        DefaultValueFactory = static _ => (int)Defaults.Timeout.TotalSeconds,
    };
    private readonly Option<int> _tries = new("--tries")
    {
        Description = "How often a request is sent before it is given up.",
        DefaultValueFactory = static _ => Defaults.Tries,
    };
    private readonly Option<long?> _budgetTokens = new("--budget-tokens")
    {
        Description = "Most tokens, over all runs with the same --calls.",
    };
    private readonly Option<double?> _budgetMoney = new("--budget-money")
    {
        Description = "Most money, by --prices, over all runs with the same --calls.",
    };
    private readonly Option<bool> _retryRefused = new("--retry-refused")
    {
        Description = "Ask again what the model or its provider refused; by default a refusal stays, as an answer does.",
    };
    private readonly Option<string?> _prices = new("--prices")
    {
        Description = "A JSON file of prices for a million tokens: {\"name\": {\"prompt\": 2.5, \"answer\": 10}}; any currency.",
    };

    /// <summary>Adds the options.</summary>
    /// <param name="command">The command.</param>
    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_model, _folder, _url, _keyFile, _store, _replay, _dryRun,
            _batchWrite, _batchRead, _inFlight, _requests, _tokens, _timeout,
            _tries, _retryRefused, _budgetTokens, _budgetMoney, _prices])
        {
            command.Add(option);
        }

        _device.AddTo(command);
    }

    /// <summary>Tells whether a model to ask was named.</summary>
    /// <param name="parsed">The parsed command line.</param>
    internal bool IsNamed(ParseResult parsed) => parsed.GetValue(_model) is not null || parsed.GetValue(_folder) is not null;

    /// <summary>Tells whether the model that is asked is one of ours, which goes on with no answer that was begun for it.</summary>
    /// <param name="parsed">The parsed command line.</param>
    internal bool IsOurs(ParseResult parsed) => parsed.GetValue(_folder) is not null;

    /// <summary>Opens store and client, and reads the files of batches that were given.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <param name="folder">The run's folder.</param>
    /// <returns>The session, which the caller disposes.</returns>
    internal AskingSession Open(ParseResult parsed, string folder)
    {
        string? path = parsed.GetValue(_folder);
        string model = (path is null ? parsed.GetValue(_model) : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))))
            ?? throw new ArgumentException($"{_model.Name} is missing; expected the name of a model, or {_folder.Name} with one of ours.");
        Refuse(path is not null && parsed.GetValue(_url) is not null, $"{_folder.Name} and {_url.Name} contradict each other.");
        Refuse(path is not null && parsed.GetValue(_model) is not null, $"{_folder.Name} and {_model.Name} contradict each other.");

        // One of ours answers one request after another, and is known by its weights: one that was trained further is another model.
        bool ours = path is not null;
        CallerSettings settings = new(path is null ? model : $"{model}@{RunFingerprint.Of([path], string.Empty)}")
        {
            AskedAs = model,
            Place = ours ? null : Url(parsed)?.ToString(),
            InFlight = ours && IsUnset(parsed, _inFlight) ? 1 : Within(parsed.GetValue(_inFlight), 1, MostInFlight, _inFlight),
            RequestsPerMinute = parsed.GetValue(_requests) is { } requests ? Within(requests, 1, int.MaxValue, _requests) : null,
            TokensPerMinute = parsed.GetValue(_tokens) is { } tokens ? Within(tokens, 1, int.MaxValue, _tokens) : null,
            Timeout = TimeSpan.FromSeconds(Within(parsed.GetValue(_timeout), 1, 86_400, _timeout)),
            Tries = ours && IsUnset(parsed, _tries) ? 1 : Within(parsed.GetValue(_tries), 1, 1000, _tries),
        };
        CallPrice? price = parsed.GetValue(_prices) is { } file ? CallPrice.Read(file, model) : null;
        Refuse(parsed.GetValue(_budgetMoney) is not null && price is null,
            $"{_budgetMoney.Name} needs {_prices.Name}, a file with the prices of {model}.");
        Refuse(parsed.GetValue(_budgetMoney) is { } money && !(money >= 0),
            $"{_budgetMoney.Name} is {parsed.GetValue(_budgetMoney)}; expected 0 or more.");
        Refuse(parsed.GetValue(_budgetTokens) is < 0, $"{_budgetTokens.Name} is {parsed.GetValue(_budgetTokens)}; expected 0 or more.");
        return Open(parsed, folder, settings, price, path);
    }

    private AskingSession Open(ParseResult parsed, string folder, CallerSettings settings, CallPrice? price, string? modelFolder)
    {
        Stack<IDisposable> owned = [];
        try
        {
            CallStore store = Keep(new CallStore(StorePath(parsed, folder)));
            if (parsed.GetValue(_retryRefused))
            {
                int again = store.ReopenAll(settings.Model);
                parsed.InvocationConfiguration.Error.WriteLine($"{again} refused requests are asked again");
            }

            foreach (string batch in parsed.GetValue(_batchRead)!)
            {
                (int answers, int failed) = BatchFiles.Read(batch, store);
                parsed.InvocationConfiguration.Error.WriteLine($"{batch}: {answers} answers, {failed} failed requests");
            }

            IChatClient? client = null;
            bool sends = !parsed.GetValue(_replay) && !parsed.GetValue(_dryRun) && parsed.GetValue(_batchWrite) is null;
            if (sends && modelFolder is not null)
            {
                Device device = Keep(_device.Open(parsed));
                client = Keep(new LlavaChatClient(Keep(LlavaModel.Load(modelFolder, device))));
            }
            else if (sends)
            {
                client = Keep(Endpoint.Connect(Url(parsed), Key(parsed), settings.Model));
            }

            CallBudget budget = new(parsed.GetValue(_budgetTokens), parsed.GetValue(_budgetMoney), price, store.Used(settings.Model));
            ModelCaller caller = Keep(new ModelCaller(settings, client, store, budget));
            return new AskingSession(caller, store, price, parsed.GetValue(_batchWrite), parsed.GetValue(_dryRun), [.. owned]);
        }
        catch
        {
            foreach (IDisposable one in owned)
            {
                one.Dispose();
            }

            throw;
        }

        T Keep<T>(T one)
            where T : IDisposable
        {
            owned.Push(one);
            return one;
        }
    }

    private string StorePath(ParseResult parsed, string folder)
    {
        string path = parsed.GetValue(_store) ?? Path.Combine(folder, "calls.sqlite");
        bool isThere = File.Exists(path);
        Refuse(
            parsed.GetValue(_replay) && !isThere,
            $"{path} does not exist; expected the requests of an earlier run, as {_replay.Name} asks nobody.");
        return parsed.GetValue(_dryRun) && !isThere ? ":memory:" : path;
    }

    private Uri? Url(ParseResult parsed)
    {
        string? text = parsed.GetValue(_url) ?? Environment.GetEnvironmentVariable(UrlVariable);
        return string.IsNullOrEmpty(text) ? null
            : Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" ? url
            : throw new ArgumentException(
                $"{(parsed.GetValue(_url) is null ? UrlVariable : _url.Name)} is '{text}'; expected a URL such as https://host/v1.");
    }

    private string? Key(ParseResult parsed)
    {
        if (parsed.GetValue(_keyFile) is { } file)
        {
            string key = File.ReadAllText(file).Trim();
            return key.Length > 0 && !key.Any(char.IsWhiteSpace) ? key
                : throw new InvalidDataException($"{file} does not hold a key; expected one word.");
        }

        string? set = Environment.GetEnvironmentVariable(KeyVariable);
        bool own = parsed.GetValue(_url) is null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(UrlVariable));
        return !string.IsNullOrEmpty(set) ? set
            : own ? throw new ArgumentException($"OpenAI needs a key: set {KeyVariable}, or give {_keyFile.Name}.")
            : null;
    }

    private static bool IsUnset(ParseResult parsed, Option option) => parsed.GetResult(option) is null or { Implicit: true };

    private static int Within(int value, int least, int most, Option option) =>
        value >= least && value <= most ? value : throw new ArgumentException($"{option.Name} is {value}; expected {least} to {most}.");

    private static void Refuse(bool holds, string message)
    {
        if (holds)
        {
            throw new ArgumentException(message);
        }
    }
}
