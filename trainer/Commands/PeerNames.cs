namespace LlavaCuda.Trainer.Commands;

/// <summary>
/// Names that LLaVA's and Hugging Face's scripts have for options of ours. Those that mean the same are taken for ours, with hyphens or underscores; those that every such script sets and that mean something else here, or
/// nothing, are refused with what to write.
/// </summary>
internal static class PeerNames
{
    private static readonly (string Peer, string Ours)[] Train =
    [
        ("--model-name-or-path", "--model"),
        ("--vision-tower", "--vision"),
        ("--version", "--template"),
        ("--pretrain-mm-mlp-adapter", "--projector-weights"),
        ("--mm-projector-type", "--projector"),
        ("--data-path", "--data"),
        ("--image-folder", "--images"),
        ("--image-aspect-ratio", "--image-aspect"),
        ("--output-dir", "--out"),
        ("--num-train-epochs", "--epochs"),
        ("--max-steps", "--steps"),
        ("--per-device-train-batch-size", "--batch"),
        ("--gradient-accumulation-steps", "--accumulate"),
        ("--learning-rate", "--lr"),
        ("--mm-projector-lr", "--projector-lr"),
        ("--adam-beta2", "--beta2"),
        ("--model-max-length", "--max-length"),
        ("--save-steps", "--save-every"),
        ("--save-total-limit", "--keep"),
        ("--dataloader-num-workers", "--workers"),
    ];

    private static readonly (string Peer, string Ours)[] Talk =
    [
        ("--model-path", "--model"),
        ("--model-name-or-path", "--model"),
        ("--vision-tower", "--vision"),
        ("--image-file", "--image"),
        ("--image-aspect-ratio", "--image-aspect"),
        ("--conv-mode", "--template"),
    ];

    private static readonly Dictionary<string, string> Refused = new()
    {
        ["--tune-mm-mlp-adapter"] = "that is --stage pretrain",
        ["--freeze-backbone"] = "that is --stage pretrain",
        ["--bf16"] = "a GPU trains in bf16 and the CPU in fp32; --precision fp32 asks a GPU for that; leave it out",
        ["--fp16"] = "a GPU trains in bf16 and the CPU in fp32; leave it out",
        ["--tf32"] = "no TF32 is used; leave it out",
        ["--deepspeed"] = "one device trains the whole model; leave it out",
        ["--gradient-checkpointing"] = "what is kept for the backward pass is planned; leave it out",
        ["--lr-scheduler-type"] = "it is always half a cosine after the warm-up; leave it out",
        ["--warmup-steps"] = "write --warmup-ratio, their share of all steps",
        ["--adam-beta1"] = "it is always 0.9; leave it out",
        ["--lora-enable"] = "LoRA is not supported",
        ["--bits"] = "weights are not quantised; leave it out",
        ["--report-to"] = "metrics.jsonl and TensorBoard files are always written into --out; leave it out",
        ["--logging-steps"] = "every step is logged; leave it out",
        ["--evaluation-strategy"] = "nothing is evaluated while training; leave it out",
        ["--save-strategy"] = "write --save-every, the steps between checkpoints",
        ["--lazy-preprocess"] = "images are always decoded ahead of the steps; leave it out",
        ["--group-by-modality-length"] = "samples are packed without padding in random order; leave it out",
        ["--mm-vision-select-layer"] = "it is read from the model's config.json, and -2 for a new one; leave it out",
        ["--mm-vision-select-feature"] = "it is read from the model's config.json; leave it out",
        ["--mm-use-im-start-end"] = "it is read from the model's config.json; leave it out",
        ["--mm-use-im-patch-token"] = "it is read from the model's config.json; leave it out",
        ["--per-device-eval-batch-size"] = "nothing is evaluated while training; leave it out",
    };

    /// <summary>Gets the names that a command takes for its own options.</summary>
    /// <param name="command">The command's name.</param>
    internal static IReadOnlyList<(string Peer, string Ours)> Of(string command) => command switch
    {
        "train" => Train,
        "ask" => [.. Talk, ("--query", "--question")],
        "chat" => Talk,
        _ => [],
    };

    /// <summary>Gets why an option of peers is not one of ours, or null for one that they do not have.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="token">What was typed.</param>
    internal static string? Refusal(string command, string token) =>
        command == "train" && Refused.TryGetValue(Hyphenated(Name(token)), out string? reason) ? reason : null;

    /// <summary>Replaces the names of peers in a command line by ours.</summary>
    /// <param name="args">The program's arguments; the first one names the command.</param>
    /// <param name="options">The names of the command's own options, which come first.</param>
    /// <returns>The arguments to parse.</returns>
    internal static string[] Translate(string[] args, IReadOnlySet<string> options)
    {
        Dictionary<string, string> names = args.Length == 0 ? [] : Of(args[0]).ToDictionary(static n => n.Peer, static n => n.Ours);
        bool literal = false;
        return [.. args.Select(arg =>
        {
            literal |= arg == "--";
            string name = Name(arg);
            if (literal || !arg.StartsWith("--", StringComparison.Ordinal) || options.Contains(name))
            {
                return arg;
            }

            string hyphenated = Hyphenated(name);
            string? ours = names.GetValueOrDefault(hyphenated) ?? (options.Contains(hyphenated) ? hyphenated : null);
            return ours is null ? arg : ours + arg[name.Length..];
        })];
    }

    // Without the value that may follow in the same argument.
    private static string Name(string argument) => argument.IndexOfAny(['=', ':']) is var end and >= 0 ? argument[..end] : argument;

    private static string Hyphenated(string name) => name.Replace('_', '-');
}
