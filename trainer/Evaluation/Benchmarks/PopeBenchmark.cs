using System.CommandLine;
using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>POPE: is an object in the image?</summary>
internal sealed class PopeBenchmark : IBenchmark
{
    private static readonly string[] Categories = ["random", "popular", "adversarial"];
    private readonly Option<string> _annotations = new("--annotations")
    {
        Description = "Folder of coco_pope_CATEGORY.json.",
        Required = true,
    };
    private readonly Option<string?> _questions = new("--questions")
    {
        Description = "JSON Lines with question_id, image, text and category, as LLaVA-1.5's; by default made from the annotations.",
    };

    /// <inheritdoc/>
    public string Name => "pope";

    /// <inheritdoc/>
    public BenchmarkCard Card { get; } = new(
        "POPE: yes or no, is an object in the image? (object hallucination)",
        "https://github.com/AoiDragon/POPE (output/coco), images of COCO val2014",
        "MIT; the images have those of COCO",
        "three sets of 3,000 questions on 500 images (older copies of the first: 2,910)",
        [
            new BenchmarkFile("coco_pope_random.json", 368_166, "ac25245170b975a5bdf9080b23fd431dfe6be458bc038259c1f4f09a6bef7994"),
            new BenchmarkFile("coco_pope_popular.json", 370_190, "72c1a8ad45d0c13514f5f22598261df41d3b533854d29682e924db50ed8aa753"),
            new BenchmarkFile("coco_pope_adversarial.json", 370_401, "420b3407db1fa9f1187a805dca41cb7b97fd91504e6c2179706188c107fb8ef8"),
        ])
    {
        Published = [.. Rows("LLaVA 7B", 76.3, 72.2, 70.1), .. Rows("LLaVA-1.5 7B", 87.3, 86.1, 84.2), .. Rows("LLaVA-1.5 13B", 87.1, 86.2, 84.5)],
    };

    /// <inheritdoc/>
    public IReadOnlyList<Option> Options => [_annotations, _questions];

    /// <inheritdoc/>
    public IReadOnlyList<BenchmarkQuestion> Read(ParseResult parsed) =>
        [.. PopeFiles.ReadQuestions(parsed.GetRequiredValue(_annotations), parsed.GetValue(_questions)).Select(static question =>
            new BenchmarkQuestion(question.Asked, [question.Category], question.Label ? "yes" : "no", question.Label)
            {
                Choices = ["Yes", "No"],
                Cluster = question.Asked.Image,
            })];

    /// <inheritdoc/>
    public Judgement Judge(BenchmarkQuestion question, string text) => PopeScore.SaysYes(text) is not { } yes
        ? Judgement.Of(Outcome.NoAnswer, null)
        : Judgement.Of(yes == (bool)question.Source ? Outcome.Right : Outcome.Wrong, yes ? "yes" : "no");

    /// <inheritdoc/>
    public IEnumerable<BenchmarkFigure> Figures(IReadOnlyList<JudgedRow> rows) =>
        BenchmarkFigure.Shares(rows).SelectMany(static share => (BenchmarkFigure[])
        [
            share with { Name = $"{share.Name}, F1", Compute = F1 }, share with { Name = $"{share.Name}, accuracy" },
            share with { Name = $"{share.Name}, says yes", Compute = static rows => rows.Count(SaysYes) / (double)rows.Count },
        ]);

    private static IEnumerable<PublishedFigure> Rows(string model, params double[] f1) =>
        f1.Select((value, i) => new PublishedFigure(model, $"{Categories[i]}, F1", value));

    private static bool SaysYes(JudgedRow row) => row.Judgement.Found == "yes";

    // 2 TP / (said yes + is yes), which is the harmonic mean of precision and recall.
    private static double F1(IReadOnlyList<JudgedRow> rows) =>
        2.0 * rows.Count(static row => SaysYes(row) && row.Truth == "yes") / (rows.Count(SaysYes) + rows.Count(static row => row.Truth == "yes"));
}
