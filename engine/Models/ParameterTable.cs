using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// The one list of a model's weights, in the order vision, projector, language. Memory layout, checkpoint mapping, optimizer groups and the account of what is
/// trained all follow from it. Weights lie in one arena; gradients of the trained parts lie in another in the same order, so that each part is one flat range of both.
/// </summary>
public sealed class ParameterTable : IDisposable
{
    /// <summary>Parameters start at multiples of this many elements, so that vector loads of any device are aligned.</summary>
    internal const int Alignment = 16;

    private readonly List<Parameter> _parameters = [];
    private readonly Dictionary<string, Parameter> _byName = new(StringComparer.Ordinal);
    private readonly (long Start, long Count)[] _ranges = new (long Start, long Count)[3];
    private readonly bool[] _trained = new bool[3];
    private DeviceMemory? _values;
    private DeviceMemory? _gradients;

    /// <summary>Gets all parameters in the order of their memory.</summary>
    public IReadOnlyList<Parameter> All => _parameters;

    /// <summary>Gets the number of elements of the arena of weights, gaps for alignment included.</summary>
    public long ArenaCount { get; private set; }

    /// <summary>Gets all weights as one flat tensor; no tensor before <see cref="Allocate"/>.</summary>
    public Tensor Values { get; private set; }

    /// <summary>Gets the gradients of all trained parts as one flat tensor; no tensor before <see cref="Train"/>.</summary>
    public Tensor Gradients { get; private set; }

    /// <summary>Gets the flat range of <see cref="Values"/> that <see cref="Gradients"/> belongs to; parts between two trained ones are not allowed.</summary>
    public (long Start, long Count) TrainedRange { get; private set; }

    /// <summary>Looks a parameter up.</summary>
    /// <param name="name">The engine's name.</param>
    /// <returns>The parameter.</returns>
    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public Parameter this[string name] =>
        _byName.TryGetValue(name, out Parameter? found) ? found : throw new KeyNotFoundException($"The model has no parameter '{name}'.");

    /// <summary>Looks a parameter up.</summary>
    /// <param name="name">The engine's name.</param>
    /// <param name="parameter">The parameter, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Parameter? parameter) => _byName.TryGetValue(name, out parameter);

    /// <summary>Tells whether a part is trained.</summary>
    /// <param name="part">The part.</param>
    /// <returns>Whether <see cref="Train"/> chose it.</returns>
    public bool IsTrained(ModelPart part) => _trained[(int)part];

    /// <summary>Counts the elements of the parameters.</summary>
    /// <param name="part">Only of this part, or null for all.</param>
    /// <returns>The number, gaps not counted.</returns>
    public long Count(ModelPart? part = null) => _parameters.Where(p => part is null || p.Part == part).Sum(static p => p.Shape.Count);

    /// <summary>Reserves memory for the weights; they are zero.</summary>
    /// <param name="device">Where.</param>
    /// <param name="type">Storage type; the CPU device computes in <see cref="DType.F32"/> only.</param>
    public void Allocate(Device device, DType type)
    {
        _values?.Dispose();
        _values = device.Allocate(ArenaCount * type.Size(), "the weights");
        Values = new Tensor(_values.Address, type, new Shape(ArenaCount));
        foreach (Parameter parameter in _parameters)
        {
            parameter.Value = new Tensor(Values.Address + (nint)(parameter.Offset * type.Size()), type, parameter.Shape);
        }
    }

    /// <summary>Chooses which parts are trained and reserves their gradients (single precision, zero).</summary>
    /// <param name="device">Where.</param>
    /// <param name="parts">The trained parts; none gives the gradients back.</param>
    public void Train(Device device, params ReadOnlySpan<ModelPart> parts)
    {
        _gradients?.Dispose();
        _gradients = null;
        Gradients = default;
        Array.Clear(_trained);
        long start = long.MaxValue, end = 0, trained = 0;
        foreach (ModelPart part in parts)
        {
            start = Math.Min(start, _ranges[(int)part].Start);
            end = Math.Max(end, _ranges[(int)part].Start + _ranges[(int)part].Count);
            trained += _ranges[(int)part].Count;
            _trained[(int)part] = true;
        }

        if (parts.Length > 0 && trained != end - start)
        {
            throw new ArgumentException("The trained parts must be neighbours in the order vision, projector, language.", nameof(parts));
        }

        TrainedRange = parts.Length == 0 ? default : (start, end - start);
        if (trained > 0)
        {
            _gradients = device.Allocate(trained * DType.F32.Size(), "the gradients");
            Gradients = new Tensor(_gradients.Address, DType.F32, new Shape(trained));
        }

        foreach (Parameter parameter in _parameters)
        {
            parameter.Trainable = parts.Contains(parameter.Part);
            parameter.Gradient = parameter.Trainable
                ? new Tensor(Gradients.Address + (nint)((parameter.Offset - start) * DType.F32.Size()), DType.F32, parameter.Shape)
                : default;
        }
    }

    /// <summary>Looks at neighbouring matrices or vectors as one: query, key and value, or gate and up.</summary>
    /// <param name="first">Name of the first of them.</param>
    /// <param name="count">How many; they were added by one call of <see cref="AddFused"/>.</param>
    /// <returns>Their rows as one weight.</returns>
    internal FusedParameter Fuse(string first, int count)
    {
        Parameter parameter = this[first];
        int at = _parameters.IndexOf(parameter);
        long rows = 0;
        for (int i = 0; i < count; i++)
        {
            rows += _parameters[at + i].Shape[0];
        }

        return new FusedParameter(parameter, parameter.Shape.Rank == 1 ? new Shape(rows) : new Shape(rows, parameter.Shape[1]));
    }

    /// <summary>Adds a parameter behind the others.</summary>
    /// <param name="name">The engine's name.</param>
    /// <param name="part">Its part; parts come in order.</param>
    /// <param name="extents">Its extents.</param>
    internal void Add(string name, ModelPart part, params ReadOnlySpan<long> extents) => AddFused(part, (name, new Shape(extents)));

    /// <summary>Adds parameters that lie end to end, so that one matrix product serves them all.</summary>
    /// <param name="part">Their part.</param>
    /// <param name="group">Names and extents.</param>
    internal void AddFused(ModelPart part, params ReadOnlySpan<(string Name, Shape Shape)> group)
    {
        if (_ranges[(int)part].Count == 0)
        {
            _ranges[(int)part].Start = ArenaCount;
        }

        foreach ((string name, Shape shape) in group)
        {
            Parameter parameter = new(name, shape, part) { Offset = ArenaCount };
            _parameters.Add(parameter);
            _byName.Add(name, parameter);
            ArenaCount += shape.Count;
        }

        ArenaCount = (ArenaCount + Alignment - 1) / Alignment * Alignment;
        _ranges[(int)part].Count = ArenaCount - _ranges[(int)part].Start;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values?.Dispose();
        _gradients?.Dispose();
    }
}
