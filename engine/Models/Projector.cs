using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>The map from picture features to the language model's width: affine maps with exact GELU between them, one affine map, or nothing.</summary>
internal sealed class Projector
{
    private readonly Device _device;
    private readonly (Parameter Weight, Parameter Bias)[] _layers;
    private readonly Tensor[] _inputs;
    private readonly Tensor[] _outputs;

    internal Projector(Device device, LlavaConfig config, ParameterTable table)
    {
        _device = device;
        _layers = new (Parameter Weight, Parameter Bias)[config.Projector.Depth];
        _inputs = new Tensor[_layers.Length];
        _outputs = new Tensor[_layers.Length];
        for (int i = 0; i < _layers.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"projector.linear_{i + 1}");
            _layers[i] = (table[name + ".weight"], table[name + ".bias"]);
        }
    }

    /// <summary>Maps feature rows; inputs and outputs of every affine map stay on the arena.</summary>
    internal Tensor Forward(Arena arena, Tensor features)
    {
        Tensor x = features;
        for (int i = 0; i < _layers.Length; i++)
        {
            if (i > 0)
            {
                Tensor activated = arena.Push(x.Type, x.Rows, x.Width);
                Gelu.Forward(_device, activated, x);
                x = activated;
            }

            _inputs[i] = x;
            _outputs[i] = arena.Push(x.Type, x.Rows, _layers[i].Weight.Shape[0]);
            Linear.Forward(_device, _outputs[i], x, _layers[i].Weight.Value, _layers[i].Bias.Value);
            x = _outputs[i];
        }

        return x;
    }

    /// <summary>Computes the gradients of weights that train, and of the features where asked for.</summary>
    /// <returns>The gradient of the features, on the arena; none when not asked for.</returns>
    internal Tensor Backward(Arena arena, Tensor dy, bool features, bool accumulate)
    {
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            (Parameter weight, Parameter bias) = _layers[i];
            if (weight.Trainable)
            {
                ColumnSum.Backward(_device, bias.Gradient, dy, accumulate);
                Linear.BackwardWeight(_device, weight.Gradient, dy, _inputs[i], accumulate);
            }

            if (i == 0 && !features)
            {
                return default;
            }

            Tensor dx = arena.Push(dy.Type, dy.Rows, weight.Shape[1]);
            Linear.BackwardInput(_device, dx, dy, weight.Value);
            if (i > 0)
            {
                Gelu.Backward(_device, dx, dx, _outputs[i - 1]);
            }

            dy = dx;
        }

        return dy;
    }
}
