namespace LlavaCuda.Tensors;

/// <summary>
/// A typed view of memory that a device owns: address, element type and extents, contiguous and row-major. It does no arithmetic and frees nothing;
/// whoever allocated the memory (<c>Arena</c>, <c>DeviceMemory</c>) keeps it alive. The default value is "no tensor".
/// </summary>
/// <param name="address">Address on the device; not readable by the host when the device is a GPU.</param>
/// <param name="type">Element type.</param>
/// <param name="shape">Extents.</param>
public readonly unsafe struct Tensor(nint address, DType type, Shape shape)
{
    /// <summary>Gets the address of the first element.</summary>
    public nint Address { get; } = address;

    /// <summary>Gets the element type.</summary>
    public DType Type { get; } = type;

    /// <summary>Gets the extents.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Gets a value indicating whether this is a tensor at all: optional arguments are passed as <c>default</c>.</summary>
    public bool Exists => Address != 0;

    /// <summary>Gets the number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>Gets the size in bytes.</summary>
    public long Bytes => Shape.Count * Type.Size();

    /// <summary>Gets the extent of the outermost dimension.</summary>
    public long Rows => Shape[0];

    /// <summary>Gets the number of elements in a row, that is in all dimensions but the outermost.</summary>
    public long Width => Shape[0] == 0 ? (Shape.Rank == 1 ? 1 : Shape[^1]) : Shape.Count / Shape[0];

    /// <summary>Gets the elements for code that runs on the host.</summary>
    internal float* Floats => (float*)Address;

    /// <summary>Gets the elements for code that runs on the host.</summary>
    internal int* Ints => (int*)Address;

    /// <summary>Looks at the same elements under other extents.</summary>
    /// <param name="extents">Extents of the same product.</param>
    /// <returns>The view.</returns>
    public Tensor View(params ReadOnlySpan<long> extents)
    {
        Shape shape = new(extents);
        return shape.Count == Count ? new Tensor(Address, Type, shape) : throw new ArgumentException($"Cannot view {Shape} as {shape}.");
    }

    /// <summary>Looks at some of the rows.</summary>
    /// <param name="start">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <returns>The view, as a matrix.</returns>
    public Tensor Slice(long start, long rows)
    {
        if (start < 0 || rows < 0 || start + rows > Rows)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"Rows {start}..{start + rows} of {Shape}.");
        }

        return new Tensor(Address + (nint)(start * Width * Type.Size()), Type, Shape.Rank == 1 ? new Shape(rows) : new Shape(rows, Width));
    }

    /// <summary>Writes type and extents as <c>F32 [4, 512]</c>.</summary>
    /// <returns>The text that error messages show.</returns>
    public override string ToString() => Exists ? $"{Type} {Shape}" : "none";
}
