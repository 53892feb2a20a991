namespace LlavaCuda.Bench.Summary;

/// <summary>What is measured of the small model, in both programs.</summary>
/// <param name="Name">For readers.</param>
/// <param name="PeerName">The peer's word for it.</param>
/// <param name="Tokens">Tokens (or rows) of one run.</param>
/// <param name="Runs">Runs of one turn.</param>
/// <param name="Run">Runs it and gives the seconds that count.</param>
/// <param name="Cost">Operations of one run, or the bytes that it reads.</param>
/// <param name="BoundByMemory">Whether the cost is bytes.</param>
internal sealed record Workload(string Name, string PeerName, int Tokens, int Runs, Func<double> Run, double Cost, bool BoundByMemory)
{
    // OpenMP's threads look for work for a while after the peer's turn and would take a core from ours.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Lists the four workloads of a model.</summary>
    internal static IReadOnlyList<Workload> Of(SmallModel model)
    {
        ModelCost cost = new(model.Config);
        double decodeBytes = SmallModel.Decoded * cost.DecodeBytes(SmallModel.Tokens + ((SmallModel.Decoded + 1) / 2.0), sizeof(float));
        return
        [
            Training("stage-1 step", "pretrain", language: false),
            Training("stage-2 step", "finetune", language: true),
            new("prefill", "prefill", model.Rows, 5, model.Prefill, cost.Prefill(model.Rows), BoundByMemory: false),
            new("decode", "decode", SmallModel.Decoded, 1, model.Decode, decodeBytes, BoundByMemory: true),
        ];

        Workload Training(string name, string peerName, bool language) => new(
            name,
            peerName,
            SmallModel.Samples * model.Rows,
            3,
            () => model.Step(language),
            cost.TrainingStep(SmallModel.Samples, model.Rows, SmallModel.LabelledRows, language),
            BoundByMemory: false);
    }

    /// <summary>Takes a turn: warms up, then measures.</summary>
    /// <param name="warmUps">Runs that do not count.</param>
    /// <returns>Median tokens (or rows) a second.</returns>
    internal double Measure(int warmUps)
    {
        Thread.Sleep(Pause);
        for (int i = 0; i < warmUps; i++)
        {
            Run();
        }

        return Tokens / Statistics.Median([.. Enumerable.Range(0, Runs).Select(_ => Run())]);
    }
}
