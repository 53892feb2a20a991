using System.CommandLine;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary>Finds options that were given and that the rest of the command line leaves without effect.</summary>
internal static class UnusedOptions
{
    /// <summary>Lists them.</summary>
    /// <param name="parsed">A command line without errors.</param>
    /// <returns>One line each.</returns>
    internal static IEnumerable<string> Of(ParseResult parsed)
    {
        if (parsed.CommandResult.Command.Parents.Any(static parent => parent.Name == EvalCommand.Name))
        {
            bool asksNobody = Given("--answers").Any();
            bool chooses = Find("--by") is Option<string> by && parsed.GetValue(by) != EvalRunCommand.Generation;
            string[] names = asksNobody ? [.. ModelOptions.Answering, "--at-once", "--template", "--context", "--device", "--threads", "--precision"]
                : chooses ? [.. ModelOptions.Answering, "--at-once"] : [];
            foreach (string name in Given(names))
            {
                yield return asksNobody ? $"{name} has no effect next to --answers, which asks no model."
                    : $"{name} has no effect next to --by, which generates nothing.";
            }

            if (asksNobody || chooses)
            {
                yield break;
            }
        }

        if (Find("--temperature") is Option<double> temperature && parsed.GetValue(temperature) == 0)
        {
            foreach (string name in Given("--top-k", "--top-p", "--seed"))
            {
                yield return $"{name} has no effect at --temperature 0, which always takes the most likely token.";
            }
        }

        if (Given("--steps").Any())
        {
            foreach (string name in Given("--epochs"))
            {
                yield return $"{name} has no effect next to --steps.";
            }
        }

        if (Given("--stage").Any() && Find("--stage") is Option<TrainingStage> stage && parsed.GetValue(stage) == TrainingStage.Finetune)
        {
            foreach (string name in Given("--save-full"))
            {
                yield return $"{name} has no effect in stage finetune, which always writes the whole model.";
            }
        }

        if (Find("--device") is Option<string> device && parsed.GetValue(device)!.StartsWith("cuda", StringComparison.Ordinal))
        {
            foreach (string name in Given("--threads"))
            {
                yield return $"{name} has no effect on a GPU.";
            }
        }

        IEnumerable<string> Given(params string[] names) => names.Where(name => Find(name) is { } option && parsed.GetResult(option) is { Implicit: false });

        Option? Find(string name) => parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == name);
    }
}
