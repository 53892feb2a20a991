using System.CommandLine;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

/// <summary>Options under the names that LLaVA's and Hugging Face's scripts have for them.</summary>
public class PeerNamesTests
{
    private static readonly string[] Commands = ["train", "ask", "chat"];

    public static TheoryData<string, string, string> Names()
    {
        TheoryData<string, string, string> rows = [];
        foreach (string command in Commands)
        {
            foreach ((string peer, string ours) in PeerNames.Of(command))
            {
                rows.Add(command, peer, ours);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Translate_NameOfPeers_IsOurs(string command, string peer, string ours)
    {
        HashSet<string> options = Options(command);
        Assert.Contains(ours, options);
        Assert.DoesNotContain(peer, options);
        string underscored = "--" + peer[2..].Replace('-', '_');
        Assert.Equal([command, ours, "a_b", $"{ours}=a_b", ours], PeerNames.Translate([command, peer, "a_b", $"{underscored}=a_b", underscored], options));
        Assert.Equal([command, "--", peer], PeerNames.Translate([command, "--", peer], options));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Help_NamesOfPeers_AreListed(string command, string peer, string ours)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new();
        Assert.Equal(0, Program.Run([command, "--help"], output, error));
        Assert.Matches($@"\n  {peer} +{ours}\n", output.ToString());
    }

    /// <summary>Our own names may be written with underscores, too; values stay as they are.</summary>
    [Fact]
    public void Translate_UnderscoresInOurNames_AreHyphens()
    {
        HashSet<string> options = Options("train");
        Assert.Equal(
            ["train", "--warmup-ratio", "0.03", "--weight-decay=0", "--save-every", "my_file", "--no_such_option"],
            PeerNames.Translate(["train", "--warmup_ratio", "0.03", "--weight_decay=0", "--save_every", "my_file", "--no_such_option"], options));
    }

    /// <summary>The released script of stage 2, but for what needs several GPUs, is understood up to the folders that are not there.</summary>
    [Fact]
    public void Train_ScriptOfLlava_IsParsed()
    {
        (int code, string error) = Run(
            "train", "--stage", "finetune", "--model_name_or_path", "/no/vicuna", "--version", "v1", "--data_path", "mix.json", "--image_folder", "data", "--vision_tower", "/no/clip",
            "--pretrain_mm_mlp_adapter", "/no/projector/mm_projector.bin", "--mm_projector_type", "mlp2x_gelu", "--image_aspect_ratio", "pad", "--output_dir", Path.Combine(Path.GetTempPath(), "llava-none"),
            "--num_train_epochs", "1", "--per_device_train_batch_size", "16", "--gradient_accumulation_steps", "1", "--save_steps", "50000", "--save_total_limit", "1", "--learning_rate", "2e-5",
            "--weight_decay", "0.", "--warmup_ratio", "0.03", "--model_max_length", "2048", "--dataloader_num_workers", "4", "--device", "cpu", "--dry-run");
        Assert.Equal(1, code);
        Assert.Contains("/no/", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bf16", "--precision fp32")]
    [InlineData("--deepspeed", "leave it out")]
    [InlineData("--gradient_checkpointing=True", "leave it out")]
    [InlineData("--tune_mm_mlp_adapter", "--stage pretrain")]
    [InlineData("--warmup-steps", "--warmup-ratio")]
    public void Train_OptionOfPeersThatMeansSomethingElse_SaysWhatToWrite(string option, string expected)
    {
        (int code, string error) = Run("train", option);
        Assert.Equal(2, code);
        Assert.Contains($"'{option}' is no option here: ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    /// <summary>The program's own version stays where programs have it.</summary>
    [Fact]
    public void Version_WithoutCommand_IsTheProgramsOwn()
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(0, Program.Run(["--version"], output, error));
        Assert.Matches(@"^\d+\.\d+\.\d+", output.ToString());
    }

    private static HashSet<string> Options(string command) =>
        [.. Program.CreateRoot(out _).Subcommands.Single(c => c.Name == command).Options.Select(static option => option.Name)];

    private static (int Code, string Error) Run(params string[] args)
    {
        using StringWriter output = new(), error = new() { NewLine = "\n" };
        return (Program.Run(args, output, error), error.ToString());
    }
}
