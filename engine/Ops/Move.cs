using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Copies within a device.</summary>
public static class Move
{
    /// <summary>Copies all elements.</summary>
    /// <param name="device">Where.</param>
    /// <param name="destination">Receives them; must not overlap.</param>
    /// <param name="source">Of the same type and number of elements.</param>
    public static void Forward(Device device, Tensor destination, Tensor source)
    {
        if (!source.Exists || destination.Type != source.Type || destination.Count != source.Count)
        {
            throw new ArgumentException($"Cannot copy {source} to {destination}.");
        }

        device.MoveForward(destination, source);
    }
}
