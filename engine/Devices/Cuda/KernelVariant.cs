using System.Globalization;
using System.Text;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>The template arguments of one instance of a kernel: storage types first, then integers. A value that is compared without heap memory.</summary>
internal readonly struct KernelVariant : IEquatable<KernelVariant>
{
    private const int Unused = int.MinValue;
    private readonly int _type;
    private readonly int _other;
    private readonly (int A, int B, int C, int D, int E) _numbers;

    /// <summary>Initializes a new instance of the <see cref="KernelVariant"/> struct with a storage type.</summary>
    internal KernelVariant(DType type, int a = Unused, int b = Unused, int c = Unused, int d = Unused, int e = Unused)
        : this((int)type, Unused, a, b, c, d, e)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="KernelVariant"/> struct with two storage types.</summary>
    internal KernelVariant(DType type, DType other, int a = Unused, int b = Unused, int c = Unused)
        : this((int)type, (int)other, a, b, c, Unused, Unused)
    {
    }

    private KernelVariant(int type, int other, int a, int b, int c, int d, int e)
    {
        _type = type;
        _other = other;
        _numbers = (a, b, c, d, e);
    }

    /// <summary>Makes a variant of a kernel that is not templated on storage.</summary>
    internal static KernelVariant Of(int a, int b = Unused, int c = Unused, int d = Unused, int e = Unused) => new(Unused, Unused, a, b, c, d, e);

    /// <inheritdoc/>
    public bool Equals(KernelVariant other) => _type == other._type && _other == other._other && _numbers == other._numbers;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KernelVariant other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_type, _other, _numbers.A, _numbers.B, _numbers.C, _numbers.D, _numbers.E);

    /// <summary>Writes the template arguments as CUDA C++ does, for example <c>&lt;bf16, 128, 4&gt;</c>.</summary>
    /// <returns>The text behind the kernel's name in a name expression.</returns>
    public override string ToString()
    {
        StringBuilder text = new("<");
        foreach (int type in (ReadOnlySpan<int>)[_type, _other])
        {
            if (type != Unused)
            {
                Append(NameOf((DType)type));
            }
        }

        foreach (int number in (ReadOnlySpan<int>)[_numbers.A, _numbers.B, _numbers.C, _numbers.D, _numbers.E])
        {
            if (number != Unused)
            {
                Append(number.ToString(CultureInfo.InvariantCulture));
            }
        }

        return text.Append('>').ToString();

        void Append(string argument) => text.Append(text.Length > 1 ? ", " : string.Empty).Append(argument);
    }

    private static string NameOf(DType type) => type switch
    {
        DType.F32 => "float",
        DType.BF16 => "bf16",
        _ => throw new ArgumentException($"Kernels do not store {type}."),
    };
}
