using LlavaCuda.Trainer;

namespace LlavaCuda.Tests.Commands;

public class UsageErrorTests
{
    [Theory]
    [InlineData("'trian' is no command; did you mean train?", "trian")]
    [InlineData("'Chat' is no command; did you mean chat?", "Chat")]
    [InlineData("'frobnicate' is no command.", "frobnicate")]
    [InlineData("'--modle' is no option; did you mean --model?", "ask", "-q", "hi", "--modle", "x")]
    [InlineData("'--Image-Apsect' is no option; did you mean --image-aspect?", "ask", "--Image-Apsect", "pad")]
    [InlineData("'--learning-rat' is no option; did you mean --learning-rate?", "train", "--learning-rat", "1")]
    [InlineData("'--warmup=0.1' is no option; did you mean --warmup-ratio?", "train", "--warmup=0.1")]
    [InlineData("'-model' is no option; did you mean --model?", "verify", "-model", "x")]
    [InlineData("'--frobnicate' is no option.", "doctor", "--frobnicate")]
    [InlineData("'--imagse' is no option; did you mean --images?", "train", "--data", "a.json", "--imagse", "folder")]
    [InlineData("'color' belongs to no option (a value with spaces needs quotes).", "ask", "--model", "x", "-q", "What", "color")]
    [InlineData("Options '--stage', '--model', '--data' and '--out' are required.", "train")]
    [InlineData("Options '--model' and '--out' are required.", "train", "--stage", "pretrain", "--data", "x")]
    [InlineData("Option '--model' is required.", "verify")]
    [InlineData("expected finetune, pretrain", "train", "--stage", "both")]
    [InlineData("'scor' is no command; did you mean score?", "scienceqa", "scor")]
    [InlineData("'frobnicate' is no command.", "eval", "frobnicate")]
    [InlineData("Argument 'tcsh' not recognized", "completion", "tcsh")]
    public void Run_CommandLineThatIsWrong_SaysAllThatIs(string expected, params string[] args)
    {
        string error = Error(args);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    /// <summary>What was mistyped is not missing as well.</summary>
    [Fact]
    public void Run_MistypedRequiredOption_IsNotMissing()
    {
        string error = Error("train", "--stage", "pretrain", "--modle", "x", "--data", "y");
        Assert.Contains("did you mean --model? Option '--out' is required.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("'--model'", error, StringComparison.Ordinal);
    }

    /// <summary>Other programs read more arguments from such a file; a question may begin so.</summary>
    [Fact]
    public void Run_QuestionWithAnAt_IsAQuestion() =>
        Assert.Contains("/no/model", Error(1, "ask", "--model", "/no/model", "--device", "cpu", "-q", "@home, what is this?"), StringComparison.Ordinal);

    private static string Error(params string[] args) => Error(2, args);

    private static string Error(int code, params string[] args)
    {
        using StringWriter output = new(), error = new() { NewLine = "\n" };
        Assert.Equal(code, Program.Run(args, output, error));
        return error.ToString();
    }
}
