using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Devices;

/// <summary>Passes that run again and again: the CPU calls their ops each time, a CUDA device once to see that they work and once to capture them, and so again after scratch memory moved.</summary>
public abstract class RepeatedPassTests(Bed bed)
{
    private const int Width = 40;

    private int CallsOf(int runs) => bed.IsCuda ? Math.Min(runs, 2) : runs;

    [Fact]
    public void Run_ManyTimes_ReadsWhatTensorsHoldNow()
    {
        using OpTest test = new(bed);
        Tensor sum = test.Floats(new float[Width], 1, Width);
        Tensor term = test.Floats(new float[Width], 1, Width);
        int calls = 0;
        using RepeatedPass pass = test.Device.Repeated(() =>
        {
            calls++;
            Residual.Add(test.Device, sum, term);
            Residual.Add(test.Device, sum, term);
        });
        float expected = 0;
        for (int run = 1; run <= 6; run++)
        {
            test.Write(term, [.. Enumerable.Repeat((float)run, Width)]);
            pass.Run();
            expected += 2 * run;
            Assert.All(test.Read(sum), x => Assert.Equal(expected, x));
            Assert.Equal(CallsOf(run), calls);
        }
    }

    [Fact]
    public void Run_AfterScratchMemoryMoved_UsesTheNew()
    {
        // No device whose scratch memory has grown for other tests already.
        using OpTest test = bed.IsCuda ? new(bed, CudaDevices.RentNew(bed.Type)) : new(bed);
        int calls = 0;
        Attending small = new(test, sequences: 1, heads: 1);
        using RepeatedPass pass = test.Device.Repeated(() =>
        {
            calls++;
            small.Run();
        });
        for (int run = 0; run < 3; run++)
        {
            pass.Run();
        }

        float[] expected = test.Read(small.O);
        int before = calls;

        int moves = (test.Device as CudaDevice)?.ScratchMoves ?? 0;
        new Attending(test, sequences: 2, heads: 16).Run();
        Assert.True(!bed.IsCuda || moves != ((CudaDevice)test.Device).ScratchMoves);
        test.Poison(small.O);
        pass.Run();
        pass.Run();
        Assert.Equal(expected, test.Read(small.O));

        // Once as at first, since ops may not ask for memory while they are captured; then as a graph.
        Assert.Equal(before + 2, calls);
        pass.Run();
        Assert.Equal(before + (bed.IsCuda ? 2 : 3), calls);
    }

    [Fact]
    public void Run_AfterScratchMemoryCouldNotGrow_DoesNotUseWhatWasFreed()
    {
        Assert.SkipWhen(!bed.IsCuda || CudaDevices.IsGpu, "Only the emulator refuses memory when asked to.");
        using OpTest test = new(bed, CudaDevices.RentNew(bed.Type));
        Attending small = new(test, sequences: 1, heads: 1);
        using RepeatedPass pass = test.Device.Repeated(small.Run);
        for (int run = 0; run < 3; run++)
        {
            pass.Run();
        }

        float[] expected = test.Read(small.O);
        Attending large = new(test, sequences: 2, heads: 16);
        Emulator.FailAllocation(1);
        Assert.Throws<InsufficientMemoryException>(large.Run);
        for (int run = 0; run < 2; run++)
        {
            test.Poison(small.O);
            pass.Run();
            Assert.Equal(expected, test.Read(small.O));
        }
    }

    [Fact]
    public void Run_PassThatFails_TellsItAndLeavesTheDeviceUsable()
    {
        using OpTest test = new(bed);
        Tensor sum = test.Floats(new float[Width], 1, Width);
        Tensor term = test.Floats([.. Enumerable.Repeat(1f, Width)], 1, Width);
        int calls = 0;
        using RepeatedPass pass = test.Device.Repeated(() =>
        {
            calls++;
            Residual.Add(test.Device, sum, term);
            if (calls == 2)
            {
                throw new InvalidDataException("for the test");
            }
        });
        pass.Run();
        Assert.Throws<InvalidDataException>(pass.Run);
        float atFailure = test.Read(sum)[0];
        pass.Run();
        pass.Run();
        Assert.All(test.Read(sum), x => Assert.Equal(atFailure + 2, x));
    }

    [Fact]
    public void Run_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed, threads: 1);
        Attending attending = new(test, sequences: 2, heads: 2);
        using RepeatedPass pass = test.Device.Repeated(attending.Run);
        pass.Run();
        Allocations.AssertNone(pass.Run);
    }

    /// <summary>An op that needs scratch memory.</summary>
    private sealed class Attending
    {
        private const int Capacity = 64;
        private readonly OpTest _test;
        private readonly AttentionShape _shape;
        private readonly Tensor _qkv;
        private readonly Tensor _keys;
        private readonly Tensor _values;
        private readonly Tensor _starts;
        private readonly Tensor _past;

        internal Attending(OpTest test, int sequences, int heads)
        {
            _test = test;
            _shape = new AttentionShape(heads, heads, 8, Causal: true);
            _qkv = test.Floats(test.Bed.Normal(1, (long)sequences * _shape.QkvSize), sequences, _shape.QkvSize);
            _keys = test.Floats(test.Bed.Normal(2, (long)sequences * heads * Capacity * 8), sequences, heads, Capacity, 8);
            _values = test.Floats(test.Bed.Normal(3, (long)sequences * heads * Capacity * 8), sequences, heads, Capacity, 8);
            _starts = test.Ints([.. Enumerable.Range(0, sequences + 1)]);
            _past = test.Ints([.. Enumerable.Repeat(Capacity - 1, sequences)]);
            O = test.Poisoned(sequences, _shape.OutputSize);
        }

        internal Tensor O { get; }

        internal void Run() => CachedAttention.Forward(_test.Device, O, _qkv, _keys, _values, _starts, _past, maxLength: 1, _shape);
    }
}

public sealed class RepeatedPassCpuTests() : RepeatedPassTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class RepeatedPassCudaTests() : RepeatedPassTests(Bed.CudaSingle);
