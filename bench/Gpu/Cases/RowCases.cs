using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu.Cases;

/// <summary>Rows that are rotated, summed, looked up, chosen or cut out of pictures.</summary>
internal static class RowCases
{
    internal static IEnumerable<KernelCase> Language(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        AttentionShape shape = new(s.Heads, s.Heads, s.HeadSize, Causal: true);
        Tensor qkv = t.Noise(s.Rows, shape.QkvSize), cos = t.Noise(DType.F32, s.Positions, s.HeadSize / 2), sin = t.Noise(DType.F32, s.Positions, s.HeadSize / 2);
        Rotary rotary = new(cos, sin, t.Ints(s.Rows, i => i % s.Length));
        yield return KernelCase.Bytes($"Rope.Forward {s.Rows}x({s.Heads}+{s.Heads})x{s.HeadSize}", 4.0 * s.Rows * 2 * s.Heads * s.HeadSize, () => Rope.Forward(device, qkv, rotary, shape));
        Tensor dy = t.Noise(s.Rows, s.Width), db = t.Empty(DType.F32, s.Width);
        yield return KernelCase.Bytes($"ColumnSum.Backward {s.Rows}x{s.Width}", dy.Bytes, () => ColumnSum.Backward(device, db, dy, accumulate: false));
    }

    // Ids far apart, as those of text are; the pictures' rows stand between them, as they do in a packed batch.
    internal static IEnumerable<KernelCase> Embeddings(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        int texts = s.Rows / 2;
        Tensor table = t.Noise(s.Vocabulary, s.Width), images = t.Noise(s.Rows - texts, s.Width), x = t.Noise(s.Rows, s.Width);
        int[] source = [.. Enumerable.Range(0, s.Rows).Select(i => i < texts ? (int)((long)i * 7919 % s.Vocabulary) : -1 - (i - texts))];
        Tensor ids = t.Ints(source);
        yield return KernelCase.Bytes($"Embedding.Forward {s.Rows}x{s.Width}", 2.0 * x.Bytes, () => Embedding.Forward(device, x, table, images, ids));

        // The rows of each id, ascending; every id is read and written once in single precision, every row read once.
        IGrouping<int, int>[] segments = [.. Enumerable.Range(0, texts).GroupBy(row => source[row]).OrderBy(static g => g.Key)];
        Tensor dtable = t.Noise(DType.F32, s.Vocabulary, s.Width), distinct = t.Ints(segments.Length, i => segments[i].Key), rows = t.Ints([.. segments.SelectMany(static g => g)]);
        int end = 0;
        Tensor starts = t.Ints([0, .. segments.Select(g => end += g.Count())]);
        double bytes = ((2.0 * texts) + (8.0 * segments.Length)) * s.Width;
        yield return KernelCase.Bytes($"Embedding.Backward {texts}x{s.Width}", bytes, () => Embedding.Backward(device, dtable, x, distinct, starts, rows, accumulate: true));
        Tensor index = t.Ints(texts, static i => 2 * i), chosen = t.Noise(texts, s.Width);
        yield return KernelCase.Bytes($"GatherRows.Forward {texts}x{s.Width}", 2.0 * chosen.Bytes, () => GatherRows.Forward(device, chosen, x, index));

        // All rows are written, those that were not chosen with zeros.
        yield return KernelCase.Bytes($"GatherRows.Backward {texts}x{s.Width}", chosen.Bytes + x.Bytes, () => GatherRows.Backward(device, x, chosen, index));
    }

    internal static IEnumerable<KernelCase> Vision(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        int patchValues = 3 * s.Patch * s.Patch;
        int columns = (patchValues + 7) / 8 * 8;
        Tensor pixels = t.Noise(DType.F32, s.Pictures, 3, s.Edge, s.Edge), cut = t.Empty(s.Pictures * s.Patches, columns);
        yield return KernelCase.Bytes($"Patches.Forward {s.Pictures}x{s.Edge}x{s.Edge}", pixels.Bytes + cut.Bytes, () => Patches.Forward(device, cut, pixels, s.Patch));
        Tensor x = t.Noise(s.VisionRows, s.VisionWidth), patches = t.Noise(s.Pictures * s.Patches, s.VisionWidth), cls = t.Noise(s.VisionWidth), positions = t.Noise(s.Patches + 1, s.VisionWidth);
        Tensor dcls = t.Empty(DType.F32, s.VisionWidth), dpositions = t.Empty(DType.F32, s.Patches + 1, s.VisionWidth);
        string size = $"{s.VisionRows}x{s.VisionWidth}";
        yield return KernelCase.Bytes($"VisionEmbedding.Forward {size}", patches.Bytes + x.Bytes + positions.Bytes, () => VisionEmbedding.Forward(device, x, patches, cls, positions));
        yield return KernelCase.Bytes($"VisionEmbedding.Backward {size}", patches.Bytes + x.Bytes + dpositions.Bytes, () => VisionEmbedding.Backward(device, patches, dcls, dpositions, x, accumulate: false));
    }
}
