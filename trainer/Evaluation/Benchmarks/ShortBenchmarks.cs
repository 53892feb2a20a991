using System.CommandLine;
using System.Globalization;
using LlavaCuda.Images;
using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>The benchmarks of LLaVA-1.5 that are answered in a word, a phrase or a letter.</summary>
internal static class ShortBenchmarks
{
    private const string SeeSource = "see the source";
    private const string Attribution = "CC BY 4.0; the images have terms of their own";
    private const double HalfRight = 0.5;

    /// <summary>Makes them.</summary>
    internal static IEnumerable<IBenchmark> Create() =>
        [Vqa2(), Gqa(), VizWiz(), TextVqa(), Mme(), MmBench(false), MmBench(true), Seed(), QBench(), MmVet()];

    private static ShortBenchmark Vqa2()
    {
        Option<string> questions = Needed("--questions", "v2_OpenEnded_mscoco_SPLIT_questions.json.");
        Option<string?> annotations = new("--annotations")
        {
            Description = "v2_mscoco_SPLIT_annotations.json; without it answers are written for the server, and not judged.",
        };
        Option<string?> whole = new("--whole")
        {
            Description = "The questions of all of test2015: the server wants a row for each, and answers only to test-dev.",
        };
        List<ShortQuestion> all = [];
        return new ShortBenchmark(
            "vqav2",
            Card("VQAv2: open questions about images of COCO", "https://visualqa.org/download.html", Attribution,
                "val2014 214,354 questions, test-dev2015 107,394 of test2015's 447,793", ("LLaVA-1.5 7B", 78.5), ("LLaVA-1.5 13B", 80.0)),
            [questions, annotations, whole],
            parsed =>
            {
                all = parsed.GetValue(whole) is { } file ? VqaFiles.Vqa2(file, null) : [];
                return VqaFiles.Vqa2(parsed.GetRequiredValue(questions), parsed.GetValue(annotations)).Select(ShortBenchmark.Of);
            },
            static (question, text) => Partly(text, VqaAccuracy.Vqa(text, question.Answers)))
        {
            HandIn = ("vqav2_upload.json", rows =>
            {
                Dictionary<string, string?> texts = rows.ToDictionary(static row => row.Question.Id, static row => row.Text);
                return Submissions.Vqa2((all.Count > 0 ? all.Select(static q => q.Id) : rows.Select(static row => row.Question.Id))
                    .Select(id => new GivenAnswer(id, texts.GetValueOrDefault(id))));
            }
            ),
        };
    }

    private static ShortBenchmark Gqa()
    {
        Option<string> questions = Needed("--questions", "testdev_balanced_questions.json.");
        return new ShortBenchmark(
            "gqa",
            Card("GQA: questions composed from scene graphs", "https://cs.stanford.edu/people/dorarad/gqa/download.html", SeeSource,
                "testdev_balanced 12,578 questions on 398 images", ("LLaVA-1.5 7B", 62.0), ("LLaVA-1.5 13B", 63.3)),
            [questions],
            parsed => VqaFiles.Gqa(parsed.GetRequiredValue(questions)).Select(static q => ShortBenchmark.Of(q) with { Cluster = q.Image }),
            static (question, text) => Found(VqaFiles.GqaAnswer(text), question))
        {
            HandIn = ("gqa_predictions.json", static rows => Submissions.Gqa(Given(rows))),
        };
    }

    private static ShortBenchmark VizWiz()
    {
        Option<string> questions = Needed("--questions", "val.json, or test.json, which has no answers.");
        return new ShortBenchmark(
            "vizwiz",
            Card("VizWiz: questions of blind people about their photographs", "https://vizwiz.org/tasks-and-datasets/vqa", Attribution,
                "val 4,319 questions, test 8,000", ("LLaVA-1.5 7B", 50.0), ("LLaVA-1.5 13B", 53.6)),
            [questions],
            parsed => VqaFiles.VizWiz(parsed.GetRequiredValue(questions)).Select(ShortBenchmark.Of),
            static (question, text) => Partly(text, VqaAccuracy.Vqa(text, question.Answers)))
        {
            HandIn = ("vizwiz_upload.json", static rows => Submissions.VizWiz(rows.Select(static row => (row.Question.Image, row.Text)))),
        };
    }

