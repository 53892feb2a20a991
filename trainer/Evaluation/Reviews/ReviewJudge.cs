using LlavaCuda.Trainer.Asking;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>Has answers judged.</summary>
/// <param name="inputs">What is compared.</param>
/// <param name="repetitions">How often each is judged.</param>
/// <param name="bothOrders">Whether each is also judged with answer 2 shown first.</param>
/// <param name="original">Whether scores are read as the original reads them, −1 for a failure.</param>
internal sealed class ReviewJudge(IReadOnlyList<ReviewInput> inputs, int repetitions, bool bothOrders, bool original)
{
    /// <summary>Gets the number of requests.</summary>
    internal int Count => inputs.Count * repetitions * (bothOrders ? 2 : 1);

    /// <summary>Gets the requests: repetition by repetition, question by question, the order of the files first.</summary>
    internal IEnumerable<ModelCall> Calls => Places().Select(place => new ModelCall(
        $"{inputs[place.Input].QuestionId.Trim('"')}{(place.Swapped ? " swapped" : string.Empty)} {place.Repetition}",
        [new(ChatRole.System, ReviewRequest.System), new(ChatRole.User, inputs[place.Input].Content(place.Swapped))],
        new CallOptions { Temperature = ReviewRequest.Temperature, MaxTokens = ReviewRequest.MaxTokens, Sample = place.Repetition }));

    /// <summary>Makes rows of outcomes.</summary>
    /// <param name="outcomes">One for each request, in their order.</param>
    /// <param name="judge">The judge's name.</param>
    internal IEnumerable<Review> Rows(IEnumerable<CallOutcome> outcomes, string judge) =>
        Places().Zip(outcomes).Index().Select(row => Row(row.Index + 1, row.Item.First, row.Item.Second, judge));

    private IEnumerable<(int Repetition, int Input, bool Swapped)> Places() =>
        from repetition in Enumerable.Range(1, repetitions)
        from input in Enumerable.Range(0, inputs.Count)
        from swapped in bothOrders ? (bool[])[false, true] : [false]
        select (repetition, input, swapped);

    private Review Row(int id, (int Repetition, int Input, bool Swapped) place, CallOutcome outcome, string judge)
    {
        ReviewScores? shown = outcome.Text is not { } text ? null : original ? ReviewScores.ParseOriginal(text) : ReviewScores.Parse(text);
        ReviewScores? scores = place.Swapped ? shown?.Swapped() : shown;
        return inputs[place.Input].Judged(id, outcome.Text, scores) with
        {
            IsSwapped = place.Swapped,
            Repetition = place.Repetition,
            Judge = judge,
            Failure = scores is not null ? null : outcome.Failure ?? ReviewScores.Unparsable,
        };
    }
}
