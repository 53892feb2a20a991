using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// Samples laid end to end on the host: what goes where on the device. Filled anew for every micro-batch; its buffers only grow, so a steady step allocates nothing.
/// An image marker becomes as many rows as a picture has features; a row's label is the token after it.
/// </summary>
public sealed class PackedBatch
{
    /// <summary>Stands for a picture among token ids.</summary>
    public const int ImageToken = -200;

    /// <summary>The label of a token that carries no loss.</summary>
    public const int Ignore = -100;

    private readonly LlavaConfig _config;
    private readonly HostBuffer<int> _cuSeqlens = new();
    private readonly HostBuffer<int> _source = new();
    private readonly HostBuffer<int> _positions = new();
    private readonly HostBuffer<int> _labelledRows = new();
    private readonly HostBuffer<int> _labels = new();
    private readonly HostBuffer<int> _imageRows = new();
    private readonly HostBuffer<float> _pixels = new();
    private readonly HostBuffer<int> _vision = new();
    private readonly HostBuffer<int> _features = new();
    private readonly TokenSegments _segments = new();
    private int _positionsUsed;

    /// <summary>Initializes a new instance of the <see cref="PackedBatch"/> class, empty.</summary>
    /// <param name="config">Fixes the rows of a picture.</param>
    public PackedBatch(LlavaConfig config)
    {
        _config = config;
        Clear();
    }

    /// <summary>Gets the number of sequences.</summary>
    public int Sequences => _cuSeqlens.Count - 1;

    /// <summary>Gets the number of rows, image rows included.</summary>
    public int Rows => _source.Count;

    /// <summary>Gets the number of pictures.</summary>
    public int Images { get; private set; }

    /// <summary>Gets the number of rows that carry loss.</summary>
    public int LabelledRows => _labelledRows.Count;

    /// <summary>Gets the longest sequence's rows.</summary>
    public int MaxLength { get; private set; }

    /// <summary>Counts the rows that ids take.</summary>
    /// <param name="config">Fixes the rows of a picture.</param>
    /// <param name="ids">Token ids and image markers.</param>
    /// <returns>Rows.</returns>
    public static int CountRows(LlavaConfig config, ReadOnlySpan<int> ids) => ids.Length + (ids.Count(ImageToken) * (config.RowsPerImage - 1));

    /// <summary>Forgets all samples.</summary>
    public void Clear()
    {
        _positionsUsed = 0;
        foreach (HostBuffer<int> buffer in (ReadOnlySpan<HostBuffer<int>>)[_cuSeqlens, _source, _positions, _labelledRows, _labels, _imageRows, _vision, _features])
        {
            buffer.Clear();
        }

        _pixels.Clear();
        _cuSeqlens.Add(0);
        _vision.Add(0);
        Images = 0;
        MaxLength = 0;
    }

    /// <summary>Appends one sequence. Its pictures' pixels are appended by <see cref="AddImage"/>, in the same order over the whole batch.</summary>
    /// <param name="ids">Token ids, and <see cref="ImageToken"/> where a picture goes.</param>
    /// <param name="labels">One an id, <see cref="Ignore"/> where there is no loss; empty for none at all.</param>
    /// <param name="firstPosition">Position of the first row: rows that a cache already holds.</param>
    /// <exception cref="ArgumentException">An id is outside the vocabulary, or lengths differ.</exception>
    public void Add(ReadOnlySpan<int> ids, ReadOnlySpan<int> labels, int firstPosition = 0)
    {
        if (labels.Length != 0 && labels.Length != ids.Length)
        {
            throw new ArgumentException($"There are {ids.Length} ids, but {labels.Length} labels.", nameof(labels));
        }

        int start = Rows;
        int rowsPerImage = _config.RowsPerImage;
        for (int i = 0; i < ids.Length; i++)
        {
            int label = labels.Length == 0 ? Ignore : labels[i];
            if (label != Ignore && i > 0)
            {
                CheckId(label);
                _labelledRows.Add(Rows - 1);
                _labels.Add(label);
            }

            if (ids[i] != ImageToken)
            {
                CheckId(ids[i]);
                _source.Add(ids[i]);
                continue;
            }

            for (int k = 0; k < rowsPerImage; k++)
            {
                _imageRows.Add(Rows);
                _source.Add(-_imageRows.Count);
            }
        }

        int length = Rows - start;
        if (firstPosition + length > _config.Text.MaxPositions)
        {
            throw new ArgumentException($"A sequence has {firstPosition + length} rows, but the model has {_config.Text.MaxPositions} positions.", nameof(ids));
        }

        for (int i = 0; i < length; i++)
        {
            _positions.Add(firstPosition + i);
        }

        _cuSeqlens.Add(Rows);
        _positionsUsed = Math.Max(_positionsUsed, firstPosition + length);
        MaxLength = Math.Max(MaxLength, length);
    }

    /// <summary>Appends a picture.</summary>
    /// <returns>Where its normalised pixels go, channel by channel: <c>3 edge²</c> values; valid until the next call.</returns>
    public Span<float> AddImage()
    {
        VisionConfig vision = _config.Vision;
        int first = Images * vision.Positions;
        int skip = _config.FeatureSelection == FeatureSelection.Patch ? 1 : 0;
        for (int i = skip; i < vision.Positions; i++)
        {
            _features.Add(first + i);
        }

        Images++;
        _vision.Add(Images * vision.Positions);
        return _pixels.AddMany(3 * vision.ImageSize * vision.ImageSize);
    }

