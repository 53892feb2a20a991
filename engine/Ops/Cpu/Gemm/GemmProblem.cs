namespace LlavaCuda.Ops.Cpu;

/// <summary>The arguments of one product, as <see cref="Gemm.Multiply"/> describes them.</summary>
internal unsafe struct GemmProblem
{
    public GemmForm Form;
    public bool Accumulate;
    public float* C;
    public float* A;
    public float* B;
    public float* Bias;
    public long Ldc;
    public long Lda;
    public long Ldb;
    public long M;
    public long N;
    public long K;
}