    private static ShortBenchmark TextVqa()
    {
        Option<string> annotations = Needed("--annotations", "TextVQA_0.5.1_val.json.");
        Option<string?> questions = new("--questions")
        {
            Description = "LLaVA's llava_textvqa_val_v051_ocr.jsonl, whose questions list tokens of an OCR, as for published figures.",
        };
        return new ShortBenchmark(
            "textvqa",
            Card("TextVQA: questions about text in images", "https://textvqa.org/dataset", Attribution,
                "val 5,000 questions on 3,166 images", ("LLaVA-1.5 7B", 58.2), ("LLaVA-1.5 13B", 61.3)),
            [annotations, questions],
            parsed => VqaFiles.TextVqa(parsed.GetRequiredValue(annotations), parsed.GetValue(questions))
                .Select(static q => ShortBenchmark.Of(q) with { Cluster = q.Image }),
            static (question, text) => Partly(text, VqaAccuracy.TextVqa(text, question.Answers)));
    }

    private static ShortBenchmark Mme()
    {
        Option<string> folder = Needed("--data", "MME_Benchmark_release_version, a folder for each subtask; --images is the same folder.");
        return new ShortBenchmark(
            "mme",
            new BenchmarkCard("MME: pairs of yes or no questions, perception and cognition",
                "https://github.com/BradyFU/Awesome-Multimodal-Large-Language-Models (branch Evaluation)", "research only, on request",
                "14 subtasks, 2,374 questions on 1,187 images", [new BenchmarkFile("MME_Benchmark_release_version/")])
            {
                Published = [new("LLaVA-1.5 7B", "perception", 1510.7), new("LLaVA-1.5 13B", "perception", 1531.3)],
            },
            [folder],
            parsed => MmeFiles.Read(parsed.GetRequiredValue(folder))
                .Select(static q => ShortBenchmark.Of(q) with { Cluster = q.Image, Choices = q.Options }),
            static (question, text) => Found(MmeFiles.Parse(text), question))
        {
            MakeFigures = ClusterFigures.Mme,
        };
    }

    private static ShortBenchmark MmBench(bool chinese)
    {
        Option<string> table = Needed("--questions", $"{(chinese ? "mmbench_dev_cn_20231003" : "mmbench_dev_20230712")}.tsv, which holds the images.");
        MmBenchTable? read = null;
        return new ShortBenchmark(
            chinese ? "mmbench-cn" : "mmbench",
            new BenchmarkCard($"MMBench{(chinese ? " in Chinese" : string.Empty)}: options in every rotation (CircularEval)",
                "https://github.com/open-compass/MMBench", SeeSource, "dev 4,329 rows of 1,164 questions, test 6,718 rows",
                [new BenchmarkFile($"{(chinese ? "mmbench_dev_cn_20231003" : "mmbench_dev_20230712")}.tsv")])
            {
                Published =
                [
                    new("LLaVA-1.5 7B", ClusterFigures.Circular, chinese ? 58.3 : 64.3),
                    new("LLaVA-1.5 13B", ClusterFigures.Circular, chinese ? 63.6 : 67.7),
                ],
            },
            [table],
            parsed =>
            {
                MmBenchTable rows = read = new MmBenchTable(parsed.GetRequiredValue(table), chinese);
                return rows.Rows.Select(row => ShortBenchmark.Of(row.Question) with
                {
                    Cluster = $"{row.Base}",
                    Choices = Letters(row.Question),
                    ReadImage = () => ImageFile.Decode(rows.ReadImage(row), $"index {row.Index}"),
                });
            },
            Lettered)
        {
            MakeFigures = ClusterFigures.MmBench,
            HandIn = ("mmbench_upload.xlsx", rows =>
            {
                using MemoryStream file = new();
                Spreadsheet.Write(file, read!.Submission(rows.ToDictionary(
                    static row => long.Parse(row.Question.Id, CultureInfo.InvariantCulture), static row => row.Text ?? string.Empty)));
                return file.ToArray();
            }
            ),
        };
    }

