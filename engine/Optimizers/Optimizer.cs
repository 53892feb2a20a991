using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Optimizers;

/// <summary>
/// AdamW over the trained parts of a model: two moments a weight in single precision, and for bf16 weights what their exact masters have beyond them; updates over flat ranges.
/// A step is <see cref="MeasureGradients"/>, the caller's look at the norm, then <see cref="Step"/>; neither allocates.
/// </summary>
public sealed class Optimizer : IDisposable
{
    private readonly Device _device;
    private readonly ParameterTable _parameters;
    private readonly OptimizerOptions _options;
    private readonly DeviceMemory _memory;
    private readonly Tensor _values;
    private readonly Tensor _remainders;
    private readonly Tensor _first;
    private readonly Tensor _second;
    private readonly Tensor _norm;
    private readonly AdamWSegment[] _segments;
    private readonly bool[] _ofProjector;

    /// <summary>Initializes a new instance of the <see cref="Optimizer"/> class with zero moments.</summary>
    /// <param name="device">Where the weights are.</param>
    /// <param name="parameters">Weights with their gradients: <see cref="ParameterTable.Train"/> was called.</param>
    /// <param name="options">Constants.</param>
    /// <exception cref="ArgumentException">No part is trained.</exception>
    /// <exception cref="InsufficientMemoryException">There is no memory for the moments.</exception>
    public Optimizer(Device device, ParameterTable parameters, OptimizerOptions options)
    {
        if (!parameters.Gradients.Exists)
        {
            throw new ArgumentException("No part of the model is trained.", nameof(parameters));
        }

        _device = device;
        _parameters = parameters;
        _options = options;
        (long start, long count) = parameters.TrainedRange;
        _values = parameters.Values.Slice(start, count);
        _memory = device.Allocate(StateBytes(parameters, _values.Type), "the optimizer's moments");
        _first = new Tensor(_memory.Address, DType.F32, new Shape(count));
        _second = new Tensor(_first.Address + (nint)_first.Bytes, DType.F32, new Shape(count));
        nint next = _second.Address + (nint)_second.Bytes;
        _remainders = RemainderBytes(_values.Type) == 0 ? default : new Tensor(next, DType.I16, new Shape(count));
        _norm = new Tensor(next + (nint)(count * RemainderBytes(_values.Type)), DType.F32, new Shape(2));
        (_segments, _ofProjector) = Divide(parameters, options);
    }

    /// <summary>Gets the number of updates so far, which the bias corrections follow.</summary>
    public long Steps { get; private set; }

    /// <summary>Counts the bytes that the optimizer of a model's trained parts takes.</summary>
    /// <param name="parameters">The model's parameters, with gradients.</param>
    /// <param name="weights">Storage type of the weights.</param>
    /// <returns>Bytes on the device.</returns>
    public static long StateBytes(ParameterTable parameters, DType weights) =>
        (parameters.TrainedRange.Count * StateBytesPerWeight(weights)) + (2 * DType.F32.Size());

    /// <summary>Counts the bytes of a weight's state, as it is in memory and in a checkpoint.</summary>
    /// <param name="weights">Storage type of the weights.</param>
    /// <returns>Two moments, and the remainder of a bf16 weight's master.</returns>
    public static long StateBytesPerWeight(DType weights) => (2 * DType.F32.Size()) + RemainderBytes(weights);

    /// <summary>Computes the norm of all gradients and the factor that the next <see cref="Step"/> clips them with.</summary>
    /// <returns>The norm before clipping; not finite when a gradient is not.</returns>
    public float MeasureGradients()
    {
        GradientNorm.Forward(_device, _norm, _parameters.Gradients, _options.MaxGradientNorm);
        Span<float> result = stackalloc float[2];
        _device.CopyToHost(result, _norm);
        return result[0];
    }

