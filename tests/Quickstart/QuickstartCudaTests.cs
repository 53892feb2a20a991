using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;
using LlavaCuda.Tests.Training;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Tests.Quickstart;

/// <summary>The main job on CUDA: data, both stages from the shipped base models, held-out questions, the saved model.</summary>
[Trait("Category", "Emulator")]
public sealed class QuickstartCudaTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-quickstart-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Run_SomeSteps_LossFallsInBothStages()
    {
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        try
        {
            Dictionary<string, TrainingFolder.Recorder> stages = [];
            QuickstartOptions options = new(_folder) { Pictures = 100, PretrainSteps = 5, FinetuneSteps = 5, Questions = 8 };
            new QuickstartRun(options, device, TextWriter.Null, name => stages[name] = new TrainingFolder.Recorder()).Run(default);
            Assert.Equal(["stage 1", "stage 2"], stages.Keys.Order(StringComparer.Ordinal));
            foreach ((string name, TrainingFolder.Recorder stage) in stages)
            {
                Assert.Equal(5, stage.Steps.Count);
                double first = stage.Steps.Take(2).Average(static s => s.Loss), last = stage.Steps.TakeLast(2).Average(static s => s.Loss);
                Assert.True(last < 0.95 * first, $"{name}: loss {first:F3} at first, {last:F3} at last");
            }

            Assert.True(File.Exists(Path.Combine(_folder, "model", "model.safetensors")) && File.Exists(Path.Combine(_folder, "summary.json")));
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }
}
