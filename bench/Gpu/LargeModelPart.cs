using LlavaCuda.Bench.Summary;
using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// <c>gpu model FILE CONFIG PEAK</c>: steps of both stages at several micro-batches, prompt and decoding of a model with random weights. MFU counts matrix products, causal
/// attention at half and the vision tower, nothing recomputed, over the GPU's dense bf16 rate.
/// </summary>
internal static class LargeModelPart
{
    /// <summary>Text tokens of a sample, as the peer has.</summary>
    internal const int Tokens = 448;
    private const int Decoded = 128;
    private const int Steps = 3;
    private static readonly int[] MicroBatches = [2, 4, 8, 12, 16];

    internal static void Run(string file, string config, double peakTeraflops)
    {
        using CudaDevice device = new();
        using LargeModel model = new(device, config);
        List<GpuRow> rows = [];
        ModelCost cost = new(model.Config);
        int rowsOfSample = model.Rows(Tokens);
        Attempt("prefill and decode", () =>
        {
            (double prefill, double token) = model.Generate(Tokens, Decoded);
            double work = cost.Prefill(rowsOfSample) / prefill / 1e12;
            rows.Add(new GpuRow($"prefill 1x{rowsOfSample}", prefill, rowsOfSample / prefill, "tokens/s", Share(work), "dense bf16 rate"));
            rows.Add(new GpuRow("decode 1", token, 1 / token, "tokens/s"));
        });
        foreach (bool language in (bool[])[false, true])
        {
            foreach (int samples in MicroBatches)
            {
                string name = $"{(language ? "stage-2" : "stage-1")} step {samples}x{rowsOfSample}";
                bool fits = Attempt(name, () =>
                {
                    double seconds = model.Step(language, samples, Tokens, Steps);
                    double work = cost.TrainingStep(samples, rowsOfSample, samples * (Tokens - (Tokens / 3) - 4), language) / seconds / 1e12;
                    rows.Add(new GpuRow(name, seconds, samples * rowsOfSample / seconds, "tokens/s", Share(work), "dense bf16 rate (MFU)"));
                });
                if (!fits)
                {
                    break;
                }
            }
        }

        // A GPU that is not listed has no share.
        double? Share(double work) => peakTeraflops > 0 ? work / peakTeraflops : null;

        bool Attempt(string name, Action run)
        {
            try
            {
                run();
                Console.WriteLine($"{name}: done");
                return true;
            }
            catch (Exception error) when (error is InsufficientMemoryException or CudaException { Result: CudaResult.OutOfMemory } or CublasException { Status: CublasStatus.AllocFailed })
            {
                Console.WriteLine($"{name}: {error.Message}");
                return false;
            }
            finally
            {
                GpuJson.Write(file, rows);
            }
        }
    }
}
