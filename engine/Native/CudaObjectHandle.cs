namespace LlavaCuda.Native;

/// <summary>An object of a context. It keeps the context alive and is destroyed in it, on whatever thread that happens.</summary>
internal abstract class CudaObjectHandle : NativeHandle
{
    private readonly CudaContextHandle _context;

    /// <summary>Initializes a new instance of the <see cref="CudaObjectHandle"/> class.</summary>
    /// <param name="value">The native object.</param>
    /// <param name="context">Its context.</param>
    protected CudaObjectHandle(nint value, CudaContextHandle context)
        : base(value: 0)
    {
        _context = context;

        // Only what keeps its context alive is an object that is ever destroyed.
        bool added = false;
        context.DangerousAddRef(ref added);
        SetHandle(value);
    }

    /// <summary>Destroys the object; its context is current.</summary>
    /// <returns>Whether it went well.</returns>
    protected abstract bool Destroy();

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        bool destroyed;
        using (_context.Enter())
        {
            destroyed = Destroy();
        }

        _context.DangerousRelease();
        return destroyed;
    }
}
