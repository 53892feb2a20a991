using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Asking;

namespace LlavaCuda.Trainer.Generating;

/// <summary>
/// Makes instruction data: asks about as many images as samples are missing, reads the replies, and asks about further images for those
/// that were of no use, until there are enough samples or no more images. What comes out follows from the replies alone, in whatever
/// order they arrive and however often the run is killed.
/// </summary>
/// <param name="data">Captions and boxes.</param>
/// <param name="tasks">What is made.</param>
/// <param name="options">How the model is asked.</param>
/// <param name="seed">Chooses images and instructions.</param>
/// <param name="fileOf">The name of an image's file.</param>
internal sealed class GenerationRun(
    CocoData data, IReadOnlyList<GenerationTask> tasks, CallOptions options, ulong seed, Func<CocoImage, string> fileOf)
{
    private const int MostUseless = 50;
    private const string Duplicate = "the same as an earlier sample";
    private const string Refused = "refused";
    private const string LengthReason = "length";
    private readonly HashSet<UInt128> _fingerprints = [];
    private readonly CounterRandom _instruction = new(seed, "detail instruction");

    /// <summary>Orders images at random, whatever their order in the files.</summary>
    /// <param name="data">The images.</param>
    /// <param name="isUsed">Whether an image may be asked about.</param>
    /// <param name="type">The type of samples; each has an order of its own.</param>
    /// <param name="seed">Chooses.</param>
    internal static int[] Order(CocoData data, Func<int, bool> isUsed, ResponseType type, ulong seed)
    {
        CounterRandom random = new(seed, $"images, {type.Name}");
        return [.. Enumerable.Range(0, data.Count).Where(place => data.CaptionsOf(place) > 0 && isUsed(place))
            .OrderBy(place => random.Bits((ulong)data.IdOf(place))).ThenBy(data.IdOf)];
    }

    /// <summary>Makes samples.</summary>
    /// <param name="ask">Has requests answered, in their order.</param>
    /// <param name="output">Receives samples, and what was dropped.</param>
    /// <param name="model">The name of who answers.</param>
    /// <exception cref="InvalidDataException">Many replies in a row were of no use.</exception>
    internal void Run(Func<IReadOnlyCollection<ModelCall>, IEnumerable<CallOutcome>> ask, IGenerationOutput output, string model)
    {
        while (NextRound() is { Count: > 0 } round)
        {
            foreach ((Request request, CallOutcome outcome) in round.Zip(ask(new CallList(this, round))))
            {
                Take(request, outcome, output, model);
            }
        }
    }

    private List<Request> NextRound() => [.. tasks.SelectMany(static task => task.Take().Select(place => new Request(task, place)))];

    private ModelCall Call(Request request) => new(
        $"{request.Task.Type.Name} {data[request.Place].PaddedId}",
        request.Task.Prompts.For(ImageContext.Of(data, request.Place, request.Task.Type.HasBoxes)),
        options);

    private void Take(Request request, CallOutcome outcome, IGenerationOutput output, string model)
    {
        (GenerationTask task, int place) = request;
        output.Count(task.Type, outcome);
        if (outcome.IsOpen)
        {
            task.Open++;
            return;
        }

        CocoImage image = data[place];
        string instruction = DetailInstructions.All[_instruction.Below((ulong)image.Id, DetailInstructions.All.Count)];
        ParsedReply parsed = outcome.Text is { } text
            ? ReplyFilter.Apply(ReplyParser.Parse(task.Type, text, outcome.FinishReason == LengthReason, instruction))
            : ParsedReply.Useless(Refused, outcome.Failure!);
        string key = CallKey.Of(model, outcome.Call);
        GeneratedSample sample = new(task.Type, image, fileOf(image), parsed.Pairs, key);
        if (parsed.Pairs.Count > 0 && !_fingerprints.Add(sample.Fingerprint))
        {
            parsed = ParsedReply.Useless(Duplicate, outcome.Text!);
        }

        output.Drop(task.Type, image, parsed, key);
        if (parsed.Pairs.Count > 0)
        {
            task.Made++;
            task.UselessInARow = 0;
            output.Add(sample, parsed);
        }
        else if (++task.UselessInARow == MostUseless)
        {
            throw new InvalidDataException(
                $"{MostUseless} replies in a row for {task.Type.Name} were of no use, the last one: {parsed.Dropped[0].Reason}.");
        }
    }

    /// <summary>An image to ask about.</summary>
    private readonly record struct Request(GenerationTask Task, int Place);

    // Requests are made as they are taken: with their contexts they would fill the memory.
    private sealed class CallList(GenerationRun run, List<Request> requests) : IReadOnlyCollection<ModelCall>
    {
        public int Count => requests.Count;

        public IEnumerator<ModelCall> GetEnumerator() => requests.Select(run.Call).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>Receives what a run makes.</summary>
internal interface IGenerationOutput
{
    /// <summary>A request has its outcome.</summary>
    public void Count(ResponseType type, CallOutcome outcome);

    /// <summary>Parts of a reply, or all of it, are not used; there may be none.</summary>
    public void Drop(ResponseType type, CocoImage image, ParsedReply parsed, string callKey);

    /// <summary>There is a sample.</summary>
    public void Add(GeneratedSample sample, ParsedReply parsed);
}
