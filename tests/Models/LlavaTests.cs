using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Models;

public class LlavaTests
{
    private static readonly ModelPart[] AllParts = [ModelPart.Vision, ModelPart.Projector, ModelPart.Language];

    public static TheoryData<string, FeatureSelection, int> Variants => new()
    {
        { "mlp2x_gelu", FeatureSelection.Patch, -2 }, { "linear", FeatureSelection.ClsPatch, -1 }, { "mlp3x_gelu", FeatureSelection.Patch, 0 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void ForwardBackward_EveryParameter_AgreesWithFiniteDifferences(string projector, FeatureSelection selection, int layer)
    {
        LlavaConfig config = TinyModels.Config with { Projector = ProjectorConfig.Parse(projector), FeatureSelection = selection, FeatureLayer = layer };
        using CpuDevice device = new(2);
        using Llava model = TinyModels.Create(device, config);
        using Arena arena = TinyModels.Arena(device);
        PackedBatch batch = TinyModels.Mixed(config);
        model.Parameters.Train(device, AllParts);
        model.ForwardBackward(batch, arena, 1, accumulate: false);
        foreach (Parameter parameter in model.Parameters.All)
        {
            // Along the gradient the loss changes by its squared norm: one directional difference tests all elements of a parameter.
            float[] gradient = Read(device, parameter.Gradient);
            float[] value = Read(device, parameter.Value);
            double norm = Math.Sqrt(gradient.Sum(static g => (double)g * g));
            if (norm < 1e-4)
            {
                continue;
            }

            const double Step = 2e-3;
            double difference = (LossAt(Step) - LossAt(-Step)) / (2 * Step);
            device.WriteFloats(parameter.Value, value);
            Assert.True(Math.Abs(difference - norm) <= (0.01 * norm) + 2e-3, $"{parameter.Name}: {difference} by differences, {norm} by backward");

            double LossAt(double along)
            {
                device.WriteFloats(parameter.Value, [.. value.Select((v, i) => (float)(v + (along * gradient[i] / norm)))]);
                return model.Loss(batch, arena);
            }
        }
    }

    [Fact]
    public void ForwardBackward_Threads_GiveTheSameBits()
    {
        Assert.Equal(GradientsWith(1), GradientsWith(2));

        static float[] GradientsWith(int threads)
        {
            using CpuDevice device = new(threads);
            using Llava model = TinyModels.Create(device);
            using Arena arena = TinyModels.Arena(device);
            model.Parameters.Train(device, AllParts);
            model.ForwardBackward(TinyModels.Mixed(model.Config), arena, 1, accumulate: false);
            return Read(device, model.Parameters.Gradients);
        }
    }

    [Fact]
    public void ForwardBackward_Accumulate_AddsToTheGradients()
    {
        using CpuDevice device = new(1);
        using Llava model = TinyModels.Create(device);
        using Arena arena = TinyModels.Arena(device);
        PackedBatch batch = TinyModels.Mixed(model.Config);
        model.Parameters.Train(device, AllParts);
        model.ForwardBackward(batch, arena, 1, accumulate: false);
        float[] once = Read(device, model.Parameters.Gradients);
        model.ForwardBackward(batch, arena, 1, accumulate: true);
        float[] twice = Read(device, model.Parameters.Gradients);
        double size = Math.Sqrt(once.Sum(static g => (double)g * g));
        Assert.InRange(Math.Sqrt(once.Zip(twice, static (a, b) => Math.Pow((2.0 * a) - b, 2)).Sum()) / size, 0, 1e-6);
        model.ForwardBackward(batch, arena, 1, accumulate: false);
        Assert.Equal(once, Read(device, model.Parameters.Gradients));
    }

    [Fact]
    public void ForwardBackward_TextOnlyBatch_ClearsThePictureGradients()
    {
        using CpuDevice device = new(1);
        using Llava model = TinyModels.Create(device);
        using Arena arena = TinyModels.Arena(device);
        model.Parameters.Train(device, AllParts);
        model.ForwardBackward(TinyModels.Mixed(model.Config), arena, 1, accumulate: false);
        PackedBatch text = new(model.Config);
        text.Add([1, 5, 6], [PackedBatch.Ignore, 5, 6]);
        model.ForwardBackward(text, arena, 1, accumulate: false);
        Assert.All(model.Parameters.All.Where(static p => p.Part != ModelPart.Language), p => Assert.All(Read(device, p.Gradient), static g => Assert.Equal(0, g)));
    }

    [Fact]
    public void ForwardBackward_NothingLabelled_GivesZero()
    {
        using CpuDevice device = new(1);
        using Llava model = TinyModels.Create(device);
        using Arena arena = TinyModels.Arena(device);
        model.Parameters.Train(device, ModelPart.Language);
        PackedBatch batch = new(model.Config);
        batch.Add([1, 5, 6], []);
        Assert.Equal(0, model.ForwardBackward(batch, arena, 1, accumulate: false));
        Assert.All(Read(device, model.Parameters.Gradients), static g => Assert.Equal(0, g));
    }

    [Fact]
    public void Plan_TrainingPass_IsWhatThePassUses()
    {
        using CpuDevice device = new(1);
        using Llava model = TinyModels.Create(device);
        PackedBatch batch = TinyModels.Mixed(model.Config);
        using ActivationPlan plan = new(device, model.Config, AllParts);
        using Arena arena = new(device, plan.Training(batch), "planned activations");
        model.Parameters.Train(device, AllParts);
        model.ForwardBackward(batch, arena, 1, accumulate: false);
        Assert.Equal(arena.Capacity, arena.Peak);
        Assert.Equal(0, arena.Mark());
    }

    [Fact]
    public void ForwardBackward_SteadyState_AllocatesNothing()
    {
        using CpuDevice device = new(2);
        using Llava model = TinyModels.Create(device);
        using Arena arena = TinyModels.Arena(device);
        PackedBatch batch = TinyModels.Mixed(model.Config);
        model.Parameters.Train(device, AllParts);
        for (int i = 0; i < 3; i++)
        {
            model.ForwardBackward(batch, arena, 1, accumulate: false);
        }

        Assert.Equal(0, Allocations.Of(() => model.ForwardBackward(batch, arena, 1, accumulate: false)));
    }

    [Fact]
    public void Logits_WithCacheInPieces_EqualsThoseOfTheWhole()
    {
        using CpuDevice device = new(2);
        using Llava model = TinyModels.Create(device);
        using Arena arena = TinyModels.Arena(device);
        int[] ids = [1, 5, PackedBatch.ImageToken, 6, 7, 8, 9];
        int vocabulary = model.Config.Text.VocabularySize;
        PackedBatch whole = new(model.Config);
        whole.Add(ids, []);
        TinyModels.AddPicture(whole, 0);
        float[] expected = new float[vocabulary];
        model.Logits(expected, whole, arena, [whole.Rows - 1]);

        using KvCache cache = new(device, model.Config.Text, 1, 32);
        float[] actual = new float[vocabulary];
        foreach (int[] piece in (int[][])[ids[..2], ids[2..4], ids[4..5], ids[5..]])
        {
            PackedBatch batch = new(model.Config);
            batch.Add(piece, [], cache.Lengths[0]);
            if (piece.Contains(PackedBatch.ImageToken))
            {
                TinyModels.AddPicture(batch, 0);
            }

            model.Logits(actual, batch, arena, [batch.Rows - 1], cache);
        }

        Assert.Equal(whole.Rows, cache.Lengths[0]);
        double size = Math.Sqrt(expected.Sum(static x => (double)x * x));
        Assert.InRange(Math.Sqrt(expected.Zip(actual, static (a, b) => Math.Pow((double)a - b, 2)).Sum()) / size, 0, 2e-6);
    }

    [Theory]
    [InlineData(4, 0, "the cache holds 4")]
    [InlineData(32, 3, "goes on at position 3")]
    public void Logits_CacheThatDoesNotFit_IsRefused(int capacity, int position, string expected)
    {
        using CpuDevice device = new(1);
        using Llava model = TinyModels.Create(device);
        using Arena arena = TinyModels.Arena(device);
        using KvCache cache = new(device, model.Config.Text, 1, capacity);
        PackedBatch batch = new(model.Config);
        batch.Add([1, 5, 6, 7, 8], [], position);
        ArgumentException error = Assert.Throws<ArgumentException>(() => model.Logits(new float[model.Config.Text.VocabularySize], batch, arena, [4], cache));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, arena.Mark());
    }

    private static float[] Read(Device device, Tensor tensor)
    {
        float[] values = new float[tensor.Count];
        device.ReadFloats(values, tensor);
        return values;
    }
}
