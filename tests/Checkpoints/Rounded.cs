using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

/// <summary>What a value is after a stay in a file of narrower type, element by element.</summary>
internal static class Rounded
{
    internal static float To(float value, DType type) => type switch
    {
        DType.F16 => (float)(Half)value,
        DType.BF16 => ToBf16(value),
        _ => value,
    };

    private static float ToBf16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value), kept = bits & 0xFFFF0000, rest = bits & 0xFFFF;
        bool up = rest > 0x8000 || (rest == 0x8000 && (kept & 0x10000) != 0);
        return BitConverter.UInt32BitsToSingle(up ? kept + 0x10000 : kept);
    }
}
