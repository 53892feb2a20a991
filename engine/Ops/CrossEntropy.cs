using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Cross entropy of logits against one label a row: <c>loss = log Σ exp(z − max) + max − z_label</c>.</summary>
public static class CrossEntropy
{
    /// <summary>Computes the losses only.</summary>
    /// <param name="device">Where.</param>
    /// <param name="losses">Receives <c>[rows]</c> in single precision.</param>
    /// <param name="logits"><c>[rows, vocabulary]</c>.</param>
    /// <param name="labels">Int32 <c>[rows]</c>, all inside the vocabulary: rows without a label were not gathered.</param>
    public static void Forward(Device device, Tensor losses, Tensor logits, Tensor labels)
    {
        Check(losses, logits, labels);
        device.CrossEntropyForward(losses, logits, labels);
    }

    /// <summary>Computes the losses and puts their gradient, <c>(softmax(z) − onehot) scale</c>, in the place of the logits.</summary>
    /// <param name="device">Where.</param>
    /// <param name="losses">Receives <c>[rows]</c> in single precision.</param>
    /// <param name="logits">Holds logits, receives gradients.</param>
    /// <param name="labels">Int32 <c>[rows]</c>.</param>
    /// <param name="scale">One over the number of labelled tokens of the whole optimizer step.</param>
    public static void ForwardBackward(Device device, Tensor losses, Tensor logits, Tensor labels, float scale)
    {
        Check(losses, logits, labels);
        device.CrossEntropyForwardBackward(losses, logits, labels, scale);
    }

    private static void Check(Tensor losses, Tensor logits, Tensor labels)
    {
        Require.Matrix(logits);
        Require.Is(losses, DType.F32, [logits.Rows]);
        Require.Is(labels, DType.I32, [logits.Rows]);
    }
}
