using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Tests.Evaluation.ShortAnswers;

public sealed class ChoiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-choice-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Seed_RecordedAnswers_EqualTheScript()
    {
        List<ShortQuestion> questions = ChoiceFiles.Seed(ShortAnswerReference.At("seed.json"));
        Dictionary<string, string> answers = ShortAnswerReference.Answers("seed_answers.jsonl").ToDictionary(static a => a.Id, static a => a.Text);
        string printed = ShortAnswerReference.Expected.GetProperty("seed").GetString()!;
        foreach (string group in questions.SelectMany(static q => q.Groups).Distinct())
        {
            Assert.Contains($"{group}{(group is "image" or "video" ? " accuracy" : string.Empty)}: {Percent(q => q.Groups.Contains(group))}%", printed, StringComparison.Ordinal);
        }

        Assert.Contains($"Total accuracy: {Percent(static _ => true)}%", printed, StringComparison.Ordinal);
        byte[] upload = Submissions.Seed(questions.Select(q => new GivenAnswer(q.Id, answers[q.Id])));
        string[] expected = [.. ShortAnswerReference.Expected.GetProperty("seed_upload").EnumerateArray().Select(static row => row.ToString().Replace(" ", string.Empty, StringComparison.Ordinal))];
        Assert.Equal(expected, Encoding.UTF8.GetString(upload).Replace(" ", string.Empty, StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries));

        string Percent(Func<ShortQuestion, bool> where)
        {
            ShortQuestion[] some = [.. questions.Where(where)];
            return PythonNumbers.Fixed(some.Count(q => answers[q.Id] == q.Answers[0]) / (double)some.Length * 100, 2);
        }
    }

    [Fact]
    public void Seed_Question_IsAskedAsLlavaDoes()
    {
        ShortQuestion question = ChoiceFiles.Seed(Write("seed.json", """
            {"questions": [{"question_id": "v_7", "question": "Which?", "choice_a": "one", "choice_b": "two", "choice_c": "three", "choice_d": "four",
             "answer": "B", "data_id": "x.webm", "data_type": "video", "question_type_id": 10}], "question_type": {"Action Recognition": 10}}
            """))[0];
        Assert.Equal("Which?\nA. one\nB. two\nC. three\nD. four\nAnswer with the option's letter from the given choices directly.", question.Text);
        Assert.Equal(("SEED-Bench-video-image/v_7.png", "Action Recognition", "B"), (question.Image, question.Groups[0], question.Answers[0]));
    }

    [Fact]
    public void QBench_PublishedForm_IsRead()
    {
        List<ShortQuestion> questions = ChoiceFiles.QBench(Write("llvisionqa_dev.json", """
            [{"img_path": "00097.jpg", "question": "Is it sharp?", "candidates": ["Yes", "No"], "correct_ans": "No", "type": 0, "concern": 2}]
            """));
        Assert.Equal("Is it sharp?\nChoose between one of the options as follows:\nA. Yes\nB. No\n", questions[0].Text);
        Assert.Equal(["yes or no", "distortion in context"], questions[0].Groups);
        Assert.Equal(["B"], questions[0].Answers);
    }

    [Theory]
    [InlineData("B", "B")]
    [InlineData("B. the cat", "B")]
    [InlineData("(C)", "C")]
    [InlineData("The answer is D.", "D")]
    [InlineData("a dog", "A")]
    [InlineData("It is the cat over there", "B")]
    [InlineData("E", null)]
    [InlineData("A dog or the cat", null)]
    [InlineData("Doghouse", null)]
    [InlineData("", null)]
    public void ChosenLetter_Texts(string text, string? expected) =>
        Assert.Equal(expected, ChosenLetter.Find(text, ["a dog", "the cat", "cow", "two hens"]));

    [Fact]
    public void Mme_Folder_IsReadAndScoredByHand()
    {
        string task = Directory.CreateDirectory(Path.Combine(_folder, "count")).FullName;
        Directory.CreateDirectory(Path.Combine(task, "images"));
        Directory.CreateDirectory(Path.Combine(task, "questions_answers_YN"));
        foreach (string name in (string[])["1", "2"])
        {
            File.WriteAllText(Path.Combine(task, "images", name + ".jpg"), string.Empty);
            File.WriteAllText(
                Path.Combine(task, "questions_answers_YN", name + ".txt"),
                "Is there one? Please answer yes or no.\tYes\nAre there two? Please answer yes or no.\tNo\n");
        }

        List<ShortQuestion> questions = MmeFiles.Read(_folder);
        Assert.Equal(["\"count/1 1\"", "\"count/1 2\"", "\"count/2 1\"", "\"count/2 2\""], questions.Select(static q => q.Id));
        Assert.Equal("Is there one?\nAnswer the question using a single word or phrase.", questions[0].Text);
        Assert.Equal("count/images/1.jpg", questions[0].Image);
        string[] answers = ["Yes", "No, two", "yes", "Yes"];
        MmeRow[] rows = [.. questions.Zip(answers, static (q, a) => new MmeRow(q.Image, MmeFiles.Parse(a) == q.Answers[0]))];
        Assert.Equal((0.75, 0.5, 125.0), (MmeScore.Accuracy(rows), MmeScore.AccuracyPlus(rows), MmeScore.Points(rows)));
    }

    [Theory]
    [InlineData("YES.", "yes")]
    [InlineData(" yes", "yes")]
    [InlineData("No", "no")]
    [InlineData("I do not", null)]
    [InlineData("know", "no")]
    [InlineData("", null)]
    public void MmeParse_LooksAtFourCharacters(string text, string? expected) => Assert.Equal(expected, MmeFiles.Parse(text));

    [Fact]
    public void MmBench_Table_IsReadAskedAndHandedIn()
    {
        byte[] image = [.. Enumerable.Range(0, 90_000).Select(static i => (byte)(i * 31))];
        string table = Write("mmbench.tsv", string.Join('\n',
            "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\tsource\tl2-category\tcomment\tsplit",
            $"7\tWhich \"\"one\"\"?\tSee this.\tred\tblue\tnan\t\tB\tcolor\t{Convert.ToBase64String(image)}\ts\tcoarse\t\tdev",
            "1000007\t\"A \"\"tab\"\"\there\n, and a line\"\tnan\tx\ty\tz\tNone\tC\tcolor\t7\ts\tcoarse\tnan\tdev", string.Empty));
        MmBenchTable read = new(table, chinese: false);
        Assert.Equal("See this.\nWhich \"\"one\"\"?\nA. red\nB. blue\nAnswer with the option's letter from the given choices directly.", read.Rows[0].Question.Text);
        Assert.Equal("A \"tab\"\there\n, and a line\nA. x\nB. y\nC. z\n请直接回答选项字母。", new MmBenchTable(table, chinese: true).Rows[1].Question.Text);
        Assert.Equal([7L, 7L], read.Rows.Select(static row => row.Base));
        Assert.Equal(["coarse", "color"], read.Rows[0].Question.Groups);
        Assert.All(read.Rows, row => Assert.Equal(image, read.ReadImage(row)));
        string[][] handed = [.. read.Submission(new Dictionary<long, string> { [7] = "B" })];
        Assert.Equal(["index", "question", "A", "B", "C", "D", "prediction", "answer", "split"], handed[0]);
        Assert.Equal(["7", "B", ""], [handed[1][0], handed[1][6], handed[2][6]]);
        using MemoryStream file = new();
        Spreadsheet.Write(file, handed);
        using ZipArchive zip = new(file, ZipArchiveMode.Read);
        using Stream sheet = zip.GetEntry("xl/worksheets/sheet1.xml")!.Open();
        XElement[] rows = [.. XDocument.Load(sheet).Root!.Elements().Single().Elements()];
        Assert.Equal(handed, rows.Select(static row => row.Elements().Select(static cell => cell.Value).ToArray()));
        Assert.All(zip.Entries, static entry => XDocument.Load(entry.Open()));
    }

    [Theory]
    [InlineData("index\tquestion\timage\tA\tB\nx\tq\ti\ta\tb", "line 2: index is x; expected a whole number")]
    [InlineData("index\tquestion\timage\tA\n", "line 1: there is no column B")]
    [InlineData("index\tquestion\timage\tA\tB\n1\tq\ti\ta", "line 2 has 4 fields; expected 5")]
    [InlineData("index\tquestion\timage\tA\tB\n1\t\"q\ti\ta\tb", "line 2: a quote is not closed")]
    [InlineData("index\tquestion\timage\tA\tB\n1\tq\ti\ta\tb\n1\tq\ti\ta\tb", "line 3: index 1 is there twice")]
    [InlineData("index\tquestion\timage\tA\tB\tanswer\n1\tq\ti\ta\tb\tC", "line 2: answer is C; expected the letter of one of 2 options")]
    public void MmBench_BadTable_SaysWhere(string table, string message) => Assert.Contains(
        message, Assert.Throws<InvalidDataException>(() => new MmBenchTable(Write("bad.tsv", table), chinese: false)).Message, StringComparison.Ordinal);

    [Fact]
    public void MmBench_LargeTable_ImagesStayInTheFile()
    {
        const int Rows = 40;
        string path = Path.Combine(_folder, "large.tsv"), image = Convert.ToBase64String(new byte[1 << 20]);
        using (StreamWriter writer = new(path))
        {
            writer.Write("index\tquestion\timage\tA\tB\n");
            for (int i = 0; i < Rows; i++)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{i}\tq\t{image}\ta\tb\n"));
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Rows, new MmBenchTable(path, chinese: false).Rows.Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8L << 20);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
