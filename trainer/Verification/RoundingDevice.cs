using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Verification;

/// <summary>
/// The rounding twin: a device in single precision, of which every activation loses its lower bits where an op writes it, as on a device
/// that stores narrower activations and computes exactly. Statistics, losses and gradients of weights stay single precision, as
/// everywhere. For every seed the grid that is rounded to is shifted, at every element by another share of a unit: errors of the size of
/// plain rounding's, which come back like plain rounding's where the same value does, but others for every seed, so that their size can
/// be measured from several draws. What is representable stays as it is.
/// </summary>
internal sealed class RoundingDevice : ForwardingDevice
{
    private const int SingleBits = 24;
    private const int AtOnce = 1 << 20;
    private readonly int _bits;
    private readonly ulong _seed;
    private readonly bool _roundsWeights;
    private readonly bool _plain;
    private readonly float[] _buffer = new float[AtOnce];
    private DeviceMemory? _memory;
    private Tensor _masters;
    private Tensor _trained;

    /// <summary>Initializes a new instance of the <see cref="RoundingDevice"/> class.</summary>
    /// <param name="inner">A device in single precision, which the caller disposes.</param>
    /// <param name="bits">Significant bits that activations keep, the leading one counted: 8 for bf16.</param>
    /// <param name="seed">Which draw, or null for plain rounding to nearest.</param>
    internal RoundingDevice(Device inner, int bits, ulong? seed)
        : base(inner)
    {
        _bits = bits;
        _seed = seed ?? 0;
        _plain = seed is null;
        _roundsWeights = bits == Bf16Bits;
    }

    /// <summary>Gets the significant bits of bf16.</summary>
    internal static int Bf16Bits => 8;

    /// <summary>
    /// Rounds the weights of a model to what the narrower device stores: to nearest, without dither, because every such device rounds
    /// them to the same values.
    /// </summary>
    /// <param name="weights">The weights.</param>
    internal void RoundWeights(Tensor weights)
    {
        if (_roundsWeights)
        {
            Round(weights, plain: true);
        }
    }

    /// <summary>Puts the exact weights, which the optimizer keeps beside the rounded ones, in their place.</summary>
    internal void ShowMasters()
    {
        if (_trained.Exists)
        {
            MoveForward(_trained, _masters);
        }
    }

    // The exact weights stay; the model computes with rounded ones.
    internal override void AdamWUpdate(
        Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
        if (!_roundsWeights)
        {
            base.AdamWUpdate(values, remainders, first, second, gradients, norm, segments, step);
            return;
        }

        if (step.Step == 1)
        {
            _memory?.Dispose();
            _memory = Allocate(values.Bytes, "the exact weights of a rounded twin");
            _masters = new Tensor(_memory.Address, values.Type, values.Shape);
            _trained = values;
        }
        else
        {
            MoveForward(values, _masters);
        }

        base.AdamWUpdate(values, remainders, first, second, gradients, norm, segments, step);
        MoveForward(_masters, values);
        Round(values, plain: true);
    }

    /// <inheritdoc/>
    protected override void Written(Tensor activations)
    {
        if (activations.Exists)
        {
            Round(activations, _plain);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _memory?.Dispose();
            _memory = null;
        }

        base.Dispose(disposing);
    }

    private void Round(Tensor tensor, bool plain)
    {
        Tensor flat = tensor.View(tensor.Count);
        for (long at = 0; at < flat.Count; at += AtOnce)
        {
            Tensor part = flat.Slice(at, Math.Min(AtOnce, flat.Count - at));
            Span<float> values = _buffer.AsSpan(0, (int)part.Count);
            CopyToHost(values, part);
            Round(values, at, plain);
            CopyFromHost<float>(part, values);
        }
    }

    private void Round(Span<float> values, long first, bool plain)
    {
        CounterRandom random = new(_seed, "grid");
        uint lost = (1u << (SingleBits - _bits)) - 1;
        double unit = Math.ScaleB(1, 1 - _bits);
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            float power = BitConverter.UInt32BitsToSingle(bits & 0x7F800000);
            if ((bits & lost) != 0 && float.IsNormal(power))
            {
                double step = power * unit;
                double shift = plain ? 0 : random.Uniform((ulong)(first + i));
                values[i] = (float)(step * (Math.Round((values[i] / step) + shift) - shift));
            }
        }
    }
}
