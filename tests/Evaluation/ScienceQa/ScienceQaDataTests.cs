using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Tests.Evaluation.ScienceQa;

public sealed class ScienceQaDataTests : IDisposable
{
    private const string Problem =
        """{"question": "q", "choices": ["a", "b"], "answer": 1, "hint": "", "image": null, "subject": "natural science", "grade": "grade2", "lecture": "", "solution": ""}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-scienceqa-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("\"answer\": 1", "\"answer\": 2", "line 1: 7.answer is 2; expected 0 to 1")]
    [InlineData("\"answer\": 1, ", "", "7.answer is missing; expected 0 to 1")]
    [InlineData("[\"a\", \"b\"]", "[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]", "expected a list of 2 to 5 texts")]
    [InlineData("[\"a\", \"b\"]", "[\"a\", 3]", "7.choices[1] is 3; expected a text")]
    [InlineData("grade2", "grade13", "expected grade1 to grade12")]
    [InlineData("\"image\": null", "\"image\": \"\"", "expected a file name or null")]
    [InlineData("\"hint\": \"\"", "\"hint\": null", "7.hint is null; expected a string")]
    public void Load_ValueWrong_NamesFileAndKey(string old, string replacement, string message)
    {
        Write(Problem.Replace(old, replacement, StringComparison.Ordinal), """{"test": ["7"]}""");
        string found = Assert.Throws<InvalidDataException>(() => ScienceQaData.Load(_folder, "test")).Message;
        Assert.Contains(message, found, StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine(_folder, "problems.json"), found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"train": ["7"]}""", "has no split 'test'; expected train.")]
    [InlineData("""{"test": ["7", "7"]}""", "split 'test' lists '7' twice")]
    [InlineData("""{"test": ["8"]}""", "there is no question '8', which pid_splits.json lists")]
    [InlineData("""{"test": [7]}""", "test[0] is 7; expected a text")]
    public void Load_SplitWrong_SaysWhat(string splits, string message)
    {
        Write(Problem, splits);
        Assert.Contains(
            message, Assert.Throws<InvalidDataException>(() => ScienceQaData.Load(_folder, "test")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"question_id": "1", "text": "A"}""" + "\n" + """{"question_id": 1, "text": "B"}""", "line 2: question '1' is answered twice")]
    [InlineData("""{"question_id": "1"}""", "line 1: text is missing; expected a string")]
    [InlineData("\n\n{\"text\": \"A\"}", "line 3: question_id is missing")]
    [InlineData("{\"question_id\": \"1\", \"text\": \"A\"}\n{\"question_id\"", "line 2: ")]
    public void ReadPredictions_RowWrong_NamesTheLine(string text, string message)
    {
        string path = Path.Combine(_folder, "answers.jsonl");
        File.WriteAllText(path, text);
        Assert.Contains(
            message, Assert.Throws<InvalidDataException>(() => ScienceQaPredictions.Read(path, original: false)).Message,
            StringComparison.Ordinal);
    }

    private void Write(string problem, string splits)
    {
        File.WriteAllText(Path.Combine(_folder, "problems.json"), $$"""{"7": {{problem}}}""");
        File.WriteAllText(Path.Combine(_folder, "pid_splits.json"), splits);
    }
}
