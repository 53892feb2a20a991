using System.Text;

namespace LlavaCuda.Tensors;

/// <summary>
/// Random numbers without state: number <c>i</c> of a stream is a hash of seed, stream and <c>i</c> (SplitMix64's finaliser, applied twice), so that any place of a run can be
/// computed again, in any order and on any thread.
/// </summary>
/// <param name="seed">Chosen by the user.</param>
/// <param name="stream">What the numbers are for; different streams of a seed are independent.</param>
public readonly struct CounterRandom(ulong seed, ulong stream)
{
    private readonly ulong _key = Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ (stream * 0xD1B54A32D192ED03));

    /// <summary>Initializes a new instance of the <see cref="CounterRandom"/> struct.</summary>
    /// <param name="seed">Chosen by the user.</param>
    /// <param name="stream">What the numbers are for, in words.</param>
    public CounterRandom(ulong seed, string stream)
        : this(seed, Hash(stream))
    {
    }

    /// <summary>Gets 64 random bits.</summary>
    /// <param name="index">Which.</param>
    /// <returns>The bits.</returns>
    public ulong Bits(ulong index) => Mix(_key ^ Mix(index + 0x9E3779B97F4A7C15));

    /// <summary>Gets a number in [0, 1).</summary>
    /// <param name="index">Which.</param>
    /// <returns>A multiple of 2⁻⁵³.</returns>
    public double Uniform(ulong index) => (Bits(index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Gets a whole number below a bound, each equally likely to within 2⁻³².</summary>
    /// <param name="index">Which.</param>
    /// <param name="bound">At least 1.</param>
    /// <returns>0 to bound − 1.</returns>
    public int Below(ulong index, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)(((Bits(index) >> 32) * (ulong)bound) >> 32);
    }

    /// <summary>Gets a normally distributed number of mean 0 and variance 1 (Box and Muller).</summary>
    /// <param name="index">Which.</param>
    /// <returns>The number.</returns>
    public double Normal(ulong index)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(2 * index)));
        return radius * Math.Cos(2 * Math.PI * Uniform((2 * index) + 1));
    }

    // FNV-1a: short names only need to differ.
    private static ulong Hash(string text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ value) * 0x100000001B3;
        }

        return hash;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
