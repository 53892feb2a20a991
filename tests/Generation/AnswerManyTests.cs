using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Generation;

public sealed class AnswerManyTests : IDisposable
{
    private static readonly string[] Words =
        ["What", "is", "the", "shape", "left", "of", "a", "red", "square?", "And", "why", "\n", "Tell me", "circle", "é", "1, 2, 3"];
    private readonly LlavaModel _model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"));

    public void Dispose() => _model.Dispose();

    // Tokens are drawn at random from the logits, so that their least bits show in the texts.
    [Theory]
    [InlineData(0, "llava_v1")]
    [InlineData(1, "llava_llama_2")]
    [InlineData(2, "mistral_instruct")]
    [InlineData(3, "mpt")]
    [InlineData(4, "plain")]
    public void AnswerMany_RandomQuestions_AnswersAreThoseOfSingleOnes(int seed, string templateName)
    {
        ConversationTemplate template = ConversationTemplates.Parse(templateName);
        Random random = new(seed);
        foreach (int atOnce in (int[])[1, 2, 5, 16, 40])
        {
            LlavaQuestion[] questions = [.. Enumerable.Range(0, 30).Select(_ => Draw(random, templateName == "plain"))];
            GenerationOptions options = new()
            {
                MaxNewTokens = random.Next(1, 24),
                Temperature = random.Next(2) * 1.5,
                StopStrings = random.Next(2) == 0 ? [] : ["a", "xy"],
                Seed = (ulong)seed,
            };
            BatchOptions batch = new() { Questions = atOnce, CacheBytes = random.Next(2) == 0 ? 1 << 16 : 1 << 24 };
            List<QuestionAnswer> answers =
                [.. _model.AnswerMany(questions, options, batch, template, TestContext.Current.CancellationToken)];
            Assert.Equal(questions, answers.Select(static answer => answer.Question));
            for (int i = 0; i < questions.Length; i++)
            {
                Answer alone = Alone(questions[i], options, template);
                Assert.Equal(Timeless(alone), Timeless(answers[i].Answer!));
                Assert.Null(answers[i].Failure);
            }
        }
    }

    [Fact]
    public void Logits_AreTheSameBits()
    {
        Random random = new(9);
        GenerationOptions options = new() { MaxNewTokens = 64 };
        AnswerTokens tokens = new(_model.Tokenizer, _model.Network.Config, _model.Template.StopStrings);
        QuestionSlot[] questions = [.. Enumerable.Range(0, 7).Select(i => Slot(i, Draw(random, onlyImages: false), options, tokens))];
        using BatchedGenerator many = new(_model, slots: 7, capacity: 512, tokens.Forbidden);
        many.Read(questions);
        List<int>[] chosen = [.. questions.Select(static _ => new List<int>())];
        for (int step = 0; step < 5; step++)
        {
            int[] last = [.. questions.Select(static question => question.Last)];
            QuestionSlot[] going = [.. questions.Where(static question => question.Text.End is null)];
            Assert.InRange(going.Length, 3, 7);
            many.Step();
            float[] logits = new float[many.Logits.Shape.Count];
            _model.Device.ReadFloats(logits, many.Logits);
            foreach (QuestionSlot question in going)
            {
                chosen[question.Index].Add(last[question.Index]);
                float[] expected = LogitsAlone(question, chosen[question.Index]);
                Assert.Equal(expected, logits.AsSpan(question.Index * expected.Length, expected.Length).ToArray());
            }
        }
    }

    [Fact]
    public void AnswerMany_WhatCannotBeAsked_FailsInItsPlace()
    {
        LlavaQuestion[] questions =
        [
            new("What is it?", []), new(string.Concat(Enumerable.Repeat("word ", 3000)), []),
            new("<image> and <image>", [Noise(1)]), new("What is it?", []),
        ];
        List<QuestionAnswer> answers =
        [
            .. _model.AnswerMany(questions, new GenerationOptions { MaxNewTokens = 4 }, cancellation: TestContext.Current.CancellationToken),
        ];
        Assert.Equal([true, false, false, true], answers.Select(static answer => answer.Answer is not null));
        Assert.Contains("the context holds", answers[1].Failure, StringComparison.Ordinal);
        Assert.Equal(answers[0].Answer!.Text, answers[3].Answer!.Text);
    }

