using System.Text.Json;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Tests.Evaluation.ShortAnswers;

public sealed class VqaTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-vqa-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Normalizer_RecordedTexts_EqualTheOriginals()
    {
        foreach (JsonElement pair in ShortAnswerReference.Expected.GetProperty("evalai").EnumerateArray())
        {
            Assert.Equal((pair[0].GetString(), pair[1].GetString()), (pair[0].GetString(), AnswerNormalizer.EvalAi(pair[0].GetString()!)));
        }

        foreach (JsonElement pair in ShortAnswerReference.Expected.GetProperty("vqa").EnumerateArray())
        {
            string form = AnswerNormalizer.Vqa(AnswerNormalizer.OnOneLine(pair[0].GetString()!));
            Assert.Equal((pair[0].GetString(), pair[1].GetString()), (pair[0].GetString(), form));
        }
    }

    [Theory]
    [InlineData("the Red, car", "red car")]
    [InlineData("A dog's tail", "dog 's tail")]
    [InlineData("1,000 dollars", "1000 dollars")]
    [InlineData("3.5 cm", "3.5 cm")]
    [InlineData("isnt it", "isn't it")]
    [InlineData("U.S.A.", "usa")]
    [InlineData("black-and-white", "black and white")]
    [InlineData("a , b", "b")]
    [InlineData("none", "0")]
    public void EvalAi_ByHand(string text, string expected) => Assert.Equal(expected, AnswerNormalizer.EvalAi(text));

    [Fact]
    public void Accuracy_RecordedAnswers_EqualTheOriginals()
    {
        foreach (JsonElement row in ShortAnswerReference.Expected.GetProperty("shares").EnumerateArray())
        {
            (string answer, string[] people) = (row[0].GetString()!, BenchmarkReference.Texts(row[1]));
            Assert.Equal(row[2].GetDouble(), VqaAccuracy.Vqa(answer, people), 12);
            Assert.Equal(row[3].GetDouble(), VqaAccuracy.TextVqa(answer, people));
        }
    }

    // Six, three and one of ten: 1; (3 * 2/3 + 7 * 1) / 10; (1 * 0 + 9 * 1/3) / 10.
    [Theory]
    [InlineData("cat", 1.0)]
    [InlineData("dog", 0.9)]
    [InlineData("cow", 0.3)]
    [InlineData("hen", 0.0)]
    public void Accuracy_ByHand(string answer, double expected)
    {
        string[] people = [.. Enumerable.Repeat("cat", 6), .. Enumerable.Repeat("dog", 3), "cow"];
        Assert.Equal(expected, VqaAccuracy.Vqa(answer, people), 12);
        Assert.Equal(expected, VqaAccuracy.TextVqa(answer, people), 12);
    }

    [Fact]
    public void Accuracy_AllAgree_OnlyVqaComparesAsTyped()
    {
        string[] people = [.. Enumerable.Repeat("the cat", 10)];
        Assert.Equal((0.0, 1.0), (VqaAccuracy.Vqa("cat", people), VqaAccuracy.TextVqa("cat", people)));
    }

    [Fact]
    public void TextVqa_RecordedAnswers_EqualTheOriginal()
    {
        Dictionary<(string, string), ShortQuestion> questions = VqaFiles.TextVqa(ShortAnswerReference.At("textvqa.json"), null)
            .ToDictionary(static q => (q.Image[..^4], VqaFiles.TextVqaQuestion(q.Text)!));
        double[] scores =
        [
            .. ShortAnswerReference.Answers("textvqa_answers.jsonl").Select(answer => VqaAccuracy.TextVqa(
                answer.Text, questions[(answer.Id.Trim('"'), VqaFiles.TextVqaQuestion(answer.Prompt!)!)].Answers)),
        ];
        string line = $"Samples: {scores.Length}\nAccuracy: {PythonNumbers.Fixed(100 * (scores.Sum() / scores.Length), 2)}%";
        Assert.Contains(line, ShortAnswerReference.Expected.GetProperty("textvqa").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Vqa2_PublishedForm_AsksAsLlavaDoes()
    {
        string questions = Write("v2_OpenEnded_mscoco_val2014_questions.json", """
            {"info": {"x": [1, {"questions": []}]}, "data_subtype": "val2014", "questions": [
             {"image_id": 262148, "question": "Where is he?", "question_id": 262148000}, {"image_id": 9, "question": "Why?", "question_id": 9001}]}
            """);
        string annotations = Write("a.json", """
            {"annotations": [{"question_id": 9001, "answer_type": "number", "answers": [{"answer": "2", "answer_id": 1}]},
             {"question_id": 262148000, "answer_type": "other", "answers": [{"answer": "down", "answer_id": 1}, {"answer": "up", "answer_id": 2}]}]}
            """);
        List<ShortQuestion> read = VqaFiles.Vqa2(questions, annotations);
        Assert.Equal(["262148000", "9001"], read.Select(static q => q.Id));
        Assert.Equal("Where is he?\nAnswer the question using a single word or phrase.", read[0].Text);
        Assert.Equal("COCO_val2014_000000262148.jpg", read[0].Image);
        Assert.Equal(["other"], read[0].Groups);
        Assert.Equal(["down", "up"], read[0].Answers);
        Assert.Empty(VqaFiles.Vqa2(questions, null)[0].Answers);
    }

    [Fact]
    public void Gqa_PublishedForm_IsRead()
    {
        string file = Write("testdev_balanced_questions.json", """
            {"201307251": {"question": "Is it red?", "imageId": "n161313", "answer": "no", "types": {"structural": "verify", "semantic": "attr"}},
             "2": {"question": "What is it?", "imageId": "7", "answer": "cat", "types": {"structural": "query"}}}
            """);
        List<ShortQuestion> read = VqaFiles.Gqa(file);
        Assert.Equal(["\"201307251\"", "\"2\""], read.Select(static q => q.Id));
        Assert.Equal(("n161313.jpg", "binary", "verify", "no"), (read[0].Image, read[0].Groups[0], read[0].Groups[1], read[0].Answers[0]));
        Assert.Equal("open", read[1].Groups[0]);
        Assert.Equal("a cat", VqaFiles.GqaAnswer("A cat..."));
    }

    [Fact]
    public void VizWiz_PublishedForm_AsksForUnanswerable()
    {
        ShortQuestion question = Assert.Single(VqaFiles.VizWiz(Write("test.json", """[{"image": "VizWiz_test_0.jpg", "question": "What's this?"}]""")));
        Assert.Equal(
            "What's this?\nWhen the provided information is insufficient, respond with 'Unanswerable'.\nAnswer the question using a single word or phrase.",
            question.Text);
        Assert.Empty(question.Answers);
    }

    [Theory]
    [InlineData("""[{"image": "a.jpg"}]""", "line 1: question is missing; expected a string")]
    [InlineData("[{\"image\": \"a.jpg\", \"question\": \"q\"},\n{\"image\": 3}]", "line 2: image is 3; expected a string")]
    [InlineData("[{\"image\": \"a.jpg\", \"question\": \"q\"},\n{\"image\": ]", "line 2: ")]
    [InlineData("[{\"image\": \"a.jpg\", \"question\": \"q\"}", "the file ends in the middle of a value")]
    [InlineData("true", "expected a list or an object of objects")]
    public void VizWiz_BadFile_SaysWhere(string json, string message) => Assert.Contains(
        message, Assert.Throws<InvalidDataException>(() => VqaFiles.VizWiz(Write("bad.json", json))).Message, StringComparison.Ordinal);

    [Fact]
    public void Submissions_RecordedAnswers_EqualTheScripts()
    {
        JsonElement expected = ShortAnswerReference.Expected;
        GivenAnswer[] answers = [.. ShortAnswerReference.Answers("upload_answers.jsonl").Select(static a => new GivenAnswer(a.Id, a.Text))];
        GivenAnswer[] some = [.. answers.Select(static (a, i) => i < 25 ? a : a with { Text = null })];
        ShortAnswerReference.AssertSame(expected.GetProperty("vqav2_upload"), Submissions.Vqa2(some));
        ShortAnswerReference.AssertSame(expected.GetProperty("gqa_upload"), Submissions.Gqa(answers));
        ShortAnswerReference.AssertSame(expected.GetProperty("mmvet_upload"), Submissions.MmVet(answers));
        ShortAnswerReference.AssertSame(expected.GetProperty("vizwiz_upload"), Submissions.VizWiz(answers.Select(static a => ($"{a.Id}.jpg", a.Text))));
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
