namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>The columns of ScienceQA's tables: subject, context modality, grade, and all; a question with text and image counts under
/// both.</summary>
internal static class ScienceQaGroups
{
    /// <summary>The columns.</summary>
    internal static readonly IReadOnlyList<(string Name, Func<ScienceQaProblem, bool> Holds)> All =
    [
        ("NAT", static p => p.Subject == "natural science"),
        ("SOC", static p => p.Subject == "social science"),
        ("LAN", static p => p.Subject == "language science"),
        ("TXT", static p => p.Hint.Length > 0),
        ("IMG", static p => p.Image is not null),
        ("NO", static p => p.Hint.Length == 0 && p.Image is null),
        ("G1-6", static p => p.GradeNumber <= 6),
        ("G7-12", static p => p.GradeNumber > 6),
        ("Avg", static _ => true),
    ];

    /// <summary>The questions of the official test split, by which one sees whether a score is of all of it.</summary>
    internal const int OfficialTestCount = 4241;

    /// <summary>The rows of the LLaVA paper's table, in percent, in the order of <see cref="All"/>.</summary>
    internal static readonly IReadOnlyList<(string Name, double[] Accuracy)> Paper =
    [
        ("Human", [90.23, 84.97, 87.48, 89.60, 87.50, 88.10, 91.59, 82.42, 88.40]),
        ("GPT-3.5", [74.64, 69.74, 76.00, 74.44, 67.28, 77.42, 76.80, 68.89, 73.97]),
        ("GPT-3.5 CoT", [75.44, 70.87, 78.09, 74.68, 67.43, 79.93, 78.23, 69.68, 75.17]),
        ("LLaMA-Adapter", [84.37, 88.30, 84.36, 83.72, 80.32, 86.90, 85.83, 84.05, 85.19]),
        ("MM-CoT base", [87.52, 77.17, 85.82, 87.88, 82.90, 86.83, 84.65, 85.37, 84.91]),
        ("MM-CoT large", [95.91, 82.00, 90.82, 95.26, 88.80, 92.89, 92.44, 90.31, 91.68]),
        ("GPT-4 (2-shot)", [84.06, 73.45, 87.36, 81.87, 70.75, 90.73, 84.69, 79.10, 82.69]),
        ("LLaVA", [90.36, 95.95, 88.00, 89.49, 88.00, 90.66, 90.93, 90.90, 90.92]),
        ("LLaVA+GPT-4 complement", [90.36, 95.50, 88.55, 89.05, 87.80, 91.08, 92.22, 88.73, 90.97]),
        ("LLaVA+GPT-4 judge", [91.56, 96.74, 91.09, 90.62, 88.99, 93.52, 92.73, 92.16, 92.53]),
    ];
}
