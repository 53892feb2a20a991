using System.Globalization;
using System.Text.Json;
using LlavaCuda.Images;
using LlavaCuda.Trainer.Ablations;

namespace LlavaCuda.Tests.Evaluation.ScienceQa;

/// <summary>Made-up problems in ScienceQA's layout: two files, and an image in a folder of each problem that has one.</summary>
internal static class MadeUpScienceQa
{
    /// <summary>Writes a train and a test split.</summary>
    internal static void Write(string folder, int train, int test, int seed)
    {
        Directory.CreateDirectory(folder);
        List<MadeUpProblem> problems =
            [.. MadeUpProblems.Draw(seed, train, heldOut: false), .. MadeUpProblems.Draw(seed + 1, test, heldOut: true)];
        using (FileStream file = File.Create(Path.Combine(folder, "problems.json")))
        {
            using Utf8JsonWriter json = new(file);
            json.WriteStartObject();
            foreach ((int i, MadeUpProblem problem) in problems.Index())
            {
                string id = Id(i);
                WriteProblem(json, id, i, problem, i < train ? "train" : "test");
                if (problem.Image is { } image)
                {
                    ImageFile
                        .Write(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "images", id)).FullName, "image.png"), image);
                }
            }

            json.WriteEndObject();
        }

        string[] ids = [.. Enumerable.Range(0, train + test).Select(static i => $"\"{Id(i)}\"")];
        string splits = $$"""{"train": [{{string.Join(", ", ids[..train])}}], "test": [{{string.Join(", ", ids[train..])}}]}""";
        File.WriteAllText(Path.Combine(folder, "pid_splits.json"), splits);
    }

    private static string Id(int problem) => (problem + 1).ToString(CultureInfo.InvariantCulture);

    private static void WriteProblem(Utf8JsonWriter json, string id, int number, MadeUpProblem problem, string split)
    {
        json.WriteStartObject(id);
        json.WriteString("question", problem.Question);
        json.WriteStartArray("choices");
        foreach (string choice in problem.Choices)
        {
            json.WriteStringValue(choice);
        }

        json.WriteEndArray();
        json.WriteNumber("answer", problem.Answer);
        json.WriteString("hint", problem.Context);
        json.WriteString("image", problem.Image is null ? null : "image.png");
        json.WriteString("task", "closed choice");
        json.WriteString("grade", $"grade{(number % 12) + 1}");
        json.WriteString("subject", problem.Subject);
        json.WriteString("topic", "made up");
        json.WriteString("category", "made up");
        json.WriteString("skill", "made up");
        json.WriteString("lecture", string.Empty);
        json.WriteString("solution", problem.Solution);
        json.WriteString("split", split);
        json.WriteEndObject();
    }
}
