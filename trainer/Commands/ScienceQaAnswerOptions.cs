using System.CommandLine;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Trainer.Commands;

/// <summary>Answers to score, and how.</summary>
internal sealed class ScienceQaAnswerOptions
{
    private readonly Option<bool> _original = new("--original")
    {
        Description =
            "The original scripts' arithmetic, output and files: what is not found counts as wrong, or in ensembles as a random option.",
    };
    private readonly Option<bool> _loose = new("--loose")
    {
        Description = "Find letters in more forms than the original does, as (B), Answer: B, or the option's own text.",
    };

    /// <summary>Gets the option of the model's own answers.</summary>
    internal Option<string> File { get; } = new("--answers")
    {
        Description = "The model's answers: JSON Lines with question_id, prompt and text, or a result file with outputs.",
        Required = true,
    };

    /// <summary>Adds the options.</summary>
    internal void AddTo(Command command)
    {
        command.Add(File);
        command.Add(_original);
        command.Add(_loose);
    }

    /// <summary>Whether the original's arithmetic is asked for.</summary>
    internal bool IsOriginal(ParseResult parsed) => parsed.GetValue(_original) && parsed.GetValue(_loose)
        ? throw new ArgumentException("--loose finds what --original does not; give one of them.")
        : parsed.GetValue(_original);

    /// <summary>Whether letters are found in more forms than the original finds them in.</summary>
    internal bool IsLoose(ParseResult parsed) => parsed.GetValue(_loose);

    /// <summary>Reads a file of answers, and warns of those that are not used.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <param name="option">The option that names the file.</param>
    /// <param name="problems">The questions.</param>
    internal Dictionary<string, Prediction> Read(ParseResult parsed, Option option, IReadOnlyList<ScienceQaProblem> problems)
    {
        string path = parsed.GetRequiredValue<string>(option.Name);
        Dictionary<string, Prediction> predictions = ScienceQaPredictions.ReadAny(path, IsOriginal(parsed));
        int known = problems.Count(problem => predictions.ContainsKey(problem.Id));
        TextWriter error = parsed.InvocationConfiguration.Error;
        if (known < predictions.Count)
        {
            string other = Quoted.Name(predictions.Keys.Except(problems.Select(static p => p.Id)).First());
            error.WriteLine(
                $"warning: {path}: {predictions.Count - known} answers to questions outside the split are not used, as {other}.");
        }

        int blind = problems.Count(p => p.Image is not null
            && predictions.TryGetValue(p.Id, out Prediction answer)
                && answer.Prompt?.Contains("<image>", StringComparison.Ordinal) == false);
        if (blind > 0 && option == File)
        {
            error.WriteLine($"warning: {path}: {blind} questions with an image were asked without it, by their recorded prompts.");
        }

        return predictions;
    }

    /// <summary>Says how many more answers would be found by looser rules.</summary>
    internal void PrintLooseHint(
        ParseResult parsed, IReadOnlyList<ScienceQaProblem> problems, IReadOnlyDictionary<string, Prediction> predictions)
    {
        int strict = Found(loose: false), all = Found(loose: true);
        if (!IsLoose(parsed) && all > strict)
        {
            parsed.InvocationConfiguration.Output.WriteLine($"--loose finds an option in {all - strict} of the answers without one.");
        }

        int Found(bool loose) => ScienceQaScore.Of(string.Empty, problems, predictions, loose).Rows.Count(static r => r.Reason is null);
    }
}
