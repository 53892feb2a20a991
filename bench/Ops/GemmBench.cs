using BenchmarkDotNet.Attributes;
using LlavaCuda.Bench.Native;
using LlavaCuda.Devices;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>Square products beside OpenBLAS with as many threads: 0.27, 2.1 and 17 GFLOP. Where OpenBLAS is not installed, its rows read NA.</summary>
public unsafe class GemmBench : OpBench
{
    private Tensor _c;
    private Tensor _a;
    private Tensor _b;
    private GemmForm _form;

    [Params(512, 1024, 2048)]
    public int Size { get; set; }

    [Params("NN", "NT", "TN")]
    public string Form { get; set; } = "NN";

    private CpuWorkers Workers => ((CpuDevice)Device).Workers;

    [GlobalSetup]
    public void Setup()
    {
        _c = Floats(Size, Size);
        _a = Floats(Size, Size);
        _b = Floats(Size, Size);
        _form = Enum.Parse<GemmForm>(Form);
        if (OpenBlas.IsAvailable)
        {
            OpenBlas.SetThreads(Workers.Threads);
        }
    }

    [Benchmark]
    public void Ours() => Gemm.Multiply(Workers, _form, _c.Floats, Size, _a.Floats, Size, _b.Floats, Size, Size, Size, Size);

    [Benchmark(Baseline = true)]
    public void OpenBlasSgemm()
    {
        if (!OpenBlas.IsAvailable)
        {
            throw new NotSupportedException(OpenBlas.Description);
        }

        OpenBlas.Multiply(_form, _c.Floats, _a.Floats, _b.Floats, Size, Size, Size);
    }
}
