using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Formats;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Trainer.Data;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.Benchmarks;
using LlavaCuda.Trainer.Metrics;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava eval NAME</c>: asks a model the questions of a benchmark, or takes answers that are there, and judges them.</summary>
/// <param name="benchmark">The benchmark.</param>
internal sealed class EvalRunCommand(IBenchmark benchmark)
{
    /// <summary>The file of all questions with their outcomes.</summary>
    internal const string RowFile = "rows.jsonl";

    /// <summary>The way by which answers are generated.</summary>
    internal const string Generation = "generation";

    private const string AnswerFile = "answers.jsonl", ChoiceFile = "choices.jsonl";
    private const string Likelihood = "likelihood", MeanLikelihood = "mean-likelihood";
    private static readonly string[] Ways = [Generation, Likelihood, MeanLikelihood];
    private readonly Option<string?> _images = new("--images") { Description = "The folder that the images' paths begin at." };
    private readonly Option<string?> _answers = new("--answers")
    {
        Description = "Judge these answers, JSON Lines with question_id and text, instead of asking a model.",
    };
    private readonly Option<string> _by = new("--by")
    {
        Description = "How answers come about: generated, or the most likely of a question's options, by the sum or the mean over its tokens.",
        HelpName = string.Join('|', Ways),
        DefaultValueFactory = static _ => Generation,
    };
    private readonly Option<string> _output = new("--out")
    {
        Description = $"Folder of answers, {RowFile} and the report; one with some of the answers is gone on with.",
        Required = true,
    };
    private readonly Option<int> _atOnce = new("--at-once")
    {
        Description = "Most questions that are answered at once; on the CPU answers are the same for any number.",
        DefaultValueFactory = static _ => new BatchOptions().Questions,
    };
    private readonly ModelOptions _model = new();

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal Command Create()
    {
        Command command = new(benchmark.Name, benchmark.Card.Title + ".");
        foreach (Option option in (Option[])[.. benchmark.Options, _images, _answers, _by, _output, _atOnce])
        {
            command.Add(option);
        }

        _model.AddTo(command, images: false, required: false);
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        TextWriter error = parsed.InvocationConfiguration.Error, output = parsed.InvocationConfiguration.Output;
        string by = parsed.GetRequiredValue(_by);
        bool given = parsed.GetValue(_answers) is not null, likelihood = by != Generation;
        Refuse(!Ways.Contains(by), $"{_by.Name} is {Quoted.Name(by)}; expected {string.Join(" or ", Ways)}.");
        Refuse(given == _model.IsNamed(parsed), given
            ? $"{_answers.Name} and --model contradict each other: answers that are there need no model."
            : $"--model is missing; expected a model to ask, or {_answers.Name} with answers that are there.");
        Refuse(given && likelihood, $"{_by.Name} {by} has no meaning for {_answers.Name}, which are texts.");
        IReadOnlyList<BenchmarkQuestion> questions = benchmark.Read(parsed);
        HashSet<string> ids = new(StringComparer.Ordinal);
        Check(questions.FirstOrDefault(q => !ids.Add(q.Asked.Id)), "is there twice; expected ids that no other question has");
        Check(likelihood ? questions.FirstOrDefault(static q => q.Choices.Count == 0) : null, $"has no options, which {_by.Name} {by} needs");
        Refuse(questions.Count == 0, "There are no questions.");
        string folder = parsed.GetRequiredValue(_output);
        using OutputLock held = OutputLock.Take(folder);
        using InterruptScope interrupt = new();
        List<string> facts = [];
        Dictionary<string, string> answers;
        try
        {
            answers = given ? ReadAnswers(parsed.GetValue(_answers)!, ids, error)
                : Ask(parsed, questions, folder, by, facts, interrupt.Token);
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("llava: interrupted; what was answered is kept, and the same command goes on from here");
            return ExitCode.Interrupted;
        }

        Report(parsed, questions, [.. questions.Select(question => Judge(question, answers))], facts, folder, output);
        return ExitCode.Ok;

        static void Check(BenchmarkQuestion? wrong, string what) =>
            _ = wrong is null ? 0 : throw new InvalidDataException($"Question {Quoted.Line(wrong.Asked.Id)} {what}.");
    }

