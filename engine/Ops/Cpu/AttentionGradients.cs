using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Gradients of one key-value head of one sequence and of the query heads that read it. Keys and values are packed once, and their gradients stay in scratch memory until the
/// end; query heads and their tiles follow one another, so that all sums have a fixed order. P is made again from lse; nothing of rows × rows is kept.
/// </summary>
internal unsafe struct AttentionGradients
{
    /// <summary>The first row's first query head of the group, which lie next to each other; and where its gradient goes.</summary>
    public float* Q;
    public float* DQ;

    /// <summary>The first row's key head, and where its gradient goes.</summary>
    public float* K;
    public float* DK;

    /// <summary>The first row's value head, and where its gradient goes.</summary>
    public float* V;
    public float* DV;

    /// <summary>Distance between the rows of all these.</summary>
    public long Stride;

    /// <summary>The first row's first output head of the group, its gradient, and the distance between their rows.</summary>
    public float* O;
    public float* DO;
    public long StrideO;

    /// <summary>log Σ exp of the first row in the first head of the group, and the distance to the next head.</summary>
    public float* Lse;
    public long StrideLse;

    /// <summary>Number of the first row, and how many there are.</summary>
    public long FirstRow;
    public int Length;

    /// <summary>Query heads of the group.</summary>
    public int Group;

    /// <summary>Width of a head.</summary>
    public int HeadSize;

    /// <summary>Whether later keys are hidden.</summary>
    public bool Causal;

    /// <summary>Factor on the scores.</summary>
    public float Scale;

    /// <summary>Turns the gradients of queries and keys, if there are angles.</summary>
    public RotaryAngles Angles;

    // Whole tiles of the widest kernel, 14 × 32, and few enough of them that all of a tile's operands stay in a second-level cache.
    private const int MaxQueries = 98;
    private const int MaxKeys = 224;

    private int _tileQueries;
    private int _tileKeys;
    private int _headColumns;

    // Keys and values as the right operands of scores and slopes, and keys once more as that of the queries' gradients.
    private float* _keyLines;
    private float* _valueLines;
    private float* _keyPanels;
    private float* _keySums;
    private float* _valueSums;

    // A tile of queries and output gradients as left operands, and as right ones.
    private float* _queryLines;
    private float* _outputLines;
    private float* _queryPanels;
    private float* _outputPanels;
    private float* _querySums;

    // S, then P; dP, then dS; and either of them as a left operand.
    private float* _scores;
    private float* _slopes;
    private float* _packed;

    // δ of the tile's queries.
    private float* _deltas;

    /// <summary>Computes the gradients.</summary>
    public void Run()
    {
        float* end = LayOut(null);
        LayOut(ThreadScratch.Floats((long)end / sizeof(float)));
        NativeMemory.Clear(_keySums, (nuint)((byte*)_queryLines - (byte*)_keySums));
        AttentionPanels.PackRows(_keyLines, AttentionPanels.Columns, K, Stride, Length, HeadSize);
        AttentionPanels.PackRows(_valueLines, AttentionPanels.Columns, V, Stride, Length, HeadSize);
        AttentionPanels.PackColumns(_keyPanels, AttentionPanels.Columns, K, Stride, HeadSize, Length);
        for (int head = 0; head < Group; head++)
        {
            for (int start = 0; start < Length; start += _tileQueries)
            {
                RunQueries(head, start, Math.Min(_tileQueries, Length - start));
            }
        }

        Put(DK, _keySums, FirstRow, Length, Scale, Angles.Exist);
        Put(DV, _valueSums, FirstRow, Length, 1, rotate: false);
    }

    // Places all of the scratch memory behind each other and returns the end.
    private float* LayOut(float* rest)
    {
        // A tile of keys begins at a whole panel both where keys are columns (scores) and where they are rows (their gradients).
        int step = AttentionPanels.Rows * AttentionPanels.Columns / Gcd(AttentionPanels.Rows, AttentionPanels.Columns);
        _tileKeys = Math.Max(1, MaxKeys / step) * step;
        _tileQueries = MaxQueries / AttentionPanels.Rows * AttentionPanels.Rows;
        _headColumns = AttentionPanels.RoundUp(HeadSize, AttentionPanels.Columns);
        long length = AttentionPanels.RoundUp(Length, step);
        _keyLines = ThreadScratch.Take(ref rest, length * HeadSize);
        _valueLines = ThreadScratch.Take(ref rest, length * HeadSize);
        _keyPanels = ThreadScratch.Take(ref rest, length * _headColumns);
        _keySums = ThreadScratch.Take(ref rest, length * _headColumns);
        _valueSums = ThreadScratch.Take(ref rest, length * _headColumns);
        _queryLines = ThreadScratch.Take(ref rest, (long)_tileQueries * HeadSize);
        _outputLines = ThreadScratch.Take(ref rest, (long)_tileQueries * HeadSize);
        _queryPanels = ThreadScratch.Take(ref rest, (long)_tileQueries * _headColumns);
        _outputPanels = ThreadScratch.Take(ref rest, (long)_tileQueries * _headColumns);
        _querySums = ThreadScratch.Take(ref rest, (long)_tileQueries * _headColumns);
        _scores = ThreadScratch.Take(ref rest, (long)_tileQueries * _tileKeys);
        _slopes = ThreadScratch.Take(ref rest, (long)_tileQueries * _tileKeys);
        _packed = ThreadScratch.Take(ref rest, (long)_tileQueries * _tileKeys);
        _deltas = ThreadScratch.Take(ref rest, _tileQueries);
        return rest;
    }

