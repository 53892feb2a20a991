using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>
/// Computes how likely answers are: all answers to a question go through the model as training samples do, as sequences of one pass, and
/// the loss of a token is the negative logarithm of its probability.
/// </summary>
internal sealed class AnswerScorer : IDisposable
{
    private const int MostPassRows = 16_384;
    private readonly LlavaModel _model;
    private readonly ConversationTemplate _template;
    private readonly PackedBatch _batch;
    private readonly ActivationPlan _plan;
    private Arena? _arena;

    /// <summary>Initializes a new instance of the <see cref="AnswerScorer"/> class.</summary>
    /// <param name="model">The model.</param>
    /// <param name="template">The conversation template.</param>
    internal AnswerScorer(LlavaModel model, ConversationTemplate template)
    {
        (_model, _template) = (model, template);
        _batch = new PackedBatch(model.Network.Config);
        _plan = new ActivationPlan(model.Device, model.Network.Config);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arena?.Dispose();
        _plan.Dispose();
    }

    /// <summary>Computes the likelihoods of all answers to a question.</summary>
    /// <param name="question">The question.</param>
    /// <param name="answers">The answers.</param>
    /// <returns>One for each, in their order.</returns>
    internal AnswerLikelihood[] Score(LlavaQuestion question, IReadOnlyList<string> answers)
    {
        EncodedSample[] samples = [.. answers.Select(answer => Encode(question, answer))];
        AnswerLikelihood[] likelihoods = new AnswerLikelihood[answers.Count];
        for (int first = 0; first < samples.Length;)
        {
            int end = first, rows = 0;
            _batch.Clear();
            do
            {
                _batch.Add(samples[end].Ids, samples[end].Labels);
                foreach (RgbImage image in question.Images)
                {
                    _model.Processor.Process(image, _batch.AddImage());
                }

                rows = _batch.Rows;
                end++;
            }
            while (end < samples.Length && rows + PackedBatch.CountRows(_model.Network.Config, samples[end].Ids) <= MostPassRows);

            ReadOnlySpan<float> losses = Losses();
            for (; first < end; first++)
            {
                // The first id has no row before it that could predict it.
                int tokens = samples[first].Labels.AsSpan(1).Length - samples[first].Labels.AsSpan(1).Count(PackedBatch.Ignore);
                double sum = 0;
                foreach (float loss in losses[..tokens])
                {
                    sum += loss;
                }

                losses = losses[tokens..];
                likelihoods[first] = double.IsFinite(sum) ? new AnswerLikelihood(answers[first], -sum, tokens)
                    : throw new NotFiniteNumberException($"The likelihood of answer {first + 1} is NaN or infinite.");
            }
        }

        return likelihoods;
    }

    private EncodedSample Encode(LlavaQuestion question, string answer)
    {
        ContentPart[] images = [.. question.Images.Select(static _ => ContentPart.Image)];
        Conversation conversation = new(
            [Turn.Human([.. images, new ContentPart(question.Text)], _model.ImageOrder), Turn.Assistant(answer)]);
        EncodedSample sample = PromptEncoder.EncodeTraining(_template, conversation, _model.Tokenizer, _model.ImageOrder, null);
        int rows = PackedBatch.CountRows(_model.Network.Config, sample.Ids);
        return rows > _model.ContextLength
            ? throw new ArgumentException($"Question and answer have {rows} rows; the context holds {_model.ContextLength}.")
            : sample.ImageCount != question.Images.Count || sample.Labels.AsSpan(1).Count(PackedBatch.Ignore) == sample.Labels.Length - 1
            ? throw new ArgumentException($"The template {_template.Name} has no answer to a question in which the answer could be found.")
            : sample;
    }

    private ReadOnlySpan<float> Losses()
    {
        long bytes = _plan.Loss(_batch);
        if (_arena is null || bytes > _arena.Capacity)
        {
            _arena?.Dispose();
            _arena = null;
            _arena = new Arena(_model.Device, bytes, "The activations of the answers");
        }

        _model.Network.Loss(_batch, _arena);
        return _model.Network.RowLosses;
    }
}
