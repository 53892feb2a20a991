using LlavaCuda.Generation;
using LlavaCuda.Models;
using LlavaCuda.Tests.Models;
using LlavaCuda.Tests.Text;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Generation;

public sealed class AnswerTokensTests
{
    private static readonly LlavaTokenizer Tokenizer = new(SampleVocabulary.Model, new LlavaTokenizerOptions
    {
        AddedTokens = [new("<image>", 420), new("<|im_start|>", 421), new("<|im_end|>", 422), new("</tool>", 423), new("a word", 424) { Special = false }],
    });

    private static readonly LlavaConfig Config = TinyModels.Config with { ImageTokenId = 420, Text = TinyModels.Config.Text with { VocabularySize = 448 } };

    [Fact]
    public void Forbidden_Vicuna_IsAllButTextAndTheEnd()
    {
        AnswerTokens tokens = new(Tokenizer, Config, ["</s>"]);
        Assert.Equal([0, 1, 420, 421, 422, 423, .. Enumerable.Range(425, 448 - 425)], tokens.Forbidden);
        Assert.Equal([2], tokens.Ends);
        Assert.Empty(tokens.StopTexts);
    }

    [Fact]
    public void Ends_TemplatesToken_EndsAsTheModelsDoes()
    {
        AnswerTokens tokens = new(Tokenizer, Config with { Text = Config.Text with { EosTokenId = 300 } }, ["<|im_end|>"]);
        Assert.Equal([2, 300, 422], tokens.Ends.Order());
        Assert.DoesNotContain(422, tokens.Forbidden);
        Assert.Contains(421, tokens.Forbidden);
    }

    [Fact]
    public void StopTexts_EndThatIsNoToken_IsLookedForInTheText() => Assert.Equal(["###"], new AnswerTokens(Tokenizer, Config, ["###"]).StopTexts);
}
