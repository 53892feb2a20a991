namespace LlavaCuda.Trainer.Evaluation;

/// <summary>What came of a question. An answer in which no option was found is neither right nor wrong.</summary>
internal enum Outcome
{
    /// <summary>The answer is right.</summary>
    Right,

    /// <summary>The answer is wrong.</summary>
    Wrong,

    /// <summary>There is no answer, or none was found in the text.</summary>
    NoAnswer,

    /// <summary>Whether it is right is not known here: only the benchmark's server, or a judge, knows.</summary>
    Unjudged,
}
