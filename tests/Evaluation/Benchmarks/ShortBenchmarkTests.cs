using System.Text.Json;
using LlavaCuda.Trainer;

namespace LlavaCuda.Tests.Evaluation.Benchmarks;

/// <summary>The benchmarks of short answers, as they are typed.</summary>
public sealed class ShortBenchmarkTests : IDisposable
{
    // 4 by 4 pixels.
    private const string Bitmap =
        "Qk1mAAAAAAAAADYAAAAoAAAABAAAAAQAAAABABgAAAAAADAAAAATCwAAEwsAAAAAAAAAAAAAAAECAwQFBgcICQoLDA0ODxAREhMU"
        + "FRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v";

    private readonly string _folder = Directory.CreateTempSubdirectory("llava-short-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Images 1 and 2 of two questions each: three right, one image with both: 75 + 50 of 200, alone of ten subtasks.
    [Fact]
    public void Mme_Answers_GivePointsByHand()
    {
        string task = Directory.CreateDirectory(At("mme/count")).FullName;
        foreach (string name in (string[])["1", "2"])
        {
            File.WriteAllText(Path.Combine(task, name + ".jpg"), string.Empty);
            File.WriteAllText(Path.Combine(task, name + ".txt"), "One? Please answer yes or no.\tYes\nTwo? Please answer yes or no.\tNo\n");
        }

        string answers = Write("a.jsonl", """
            {"question_id": "count/1 1", "text": "Yes"}
            {"question_id": "count/1 2", "text": "No"}
            {"question_id": "count/2 1", "text": "Yes."}
            {"question_id": "count/2 2", "text": "Yes"}

            """);
        string table = Run("eval", "mme", "--data", At("mme"), "--answers", answers, "--out", At("run"));
        Assert.Contains("125.0", Line(table, "count"), StringComparison.Ordinal);
        Assert.Contains("125.0", Line(table, "perception"), StringComparison.Ordinal);
        Assert.DoesNotContain("cognition", table, StringComparison.Ordinal);
    }

    // Question 1 is right in both rotations, question 2 in one of them.
    [Fact]
    public void MmBench_Answers_GiveCircularAndVanilla()
    {
        string table = Write("m.tsv", string.Join('\n',
            "index\tquestion\thint\tA\tB\tanswer\tcategory\timage",
            $"1\tq\t\tx\ty\tA\tc\t{Bitmap}", "1000001\tq\t\ty\tx\tB\tc\t1",
            $"2\tq\t\tx\ty\tA\tc\t{Bitmap}", "1000002\tq\t\ty\tx\tB\tc\t2"));
        string answers = Write("a.jsonl", string.Concat(((int[])[1, 2]).Select(
            static i => $"{{\"question_id\": {i}, \"text\": \"A\"}}\n{{\"question_id\": {i + 1_000_000}, \"text\": \"{(i == 1 ? "B." : "y")}\"}}\n")));
        string printed = Run("eval", "mmbench", "--questions", table, "--answers", answers, "--out", At("run"));
        Assert.Contains("50.0", Line(printed, "all, circular"), StringComparison.Ordinal);
        Assert.Contains("75.0", Line(printed, "all, vanilla"), StringComparison.Ordinal);
        Assert.True(new FileInfo(At("run/mmbench_upload.xlsx")).Length > 500);
    }

    [Fact]
    public void Vqa2_Annotated_CountsInPart()
    {
        string questions = Write("v2_OpenEnded_mscoco_val2014_questions.json", """
            {"questions": [{"image_id": 1, "question": "What?", "question_id": 10}, {"image_id": 2, "question": "Who?", "question_id": 20}]}
            """);
        string people = string.Join(", ", ((string[])["cat", "cat", "dog"]).Select(static a => $"{{\"answer\": \"{a}\"}}"));
        string annotations = Write("a.json", $$"""
            {"annotations": [{"question_id": 10, "answer_type": "other", "answers": [{{people}}]}, {"question_id": 20, "answer_type": "other", "answers": [{{people}}]}]}
            """);
        string answers = Write("a.jsonl", "{\"question_id\": 10, \"text\": \"A cat.\"}\n{\"question_id\": 20, \"text\": \"cow\"}\n");
        string table = Run("eval", "vqav2", "--questions", questions, "--annotations", annotations, "--answers", answers, "--out", At("run"));

        // (1/3 + 1/3 + 2/3) / 3 = 4/9, and 0.
        Assert.Contains("22.2", Line(table, "all"), StringComparison.Ordinal);
        Assert.Equal("""[{"question_id":10,"answer":"cat"},{"question_id":20,"answer":"cow"}]""", File.ReadAllText(At("run/vqav2_upload.json")));
    }

    [Fact]
    public void MmVet_Answers_AreHandedInWithoutAFigure()
    {
        string questions = Write("mm-vet.json", """{"v1_0": {"imagename": "v1_0.png", "question": "x?", "answer": "5", "capability": ["ocr", "math"]}}""");
        string answers = Write("a.jsonl", "{\"question_id\": 0, \"text\": \"It is 5.\"}\n");
        Run("eval", "mmvet", "--questions", questions, "--answers", answers, "--out", At("run"));
        Assert.Equal("It is 5.", JsonElement.Parse(File.ReadAllText(At("run/mmvet_results.json"))).GetProperty("v1_0").GetString());
    }

    private static string Line(string table, string name) =>
        table.Split('\n').First(line => line.Trim('|', ' ').StartsWith(name + " ", StringComparison.Ordinal));

    private string Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        Assert.True(Program.Run(arguments, output, error) == 0, error.ToString());
        return output.ToString();
    }

    private string At(string name) => Path.Combine(_folder, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }
}
