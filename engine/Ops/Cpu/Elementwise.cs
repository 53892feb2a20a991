using System.Numerics;
using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>A function of one number.</summary>
internal interface IUnary
{
    public static abstract Vector<float> Of(Vector<float> x);
}

/// <summary>A function of two numbers.</summary>
internal interface IBinary
{
    public static abstract Vector<float> Of(Vector<float> left, Vector<float> right);
}

/// <summary>Functions of all elements; the target may be one of the sources.</summary>
internal static unsafe class Elementwise
{
    internal static void Run<TFunction>(CpuWorkers workers, float* target, float* source, long count)
        where TFunction : struct, IUnary
    {
        Job job = new() { Elements = Chunks.OfElements(count), Target = target, Left = source };
        workers.Run(job.Elements.Count, &job, &Unary<TFunction>);
    }

    internal static void Run<TFunction>(CpuWorkers workers, float* target, float* left, float* right, long count)
        where TFunction : struct, IBinary
    {
        Job job = new() { Elements = Chunks.OfElements(count), Target = target, Left = left, Right = right };
        workers.Run(job.Elements.Count, &job, &Binary<TFunction>);
    }

    private static void Unary<TFunction>(void* context, long chunk)
        where TFunction : struct, IUnary
    {
        Job* job = (Job*)context;
        long end = job->Elements.End(chunk);
        for (long i = job->Elements.Start(chunk); i < end; i += Vector<float>.Count)
        {
            Lanes.StoreNative(job->Target + i, end - i, TFunction.Of(Lanes.LoadNative(job->Left + i, end - i)));
        }
    }

    private static void Binary<TFunction>(void* context, long chunk)
        where TFunction : struct, IBinary
    {
        Job* job = (Job*)context;
        long end = job->Elements.End(chunk);
        for (long i = job->Elements.Start(chunk); i < end; i += Vector<float>.Count)
        {
            Vector<float> left = Lanes.LoadNative(job->Left + i, end - i);
            Vector<float> right = Lanes.LoadNative(job->Right + i, end - i);
            Lanes.StoreNative(job->Target + i, end - i, TFunction.Of(left, right));
        }
    }

    private struct Job
    {
        public Chunks Elements;
        public float* Target;
        public float* Left;
        public float* Right;
    }
}
