using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Attention of up to <see cref="MaxQueries"/> queries of one head over any number of keys, with the online softmax of FlashAttention: the keys come in tiles, the running
/// maximum and sum of a query are corrected from tile to tile. Scores are kept transposed, <c>[keys, queries]</c>, so that the statistics of many queries lie in one vector.
/// </summary>
internal unsafe struct AttentionQueries
{
    /// <summary>Most queries of one call: enough that packing a tile of keys and values costs little beside its use, whole tiles of every kernel.</summary>
    internal const int MaxQueries = 192;

    // Four tiles of the widest kernel, so that scores and weights stay in a second-level cache.
    private const int MaxKeys = 56;

    /// <summary>First query, and the distance to the next.</summary>
    public float* Q;
    public long StrideQ;

    /// <summary>Key 0 of the sequence, and the distance to the next.</summary>
    public float* K;
    public long StrideK;

    /// <summary>Value 0 of the sequence, and the distance to the next.</summary>
    public float* V;
    public long StrideV;

    /// <summary>Receives the first query's output, and the distance to the next.</summary>
    public float* O;
    public long StrideO;

    /// <summary>Receives log Σ exp of each query; or null.</summary>
    public float* Lse;

    /// <summary>Number of queries.</summary>
    public int Queries;

    /// <summary>Number of keys that the last query sees.</summary>
    public int Keys;

    /// <summary>Query i sees keys 0 to Offset + i.</summary>
    public int Offset;

    /// <summary>Width of a head.</summary>
    public int HeadSize;

    /// <summary>Factor on the scores.</summary>
    public float Scale;

    private int _tileKeys;
    private int _width;
    private int _headColumns;

    // Queries, keys and values packed for the tile kernel, and the weights between the two products.
    private float* _queries;
    private float* _keys;
    private float* _values;
    private float* _weights;

    // [keys, queries] of a tile, _width apart; and Σ weight · value of each query, _headColumns apart.
    private float* _scores;
    private float* _sums;

    // Of each query so far: the largest score, Σ weight, and the factor that the last tile's maximum puts on earlier sums.
    private float* _maxima;
    private float* _totals;
    private float* _factors;

    /// <summary>How many queries of a sequence belong into one call: whole panels, about as many in each.</summary>
    internal static int TileOf(int length)
    {
        int tiles = (length + MaxQueries - 1) / MaxQueries;
        return tiles == 0 ? MaxQueries : AttentionPanels.RoundUp((length + tiles - 1) / tiles, AttentionPanels.Columns);
    }

    /// <summary>Computes the outputs.</summary>
    public void Run()
    {
        float* end = LayOut(null);
        LayOut(ThreadScratch.Floats((long)end / sizeof(float)));
        AttentionPanels.PackRows(_queries, AttentionPanels.Columns, Q, StrideQ, Queries, HeadSize);
        new Span<float>(_maxima, _width).Fill(float.NegativeInfinity);
        new Span<float>(_totals, _width).Clear();
        for (int start = 0; start < Keys; start += _tileKeys)
        {
            int count = Math.Min(_tileKeys, Keys - start);
            AttentionPanels.PackRows(_keys, AttentionPanels.Rows, K + (start * StrideK), StrideK, count, HeadSize);

            // Queries before the first that sees any of these keys are left out, to a whole panel.
            int first = Math.Max(0, start - Offset) / AttentionPanels.Columns * AttentionPanels.Columns;
            int queries = Queries - first;
            float* sums = _sums + ((long)first * _headColumns);
            AttentionPanels.Multiply(
                _scores + first, _width, _keys, _queries + ((long)first * HeadSize), (long)AttentionPanels.Columns * HeadSize, count, queries, HeadSize, add: false);
            HideLaterKeys(start, count);
            Softmax(first, count);
            CorrectSums(first, start);
            AttentionPanels.PackColumns(_weights, AttentionPanels.Rows, _scores + first, _width, queries, count);
            AttentionPanels.PackColumns(_values, AttentionPanels.Columns, V + (start * StrideV), StrideV, HeadSize, count);
            AttentionPanels.Multiply(sums, _headColumns, _weights, _values, (long)AttentionPanels.Columns * count, queries, HeadSize, count, add: start > 0);
        }

        Put();
    }

