using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>A question of ScienceQA with its options, its truth and what explains it.</summary>
/// <param name="Id">Its key in <c>problems.json</c>.</param>
/// <param name="Question">The question.</param>
/// <param name="Choices">The options, two to five.</param>
/// <param name="Answer">The place of the right one.</param>
/// <param name="Hint">The passage that it is about; may be empty.</param>
/// <param name="Image">The image's name inside the folder of the question's id, or null.</param>
/// <param name="Subject"><c>natural science</c>, <c>social science</c> or <c>language science</c>.</param>
/// <param name="Grade"><c>grade1</c> to <c>grade12</c>.</param>
/// <param name="Lecture">The general explanation; may be empty.</param>
/// <param name="Solution">The explanation of this answer; may be empty.</param>
/// <param name="Caption">A caption of the image, which the official data does not have.</param>
internal sealed record ScienceQaProblem(
    string Id, string Question, IReadOnlyList<string> Choices, int Answer, string Hint, string? Image, string Subject, string Grade,
        string Lecture, string Solution, string? Caption)
{
    /// <summary>The letters of the options.</summary>
    internal const string Letters = "ABCDE";

    /// <summary>Gets the letter of the right option.</summary>
    internal char AnswerLetter => Letters[Answer];

    /// <summary>Gets the place of the image below the folder of images, or null.</summary>
    internal string? ImagePath => Image is null ? null : $"{Id}/{Image}";

    /// <summary>Gets the school year, 1 to 12.</summary>
    internal int GradeNumber => int.Parse(Grade.AsSpan("grade".Length), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads a problem.</summary>
    /// <param name="id">Its key.</param>
    /// <param name="section">Its value.</param>
    /// <exception cref="InvalidDataException">A value is missing or wrong; the message names file, line and key.</exception>
    internal static ScienceQaProblem Read(string id, ConfigSection section)
    {
        string[] choices = section.OptionalTexts("choices") is { Length: >= 2 and <= 5 } texts ? texts
            : throw section.Wrong("choices", "a list of 2 to 5 texts");
        string grade = Required(section, "grade");
        string? image = section.OptionalText("image", "a file name or null");
        return new ScienceQaProblem(
            id,
            Required(section, "question"),
            choices,
            section.OptionalInteger("answer") is { } answer && answer >= 0 && answer < choices.Length ? answer
                : throw section.Wrong("answer", $"0 to {choices.Length - 1}"),
            Required(section, "hint"),
            image is "" ? throw section.Wrong("image", "a file name or null") : image,
            Required(section, "subject"),
            IsGrade(grade) ? grade : throw section.Wrong("grade", "grade1 to grade12"),
            Required(section, "lecture"),
            Required(section, "solution"),
            section.OptionalText("caption"));
    }

    private static bool IsGrade(string grade) =>
        grade.StartsWith("grade", StringComparison.Ordinal)
            && int.TryParse(
            grade.AsSpan("grade".Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
                out int number) && number is >= 1 and <= 12;

    private static string Required(ConfigSection section, string key) => section.OptionalText(key) ?? throw section.Wrong(key, "a string");
}
