using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Optimizers;

/// <summary>Reads tensors of a training checkpoint back: same type, same shape, same bits.</summary>
public static class ExactTensor
{
    private const int ChunkElements = 1 << 20;

    /// <summary>Copies a stored tensor to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="tensor">On the device.</param>
    /// <param name="stored">In a file.</param>
    /// <exception cref="InvalidDataException">Type or shape differ.</exception>
    public static void Restore(Device device, Tensor tensor, StoredTensor stored)
    {
        if (stored.Type != tensor.Type || stored.Shape != tensor.Shape)
        {
            throw new InvalidDataException($"{stored.File}: tensor '{stored.Name}' is {stored.Type} {stored.Shape}; this run has {tensor.Type} {tensor.Shape}.");
        }

        byte[] chunk = new byte[Math.Min(ChunkElements, tensor.Count) * tensor.Type.Size()];
        Tensor flat = tensor.View(tensor.Count);
        for (long at = 0; at < tensor.Count; at += ChunkElements)
        {
            int count = (int)Math.Min(ChunkElements, tensor.Count - at);
            Span<byte> bytes = chunk.AsSpan(0, count * tensor.Type.Size());
            stored.Read(bytes, tensor.Type, at);
            device.CopyFromHost<byte>(flat.Slice(at, count), bytes);
        }
    }
}