    // Places all of the scratch memory behind each other and returns the end.
    private float* LayOut(float* rest)
    {
        int queryRows = AttentionPanels.RoundUp(Queries, AttentionPanels.Rows) + AttentionPanels.Rows;
        _tileKeys = MaxKeys / AttentionPanels.Rows * AttentionPanels.Rows;
        _width = AttentionPanels.RoundUp(Queries, AttentionPanels.Columns);
        _headColumns = AttentionPanels.RoundUp(HeadSize, AttentionPanels.Columns);
        _queries = ThreadScratch.Take(ref rest, (long)_width * HeadSize);
        _keys = ThreadScratch.Take(ref rest, (long)_tileKeys * HeadSize);
        _values = ThreadScratch.Take(ref rest, (long)_tileKeys * _headColumns);
        _weights = ThreadScratch.Take(ref rest, (long)_tileKeys * queryRows);
        _scores = ThreadScratch.Take(ref rest, (long)_tileKeys * _width);
        _sums = ThreadScratch.Take(ref rest, (long)queryRows * _headColumns);
        _maxima = ThreadScratch.Take(ref rest, _width);
        _totals = ThreadScratch.Take(ref rest, _width);
        _factors = ThreadScratch.Take(ref rest, _width);
        return rest;
    }

    private readonly void HideLaterKeys(int start, int count)
    {
        for (int key = Math.Max(0, Offset + 1 - start); key < count; key++)
        {
            int hidden = Math.Min(_width, start + key - Offset);
            new Span<float>(_scores + ((long)key * _width), hidden).Fill(float.NegativeInfinity);
        }
    }

    // Turns the tile's scores into weights, exp(scale · score − maximum), and brings maxima, totals and factors up to date.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Softmax(int first, int count)
    {
        Vector<float> scale = new(Scale);
        for (int i = first; i < _width; i += 2 * Vector<float>.Count)
        {
            int j = i + Vector<float>.Count;
            Vector<float> left = new(float.NegativeInfinity);
            Vector<float> right = left;
            float* line = _scores;
            for (int key = 0; key < count; key++)
            {
                left = Vector.MaxNative(left, Vector.Load(line + i));
                right = Vector.MaxNative(right, Vector.Load(line + j));
                line += _width;
            }

            Vector<float> oldLeft = Vector.Load(_maxima + i);
            Vector<float> oldRight = Vector.Load(_maxima + j);
            left = Vector.MaxNative(left * scale, oldLeft);
            right = Vector.MaxNative(right * scale, oldRight);
            Vector<float> leftSum = Vector<float>.Zero;
            Vector<float> rightSum = Vector<float>.Zero;
            line = _scores;
            for (int key = 0; key < count; key++)
            {
                Vector<float> leftWeight = VectorMath.Exp(Vector.MultiplyAddEstimate(Vector.Load(line + i), scale, -left));
                Vector<float> rightWeight = VectorMath.Exp(Vector.MultiplyAddEstimate(Vector.Load(line + j), scale, -right));
                Vector.Store(leftWeight, line + i);
                Vector.Store(rightWeight, line + j);
                leftSum += leftWeight;
                rightSum += rightWeight;
                line += _width;
            }

            Vector<float> leftFactor = VectorMath.Exp(oldLeft - left);
            Vector<float> rightFactor = VectorMath.Exp(oldRight - right);
            Vector.Store(left, _maxima + i);
            Vector.Store(right, _maxima + j);
            Vector.Store(leftFactor, _factors + i);
            Vector.Store(rightFactor, _factors + j);
            Vector.Store((Vector.Load(_totals + i) * leftFactor) + leftSum, _totals + i);
            Vector.Store((Vector.Load(_totals + j) * rightFactor) + rightSum, _totals + j);
        }
    }

    // The first tile has no sums before it to correct. Later on maxima mostly stay as they are, and factors are 1.
    private readonly void CorrectSums(int first, int start)
    {
        for (int query = first; query < Queries && start > 0; query++)
        {
            if (_factors[query] != 1)
            {
                Span<float> line = new(_sums + ((long)query * _headColumns), _headColumns);
                TensorPrimitives.Multiply(line, _factors[query], line);
            }
        }
    }

    private readonly void Put()
    {
        for (int query = 0; query < Queries; query++)
        {
            ReadOnlySpan<float> line = new(_sums + ((long)query * _headColumns), HeadSize);
            TensorPrimitives.Multiply(line, 1 / _totals[query], new Span<float>(O + (query * StrideO), HeadSize));
            if (Lse is not null)
            {
                Lse[query] = (float)(_maxima[query] + Math.Log(_totals[query]));
            }
        }
    }
}
