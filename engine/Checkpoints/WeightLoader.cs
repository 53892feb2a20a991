using System.Buffers;
using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Formats;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// Fills parameters from opened weight files: first decides and checks where everything comes from, then streams, so that a bad file changes nothing, except for one with a value that is NaN or
/// infinite, which is found on the way.
/// </summary>
internal sealed class WeightLoader(ParameterTable table, Device device)
{
    private const int ChunkBytes = 1 << 19;
    private const int MostNamed = 8;
    private readonly Dictionary<Parameter, StoredTensor> _tensors = [];
    private readonly HashSet<ModelPart> _parts = [];
    private readonly List<string> _unused = [];
    private readonly List<string> _warnings = [];

    /// <summary>Takes some parts of the model from these files; what they hold of other parts is left alone.</summary>
    internal void Add(WeightSet set, params ReadOnlySpan<ModelPart> parts)
    {
        foreach (ModelPart part in parts)
        {
            _parts.Add(part);
        }

        foreach (StoredTensor tensor in set.Tensors)
        {
            if (!CheckpointNames.TryToEngineName(tensor.Name, out string? name) || !table.TryGet(name, out Parameter? parameter))
            {
                // Half of a deeper projector may fit a shallower one, but would compute something else.
                if (name?.StartsWith("projector.", StringComparison.Ordinal) == true && parts.Contains(ModelPart.Projector))
                {
                    throw new InvalidDataException($"{tensor.File}: tensor {Quoted.Name(tensor.Name)} belongs to a projector with more maps than the model's.");
                }

                if (!CheckpointNames.IsIgnorable(tensor.Name))
                {
                    _unused.Add($"{tensor.File}: {Quoted.Name(tensor.Name)}");
                }
            }
            else if (parts.Contains(parameter.Part))
            {
                Assign(parameter, tensor);
            }
        }
    }

    internal void Warn(string line) => _warnings.Add(line);

    /// <summary>Copies everything to the device.</summary>
    /// <param name="from">Where the weights come from, for messages.</param>
    /// <param name="config">Tells which vision weights the forward pass reads; null if all are needed.</param>
    /// <param name="tied">Whether the head may be missing and then is the embedding.</param>
    /// <param name="progress">Receives bytes done and bytes in all.</param>
    internal LoadReport Load(string from, LlavaConfig? config, bool tied, Action<long, long>? progress)
    {
        if (!table.Values.Exists)
        {
            throw new InvalidOperationException("The parameters have no memory yet: allocate the table before loading into it.");
        }

        if (tied && table.TryGet("language.lm_head.weight", out Parameter? head) && !_tensors.ContainsKey(head)
            && _tensors.TryGetValue(table["language.embed_tokens.weight"], out StoredTensor? embedding))
        {
            _tensors.Add(head, embedding);
        }

        List<Parameter> missing = [.. table.All.Where(p => _parts.Contains(p.Part) && !_tensors.ContainsKey(p))];
        if (missing.FindAll(p => config is null || IsUsed(p, config)) is { Count: > 0 } needed)
        {
            throw new InvalidDataException($"{from} lacks {needed.Count} of the model's weights: {Names(needed.Select(static p => $"{p.Name} {p.Shape}"), needed.Count)}.");
        }

        long done = 0, total = _tensors.Values.Sum(static t => t.Bytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        foreach ((Parameter parameter, StoredTensor tensor) in _tensors.OrderBy(static t => t.Value.File, StringComparer.Ordinal).ThenBy(static t => t.Value.Offset))
        {
            Copy(parameter.Value, tensor, buffer);
            done += tensor.Bytes;
            progress?.Invoke(done, total);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        SetDefaults(missing);
        if (_unused.Count > 0)
        {
            Warn($"{_unused.Count} tensors were not used: {Names(_unused, _unused.Count)}.");
        }

        return new LoadReport(_tensors.Count, total, _warnings);
    }

    private static string Names(IEnumerable<string> names, int count) => string.Join(", ", names.Take(MostNamed)) + (count > MostNamed ? ", ..." : string.Empty);

    private static bool IsUsed(Parameter parameter, LlavaConfig config)
    {
        string[] path = parameter.Name.Split('.');
        return path is not (["vision", "post_layernorm", ..] or ["vision", "encoder", "layers", ..])
            || (path[1] == "encoder" && int.Parse(path[3], System.Globalization.CultureInfo.InvariantCulture) < config.VisionBlocks);
    }

    private void Assign(Parameter parameter, StoredTensor tensor)
    {
        if (_tensors.TryGetValue(parameter, out StoredTensor? other))
        {
            throw new InvalidDataException($"{parameter.Name} is stored twice: as {Quoted.Name(other.Name)} in {other.File} and as {Quoted.Name(tensor.Name)} in {tensor.File}.");
        }

        if (tensor.Shape != parameter.Shape || !Elements.IsFloat(tensor.Type))
        {
            throw new InvalidDataException($"{tensor.File}: tensor {Quoted.Name(tensor.Name)} is {tensor.Type} {tensor.Shape}, but the configuration asks for {parameter.Shape} of floating-point numbers.");
        }

        _tensors.Add(parameter, tensor);
    }

    private void Copy(Tensor target, StoredTensor tensor, byte[] buffer)
    {
        Tensor flat = target.View(target.Count);
        int most = ChunkBytes / target.Type.Size();
        for (long start = 0; start < target.Count; start += most)
        {
            int count = (int)Math.Min(most, target.Count - start);
            if (target.Type == tensor.Type && tensor.TryView(start, count, out ReadOnlySpan<byte> mapped))
            {
                RequireFinite(mapped, target, tensor, start);
                device.CopyFromHost(flat.Slice(start, count), mapped);
            }
            else
            {
                Span<byte> converted = buffer.AsSpan(0, count * target.Type.Size());
                tensor.Read(converted, target.Type, start);
                RequireFinite(converted, target, tensor, start);
                device.CopyFromHost(flat.Slice(start, count), (ReadOnlySpan<byte>)converted);
            }
        }
    }

    private static void RequireFinite(ReadOnlySpan<byte> values, Tensor target, StoredTensor tensor, long start)
    {
        int bad = Elements.IndexOfNonFinite(values, target.Type);
        if (bad < 0)
        {
            return;
        }

        float stored = 0;
        tensor.Read(MemoryMarshal.AsBytes(new Span<float>(ref stored)), DType.F32, start + bad);
        string what = float.IsNaN(stored) ? "NaN" : float.IsInfinity(stored) ? "infinite" : FormattableString.Invariant($"{stored}, too large for {target.Type},");
        throw new InvalidDataException($"{tensor.File}: tensor {Quoted.Name(tensor.Name)} is {what} at {tensor.Shape.Place(start + bad)}; expected finite weights.");
    }

    // A tower without the weights that nothing reads: norms become the identity, the rest stays zero.
    private void SetDefaults(List<Parameter> missing)
    {
        foreach (Parameter parameter in missing)
        {
            bool isScale = parameter.Shape.Rank == 1 && parameter.Name.EndsWith(".weight", StringComparison.Ordinal);
            float[] values = new float[parameter.Shape.Count];
            Array.Fill(values, isScale ? 1f : 0f);
            device.WriteFloats(parameter.Value, values);
        }

        if (missing.Count > 0)
        {
            Warn($"{missing.Count} weights that the forward pass does not read are missing and have their defaults: {Names(missing.Select(static p => p.Name), missing.Count)}.");
        }
    }
}