    private static void Refuse(bool holds, string message) => _ = holds ? throw new ArgumentException(message) : 0;

    private static Dictionary<string, string> ReadAnswers(string path, HashSet<string> ids, TextWriter error)
    {
        Dictionary<string, string> answers = new(StringComparer.Ordinal);
        (int others, string? first) = (0, null);
        foreach ((_, ConfigSection row) in JsonLines.Read(path))
        {
            const string Id = "question_id";
            string id = row.RawText(Id) ?? throw row.Wrong(Id, "the id of a question");

            // Some writers make texts of numbers, and others numbers of texts.
            string turned = id[0] == '"' ? id.Trim('"') : $"\"{id}\"";
            id = !ids.Contains(id) && ids.Contains(turned) ? turned : id;
            string text = row.OptionalText("text") ?? throw row.Wrong("text", "a string");
            if (!ids.Contains(id))
            {
                others++;
                first ??= id;
            }
            else if (!answers.TryAdd(id, text))
            {
                throw row.Wrong(Id, "a question that is not answered before");
            }
        }

        if (others > 0)
        {
            error.WriteLine($"warning: {path}: {others} answers to other questions are not used, as {Quoted.Line(first!)}.");
        }

        return answers;
    }

    private Dictionary<string, string> Ask(
        ParseResult parsed, IReadOnlyList<BenchmarkQuestion> questions, string folder, string by, List<string> facts, CancellationToken cancellation)
    {
        string? images = parsed.GetValue(_images);
        if (images is null && questions.FirstOrDefault(static q => q.Asked.Image is not null) is { } shown)
        {
            throw new ArgumentException($"{_images.Name} is missing; question {Quoted.Line(shown.Asked.Id)} has an image.");
        }

        BatchOptions batch = new() { Questions = OptionParsing.AtLeast(1, parsed, _atOnce) };
        GenerationOptions generation = _model.Generation(parsed);
        using Device device = _model.OpenDevice(parsed);
        using LlavaModel model = _model.Load(parsed, device);
        facts.AddRange(
        [
            $"Model: {model.Name} ({_model.Fingerprint(parsed)})",
            by == Likelihood ? "Answers: the most likely of each question's options"
                : by == MeanLikelihood ? "Answers: the option of each question that is most likely by the mean over its tokens"
                : string.Create(CultureInfo.InvariantCulture, $"Answers: generated, temperature {generation.Temperature}, at most {generation.MaxNewTokens} tokens"),
        ]);
        return by != Generation
            ? Choose(parsed, questions, model, ChosenBy(by == MeanLikelihood), images, cancellation)
            : Generate(parsed, questions, model, Path.Combine(folder, AnswerFile), images, generation, batch, cancellation);

        ChosenAnswers ChosenBy(bool mean) =>
            new(Path.Combine(folder, ChoiceFile), model.Name, $"{_model.Fingerprint(parsed)} {by}", mean);
    }

    private Dictionary<string, string> Generate(
        ParseResult parsed, IReadOnlyList<BenchmarkQuestion> questions, LlavaModel model, string file, string? images, GenerationOptions options,
        BatchOptions batch, CancellationToken cancellation)
    {
        Dictionary<string, BenchmarkQuestion> byId = questions.ToDictionary(static q => q.Asked.Id, StringComparer.Ordinal);
        QuestionAnswering answering = new(file, model.Name, _model.Fingerprint(parsed));
        List<AskedQuestion> remaining = answering.Remaining([.. questions.Select(static q => q.Asked)]);
        using (CountLine line = new(parsed.InvocationConfiguration.Error, "questions", remaining.Count, ProgressStyle.OfConsole()))
        {
            answering.Ask(remaining, model, options, batch, question => ReadImage(byId[question.Id], images), () => line.Add(), cancellation);
        }

        return ReadAnswers(file, [.. questions.Select(static q => q.Asked.Id)], parsed.InvocationConfiguration.Error);
    }

