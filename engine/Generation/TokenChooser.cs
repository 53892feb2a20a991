using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Generation;

/// <summary>Chooses tokens where the logits are, so that only ids come back.</summary>
internal sealed class TokenChooser : IDisposable
{
    private readonly Device _device;
    private readonly DeviceMemory _memory;
    private readonly Tensor _draws;
    private readonly Tensor _forbidden;
    private readonly Tensor _ids;
    private readonly int[] _bits;

    /// <summary>Initializes a new instance of the <see cref="TokenChooser"/> class; all tokens are allowed.</summary>
    /// <param name="device">Where the logits are.</param>
    /// <param name="rows">Rows of logits.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    internal TokenChooser(Device device, int rows, int vocabulary)
    {
        _device = device;
        _bits = new int[(vocabulary + 31) / 32];
        Shape draws = new(rows, TokenDraw.Width);
        long drawBytes = draws.Count * sizeof(double);
        _memory = device.Allocate(drawBytes + ((_bits.LongLength + rows) * sizeof(int)), "the choice of tokens");
        _draws = new Tensor(_memory.Address, DType.F64, draws);
        _forbidden = new Tensor(_memory.Address + (nint)drawBytes, DType.I32, new Shape(_bits.Length));
        _ids = new Tensor(_forbidden.Address + (nint)_forbidden.Bytes, DType.I32, new Shape(rows));
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>Forbids tokens; those that were forbidden before are allowed again.</summary>
    /// <param name="ids">Token ids, not all there are.</param>
    internal void Forbid(ReadOnlySpan<int> ids)
    {
        _bits.AsSpan().Clear();
        foreach (int id in ids)
        {
            _bits[id / 32] |= 1 << (id % 32);
        }

        _device.CopyFromHost<int>(_forbidden, _bits);
    }

    /// <summary>Chooses a token for each row.</summary>
    /// <param name="ids">Receives them.</param>
    /// <param name="logits"><c>[rows, vocabulary]</c>, on the device.</param>
    /// <param name="draws">One a row.</param>
    internal void Choose(Span<int> ids, Tensor logits, ReadOnlySpan<TokenDraw> draws)
    {
        _device.CopyFromHost(_draws, draws);
        Sampling.Forward(_device, _ids, logits, _draws, _forbidden);
        _device.CopyToHost(ids, _ids);
    }
}
