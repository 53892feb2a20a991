using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>Keys and values of all layers for sequences that are being generated; memory for the whole capacity is reserved at once.</summary>
public sealed class KvCache : IDisposable
{
    private readonly DeviceMemory _memory;
    private readonly DType _type;
    private readonly TextConfig _config;
    private readonly long _layerBytes;

    /// <summary>Initializes a new instance of the <see cref="KvCache"/> class.</summary>
    /// <param name="device">Where.</param>
    /// <param name="config">The language model.</param>
    /// <param name="sequences">How many sequences.</param>
    /// <param name="capacity">Rows of each.</param>
    public KvCache(Device device, TextConfig config, int sequences, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _config = config;
        _type = device.ComputeType;
        Capacity = capacity;
        Lengths = new int[sequences];
        _layerBytes = (long)sequences * config.KvHeads * capacity * config.HeadSize * _type.Size();
        _memory = device.Allocate(2 * config.Layers * _layerBytes, "the key-value cache");
    }

    /// <summary>Gets the rows that each sequence may have.</summary>
    public int Capacity { get; }

    /// <summary>Gets the rows that each sequence has; whoever appends counts on.</summary>
    public int[] Lengths { get; }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    internal (Tensor Keys, Tensor Values) Layer(int layer)
    {
        Shape shape = new(Lengths.Length, _config.KvHeads, Capacity, _config.HeadSize);
        nint keys = _memory.Address + (nint)(2 * layer * _layerBytes);
        return (new Tensor(keys, _type, shape), new Tensor(keys + (nint)_layerBytes, _type, shape));
    }
}