    private readonly void RunQueries(int head, int start, int count)
    {
        float* q = Q + (head * HeadSize) + (start * Stride);
        long outputs = (head * HeadSize) + (start * StrideO);
        float* output = DO + outputs;
        AttentionPanels.PackRows(_queryLines, AttentionPanels.Rows, q, Stride, count, HeadSize);
        AttentionPanels.PackRows(_outputLines, AttentionPanels.Rows, output, StrideO, count, HeadSize);
        AttentionPanels.PackColumns(_queryPanels, AttentionPanels.Columns, q, Stride, HeadSize, count);
        AttentionPanels.PackColumns(_outputPanels, AttentionPanels.Columns, output, StrideO, HeadSize, count);
        for (int i = 0; i < count; i++)
        {
            _deltas[i] = VectorMath.Dot(O + outputs + (i * StrideO), output + (i * StrideO), HeadSize);
        }

        int visible = Causal ? start + count : Length;
        for (int key = 0; key < visible; key += _tileKeys)
        {
            int keys = Math.Min(_tileKeys, visible - key);
            AddTile(head, start, count, key, keys);
        }

        Put(DQ + (head * HeadSize) + (start * Stride), _querySums, FirstRow + start, count, Scale, Angles.Exist);
    }

    private readonly void AddTile(int head, int start, int count, int key, int keys)
    {
        int columns = AttentionPanels.Columns;
        long panelOfHead = (long)columns * HeadSize;
        AttentionPanels.Multiply(_scores, _tileKeys, _queryLines, _keyLines + ((long)key * HeadSize), panelOfHead, count, keys, HeadSize, add: false);
        AttentionPanels.Multiply(_slopes, _tileKeys, _outputLines, _valueLines + ((long)key * HeadSize), panelOfHead, count, keys, HeadSize, add: false);
        for (int i = 0; i < count; i++)
        {
            int seen = Causal ? Math.Clamp(start + i + 1 - key, 0, keys) : keys;
            Differentiate(_scores + ((long)i * _tileKeys), _slopes + ((long)i * _tileKeys), seen, keys, Lse[(head * StrideLse) + start + i], _deltas[i]);
        }

        long panelOfQueries = (long)columns * count;
        AttentionPanels.PackColumns(_packed, AttentionPanels.Rows, _scores, _tileKeys, keys, count);
        AttentionPanels.Multiply(_valueSums + ((long)key * _headColumns), _headColumns, _packed, _outputPanels, panelOfQueries, keys, HeadSize, count, add: true);
        AttentionPanels.PackColumns(_packed, AttentionPanels.Rows, _slopes, _tileKeys, keys, count);
        AttentionPanels.Multiply(_keySums + ((long)key * _headColumns), _headColumns, _packed, _queryPanels, panelOfQueries, keys, HeadSize, count, add: true);
        AttentionPanels.PackRows(_packed, AttentionPanels.Rows, _slopes, _tileKeys, count, keys);
        AttentionPanels.Multiply(_querySums, _headColumns, _packed, _keyPanels + ((long)key * columns), (long)columns * Length, count, HeadSize, keys, add: key > 0);
    }

    // P = exp(scale S − lse) and dS = P (dP − δ) of one query; keys that it does not see get zeros.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Differentiate(float* scores, float* slopes, int seen, int keys, float lse, float delta)
    {
        Vector<float> scale = new(Scale);
        Vector<float> shift = new(-lse);
        Vector<float> mean = new(delta);

        // The last vector may go beyond what is seen: tiles are whole, and zeros follow.
        for (int i = 0; i < seen; i += Vector<float>.Count)
        {
            Vector<float> weight = VectorMath.Exp(Vector.MultiplyAddEstimate(Vector.Load(scores + i), scale, shift));
            Vector.Store(weight, scores + i);
            Vector.Store(weight * (Vector.Load(slopes + i) - mean), slopes + i);
        }

        new Span<float>(scores + seen, keys - seen).Clear();
        new Span<float>(slopes + seen, keys - seen).Clear();
    }

    private readonly void Put(float* target, float* sums, long row, int count, float factor, bool rotate)
    {
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> line = new(sums + ((long)i * _headColumns), HeadSize);
            TensorPrimitives.Multiply(line, factor, new Span<float>(target, HeadSize));
            if (rotate)
            {
                Angles.Rotate(target, row + i);
            }

            target += Stride;
        }
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