    [Fact]
    public void AnswerMany_TakesQuestionsAsPlacesBecomeFree_AndStops()
    {
        using CancellationTokenSource stop = new();
        int taken = 0;
        IEnumerable<LlavaQuestion> endless = Enumerable.Range(0, int.MaxValue).Select(i =>
        {
            taken++;
            return new LlavaQuestion($"Question {i}", []) { Tag = i };
        });
        List<object?> tags = [];
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (QuestionAnswer answer in _model.AnswerMany(endless, new GenerationOptions { MaxNewTokens = 3 },
                new BatchOptions { Questions = 4 }, cancellation: stop.Token))
            {
                tags.Add(answer.Question.Tag);
                if (tags.Count == 10)
                {
                    stop.Cancel();
                }
            }
        });
        Assert.Equal(Enumerable.Range(0, tags.Count).Cast<object?>(), tags);
        Assert.InRange(tags.Count, 10, 14);
        Assert.InRange(taken, 10, 24);
    }

    [Fact]
    public void AnswerMany_ModelDisposed_SaysSo()
    {
        using LlavaModel model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"));
        IEnumerable<LlavaQuestion> questions = Enumerable.Range(0, 100).Select(static i => new LlavaQuestion($"{i}", []));
        Assert.Throws<ObjectDisposedException>(() =>
        {
            foreach (QuestionAnswer answer in model.AnswerMany(questions,
                new GenerationOptions { MaxNewTokens = 3 }, new BatchOptions { Questions = 4 },
                cancellation: TestContext.Current.CancellationToken))
            {
                model.Dispose();
            }
        });
    }

    private static Answer Timeless(Answer answer) => answer with { PrefillTime = default, DecodeTime = default };

    private static RgbImage Noise(int seed)
    {
        RgbImage image = new(20 + seed, 30);
        new Random(seed).NextBytes(image.Pixels);
        return image;
    }

    private static LlavaQuestion Draw(Random random, bool onlyImages)
    {
        RgbImage[] images = [.. Enumerable.Range(0, onlyImages ? 1 : random.Next(3)).Select(_ => Noise(random.Next(9)))];
        string text = onlyImages ? string.Empty
            : string.Join(' ', Enumerable.Range(0, random.Next(1, random.Next(2) == 0 ? 4 : 60))
            .Select(_ => Words[random.Next(Words.Length)]));
        return new LlavaQuestion(text, images) { Seed = random.Next(2) == 0 ? null : (ulong)random.Next() };
    }

    private Answer Alone(LlavaQuestion question, GenerationOptions options, ConversationTemplate template)
    {
        using ChatSession chat = _model.StartChat(template);
        foreach (string piece in chat.Send(
            question.Text, question.Images,
            question.Seed is { } seed ? options with { Seed = seed } : options))
        {
            Assert.NotEmpty(piece);
        }

        return chat.LastAnswer!;
    }

    private QuestionSlot Slot(int index, LlavaQuestion question, GenerationOptions options, AnswerTokens tokens)
    {
        Conversation conversation = new(
            [Turn.Human([.. question.Images.Select(static _ => ContentPart.Image), new ContentPart(question.Text)], ImageOrder.First)]);
        (int[] ids, int[] ends) = PromptEncoder.EncodePieces(_model.Template, conversation, _model.Tokenizer);
        return new QuestionSlot(
            index, question, ids, ends, PackedBatch.CountRows(_model.Network.Config, ids), 512,
            new AnswerText(tokens, _model.Tokenizer, options));
    }

    private float[] LogitsAlone(QuestionSlot question, List<int> chosen)
    {
        using TokenGenerator alone = new(_model.Network, 512);
        alone.Read(question.Ids, question.Ends, (image, pixels) => _model.Processor.Process(question.Images[image], pixels));
        chosen.ForEach(alone.Append);
        float[] logits = new float[alone.Logits.Shape.Count];
        _model.Device.ReadFloats(logits, alone.Logits);
        return logits;
    }
}
