using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary>Tensors with random contents for measurements: products of zeros would run faster than those of numbers. Made on the device out of one block of noise.</summary>
/// <param name="device">Where.</param>
internal sealed class GpuTensors(CudaDevice device) : IDisposable
{
    private const int NoiseElements = 1 << 22;
    private readonly List<DeviceMemory> _memory = [];
    private readonly Dictionary<DType, Tensor> _noise = [];

    /// <summary>Makes a tensor of normally distributed numbers.</summary>
    internal Tensor Noise(DType type, params ReadOnlySpan<long> extents)
    {
        Tensor tensor = Empty(type, extents);
        FillWithNoise(tensor);
        return tensor;
    }

    /// <summary>Makes a tensor without contents.</summary>
    internal Tensor Empty(DType type, params ReadOnlySpan<long> extents)
    {
        Shape shape = new(extents);
        DeviceMemory memory = device.Allocate(shape.Count * type.Size(), "a measurement");
        _memory.Add(memory);
        return new Tensor(memory.Address, type, shape);
    }

    /// <summary>Makes a tensor of indexes.</summary>
    internal Tensor Ints(params ReadOnlySpan<int> values)
    {
        Tensor tensor = Empty(DType.I32, values.Length);
        device.CopyFromHost(tensor, values);
        return tensor;
    }

    /// <summary>Overwrites a tensor with noise, the same block again and again.</summary>
    internal void FillWithNoise(Tensor tensor)
    {
        Tensor flat = tensor.View(tensor.Count);
        Tensor block = NoiseOf(tensor.Type);
        for (long at = 0; at < flat.Count; at += NoiseElements)
        {
            long count = Math.Min(NoiseElements, flat.Count - at);
            Move.Forward(device, flat.Slice(at, count), block.Slice(0, count));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceMemory memory in _memory)
        {
            memory.Dispose();
        }

        _memory.Clear();
        _noise.Clear();
    }

    private Tensor NoiseOf(DType type)
    {
        if (!_noise.TryGetValue(type, out Tensor block))
        {
            CounterRandom random = new(0, "noise");
            float[] values = new float[NoiseElements];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(0.02 * random.Normal((ulong)i));
            }

            byte[] stored = new byte[(long)NoiseElements * type.Size()];
            Elements.Convert(MemoryMarshal.AsBytes<float>(values), DType.F32, stored, type);
            block = Empty(type, NoiseElements);
            device.CopyFromHost<byte>(block, stored);
            _noise.Add(type, block);
        }

        return block;
    }
}
