using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Generation;

public sealed class AnswerScorerTests : IDisposable
{
    private readonly LlavaModel _model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"));

    public void Dispose() => _model.Dispose();

    // The twin computes the logits of every row and the logarithm of the softmax in double.
    [Theory]
    [InlineData("llava_v1", 1)]
    [InlineData("llava_v1", 0)]
    [InlineData("llava_llama_2", 1)]
    [InlineData("mpt", 2)]
    public void Score_Answers_AreTheSumsOfTheirTokens(string templateName, int images)
    {
        ConversationTemplate template = ConversationTemplates.Parse(templateName);
        LlavaQuestion question = new("What is it?", [.. Enumerable.Range(0, images).Select(Noise)]);
        string[] answers = ["a cat", "Yes", "a red square, and much more of it", "a cat"];
        AnswerLikelihood[] scored = [.. _model.Score([(question, answers)], template, TestContext.Current.CancellationToken).Single()];
        Assert.Equal(answers, scored.Select(static answer => answer.Text));
        foreach (AnswerLikelihood answer in scored)
        {
            (double expected, int tokens) = Twin(template, question, answer.Text);
            Assert.Equal(tokens, answer.Tokens);
            Assert.Equal(expected, answer.LogProbability, 1e-4 * Math.Abs(expected));
            Assert.Equal(expected / tokens, answer.MeanLogProbability, 1e-4 * Math.Abs(expected));

            // As alone: other answers are other sequences. Which rows share a tile of a product differs.
            Assert.Equal(answer.LogProbability, _model.Score([(question, [answer.Text])], template).Single()[0].LogProbability, 1e-5 * Math.Abs(expected));
        }
    }

    // What greedy decoding says is more likely than any other answer of one token.
    [Fact]
    public void Score_GreedyAnswer_IsTheMostLikely()
    {
        LlavaQuestion question = new("What is the shape?", [Noise(3)]);
        QuestionAnswer greedy = _model.AnswerMany([question], new GenerationOptions { MaxNewTokens = 1 }).Single();
        string[] answers = [greedy.Answer!.Text, "1", "a", "x"];
        IReadOnlyList<AnswerLikelihood> scored = _model.Score([(question, answers)]).Single();
        Assert.Equal(4, scored.Count);
        Assert.All(scored, static answer => Assert.True(answer.LogProbability < 0));
    }

    [Fact]
    public void Score_WhatCannotBeScored_IsNamed()
    {
        Assert.Contains("has no answers", Throws(new("What?", []), []), StringComparison.Ordinal);
        Assert.Contains("the context holds", Throws(new(string.Concat(Enumerable.Repeat("word ", 3000)), []), ["a"]), StringComparison.Ordinal);
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => _model.Score([(new("What?", []), ["a"])], cancellation: stop.Token).Count());

        string Throws(LlavaQuestion question, string[] answers) =>
            Assert.Throws<ArgumentException>(() => _model.Score([(question, answers)]).Count()).Message;
    }

    private static RgbImage Noise(int seed)
    {
        byte[] pixels = new byte[40 * 30 * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(40, 30, pixels);
    }

    private (double LogProbability, int Tokens) Twin(ConversationTemplate template, LlavaQuestion question, string answer)
    {
        ContentPart[] parts = [.. question.Images.Select(static _ => ContentPart.Image), new ContentPart(question.Text)];
        Conversation conversation = new([Turn.Human(parts, ImageOrder.First), Turn.Assistant(answer)]);
        EncodedSample sample = PromptEncoder.EncodeTraining(template, conversation, _model.Tokenizer, ImageOrder.First, null);
        PackedBatch batch = new(_model.Network.Config);
        batch.Add(sample.Ids, []);
        foreach (RgbImage image in question.Images)
        {
            _model.Processor.Process(image, batch.AddImage());
        }

        int vocabulary = _model.Network.Config.Text.VocabularySize;
        int[] rows = [.. Enumerable.Range(0, batch.Rows)];
        float[] logits = new float[batch.Rows * vocabulary];
        using Arena arena = new(_model.Device, 1 << 28, "The test");
        _model.Network.Logits(logits, batch, arena, rows);
        (double sum, int tokens, int row) = (0, 0, -1);
        for (int i = 0; i < sample.Ids.Length; i++)
        {
            if (i > 0 && sample.Labels[i] != PromptEncoder.Ignore)
            {
                ReadOnlySpan<float> of = logits.AsSpan(row * vocabulary, vocabulary);
                double most = of[0];
                foreach (float value in of)
                {
                    most = Math.Max(most, value);
                }

                double all = 0;
                foreach (float value in of)
                {
                    all += Math.Exp(value - most);
                }

                sum += of[sample.Labels[i]] - most - Math.Log(all);
                tokens++;
            }

            row += sample.Ids[i] == PromptEncoder.ImageToken ? _model.RowsPerImage : 1;
        }

        return (sum, tokens);
    }
}
