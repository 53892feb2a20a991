namespace LlavaCuda.Trainer.Verification;

/// <summary>
/// The significant bits that a rounded twin keeps of its activations, to stand for a device. In bf16 they are the device's own. Single
/// precision has 24, but a sum of many terms, and every op between two that are rounded, errs by more than its last bit: the twin keeps
/// 20 for the processor, whose own error is then a third of the twin's, and 17 for a GPU, which has exponentials of its own. After
/// optimizer steps what matters is how many elements have a gradient whose sign rounding can turn, each of which moves by twice the rate:
/// at 17 bits the twins meet such elements wherever a device might.
/// </summary>
/// <param name="Passes">In forward and backward passes.</param>
/// <param name="Training">In training steps.</param>
internal readonly record struct KeptBits(int Passes, int Training)
{
    /// <summary>Gets those of a device that stores bf16.</summary>
    internal static KeptBits Bf16 => new(RoundingDevice.Bf16Bits, RoundingDevice.Bf16Bits);

    /// <summary>Gets those of the processor.</summary>
    internal static KeptBits Processor => new(20, 17);

    /// <summary>Gets those of a GPU in single precision.</summary>
    internal static KeptBits GpuSingle => new(17, 17);
}
