using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>
/// A pass as a CUDA graph. The first run is an ordinary one: it compiles kernels, makes plans and sizes scratch memory. The second is captured, and from then on one call launches all
/// kernels, without the microseconds that each launch costs. After scratch memory has moved it begins anew.
/// </summary>
internal sealed class CudaGraphPass : RepeatedPass
{
    private readonly CudaDevice _device;
    private CudaGraphHandle? _graph;
    private int _scratchMoves;
    private bool _ran;

    /// <summary>Initializes a new instance of the <see cref="CudaGraphPass"/> class.</summary>
    /// <param name="device">Where.</param>
    /// <param name="pass">Calls ops and nothing else.</param>
    internal CudaGraphPass(CudaDevice device, Action pass)
        : base(pass)
    {
        _device = device;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // Not while another thread is about to launch the graph.
        using CudaCall call = _device.BeginDisposal();
        Forget();
        base.Dispose();
    }

    /// <inheritdoc/>
    internal override void Run()
    {
        // One call: the graph must not be launched after another thread's op has moved the scratch memory.
        using CudaCall call = _device.BeginCall();

        // An op elsewhere may have asked for more scratch memory since, and the graph's kernels would write to what was freed. The pass itself may want more then, which is refused inside of
        // a capture: an ordinary run comes first.
        if (!_ran || !_device.CanCapture || _scratchMoves != _device.ScratchMoves)
        {
            Forget();
            base.Run();
            _ran = true;
            _scratchMoves = _device.ScratchMoves;
            return;
        }

        _graph ??= _device.Capture(Pass);
        _device.Launch(_graph);
    }

    private void Forget()
    {
        if (_graph is not null)
        {
            _device.Forget(_graph);
            _graph = null;
        }
    }
}