    /// <summary>Sends the pictures ahead, while the device works on something else.</summary>
    /// <param name="staging">Where they travel; handed to <see cref="Upload"/> later. Not used when there are no pictures.</param>
    internal void SendAhead(StagedCopy staging)
    {
        if (Images > 0)
        {
            staging.Begin(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_pixels.Items));
        }
    }

    /// <summary>Copies the batch to the device.</summary>
    /// <param name="device">Where.</param>
    /// <param name="arena">Holds the copies.</param>
    /// <param name="angles">Cosines and sines of the rotary angles.</param>
    /// <param name="backward">Whether token rows are sorted for the embedding's backward pass.</param>
    /// <param name="cache">The cache that the sequences continue, or null.</param>
    /// <param name="sentAhead">Where the pictures travelled ahead, or null.</param>
    internal DeviceBatch Upload(Device device, Arena arena, (Tensor Cos, Tensor Sin) angles, bool backward, KvCache? cache = null, StagedCopy? sentAhead = null)
    {
        if (_imageRows.Count != Images * _config.RowsPerImage)
        {
            throw new InvalidOperationException($"The sequences have {_imageRows.Count / _config.RowsPerImage} image markers, but {Images} pictures were added.");
        }

        if (angles.Cos.Exists && _positionsUsed > angles.Cos.Rows)
        {
            throw new ArgumentException($"A sequence has {_positionsUsed} rows, but the model was made for {angles.Cos.Rows}.");
        }

        if (cache is not null)
        {
            CheckRoom(cache);
        }

        if (backward)
        {
            _segments.Sort(_source.Items, _config.Text.VocabularySize);
        }

        int edge = _config.Vision.ImageSize;
        Tensor pixels = default;
        if (Images > 0)
        {
            pixels = arena.Push(DType.F32, Images, 3, edge, edge);
            if (sentAhead is null)
            {
                device.CopyFromHost(pixels, _pixels.Items);
            }
            else
            {
                sentAhead.CopyTo(pixels);
            }
        }

        return new DeviceBatch
        {
            Sequences = new Sequences(
                Copy(_cuSeqlens.Items),
                MaxLength,
                new Rotary(angles.Cos, angles.Sin, Copy(_positions.Items)),
                cache is null ? default : Copy(cache.Lengths),
                cache,
                cache is not null && Begins(cache)),
            Source = Copy(_source.Items),
            Pixels = pixels,
            VisionCuSeqlens = Images > 0 ? Copy(_vision.Items) : default,
            FeatureRows = _config.FeatureSelection == FeatureSelection.Patch ? Copy(_features.Items) : default,
            ImageRows = Copy(_imageRows.Items),
            LabelledRows = Copy(_labelledRows.Items),
            Labels = Copy(_labels.Items),
            Losses = LabelledRows > 0 ? arena.Push(DType.F32, LabelledRows) : default,
            TokenIds = backward ? Copy(_segments.Ids) : default,
            TokenStarts = backward ? Copy(_segments.Starts) : default,
            TokenRows = backward ? Copy(_segments.Rows) : default,
        };

        Tensor Copy(ReadOnlySpan<int> values)
        {
            if (values.Length == 0)
            {
                return default;
            }

            Tensor tensor = arena.Push(DType.I32, values.Length);
            device.CopyFromHost(tensor, values);
            return tensor;
        }
    }

    private bool Begins(KvCache cache)
    {
        for (int i = 0; i < Sequences; i++)
        {
            if (cache.Lengths[i] > 0 && _cuSeqlens.Items[i + 1] > _cuSeqlens.Items[i])
            {
                return false;
            }
        }

        return true;
    }

    private void CheckRoom(KvCache cache)
    {
        if (cache.Lengths.Length != Sequences)
        {
            throw new ArgumentException($"The batch has {Sequences} sequences, but the cache {cache.Lengths.Length}.", nameof(cache));
        }

        for (int i = 0; i < Sequences; i++)
        {
            int start = _cuSeqlens.Items[i];
            int rows = _cuSeqlens.Items[i + 1] - start;
            if (cache.Lengths[i] + rows > cache.Capacity)
            {
                throw new ArgumentException($"Sequence {i} would have {cache.Lengths[i] + rows} rows, but the cache holds {cache.Capacity}.", nameof(cache));
            }

            if (rows > 0 && _positions.Items[start] != cache.Lengths[i])
            {
                throw new ArgumentException($"Sequence {i} goes on at position {_positions.Items[start]}, but the cache has {cache.Lengths[i]} of its rows.", nameof(cache));
            }
        }
    }

    /// <summary>Counts the batch's rows into the cache that they were appended to.</summary>
    internal void CountInto(KvCache? cache)
    {
        for (int i = 0; cache is not null && i < Sequences; i++)
        {
            cache.Lengths[i] += _cuSeqlens.Items[i + 1] - _cuSeqlens.Items[i];
        }
    }

    private void CheckId(int id)
    {
        if ((uint)id >= (uint)_config.Text.VocabularySize)
        {
            throw new ArgumentException($"Token id {id} is outside the vocabulary of {_config.Text.VocabularySize}.");
        }
    }
}
