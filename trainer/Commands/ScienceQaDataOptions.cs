using System.CommandLine;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Trainer.Commands;

/// <summary>Where the questions are.</summary>
internal sealed class ScienceQaDataOptions
{
    private readonly Option<string> _folder =
        new("--data") { Description = "Folder with problems.json and pid_splits.json.", Required = true };
    private readonly Option<string> _split =
        new("--split") { Description = "Which split of them.", DefaultValueFactory = static _ => "test" };

    /// <summary>Gets the options.</summary>
    internal IReadOnlyList<Option> All => [_folder, _split];

    /// <summary>Adds the options.</summary>
    internal void AddTo(Command command)
    {
        command.Add(_folder);
        command.Add(_split);
    }

    /// <summary>Gets the folder.</summary>
    internal string Folder(ParseResult parsed) => parsed.GetRequiredValue(_folder);

    /// <summary>Gets the split's name.</summary>
    internal string Split(ParseResult parsed) => parsed.GetRequiredValue(_split);

    /// <summary>Reads the questions.</summary>
    internal IReadOnlyList<ScienceQaProblem> Load(ParseResult parsed) => ScienceQaData.Load(Folder(parsed), Split(parsed));
}
