using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary>The tensors of some measurements, freed together.</summary>
/// <param name="noise">What fills them, and where.</param>
internal sealed class GpuTensors(GpuNoise noise) : IDisposable
{
    private readonly List<DeviceMemory> _memory = [];

    /// <summary>Makes a tensor of normally distributed numbers.</summary>
    internal Tensor Noise(DType type, params ReadOnlySpan<long> extents)
    {
        Tensor tensor = Empty(type, extents);
        noise.Fill(tensor);
        return tensor;
    }

    /// <summary>Makes a bf16 tensor of normally distributed numbers.</summary>
    internal Tensor Noise(params ReadOnlySpan<long> extents) => Noise(DType.BF16, extents);

    /// <summary>Makes a tensor without contents.</summary>
    internal Tensor Empty(DType type, params ReadOnlySpan<long> extents)
    {
        Shape shape = new(extents);
        DeviceMemory memory = noise.Device.Allocate(shape.Count * type.Size(), "a measurement");
        _memory.Add(memory);
        return new Tensor(memory.Address, type, shape);
    }

    /// <summary>Makes a bf16 tensor without contents.</summary>
    internal Tensor Empty(params ReadOnlySpan<long> extents) => Empty(DType.BF16, extents);

    /// <summary>Makes a tensor of indexes.</summary>
    internal Tensor Ints(params ReadOnlySpan<int> values)
    {
        Tensor tensor = Empty(DType.I32, values.Length);
        noise.Device.CopyFromHost(tensor, values);
        return tensor;
    }

    /// <summary>Makes a tensor of as many indexes as are wanted.</summary>
    internal Tensor Ints(int count, Func<int, int> value) => Ints([.. Enumerable.Range(0, count).Select(value)]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceMemory memory in _memory)
        {
            memory.Dispose();
        }

        _memory.Clear();
    }
}
