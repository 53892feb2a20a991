using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Models;
using LlavaCuda.Tests.Models;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Generation;

public abstract class TokenGeneratorTests(Bed bed)
{
    private const int Capacity = 40;
    private static readonly TokenDraw Greedy = new Sampler(new GenerationOptions()).Draw(0);
    private static readonly int[] Prompt = [1, 5, 6, 7];
    private static readonly int[] Rest = [8, 30, 2, 63, 9, 11, 12, 5, 5, 40, 41, 42];

    // The sums of a row by itself and of a row among others have other orders.
    private Tolerance SameRows { get; } = new(2e-6, 1e-5, 3e-2);

    [Fact]
    public void Append_TokenByToken_EqualsReadingTheWhole()
    {
        using OpTest test = new(bed);
        using Llava model = TinyModels.Create(test.Device);
        using TokenGenerator whole = new(model, Capacity);
        using TokenGenerator pieces = new(model, Capacity);
        pieces.Read(Prompt, NoPicture);
        for (int i = 0; i < Rest.Length; i++)
        {
            pieces.Append(Rest[i]);
            whole.Clear();
            whole.Read([.. Prompt, .. Rest[..(i + 1)]], NoPicture);
            test.AssertClose(Logits(test, whole), [.. Logits(test, pieces).Select(static x => (float)x)], SameRows, $"logits behind {i + 1} tokens");
            Assert.Equal(whole.Rows, pieces.Rows);
        }
    }

    [Fact]
    public void Append_AnyToken_GivesTheBitsOfABatchOfOneRow()
    {
        using OpTest test = new(bed);
        using Llava model = TinyModels.Create(test.Device);
        using Arena arena = TinyModels.Arena(test.Device);
        using KvCache cache = new(test.Device, model.Config.Text, 1, Capacity);
        using TokenGenerator generator = new(model, Capacity);
        float[] logits = new float[model.Config.Text.VocabularySize];
        PackedBatch batch = new(model.Config);
        batch.Add(Prompt, []);
        model.Logits(logits, batch, arena, [batch.Rows - 1], cache);
        generator.Read(Prompt, NoPicture);
        foreach (int id in Rest)
        {
            batch.Clear();
            batch.Add([id], [], cache.Lengths[0]);
            model.Logits(logits, batch, arena, [0], cache);
            generator.Append(id);
            Assert.Equal(logits, test.Read(generator.Logits));
        }
    }

    [Fact]
    public void Choose_OnAnyDevice_TakesTheTokensOfTheProcessor()
    {
        if (bed == Bed.CudaBf16)
        {
            Assert.Skip("The logits are others.");
        }

        using OpTest test = new(bed);
        using OpTest reference = new(Bed.Cpu);
        Sampler sampler = new(new GenerationOptions { Temperature = 1.3, TopK = 20, TopP = 0.95, Seed = 3 });
        Assert.Equal(Generate(reference, sampler), Generate(test, sampler));
        Assert.Equal(Generate(reference, new Sampler(new GenerationOptions())), Generate(test, new Sampler(new GenerationOptions())));
    }

    [Fact]
    public void Read_AfterAnyHistory_GivesTheBitsOfAFreshGenerator()
    {
        using OpTest test = new(bed);
        using Llava model = TinyModels.Create(test.Device);
        using TokenGenerator kept = new(model, Capacity);
        Random random = new(1);
        int[] ids = [.. Enumerable.Range(0, Capacity).Select(_ => random.Next(5) == 0 ? PackedBatch.ImageToken : random.Next(3, 64))];
        int[] ends = [.. Enumerable.Range(1, Capacity - 1).Where(_ => random.Next(3) == 0)];
        for (int i = 0; i < 40; i++)
        {
            // Other ids from some place on, other pieces from some place on, a prompt of another length, some tokens appended.
            int from = random.Next(1, Capacity);
            ids = random.Next(2) == 0 ? ids : [.. ids[..from], .. ids[from..].Select(_ => random.Next(3, 64))];
            ends = random.Next(3) > 0 ? ends : [.. ends.Where(end => end < from || random.Next(2) == 0)];
            int length = random.Next(1, Capacity);
            while (PackedBatch.CountRows(model.Config, ids.AsSpan(0, length)) > Capacity - 4)
            {
                length--;
            }

            int[] pieces = [.. ends.Where(end => end < length), length];
            using TokenGenerator fresh = new(model, Capacity);
            fresh.Read(ids.AsSpan(0, length), pieces, Picture);
            using CancellationTokenSource source = new();
            int cancelAt = random.Next(4);
            try
            {
                // Some reads end after an image's piece, and are taken up again.
                kept.Read(ids.AsSpan(0, length), pieces, Cancel, source.Token);
            }
            catch (OperationCanceledException)
            {
                kept.Read(ids.AsSpan(0, length), pieces, Picture);
            }

            void Cancel(int picture, Span<float> pixels)
            {
                Picture(picture, pixels);
                if (picture == cancelAt)
                {
                    source.Cancel();
                }
            }

            for (int appended = random.Next(4); appended >= 0; appended--)
            {
                Assert.Equal(Logits(test, fresh), Logits(test, kept));
                Assert.Equal(fresh.Rows, kept.Rows);
                int id = random.Next(3, 64);
                fresh.Append(id);
                kept.Append(id);
            }
        }

        static void Picture(int picture, Span<float> pixels)
        {
            Random noise = new(picture);
            foreach (ref float pixel in pixels)
            {
                pixel = noise.NextSingle();
            }
        }
    }

