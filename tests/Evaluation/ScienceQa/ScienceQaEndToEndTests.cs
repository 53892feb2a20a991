using System.Globalization;
using System.Text.Json;
using LlavaCuda.Tests.Asking;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.ScienceQa;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Tests.Evaluation.ScienceQa;

/// <summary>The whole way by the commands that a user types: convert, train both ways, answer, score, and both ensembles by asking a local
/// server.</summary>
public sealed class ScienceQaEndToEndTests : IDisposable
{
    private const int Train = 160;
    private const int Questions = 8;
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-scienceqa-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Commands_FromProblemsToEnsembles_GiveTablesAndFiles()
    {
        MadeUpScienceQa.Write(At("data"), Train, Questions, seed: 5);
        ShippedBase.Extract(At("base"));
        foreach (string format in (string[])["QCM-LEA", "QCM-ALE"])
        {
            Llava($"scienceqa convert --data {At("data")} --split train --format {format}");
            Llava($"scienceqa convert --data {At("data")} --format {format}");
            Llava($"train --stage finetune --model {At("base")} --data {At($"data/llava_train_{format}.json")} --images {At("data/images")} --out {At(format)} --steps 48 --batch 3 --accumulate 1 --lr 3e-3 --image-aspect square --save-every 0");
            string answer =
                $"scienceqa answer --questions {At($"data/llava_test_{format}.json")} --images {At("data/images")} --model {At(format)} --out {At($"{format}.jsonl")} --max-new-tokens 64 --temperature 0";
            Assert.Contains($"{Questions} answers, {Questions} of them new", Llava(answer), StringComparison.Ordinal);
            if (format == "QCM-ALE")
            {
                Resume(answer, At($"{format}.jsonl"));
            }

            string table = Llava($"scienceqa score --data {At("data")} --answers {At($"{format}.jsonl")}");
            Assert.Contains("LLaVA+GPT-4 judge", table, StringComparison.Ordinal);
            ScienceQaScore score = Score($"{format}.jsonl");
            Assert.InRange(score.Count(Outcome.NoAnswer, static _ => true), 0, Questions / 2);
            string[] counts = table.Split('\n').First(static line => line.StartsWith("Avg ", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
            Assert.Equal(
                ((Outcome[])[Outcome.Right, Outcome.Wrong, Outcome.NoAnswer]).Select(outcome => score.Count(outcome, static _ => true)).Append(Questions),
                counts.Select(int.Parse));
        }

        await EnsembleAsync();
    }

    // What was answered stays: the end of the file is lost, and comes back as it was; then nothing is asked.
    private static void Resume(string answer, string file)
    {
        byte[] all = File.ReadAllBytes(file);
        File.WriteAllBytes(file, all[..(all.Length * 3 / 4)]);
        Assert.DoesNotContain(" 0 of them new", Llava(answer), StringComparison.Ordinal);
        Assert.Equal(all, File.ReadAllBytes(file));
        Assert.Contains($"{Questions} answers, 0 of them new", Llava(answer), StringComparison.Ordinal);

        // Somebody else's text is no row that was cut off.
        File.WriteAllBytes(file, [.. all, .. "a note"u8]);
        using StringWriter refused = new();
        Assert.Equal(1, Program.Run(answer.Split(' '), TextWriter.Null, refused));
        Assert.Contains("the last line is no row of answers", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(all.Length + 6, new FileInfo(file).Length);
        File.WriteAllBytes(file, all);

        // Asked in another way, the answers would be others.
        using StringWriter error = new();
        Assert.Equal(1, Program.Run($"{answer} --image-order data".Split(' '), TextWriter.Null, error));
        Assert.Contains($"{file} has answers of a model", error.ToString(), StringComparison.Ordinal);
    }

    private async Task EnsembleAsync()
    {
        IReadOnlyList<ScienceQaProblem> problems = ScienceQaData.Load(At("data"), "test");
        int number = 0;
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request =>
        {
            // Every fifth request fails at first; the text-only model is right about some questions, and has no answer to others.
            if (Interlocked.Increment(ref number) % 5 == 0)
            {
                return LocalEndpoint.Fault(number);
            }

            JsonElement messages = request.Body.GetProperty("messages");
            bool judges = request.LastText.Contains("Two assistants disagree", StringComparison.Ordinal);
            string asked = judges ? request.LastText : messages[messages.GetArrayLength() - 2].GetProperty("content").ToString();
            return new EndpointReply(Reply(problems, problems.First(p => asked.Contains(Prompt(p), StringComparison.Ordinal)), judges));
        });
        string asking = $"--data {At("data")} --answers {At("QCM-LEA.jsonl")} --ask-model teacher --endpoint {endpoint.Url}";
        string complement = Llava($"scienceqa complement {asking} --out {At("gpt4")}");
        string judged = Llava($"scienceqa judge {asking} --text-only {At("gpt4/text_only.json")} --out {At("gpt4")}");

        Dictionary<string, Prediction> theirs = ScienceQaPredictions.ReadOutputs(At("gpt4/text_only.json"));
        Assert.Equal(problems.Select(p => (p.Id, Reply(problems, p, judges: false))), theirs.Select(static t => (t.Key, t.Value.Text)));
        ScienceQaEnsemble both = new(Score("QCM-LEA.jsonl"), ScienceQaScore.Of("x", problems, theirs, loose: false));
        Dictionary<string, Prediction> again = ScienceQaPredictions.Read(At("gpt4/judged.jsonl"), original: false);
        Assert.Equal(both.Disputed.Select(static p => p.Id), again.Keys);
        foreach ((string table, string row, ScienceQaScore score) in ((string, string, ScienceQaScore)[])
            [(complement, "complement", both.Complement()),
                (judged, "judge", both.Judge(ScienceQaScore.Of("x", problems, again, loose: false)))])
        {
            string accuracy = score.Accuracy(static _ => true).ToString("F2", CultureInfo.InvariantCulture);
            Assert.EndsWith(
                $" {accuracy}", table.Split('\n').First(line => line.StartsWith($"{row} ", StringComparison.Ordinal)).TrimEnd(),
                StringComparison.Ordinal);
        }

        // From the files, without anybody to ask, the same tables.
        string files = $"--data {At("data")} --answers {At("QCM-LEA.jsonl")} --text-only {At("gpt4/text_only.json")}";
        Assert.Equal(complement, Llava($"scienceqa complement {files}"));
        Assert.Equal(judged, Llava($"scienceqa judge {files} --judged {At("gpt4/judged.jsonl")}"));
        int before = endpoint.Requests.Count;
        Assert.Equal(complement, Llava($"scienceqa complement {asking} --out {At("gpt4")} --replay"));
        Assert.Contains("nothing was sent", Llava($"scienceqa complement {asking} --out {At("gpt4")} --dry-run"), StringComparison.Ordinal);
        Assert.Equal(before, endpoint.Requests.Count);
    }

    // By the prompt alone, which several problems with images share. The judge is right about the first of them; the text-only model too
    // in two
    // cases of four, wrong in one, and silent in one.
    private static string Reply(IReadOnlyList<ScienceQaProblem> problems, ScienceQaProblem problem, bool judges)
    {
        (int at, ScienceQaProblem first) = problems.Index().First(p => Prompt(p.Item) == Prompt(problem));
        return judges || at % 4 < 2 ? $"So it is. The answer is {first.AnswerLetter}."
            : at % 4 == 2 ? $"The answer is {ScienceQaProblem.Letters[(first.Answer + 1) % first.Choices.Count]}. BECAUSE: it is."
            : "I cannot see the image.";
    }

    private static string Prompt(ScienceQaProblem problem) => ScienceQaFormat.Parse("QCM-A").Render(problem).Prompt;

    private ScienceQaScore Score(string answers) =>
        ScienceQaScore
            .Of("x", ScienceQaData.Load(At("data"), "test"), ScienceQaPredictions.Read(At(answers), original: false), loose: false);

    private string At(string name) => Path.Combine(_folder, name);

    private static string Llava(string line)
    {
        using StringWriter output = new(), error = new();
        int code = Program.Run(line.Split(' '), output, error);
        Assert.True(code == 0, $"llava {line}\nexit code {code}\n{error}");
        return output.ToString();
    }
}
