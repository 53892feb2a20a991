using LlavaCuda.Images;
using LlavaCuda.Models;

namespace LlavaCuda.Generation;

/// <summary>A question on its way to its answer.</summary>
/// <param name="Index">Its place among all questions.</param>
/// <param name="Question">The question.</param>
/// <param name="Ids">Its prompt.</param>
/// <param name="Ends">How many ids there are up to the end of each of the prompt's pieces.</param>
/// <param name="Rows">The prompt's rows.</param>
/// <param name="Need">The most rows that prompt and answer have together.</param>
/// <param name="Text">The answer so far.</param>
internal sealed record QuestionSlot(int Index, LlavaQuestion Question, int[] Ids, int[] Ends, int Rows, int Need, AnswerText Text)
{
    /// <summary>Gets the images.</summary>
    internal IReadOnlyList<RgbImage> Images => Question.Images;

    /// <summary>Gets or sets the token that was chosen last.</summary>
    internal int Last { get; set; }

    /// <summary>Gets or sets when the reading of the prompt began.</summary>
    internal long Begin { get; set; }

    /// <summary>Gets or sets how long it took, together with other prompts.</summary>
    internal TimeSpan Prefill { get; set; }

    /// <summary>Gets the ids of a piece of the prompt; none beyond the last.</summary>
    /// <param name="piece">The piece, from 0 on.</param>
    internal ReadOnlySpan<int> Piece(int piece) => piece < Ends.Length ? Ids.AsSpan((piece == 0 ? 0 : Ends[piece - 1])..Ends[piece]) : [];

    /// <summary>Counts images before a piece.</summary>
    /// <param name="piece">The piece.</param>
    internal int ImagesBefore(int piece) => piece == 0 ? 0 : Ids.AsSpan(..Ends[piece - 1]).Count(PackedBatch.ImageToken);
}
