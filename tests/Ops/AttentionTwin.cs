using LlavaCuda.Devices;

namespace LlavaCuda.Tests.Ops;

/// <summary>Attention in double precision, in the plainest way.</summary>
internal sealed class AttentionTwin
{
    private readonly AttentionShape _shape;
    private readonly int[] _starts;
    private readonly double[] _qkv;

    internal AttentionTwin(double[] qkv, int[] starts, AttentionShape shape)
    {
        _shape = shape;
        _starts = starts;
        _qkv = qkv;
        Rows = starts[^1];
        O = new double[Rows * shape.OutputSize];
        Lse = new double[shape.Heads * Rows];
        ForEachRow((head, row, first, last) =>
        {
            double[] weights = Weights(head, row, first, last);
            for (int i = 0; i < shape.HeadSize; i++)
            {
                for (int key = first; key < last; key++)
                {
                    O[(row * shape.OutputSize) + (head * shape.HeadSize) + i] += weights[key - first] * qkv[Value(head, key) + i];
                }
            }
        });
    }

    internal int Rows { get; }

    internal double[] O { get; }

    internal double[] Lse { get; }

    /// <summary>Gradients of Σ dO∘O in the packed rows.</summary>
    internal double[] Backward(float[] dO)
    {
        double[] gradient = new double[_qkv.Length];
        ForEachRow((head, row, first, last) =>
        {
            double[] weights = Weights(head, row, first, last);
            int output = (row * _shape.OutputSize) + (head * _shape.HeadSize);
            double delta = 0;
            for (int i = output; i < output + _shape.HeadSize; i++)
            {
                delta += dO[i] * O[i];
            }

            for (int key = first; key < last; key++)
            {
                double weight = weights[key - first];
                double slope = -delta;
                for (int i = 0; i < _shape.HeadSize; i++)
                {
                    slope += dO[output + i] * _qkv[Value(head, key) + i];
                }

                slope *= weight * Scale;
                for (int i = 0; i < _shape.HeadSize; i++)
                {
                    gradient[Value(head, key) + i] += weight * dO[output + i];
                    gradient[Query(head, row) + i] += slope * _qkv[Key(head, key) + i];
                    gradient[Key(head, key) + i] += slope * _qkv[Query(head, row) + i];
                }
            }
        });
        return gradient;
    }

    private double Scale => 1 / Math.Sqrt(_shape.HeadSize);

    private int Query(int head, int row) => (row * _shape.QkvSize) + (head * _shape.HeadSize);

    private int Key(int head, int row) => Query(_shape.Heads + (head / (_shape.Heads / _shape.KvHeads)), row);

    private int Value(int head, int row) => Query(_shape.Heads + _shape.KvHeads + (head / (_shape.Heads / _shape.KvHeads)), row);

    private double[] Weights(int head, int row, int first, int last)
    {
        double[] scores = new double[last - first];
        for (int key = first; key < last; key++)
        {
            for (int i = 0; i < _shape.HeadSize; i++)
            {
                scores[key - first] += _qkv[Query(head, row) + i] * _qkv[Key(head, key) + i] * Scale;
            }
        }

        double max = scores.Max();
        double lse = max + Math.Log(scores.Sum(s => Math.Exp(s - max)));
        Lse[(head * Rows) + row] = lse;
        return [.. scores.Select(s => Math.Exp(s - lse))];
    }

    private void ForEachRow(Action<int, int, int, int> action)
    {
        for (int sequence = 0; sequence + 1 < _starts.Length; sequence++)
        {
            for (int row = _starts[sequence]; row < _starts[sequence + 1]; row++)
            {
                for (int head = 0; head < _shape.Heads; head++)
                {
                    action(head, row, _starts[sequence], _shape.Causal ? row + 1 : _starts[sequence + 1]);
                }
            }
        }
    }
}
