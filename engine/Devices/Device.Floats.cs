using System.Buffers;
using System.Runtime.InteropServices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Floating tensors as floats of the host, whatever their type on the device.</content>
public abstract partial class Device
{
    private const int FloatsAtOnce = 1 << 20;

    /// <summary>Copies a floating tensor to the host as single precision, after all work queued so far.</summary>
    /// <param name="destination">As many elements as the source has.</param>
    /// <param name="source">On this device.</param>
    public void ReadFloats(Span<float> destination, Tensor source)
    {
        RequireFloats(source, destination.Length);
        Tensor flat = source.View(source.Count);
        for (int at = 0; at < destination.Length; at += FloatsAtOnce)
        {
            Span<float> part = destination.Slice(at, Math.Min(FloatsAtOnce, destination.Length - at));
            Span<byte> bytes = MemoryMarshal.AsBytes(part);

            // Narrower elements come into the end of the place that they will fill: conversion goes upwards and overwrites only what it has read.
            Span<byte> stored = bytes[^(part.Length * source.Type.Size())..];
            CopyToHostCore(stored, flat.Slice(at, part.Length));
            if (source.Type != DType.F32)
            {
                Elements.Convert(stored, source.Type, bytes, DType.F32);
            }
        }
    }

    /// <summary>Copies single precision to a floating tensor, rounded to nearest even where it is narrower.</summary>
    /// <param name="destination">On this device.</param>
    /// <param name="source">As many elements as the destination has.</param>
    public void WriteFloats(Tensor destination, ReadOnlySpan<float> source)
    {
        RequireFloats(destination, source.Length);
        Tensor flat = destination.View(destination.Count);
        byte[] buffer = destination.Type == DType.F32 ? [] : ArrayPool<byte>.Shared.Rent(Math.Min(FloatsAtOnce, source.Length) * destination.Type.Size());
        for (int at = 0; at < source.Length; at += FloatsAtOnce)
        {
            ReadOnlySpan<float> part = source.Slice(at, Math.Min(FloatsAtOnce, source.Length - at));
            ReadOnlySpan<byte> stored = MemoryMarshal.AsBytes(part);
            if (destination.Type != DType.F32)
            {
                Span<byte> converted = buffer.AsSpan(0, part.Length * destination.Type.Size());
                Elements.Convert(stored, DType.F32, converted, destination.Type);
                stored = converted;
            }

            CopyFromHostCore(flat.Slice(at, part.Length), stored);
        }

        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void RequireFloats(Tensor tensor, int count)
    {
        if (!tensor.Exists || tensor.Type is not (DType.F32 or DType.BF16) || tensor.Count != count)
        {
            throw new ArgumentException($"The copy has {count} floats, but the tensor is {tensor}.");
        }
    }
}