    /// <summary>Updates weights and moments from the gradients that were measured last.</summary>
    /// <param name="learningRate">Rate of this step.</param>
    /// <param name="projectorLearningRate">The projector's own rate, or null for the same.</param>
    public void Step(float learningRate, float? projectorLearningRate = null)
    {
        for (int i = 0; i < _segments.Length; i++)
        {
            _segments[i] = _segments[i] with { LearningRate = _ofProjector[i] ? projectorLearningRate ?? learningRate : learningRate };
        }

        Steps++;
        AdamW.Update(
            _device, _values, _remainders, _first, _second, _parameters.Gradients, _norm, _segments, new AdamWStep(_options.Beta1, _options.Beta2, _options.Epsilon, Steps));
    }

    /// <summary>Lists the state for a checkpoint: <c>first.</c>, <c>second.</c> and, of bf16 weights, <c>remainder.</c> before the parameter's name.</summary>
    /// <returns>Views that are read when they are written.</returns>
    public IReadOnlyList<TensorSource> State() =>
        [.. _parameters.All.Where(static p => p.Trainable).SelectMany(p => Kept(p).Select(kept => TensorSource.FromDevice(kept.Name, _device, kept.Tensor)))];

    /// <summary>Restores what <see cref="State"/> listed, to the bit.</summary>
    /// <param name="file">The checkpoint's file.</param>
    /// <param name="steps">Updates that had been made.</param>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape; the message names it.</exception>
    public void Restore(WeightFile file, long steps)
    {
        foreach (Parameter parameter in _parameters.All.Where(static p => p.Trainable))
        {
            foreach ((string name, Tensor tensor) in Kept(parameter))
            {
                ExactTensor.Restore(_device, tensor, file[name]);
            }
        }

        Steps = steps;
    }

    /// <summary>Copies a trained weight's exact value to the host: of bf16 weights, their masters.</summary>
    /// <param name="parameter">A trained parameter.</param>
    /// <returns>Its elements.</returns>
    internal float[] ReadMasters(Parameter parameter)
    {
        float[] masters = new float[parameter.Shape.Count];
        _device.ReadFloats(masters, parameter.Value);
        if (_remainders.Exists)
        {
            short[] remainders = new short[masters.Length];
            _device.CopyToHost<short>(remainders, PartOf(_remainders, parameter));
            for (int i = 0; i < masters.Length; i++)
            {
                masters[i] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(masters[i]) + remainders[i]);
            }
        }

        return masters;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    // Neighbours with the same decay and the same rate become one segment; the gaps between parameters hold zeros, which stay zero.
    private static (AdamWSegment[] Segments, bool[] OfProjector) Divide(ParameterTable parameters, OptimizerOptions options)
    {
        long start = parameters.TrainedRange.Start;
        List<AdamWSegment> segments = [];
        List<bool> ofProjector = [];
        foreach (Parameter parameter in parameters.All.Where(static p => p.Trainable))
        {
            float decay = parameter.Decays ? options.WeightDecay : 0;
            bool projector = parameter.Part == ModelPart.Projector;
            long end = parameter.Offset - start + parameter.Shape.Count;
            if (segments.Count > 0 && segments[^1].WeightDecay == decay && ofProjector[^1] == projector)
            {
                segments[^1] = segments[^1] with { Count = end - segments[^1].Start };
            }
            else
            {
                segments.Add(new AdamWSegment(parameter.Offset - start, parameter.Shape.Count, 0, decay));
                ofProjector.Add(projector);
            }
        }

        return ([.. segments], [.. ofProjector]);
    }

    private static int RemainderBytes(DType weights) => weights == DType.BF16 ? DType.I16.Size() : 0;

    private IEnumerable<(string Name, Tensor Tensor)> Kept(Parameter parameter)
    {
        yield return ("first." + parameter.Name, PartOf(_first, parameter));
        yield return ("second." + parameter.Name, PartOf(_second, parameter));
        if (_remainders.Exists)
        {
            yield return ("remainder." + parameter.Name, PartOf(_remainders, parameter));
        }
    }

    private Tensor PartOf(Tensor all, Parameter parameter) =>
        new(all.Address + (nint)((parameter.Offset - _parameters.TrainedRange.Start) * all.Type.Size()), all.Type, parameter.Shape);
}
