using System.Text.Json;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class PromptEncoderTests
{
    private static readonly LlavaTokenizer Tokenizer = SampleVocabulary.Modern;

    [Fact]
    [Trait("Category", "Reference")]
    public void EncodeMarked_ReferencePrompts_EqualsTheOriginal()
    {
        foreach (JsonElement testCase in PromptReference.Cases("image_tokens"))
        {
            int[] ids = PromptEncoder.EncodeMarked(testCase.GetProperty("prompt").GetString()!, PromptReference.TokenizerOf(testCase));
            Assert.Equal(PromptReference.Numbers(testCase, "input_ids"), ids);
        }
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void EncodeTraining_ReferenceSamples_EqualsTheOriginal()
    {
        foreach (JsonElement testCase in PromptReference.Cases("training"))
        {
            ConversationTemplate template = ConversationTemplates.Parse(testCase.GetProperty("template").GetString()!);
            LlavaTokenizer tokenizer = PromptReference.TokenizerOf(testCase);
            Conversation sample = Conversation.FromJson(testCase.GetProperty("conversations"), "reference", testCase.GetProperty("has_image").GetBoolean());
            if (testCase.TryGetProperty("error", out _))
            {
                Assert.Throws<InvalidDataException>(() => PromptEncoder.EncodeTraining(template, sample, tokenizer, ImageOrder.First, null));
                continue;
            }

            EncodedSample got = PromptEncoder.EncodeTraining(template, sample, tokenizer, ImageOrder.First, null);
            Assert.Equal(PromptReference.Numbers(testCase, "input_ids"), got.Ids);
            int[] labels = PromptReference.Numbers(testCase, "labels");

            // The two exceptions of the reference: v0's mask drifts, and without legacy the original's sums for several turns
            // fail where the vocabulary does not fit them (Mistral's always), and it gives up the whole sample.
            bool broken = !tokenizer.Options.Legacy && sample.Turns.Count > 2 && labels.All(l => l == PromptEncoder.Ignore);
            if (template.Style == TemplateStyle.OneSeparator || broken)
            {
                AssertOnlyAnswersAreSupervised(template, sample, tokenizer, got);
            }
            else
            {
                Assert.Equal(labels, got.Labels);
            }
        }
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void EncodePrompt_ReferencePrompts_EqualsEncodingTheirText()
    {
        foreach (JsonElement testCase in PromptReference.Cases("prompts"))
        {
            string?[] said = [.. testCase.GetProperty("said").EnumerateArray().Select(s => s.GetString())];
            ConversationTemplate template = ConversationTemplates.Parse(testCase.GetProperty("template").GetString()!);
            if (said[^1] is null && !template.TagsImages && testCase.TryGetProperty("prompt", out JsonElement prompt))
            {
                Conversation asked = new(said[..^1].Select((s, i) => Turn.FromMarked(i % 2 == 0 ? Role.Human : Role.Assistant, s!)));
                Assert.Equal(PromptEncoder.EncodeMarked(prompt.GetString()!, PromptReference.Modern), PromptEncoder.EncodePrompt(template, asked, PromptReference.Modern));
            }
        }
    }

    [Theory]
    [InlineData("v1", " blue</s>", " red</s>")]
    [InlineData("llava_llama_2", " blue </s>", " red </s>")]
    [InlineData("mistral_instruct", " blue </s>", " red </s>")]
    [InlineData("mpt", "blue<|im_end|>", "red<|im_end|>")]
    [InlineData("v0", "###", "### Assistant: blue\n###", "### Assistant: red\n### ")]
    public void EncodeTraining_EveryTemplate_TakesLossOnAnswersAlone(string name, params string[] stretches)
    {
        Conversation sample = Sample("<image>\nWhat color?", "blue", "And the circle?", "red");
        foreach (LlavaTokenizer tokenizer in (LlavaTokenizer[])[SampleVocabulary.Legacy, SampleVocabulary.Modern])
        {
            EncodedSample got = PromptEncoder.EncodeTraining(ConversationTemplates.Parse(name), sample, tokenizer, ImageOrder.First, null);
            Assert.Equal(stretches.Select(Bare), SupervisedStretches(got, tokenizer).Select(Bare));
            Assert.Equal((1, false, got.Labels.Count(l => l >= 0)), (got.ImageCount, got.Truncated, got.SupervisedTokens));
        }

        // Legacy tokenizers decode a space behind </s>, and the first space of a text is dropped.
        static string Bare(string text) => text.Trim(' ').Replace(" </s>", "</s>", StringComparison.Ordinal);
    }

    [Fact]
    public void EncodeTraining_Plain_ImageAndCaptionOnly()
    {
        EncodedSample got = PromptEncoder.EncodeTraining(ConversationTemplates.Parse("plain"), Sample("Describe.<image>", "a red circle"), Tokenizer, ImageOrder.First, null);
        int[] caption = Tokenizer.Encode("a red circle\n");
        Assert.Equal([1, PromptEncoder.ImageToken, .. caption], got.Ids);
        Assert.Equal([PromptEncoder.Ignore, PromptEncoder.Ignore, .. caption], got.Labels);
    }

    [Fact]
    public void EncodeTraining_ImagesInPlace_StayWhereTheyAre()
    {
        Conversation sample = Sample("Is <image> above <image>?", "no");
        EncodedSample first = PromptEncoder.EncodeTraining(ConversationTemplates.Parse("v1"), sample, Tokenizer, ImageOrder.First, null);
        EncodedSample data = PromptEncoder.EncodeTraining(ConversationTemplates.Parse("v1"), sample, Tokenizer, ImageOrder.Data, null);
        Assert.Equal((2, 2), (first.ImageCount, data.ImageCount));
        Assert.Equal(PromptEncoder.EncodeMarked(ConversationTemplates.Parse("v1").Render(sample), Tokenizer), data.Ids);
        Assert.Equal(first.SupervisedTokens, data.SupervisedTokens);
    }

    [Fact]
    public void EncodeTraining_EmptyAnswerOrOpenEnd_OtherAnswersKeepTheirLoss()
    {
        EncodedSample whole = Encode(Sample("<image>Q", "", "Again?", "blue"));
        Assert.Equal("blue", Tokenizer.Decode([.. whole.Labels.Where(l => l >= 0)]));
        EncodedSample open = Encode(Sample("<image>Q", "blue", "Again?"));
        Assert.Equal(whole.SupervisedTokens, open.SupervisedTokens);
    }

    [Fact]
    public void EncodeTraining_AnswerWithMarkersOfTheForm_IsSupervisedWhole()
    {
        // The original splits rendered text at these strings and drops the sample.
        EncodedSample got = Encode(Sample("<image>Q", "He said ASSISTANT: hi </s> and went"));
        Assert.Equal("He said ASSISTANT: hi  and went", Tokenizer.Decode([.. got.Labels.Where(l => l >= 0)]));
    }

    [Fact]
    public void EncodeTraining_ImageIsAToken_TextMarkerIsStillText()
    {
        LlavaTokenizer tokenizer = Tokenizer.WithAddedToken("<image>");
        Conversation sample = new([new Turn(Role.Human, [new("What is <image>?")]), Turn.Assistant("A marker.")]);
        EncodedSample got = PromptEncoder.EncodeTraining(ConversationTemplates.Parse("v1"), sample, tokenizer, ImageOrder.First, null);
        Assert.Equal(0, got.ImageCount);
        Assert.DoesNotContain(tokenizer.ImageId!.Value, got.Ids);
    }

    [Fact]
    public void EncodeTraining_TooLong_IsCutAndSaysSo()
    {
        Conversation sample = Sample("Q", "a red circle above the square");
        EncodedSample whole = Encode(sample);
        EncodedSample cut = PromptEncoder.EncodeTraining(ConversationTemplates.Parse("v1"), sample, Tokenizer, ImageOrder.First, whole.Ids.Length - 3);
        Assert.True(cut.Truncated);
        Assert.Equal(whole.Ids[..^3], cut.Ids);
        Assert.Equal(whole.Labels[..^3], cut.Labels);
        Assert.Equal(whole.SupervisedTokens - 3, cut.SupervisedTokens);
        Assert.False(PromptEncoder.EncodeTraining(ConversationTemplates.Parse("v1"), sample, Tokenizer, ImageOrder.First, whole.Ids.Length).Truncated);
    }

    [Fact]
    public void EncodeTraining_NoBeginToken_NoneIsAdded()
    {
        LlavaTokenizer bare = new(SampleVocabulary.Model, new LlavaTokenizerOptions { AddBos = false });
        EncodedSample got = PromptEncoder.EncodeTraining(ConversationTemplates.Parse("v1"), Sample("<image>Q", "blue"), bare, ImageOrder.First, null);
        Assert.Equal(Encode(Sample("<image>Q", "blue")).Ids[1..], got.Ids);
    }

    [Theory]
    [InlineData("v1", "sample 's1': conversations[3].from is the human again", "H:a", "A:b", "H:c", "H:d")]
    [InlineData("v1", "sample 's1': conversations[1].from is the gpt again", "A:a", "A:b")]
    [InlineData("v1", "sample 's1': there is no turn of a human", "A:a")]
    [InlineData("llava_llama_2", "sample 's1': conversations[0].value is empty", "H:", "A:b")]
    [InlineData("plain", "sample 's1': template plain needs one question", "H:a", "A:b")]
    [InlineData("plain", "sample 's1': template plain needs one question", "H:<image>", "A:b", "H:c", "A:d")]
    public void EncodeTraining_SampleWithoutForm_NamesIt(string name, string expected, params string[] turns)
    {
        Conversation sample = new(turns.Select(t => Turn.FromMarked(t[0] == 'H' ? Role.Human : Role.Assistant, t[2..])), "s1");
        string message = Assert.Throws<InvalidDataException>(() => PromptEncoder.EncodeTraining(ConversationTemplates.Parse(name), sample, Tokenizer, ImageOrder.First, null)).Message;
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodePrompt_EndsWithAnAnswer_Throws()
    {
        Assert.Throws<ArgumentException>(() => PromptEncoder.EncodePrompt(ConversationTemplates.Parse("v1"), Sample("a", "b"), Tokenizer));
        Assert.Throws<ArgumentException>(() => PromptEncoder.EncodePrompt(ConversationTemplates.Parse("v1"), new Conversation([]), Tokenizer));
    }

    [Fact]
    public void EncodePrompt_TaggingTemplate_TagsAsInTraining()
    {
        ConversationTemplate template = ConversationTemplates.Parse("v1_mmtag");
        int[] asked = PromptEncoder.EncodePrompt(template, new Conversation([Turn.Human("Q", images: 1)]), Tokenizer);
        int[] trained = PromptEncoder.EncodeTraining(template, Sample("<image>\nQ", "blue"), Tokenizer, ImageOrder.First, null).Ids;
        Assert.Equal(trained[..asked.Length], asked);
    }

    private static EncodedSample Encode(Conversation sample) =>
        PromptEncoder.EncodeTraining(ConversationTemplates.Parse("v1"), sample, Tokenizer, ImageOrder.First, null);

    private static Conversation Sample(params string[] said) =>
        new(said.Select((text, i) => Turn.FromMarked(i % 2 == 0 ? Role.Human : Role.Assistant, text)), "s1");

    /// <summary>Every label is its id or ignored, answers are supervised whole, and questions are not but for the mark before them.</summary>
    private static void AssertOnlyAnswersAreSupervised(ConversationTemplate template, Conversation sample, LlavaTokenizer tokenizer, EncodedSample got)
    {
        Assert.All(got.Ids.Zip(got.Labels), p => Assert.True(p.Second == PromptEncoder.Ignore || p.Second == p.First));
        string[] stretches = [.. SupervisedStretches(got, tokenizer).Select(s => s.Trim(' ')).Where(s => s != template.Separator)];
        Turn[] answers = [.. sample.Turns.SkipWhile(t => t.Role == Role.Assistant && template.Style != TemplateStyle.OneSeparator).Where(t => t.Role == Role.Assistant)];
        Assert.Equal(answers.Length, stretches.Length);
        for (int i = 0; i < answers.Length; i++)
        {
            string text = string.Concat(answers[i].Content.Select(p => p.Text));
            string expected = template.Style switch
            {
                TemplateStyle.OneSeparator => $"### Assistant: {text}\n###",
                TemplateStyle.Llama2 => $"{text} {template.AnswerEnd}",
                _ => $"{text}{template.AnswerEnd}",
            };
            Assert.Equal(expected.Trim(' '), stretches[i]);
        }
    }

    private static List<string> SupervisedStretches(EncodedSample sample, LlavaTokenizer tokenizer)
    {
        List<string> stretches = [];
        for (int i = 0; i < sample.Labels.Length; i++)
        {
            int from = i;
            while (i < sample.Labels.Length && sample.Labels[i] != PromptEncoder.Ignore)
            {
                i++;
            }

            if (i > from)
            {
                stretches.Add(tokenizer.Decode(sample.Labels.AsSpan(from, i - from), skipSpecialTokens: false));
            }
        }

        return stretches;
    }
}
