using System.Diagnostics;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>Answers many questions, as many at once as memory allows: when answers are over, other questions take their places.</summary>
internal sealed class QuestionAnswerer
{
    private const int CapacityStep = 64;
    private const long PassBytes = 64 << 20;
    private const int MostPassRows = 16_384;
    private readonly LlavaModel _model;
    private readonly GenerationOptions _options;
    private readonly BatchOptions _batch;
    private readonly ConversationTemplate _template;
    private readonly AnswerTokens _tokens;

    /// <summary>Initializes a new instance of the <see cref="QuestionAnswerer"/> class.</summary>
    /// <param name="model">The model.</param>
    /// <param name="template">The conversation template.</param>
    /// <param name="options">How to answer, validated.</param>
    /// <param name="batch">How many at once, validated.</param>
    internal QuestionAnswerer(LlavaModel model, ConversationTemplate template, GenerationOptions options, BatchOptions batch)
    {
        (_model, _template, _options, _batch) = (model, template, options, batch);
        _tokens = new AnswerTokens(model.Tokenizer, model.Network.Config, template.StopStrings);
    }

    /// <summary>Answers.</summary>
    /// <param name="questions">The questions; at most <see cref="BatchOptions.Questions"/> are taken ahead.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <returns>One answer for each question, in their order.</returns>
    internal IEnumerable<QuestionAnswer> Run(IEnumerable<LlavaQuestion> questions, CancellationToken cancellation)
    {
        using IEnumerator<LlavaQuestion> source = questions.GetEnumerator();
        Queue<QuestionSlot> waiting = new();
        Dictionary<int, QuestionAnswer> done = [];
        int taken = 0, given = 0;
        bool more = true;
        BatchedGenerator? generator = null;
        try
        {
            while (true)
            {
                while (more && waiting.Count < _batch.Questions)
                {
                    more = source.MoveNext();
                    if (more && Prepare(source.Current, taken++, done) is { } prepared)
                    {
                        waiting.Enqueue(prepared);
                    }
                }

                if (waiting.Count == 0 && generator is null or { Active: 0 } && !more)
                {
                    break;
                }

                cancellation.ThrowIfCancellationRequested();
                lock (_model.Gate)
                {
                    _model.RequireUsable();
                    foreach (QuestionSlot ended in Advance(ref generator, waiting))
                    {
                        TimeSpan decode = Stopwatch.GetElapsedTime(ended.Begin) - ended.Prefill;
                        AnswerText text = ended.Text;
                        Answer answer = new(text.Text, text.End!.Value, ended.Rows, ended.Images.Count * _model.RowsPerImage, text.Tokens, ended.Prefill, decode);
                        done.Add(ended.Index, new QuestionAnswer(ended.Question, answer, null));
                    }
                }

                while (done.Remove(given, out QuestionAnswer? next))
                {
                    given++;
                    yield return next;
                }
            }

            while (done.Remove(given++, out QuestionAnswer? rest))
            {
                yield return rest;
            }
        }
        finally
        {
            lock (_model.Gate)
            {
                generator?.Dispose();
            }
        }
    }

    // One step of all answers; before it, prompts are read where enough places are free to make a pass worth it.
    private List<QuestionSlot> Advance(ref BatchedGenerator? generator, Queue<QuestionSlot> waiting)
    {
        int capacity = generator?.Capacity ?? 0;
        if (generator is null or { Active: 0 } && waiting.Any(question => question.Need > capacity))
        {
            generator?.Dispose();
            generator = null;
            generator = Create(waiting);
        }

        List<QuestionSlot> ended = [];
        if (generator is { Active: 0 } || (waiting.Count > 0 && generator!.Free >= Math.Max(1, (generator.Free + generator.Active) / 4)))
        {
            while (TakeForPass(generator!, waiting) is { Count: > 0 } reading)
            {
                long begin = Stopwatch.GetTimestamp();
                List<QuestionSlot> over = generator!.Read(reading);
                TimeSpan took = Stopwatch.GetElapsedTime(begin);
                reading.ForEach(question => (question.Begin, question.Prefill) = (begin, took));
                ended.AddRange(over);
            }
        }

        if (generator!.Active > 0)
        {
            ended.AddRange(generator.Step());
        }

        return ended;
    }

    private BatchedGenerator Create(Queue<QuestionSlot> waiting)
    {
        TextConfig text = _model.Network.Config.Text;
        int need = waiting.Max(static question => question.Need);
        int capacity = Math.Min(_model.ContextLength, (need + CapacityStep - 1) / CapacityStep * CapacityStep);
        long bytes = 2L * text.Layers * text.KvHeads * text.HeadSize * capacity * _model.Device.ComputeType.Size();
        int slots = (int)Math.Clamp(_batch.CacheBytes / bytes, 1, Math.Min(_batch.Questions, waiting.Count));
        return new BatchedGenerator(_model, slots, capacity, _tokens.Forbidden);
    }

    // As many prompts as a pass has rows for; the first one always fits.
    private List<QuestionSlot> TakeForPass(BatchedGenerator generator, Queue<QuestionSlot> waiting)
    {
        LlavaConfig config = _model.Network.Config;
        long rows = Math.Min(MostPassRows, PassBytes / (sizeof(float) * config.Text.HiddenSize));
        long vision = PassBytes / (sizeof(float) * config.Vision.HiddenSize);
        List<QuestionSlot> taken = [];
        while (taken.Count < generator.Free && waiting.TryPeek(out QuestionSlot? next) && next.Need <= generator.Capacity)
        {
            rows -= next.Rows;
            vision -= (long)next.Images.Count * config.Vision.Positions;
            if (taken.Count > 0 && (rows < 0 || vision < 0))
            {
                break;
            }

            taken.Add(waiting.Dequeue());
        }

        return taken;
    }

    private QuestionSlot? Prepare(LlavaQuestion question, int index, Dictionary<int, QuestionAnswer> done)
    {
        try
        {
            ContentPart[] images = [.. question.Images.Select(static _ => ContentPart.Image)];
            Conversation conversation = new([Turn.Human([.. images, new ContentPart(question.Text)], _model.ImageOrder)]);
            (int[] ids, int[] ends) = PromptEncoder.EncodePieces(_template, conversation, _model.Tokenizer);
            int rows = PackedBatch.CountRows(_model.Network.Config, ids);
            if (rows > _model.ContextLength)
            {
                throw new ArgumentException($"The question has {rows} rows ({question.Images.Count} images of {_model.RowsPerImage}); the context holds {_model.ContextLength}.");
            }

            GenerationOptions options = question.Seed is { } seed ? _options with { Seed = seed } : _options;
            int need = (int)Math.Min((long)rows + options.MaxNewTokens, _model.ContextLength);
            return new QuestionSlot(index, question, ids, ends, rows, need, new AnswerText(_tokens, _model.Tokenizer, options));
        }
        catch (ArgumentException error)
        {
            done.Add(index, new QuestionAnswer(question, null, error.Message));
            return null;
        }
    }
}