    private static ShortBenchmark Seed()
    {
        Option<string> questions = Needed("--questions", "SEED-Bench.json; --images holds SEED-Bench-image and SEED-Bench-video-image.");
        return new ShortBenchmark(
            "seed",
            Card("SEED-Bench: one of four options, images and middle frames of videos", "https://huggingface.co/datasets/AILab-CVC/SEED-Bench",
                SeeSource, "19,242 questions of 12 types", ("LLaVA-1.5 7B", 58.6), ("LLaVA-1.5 13B", 61.6)),
            [questions],
            parsed => ChoiceFiles.Seed(parsed.GetRequiredValue(questions)).Select(static q => ShortBenchmark.Of(q) with { Choices = Letters(q) }),
            Lettered)
        {
            HandIn = ("seed_upload.jsonl", static rows => Submissions.Seed(Given(rows))),
        };
    }

    private static ShortBenchmark QBench()
    {
        Option<string> questions = Needed("--questions", "llvisionqa_dev.json, or llvisionqa_test.json.");
        return new ShortBenchmark(
            "qbench",
            Card("Q-Bench: low-level perception, such as blur and noise", "https://github.com/Q-Future/Q-Bench", SeeSource,
                "dev 1,495 questions, test 1,495"),
            [questions],
            parsed => ChoiceFiles.QBench(parsed.GetRequiredValue(questions)).Select(static q => ShortBenchmark.Of(q) with { Choices = Letters(q) }),
            Lettered);
    }

    private static ShortBenchmark MmVet()
    {
        Option<string> questions = Needed("--questions", "mm-vet.json; answers are written for its own scorer, and not judged.");
        return new ShortBenchmark(
            "mmvet",
            Card("MM-Vet: free answers that need several capabilities at once", "https://github.com/yuweihao/MM-Vet", SeeSource,
                "218 questions on 200 images", ("LLaVA-1.5 7B", 31.1), ("LLaVA-1.5 13B", 36.1)),
            [questions],
            parsed => VqaFiles.MmVet(parsed.GetRequiredValue(questions)).Select(ShortBenchmark.Of),
            static (_, text) => Judgement.Of(Outcome.NoAnswer, text))
        {
            HandIn = ("mmvet_results.json", static rows => Submissions.MmVet(Given(rows))),
        };
    }

    private static Option<string> Needed(string name, string description) => new(name) { Description = description, Required = true };

    private static BenchmarkCard Card(string title, string source, string licence, string size, params (string Model, double All)[] published) =>
        new(title, source, licence, size, [])
        {
            Published = [.. published.Select(static of => new PublishedFigure(of.Model, BenchmarkFigure.All, of.All))],
        };

    private static IEnumerable<GivenAnswer> Given(IEnumerable<(ShortQuestion Question, string? Text)> rows) =>
        rows.Select(static row => new GivenAnswer(row.Question.Id, row.Text));

    private static string[] Letters(ShortQuestion question) => [.. question.Options.Select(static (_, i) => ChoiceFiles.Letter(i))];

    private static Judgement Lettered(ShortQuestion question, string text) => Found(ChosenLetter.Find(text, question.Options), question);

    private static Judgement Found(string? found, ShortQuestion question) => string.IsNullOrWhiteSpace(found)
        ? Judgement.Of(Outcome.NoAnswer, null)
        : Judgement.Of(question.Answers.Contains(found) ? Outcome.Right : Outcome.Wrong, found);

    // As many people give an answer, so far it counts: it is called right from half on.
    private static Judgement Partly(string text, double score) => string.IsNullOrWhiteSpace(text)
        ? new Judgement(Outcome.NoAnswer, score, null)
        : new Judgement(score >= HalfRight ? Outcome.Right : Outcome.Wrong, score, AnswerNormalizer.EvalAi(text));
}
