using LlavaCuda.Images;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Data;

public sealed class BatchLoaderTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Take_OverTwoEpochs_FollowsTheOrder(int threads)
    {
        TrainingData data = _folder.Read(_folder.WriteSamples(11, textEvery: 3));
        SampleOrder order = new(11, 4, seed: 3);
        using BatchLoader loader = Loader(data, perBatch: 3, firstStep: 1, endStep: 6, threads);
        for (long step = 1; step < 6; step++)
        {
            int[] expected = order.Step(step).ToArray();
            List<int> seen = [];
            LoadedBatch batch;
            do
            {
                batch = loader.Take();
                Assert.Equal((step, seen.Count == 0), (batch.Step, batch.IsFirst));
                Assert.Equal(batch.Samples.Sum(s => data.Samples[s].Rows), batch.Batch.Rows);
                Assert.Equal(batch.Samples.Sum(s => data.Samples[s].Images.Count), batch.Batch.Images);
                Assert.Equal(expected.Sum(s => data.Samples[s].Supervised), batch.LabelledRowsOfStep);
                seen.AddRange(batch.Samples);
            }
            while (!batch.IsLast);
            Assert.Equal(expected, seen);
        }

        Assert.Throws<InvalidOperationException>(loader.Take);
    }

    [Fact]
    public void Take_BrokenPicture_NamesFileAndSample()
    {
        TrainingData data = _folder.Read(_folder.WriteSamples(4));
        _folder.Write("images/2.png", "no picture");
        using BatchLoader loader = Loader(data, perBatch: 1, firstStep: 0, endStep: 1, threads: 2);
        OneLine.Throws<InvalidDataException>(TakeAll, "data.json sample 2", "'s2'", "2.png");

        void TakeAll()
        {
            while (!loader.Take().IsLast)
            {
            }
        }
    }

    [Fact]
    public void Dispose_BeforeTheEnd_StopsTheThreads()
    {
        TrainingData data = _folder.Read(_folder.WriteSamples(4));
        BatchLoader loader = Loader(data, perBatch: 1, firstStep: 0, endStep: 1000, threads: 3);
        _ = loader.Take();
        loader.Dispose();
    }

    private BatchLoader Loader(TrainingData data, int perBatch, long firstStep, long endStep, int threads)
    {
        ImageProcessor processor = new(new ImageProcessorOptions { ShortestEdge = 28, CropSize = 28 });
        return new BatchLoader(data.Samples, new SampleOrder(data.Samples.Count, 4, seed: 3), DataFolder.Config, processor, _folder.Images, perBatch, firstStep, endStep, threads);
    }
}
