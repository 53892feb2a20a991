using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Verification;

/// <summary>
/// Compares this engine with the reference of a model folder: forward, gradients, training steps of both stages, greedy tokens. What a
/// device may err follows from the model: rounded twins on the processor measure what rounding alone makes of each comparison; how well
/// they agree with the reference has no part in it. On a GPU the processor, on which that rests, is compared with the reference too.
/// </summary>
public sealed class ReferenceCheck : IDisposable
{
    /// <summary>Twins that the size of rounding's error is measured from, and how much it varies.</summary>
    private const int Draws = 8;

    private readonly Device _device;
    private readonly Device _processor;
    private readonly bool _ownsProcessor;
    private readonly ReferenceWork _work;
    private readonly Dictionary<KeptBits, (PassResults[] Passes, Quantity[][] Training)> _twins = [];
    private (PassResults Passes, Quantity[] Training)? _exact;

    /// <summary>Initializes a new instance of the <see cref="ReferenceCheck"/> class.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="folder">A model folder that holds a reference.</param>
    public ReferenceCheck(Device device, string folder)
        : this(device, device as CpuDevice ?? new CpuDevice(), folder) => _ownsProcessor = _processor != device;

    /// <summary>Initializes a new instance of the <see cref="ReferenceCheck"/> class with a processor of the caller's.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="processor">In single precision, what the twins compute on; the device itself, if that is one.</param>
    /// <param name="folder">A model folder that holds a reference.</param>
    internal ReferenceCheck(Device device, Device processor, string folder)
    {
        _device = device;
        _processor = processor;
        _work = new ReferenceWork(folder);
    }

    /// <summary>Makes all comparisons that the reference has data for.</summary>
    /// <param name="cancellation">Stops between them.</param>
    /// <returns>One row each; of a processor that only the yardstick rests on, those that do not pass.</returns>
    public IReadOnlyList<VerifyRow> Run(CancellationToken cancellation = default) =>
        _device == _processor
            ? RunOn(_processor, cancellation)
            :
            [
                .. RunOn(_processor, cancellation).Where(static r => !r.Passes)
                    .Select(static r => r with { Name = "processor: " + r.Name }),
                .. RunOn(_device, cancellation),
            ];

    /// <inheritdoc/>
    public void Dispose()
    {
        _work.Dispose();
        if (_ownsProcessor)
        {
            _processor.Dispose();
        }
    }

    /// <summary>Compares a device with the reference, by the yardstick of this check's processor.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cancellation">Stops between comparisons.</param>
    /// <returns>One row each.</returns>
    internal List<VerifyRow> RunOn(Device device, CancellationToken cancellation = default)
    {
        (PassResults exact, Quantity[] exactTraining) = _exact ??= Work(_processor, cancellation);
        (PassResults passes, Quantity[] training) = device == _processor ? _exact.Value : Work(device, cancellation);
        KeptBits bits = device.ComputeType == DType.BF16 ? KeptBits.Bf16 : device is CudaDevice ? KeptBits.GpuSingle : KeptBits.Processor;
        if (!_twins.TryGetValue(bits, out (PassResults[] Passes, Quantity[][] Training) twins))
        {
            _twins.Add(bits, twins = Twins(bits, cancellation));
        }

        return
        [
            .. VerifyRows.Of(passes.Quantities, exact.Quantities, [.. twins.Passes.Select(static p => p.Quantities)]),
            VerifyRows.OfTokens(_work.Tokens, passes.Tokens, exact.TokenLogits, [.. twins.Passes.Select(static p => p.TokenLogits)]),
            .. VerifyRows.Of(training, exactTraining, twins.Training),
        ];
    }

    private (PassResults Passes, Quantity[] Training) Work(Device device, CancellationToken cancellation) =>
        (_work.RunPasses(device, generate: true, cancellation), _work.RunTraining(device, cancellation));

    private (PassResults[] Passes, Quantity[][] Training) Twins(KeptBits bits, CancellationToken cancellation)
    {
        PassResults[] passes = new PassResults[Draws];
        Quantity[][] training = new Quantity[Draws][];
        for (int i = 0; i < Draws; i++)
        {
            using RoundingDevice forPasses = new(_processor, bits.Passes, (ulong)i);
            passes[i] = _work.RunPasses(forPasses, generate: false, cancellation);
            using RoundingDevice forTraining = new(_processor, bits.Training, (ulong)i);
            training[i] = _work.RunTraining(forTraining, cancellation);
        }

        return (passes, training);
    }
}
