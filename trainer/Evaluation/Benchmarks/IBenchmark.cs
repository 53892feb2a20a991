using System.CommandLine;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>
/// A benchmark: its questions, how an answer is judged, and what its figures are. Asking, storing, intervals, tables and comparison are
/// the same for all.
/// </summary>
internal interface IBenchmark
{
    /// <summary>Gets its name on the command line.</summary>
    public string Name { get; }

    /// <summary>Gets what is known of it and of its files.</summary>
    public BenchmarkCard Card { get; }

    /// <summary>Gets the options by which the user names its files.</summary>
    public IReadOnlyList<Option> Options { get; }

    /// <summary>Reads the questions.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <exception cref="InvalidDataException">A file is wrong; the message names it, and where.</exception>
    public IReadOnlyList<BenchmarkQuestion> Read(ParseResult parsed);

    /// <summary>Judges an answer.</summary>
    /// <param name="question">The question.</param>
    /// <param name="text">The answer.</param>
    public Judgement Judge(BenchmarkQuestion question, string text);

    /// <summary>Lists the benchmark's figures.</summary>
    /// <param name="rows">All questions with their outcomes.</param>
    public IEnumerable<BenchmarkFigure> Figures(IReadOnlyList<JudgedRow> rows) => BenchmarkFigure.Shares(rows);

    /// <summary>Writes what is handed in to the benchmark's own scorer or server.</summary>
    /// <param name="rows">All questions with their outcomes.</param>
    /// <returns>The file's name and its contents; null where there is none.</returns>
    public (string Name, byte[] Contents)? Submission(IReadOnlyList<JudgedRow> rows) => null;
}