    [Fact]
    public void Append_BetweenOtherGenerators_GoesOnWithItsOwnRows()
    {
        using OpTest test = new(bed);
        using Llava model = TinyModels.Create(test.Device);
        using TokenGenerator alone = new(model, Capacity);
        using TokenGenerator one = new(model, Capacity);
        using TokenGenerator other = new(model, Capacity);
        alone.Read(Prompt, NoPicture);
        one.Read(Prompt, NoPicture);
        other.Read([.. Prompt.Reverse()], NoPicture);
        for (int i = 0; i < Rest.Length; i++)
        {
            alone.Append(Rest[i]);
        }

        for (int i = 0; i < Rest.Length; i++)
        {
            one.Append(Rest[i]);
            other.Append(Rest[^(i + 1)]);
        }

        Assert.Equal(Logits(test, alone), Logits(test, one));
    }

    [Fact]
    public void Append_FullContextOrUnknownToken_IsRefused()
    {
        using OpTest test = new(bed);
        using Llava model = TinyModels.Create(test.Device);
        using TokenGenerator generator = new(model, capacity: 5);
        generator.Read(Prompt, NoPicture);
        Assert.Throws<ArgumentException>(() => generator.Append(64));
        generator.Append(3);
        Assert.Contains("5 rows", Assert.Throws<InvalidOperationException>(() => generator.Append(3)).Message, StringComparison.Ordinal);
        Assert.Equal(5, generator.Rows);
    }

    [Fact]
    public void Forbid_LikeliestToken_TakesAnother()
    {
        using OpTest test = new(bed);
        using Llava model = TinyModels.Create(test.Device);
        using TokenGenerator generator = new(model, Capacity);
        generator.Read(Prompt, NoPicture);
        int likeliest = generator.Choose(Greedy);
        generator.Forbid([likeliest, 0]);
        Assert.NotEqual(likeliest, generator.Choose(Greedy));
        generator.Forbid([]);
        Assert.Equal(likeliest, generator.Choose(Greedy));
    }

    [Fact]
    public void AppendChoose_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed, threads: 1);
        using Llava model = TinyModels.Create(test.Device);
        using TokenGenerator generator = new(model, Capacity);
        generator.Read(Prompt, NoPicture);
        for (int i = 0; i < 16; i++)
        {
            // Past the growth of the list of tokens.
            generator.Append(5);
            generator.Choose(Greedy);
        }

        Allocations.AssertNone(() =>
        {
            generator.Append(7);
            generator.Choose(Greedy);
        });
    }

    private static int[] Generate(OpTest test, Sampler sampler)
    {
        using Llava model = TinyModels.Create(test.Device);
        using TokenGenerator generator = new(model, Capacity);
        generator.Forbid([2, 17]);
        generator.Read(Prompt, NoPicture);
        int[] ids = new int[20];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = generator.Choose(sampler.Draw(i));
            generator.Append(ids[i]);
        }

        Assert.DoesNotContain(17, ids);
        return ids;
    }

    private static double[] Logits(OpTest test, TokenGenerator generator) => [.. test.Read(generator.Logits)];

    private static void NoPicture(int picture, Span<float> pixels) => Assert.Fail("The prompt has no picture.");
}

public sealed class TokenGeneratorCpuTests() : TokenGeneratorTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class TokenGeneratorCudaTests() : TokenGeneratorTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class TokenGeneratorBf16Tests() : TokenGeneratorTests(Bed.CudaBf16);
