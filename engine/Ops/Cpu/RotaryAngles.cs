using System.Numerics;
using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>Turns one head of one row by the angles of the row's position, or back.</summary>
internal readonly unsafe struct RotaryAngles(Rotary rotary, int headSize, bool inverse)
{
    private readonly float* _cos = rotary.Cos.Floats;
    private readonly float* _sin = rotary.Sin.Floats;
    private readonly int* _positions = rotary.Positions.Ints;
    private readonly int _half = headSize / 2;
    private readonly float _sign = inverse ? -1f : 1f;

    /// <summary>Gets a value indicating whether there are angles.</summary>
    public bool Exist => _cos is not null;

    public void Rotate(float* head, long row)
    {
        float* cos = _cos + ((long)_positions[row] * _half);
        float* sin = _sin + ((long)_positions[row] * _half);
        float* upper = head + _half;
        int i = 0;
        for (; i <= _half - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> c = Vector.Load(cos + i);
            Vector<float> s = Vector.Load(sin + i) * _sign;
            Vector<float> a = Vector.Load(head + i);
            Vector<float> b = Vector.Load(upper + i);
            Vector.Store((a * c) - (b * s), head + i);
            Vector.Store((b * c) + (a * s), upper + i);
        }

        for (; i < _half; i++)
        {
            float s = sin[i] * _sign;
            float a = head[i];
            head[i] = (a * cos[i]) - (upper[i] * s);
            upper[i] = (upper[i] * cos[i]) + (a * s);
        }
    }
}