    private static Dictionary<string, string> Choose(
        ParseResult parsed, IReadOnlyList<BenchmarkQuestion> questions, LlavaModel model, ChosenAnswers chosen, string? images, CancellationToken cancellation)
    {
        Dictionary<string, string> answers = chosen.Read();
        BenchmarkQuestion[] remaining = [.. questions.Where(question => !answers.ContainsKey(question.Asked.Id))];
        using CountLine line = new(parsed.InvocationConfiguration.Error, "questions", remaining.Length, ProgressStyle.OfConsole());
        using FileStream file = chosen.Append();
        IEnumerable<(LlavaQuestion, IReadOnlyList<string>)> asked = remaining.Select(question => (
            new LlavaQuestion(question.Asked.Text, ReadImage(question, images) is { } image ? [image] : []), question.Choices));
        foreach ((BenchmarkQuestion question, IReadOnlyList<AnswerLikelihood> options) in remaining.Zip(model.Score(asked, cancellation: cancellation)))
        {
            answers.Add(question.Asked.Id, chosen.Write(file, question.Asked.Id, options));
            line.Add();
        }

        return answers;
    }

    private static RgbImage? ReadImage(BenchmarkQuestion question, string? folder) =>
        question.ReadImage is { } read ? read() : AnsweringCommand.ReadImage(question.Asked, folder);

    private JudgedRow Judge(BenchmarkQuestion question, Dictionary<string, string> answers)
    {
        string? text = answers.GetValueOrDefault(question.Asked.Id);
        Judgement judgement = text is null ? Judgement.Of(Outcome.NoAnswer, null) : benchmark.Judge(question, text);
        judgement = question.IsJudged ? judgement : new Judgement(Outcome.Unjudged, 0, judgement.Found);
        return new JudgedRow(question.Asked.Id, question.Groups, question.Cluster, question.Truth, text, judgement) { Prompt = question.Asked.Recorded };
    }

    private void Report(
        ParseResult parsed, IReadOnlyList<BenchmarkQuestion> questions, List<JudgedRow> rows, List<string> facts, string folder, TextWriter output)
    {
        AtomicFile.Write(Path.Combine(folder, RowFile), stream => rows.ForEach(row => row.Write(stream)));
        if (benchmark.Submission(rows) is { } submission)
        {
            AtomicFile.Write(Path.Combine(folder, submission.Name), stream => stream.Write(submission.Contents));
            facts.Add($"To hand in: {submission.Name}");
        }

        if (parsed.GetValue(_answers) is { } file)
        {
            facts.Add($"Answers: {file}, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}");
        }

        facts.Add($"Questions: {rows.Count}, hash {Hash(rows)}");
        int missing = rows.Count(static row => row.Text is null);
        if (missing > 0)
        {
            facts.Add($"Without an answer: {missing}");
        }

        JudgedRow[] judged = [.. rows.Where(static row => row.Judgement.Outcome != Outcome.Unjudged)];
        if (judged.Length < rows.Count)
        {
            facts.Add($"Not judged here, but by the benchmark's server or a judge: {rows.Count - judged.Length}");
        }

        IEnumerable<BenchmarkFigure> figures = judged.Length > 0 ? benchmark.Figures(judged) : [];
        string? images = parsed.GetValue(_images);
        IReadOnlyList<ReportSample> samples = ReportSample.Choose(
            rows, place => images is null && questions[place].ReadImage is null ? null : ReadImage(questions[place], images));
        BenchmarkReport report = new(benchmark.Name, benchmark.Card, facts, [.. figures.Select(ReportedFigure.Of)], samples);
        report.Write(folder, line => parsed.InvocationConfiguration.Error.WriteLine($"warning: {line}"));
        report.Print(output);
        output.WriteLine($"{rows.Count} rows in {Path.Combine(folder, RowFile)}; {Path.Combine(folder, BenchmarkReport.HtmlFile)} has {(benchmark.Card.Published.Count > 0 ? "them next to published figures" : "some of them with their images")}");
    }

    // Tells whether two runs are over the same questions.
    private static string Hash(List<JudgedRow> rows) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rows.Select(static row => $"{row.Id} {row.Truth}")))).AsSpan(0, 8));
}
