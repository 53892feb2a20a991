using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary>Normally distributed numbers on the device, one block a storage type, with which tensors are filled: products of zeros would run faster than those of numbers.</summary>
/// <param name="device">Where.</param>
/// <param name="elements">A block's length.</param>
internal sealed class GpuNoise(Device device, int elements) : IDisposable
{
    private readonly Dictionary<DType, (DeviceMemory Memory, Tensor Block)> _blocks = [];

    /// <summary>Gets the device.</summary>
    internal Device Device => device;

    /// <summary>Overwrites a tensor with noise, the same block again and again.</summary>
    internal void Fill(Tensor tensor)
    {
        Tensor flat = tensor.View(tensor.Count);
        Tensor block = Block(tensor.Type);
        for (long at = 0; at < flat.Count; at += elements)
        {
            long count = Math.Min(elements, flat.Count - at);
            Move.Forward(device, flat.Slice(at, count), block.Slice(0, count));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((DeviceMemory memory, _) in _blocks.Values)
        {
            memory.Dispose();
        }

        _blocks.Clear();
    }

    private Tensor Block(DType type)
    {
        if (!_blocks.TryGetValue(type, out (DeviceMemory Memory, Tensor Block) found))
        {
            CounterRandom random = new(0, "noise");
            float[] values = new float[elements];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(0.02 * random.Normal((ulong)i));
            }

            byte[] stored = new byte[(long)elements * type.Size()];
            Elements.Convert(MemoryMarshal.AsBytes<float>(values), DType.F32, stored, type);
            DeviceMemory memory = device.Allocate(stored.Length, "noise");
            found = (memory, new Tensor(memory.Address, type, new Shape(elements)));
            _blocks.Add(type, found);
            device.CopyFromHost<byte>(found.Block, stored);
        }

        return found.Block;
    }
}
