using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Tests.Data;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Data;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

public sealed class StepRunnerTests : IDisposable
{
    private const int Samples = 8;
    private readonly TrainingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ModelPart.Projector)]
    [InlineData(ModelPart.Projector, ModelPart.Language)]
    [InlineData(ModelPart.Vision, ModelPart.Projector, ModelPart.Language)]
    public void Run_StepCutIntoOtherMicroBatches_HasTheSameGradients(params ModelPart[] trained)
    {
        TrainingData data = ReadMixedData();
        (double loss, float[] whole) = Gradients(data, trained, perBatch: Samples);
        Assert.True(Norm(whole) > 0.1);
        foreach (int perBatch in (int[])[1, 2, 3])
        {
            (double cutLoss, float[] cut) = Gradients(data, trained, perBatch);
            Assert.Equal(loss, cutLoss, 1e-6);
            double error = Norm([.. whole.Zip(cut, (a, b) => a - b)]) / Norm(whole);
            Assert.True(error < 1e-6, $"micro-batches of {perBatch}: relative error {error}");
        }
    }

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using Bench bench = new(ReadMixedData(), [ModelPart.Projector, ModelPart.Language]);
        PackedBatch batch = new(bench.Model.Config);
        int[] scratch = [];
        for (int sample = 0; sample < Samples; sample++)
        {
            bench.Data.Samples.AddTo(batch, sample, ref scratch);
            for (int i = 0; i < bench.Data.Samples[sample].Images.Count; i++)
            {
                batch.AddImage();
            }
        }

        Step();
        Step();
        Assert.Equal(0, Allocations.Of(Step));

        void Step()
        {
            bench.Model.ForwardBackward(batch, bench.Arena, 0.01f, accumulate: false);
            bench.Model.ForwardBackward(batch, bench.Arena, 0.01f, accumulate: true);
            bench.Optimizer.MeasureGradients();
            bench.Optimizer.Step(1e-4f, 2e-4f);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void MemoryPlan_Activations_AreWhatTheStepsNeed(int perBatch)
    {
        using Bench bench = new(ReadMixedData(), [ModelPart.Projector, ModelPart.Language], perBatch);
        using BatchLoader loader = bench.Loader(perBatch, steps: 3);
        StepRunner runner = bench.Runner();
        for (int step = 0; step < 3; step++)
        {
            runner.Run(loader);
        }

        Assert.InRange(bench.Arena.Peak, 0.9 * bench.Arena.Capacity, bench.Arena.Capacity);
    }

    // Pictures and text alone, answers of very different lengths, and a sample without any.
    private TrainingData ReadMixedData()
    {
        for (int i = 0; i < 5; i++)
        {
            _folder.Data.WritePicture($"{i}.png", i);
        }

        object[] samples =
        [
            .. Enumerable.Range(0, 5).Select(i => DataFolder.Sample($"p{i}", $"{i}.png", ("human", "<image>\nq"), ("gpt", string.Concat(Enumerable.Repeat($"a{i} ", 1 + (7 * i)))))),
            DataFolder.Sample("t0", null, ("human", "Say yes."), ("gpt", "yes"), ("human", "And now?"), ("gpt", "no, never")),
            DataFolder.Sample("t1", null, ("human", "Say nothing.")),
            DataFolder.Sample("t2", null, ("human", "Count."), ("gpt", "one two three four five")),
        ];
        ModelFolder folder = ModelFolder.Open(DataFolder.Model);
        DataSettings settings = new(
            folder.Config, LlavaTokenizer.Load(folder.TokenizerFolder), ConversationTemplates.Parse("mistral_instruct"), ImageOrder.First, _folder.Data.Images, 512, TooLongPolicy.Error);
        return TrainingDataReader.Read(settings, [_folder.Data.WriteSamples(samples)], Assert.Fail, CancellationToken.None);
    }

    private (double Loss, float[] Gradients) Gradients(TrainingData data, ModelPart[] trained, int perBatch)
    {
        using Bench bench = new(data, trained, perBatch);
        using BatchLoader loader = bench.Loader(perBatch, steps: 1);
        StepResult result = bench.Runner().Run(loader);
        float[] gradients = new float[bench.Model.Parameters.Gradients.Count];
        bench.Model.Device.CopyToHost(gradients.AsSpan(), bench.Model.Parameters.Gradients);
        return (result.Loss, gradients);
    }

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(v => (double)v * v));

    private sealed class Bench : IDisposable
    {
        private readonly CpuDevice _device = new(2);
        private readonly ModelFolder _folder = ModelFolder.Open(DataFolder.Model);

        internal Bench(TrainingData data, ModelPart[] trained, int perBatch = Samples)
        {
            Data = data;
            Model = Llava.Create(_device, _folder.Config);
            Model.Parameters.Train(_device, trained);
            _folder.Load(Model.Parameters, _device);
            Optimizer = new Optimizer(_device, Model.Parameters, new OptimizerOptions());
            Arena = new Arena(_device, MemoryPlan.Make(_device, _folder.Config, trained, data.Samples, Order(), perBatch, steps: 3).Activations, "the activations");
        }

        internal TrainingData Data { get; }

        internal Llava Model { get; }

        internal Optimizer Optimizer { get; }

        internal Arena Arena { get; }

        public void Dispose()
        {
            Arena.Dispose();
            Optimizer.Dispose();
            Model.Dispose();
            _device.Dispose();
        }

        internal StepRunner Runner() =>
            new(Model, Optimizer, Arena, new LearningRateSchedule(10, 0), new TrainingOptions(TrainingStage.Finetune, string.Empty, [], string.Empty), Data.Samples);

        internal BatchLoader Loader(int perBatch, long steps) =>
            new(Data.Samples, Order(), _folder.Config, new ImageProcessor(_folder.ReadImageOptions()), Path.Combine(Path.GetDirectoryName(Data.Samples[0].Place.File)!, "images"), perBatch, 0, steps, 2);

        private SampleOrder Order() => new(Data.Samples.Count, Samples, seed: 4);
    }
}
