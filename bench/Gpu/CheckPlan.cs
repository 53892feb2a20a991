using System.Globalization;
using System.Text.RegularExpressions;

namespace LlavaCuda.Bench.Gpu;

/// <summary>The parts of a check, in order, and their limits.</summary>
/// <param name="Whole">The time for all of them. Their own limits leave some of it over: what a part does not need is there for those after it, and none starves another (one that cannot be ended at once takes a few seconds from the last).</param>
/// <param name="Parts">The parts.</param>
internal sealed partial record CheckPlan(TimeSpan Whole, IReadOnlyList<CheckPart> Parts)
{
    /// <summary>Gets the report's heading.</summary>
    internal string Title { get; init; } = "GPU check";

    /// <summary>Gets how long a part may take: all that is left, but for what is kept for those after it.</summary>
    /// <param name="index">Which part.</param>
    /// <param name="left">The time that is left for it and all after it.</param>
    internal TimeSpan LimitOf(int index, TimeSpan left)
    {
        TimeSpan free = left - TimeSpan.FromSeconds(Parts.Skip(index + 1).Sum(static part => part.Limit.TotalSeconds));
        return TimeSpan.FromSeconds(Math.Min(left.TotalSeconds, Math.Max(free.TotalSeconds, Parts[index].Limit.TotalSeconds)));
    }

    /// <summary>Plans the check of a GPU.</summary>
    /// <param name="files">Where parts put their figures.</param>
    /// <param name="reference">A model folder with a reference, for <c>verify</c>.</param>
    internal static CheckPlan Full(CheckFiles files, string reference) =>
        Make(files, reference, Beside("peers", "llava-1.5-7b.json"), ModelSizes.Full, ["-trait", "Category=Emulator"], [], patience: 1);

    /// <summary>
    /// Plans a rehearsal: the same parts on any device, the emulator's among them, at sizes that take seconds; the device tests only as far as to see them start. It is patient: where g++ is the
    /// kernels' compiler, on a busy machine, the first part that needs them takes minutes.
    /// </summary>
    /// <param name="files">As for <see cref="Full"/>.</param>
    /// <param name="reference">As for <see cref="Full"/>; also the model that is measured.</param>
    internal static CheckPlan Rehearsal(CheckFiles files, string reference) =>
        Make(files, reference, Path.Combine(reference, "config.json"), ModelSizes.Small, ["-class", "*.FillCudaTests"], [Program.Rehearse], patience: 10) with { Title = "Rehearsal of the GPU check: sizes and times mean nothing, and of the device tests one class runs" };

    private static CheckPlan Make(CheckFiles files, string reference, string model, ModelSizes sizes, string[] tests, string[] more, double patience)
    {
        TimeSpan Seconds(double limit) => TimeSpan.FromSeconds(patience * limit);
        CheckPart Verify(string precision) =>
            new($"verify {precision}", Seconds(25), Beside("llava"), ["verify", "--model", reference, "--device", "cuda", "--precision", precision]);
        return new CheckPlan(
            Seconds(560),
            [
                new CheckPart("device", Seconds(20), Beside("LlavaCuda.GpuCheck"), ["device", files.Device]) { OpensDevice = true },
                new CheckPart("device tests", Seconds(110), Beside("LlavaCuda.Tests"), ["-noColor", "-noLogo", .. tests])
                {
                    Environment = [("LLAVACUDA_TEST_DEVICE", "gpu")],
                    Evidence = SomeTests(),
                },
                Verify("fp32"),
                Verify("bf16"),
                new CheckPart("kernels", Seconds(100), Beside("LlavaCuda.GpuCheck"), ["kernels", files.Kernels, .. more]),
                new CheckPart("PyTorch ops", Seconds(80), "python3", [Beside("peers", "transformers", "ops.py"), "--json", files.Ops]) { NeedsDevice = false },
                new CheckPart("model", Seconds(100), Beside("LlavaCuda.GpuCheck"), ["model", files.Model, model, .. more]),
                new CheckPart("transformers", Seconds(95), "python3",
                [
                    Beside("peers", "transformers", "step.py"), model, "--device", "cuda", "--dtype", "bfloat16", "--batch", Number(sizes.PeerBatch), "--text", Number(sizes.Tokens),
                    "--steps", Number(sizes.Steps), "--new", Number(sizes.Decoded), "--json", files.Steps,
                ])
                {
                    NeedsDevice = false,
                },
            ]);
    }

    // Some, and not all of them skipped.
    [GeneratedRegex(@"Total: (?!(\d+),.*Skipped: \1,)[1-9]")]
    private static partial Regex SomeTests();

    private static string Beside(params ReadOnlySpan<string> names) => Path.Combine([AppContext.BaseDirectory, .. names]);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
