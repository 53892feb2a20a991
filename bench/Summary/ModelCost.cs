using LlavaCuda.Models;

namespace LlavaCuda.Bench.Summary;

/// <summary>
/// The work that a model asks for: floating-point operations of its matrix products and attention, two a multiply-add, nothing else counted; and the bytes that decoding must
/// read. A product's backward pass towards its input costs as much as the forward pass, the one towards its weights the same again; attention's costs twice its forward pass.
/// Causal attention counts the pairs that it may see, the head counts labelled rows.
/// </summary>
/// <param name="config">The model.</param>
internal sealed class ModelCost(LlavaConfig config)
{
    private readonly TextConfig _text = config.Text;
    private readonly VisionConfig _vision = config.Vision;

    private double LayerWeights =>
        (double)_text.HiddenSize * (_text.QkvSize + ((double)_text.Heads * _text.HeadSize) + (3.0 * _text.IntermediateSize));

    private double HeadWeights => (double)_text.HiddenSize * _text.VocabularySize;

    /// <summary>Operations of a forward and backward pass that trains the projector, or the projector and the language model, on pictures one a sequence.</summary>
    internal double TrainingStep(int sequences, int rows, int labelledRows, bool trainsLanguage)
    {
        double products = (sequences * rows * _text.Layers * LayerWeights) + (labelledRows * HeadWeights);
        double language = (products * (trainsLanguage ? 3 : 2)) + (3 * sequences * Attention(rows));

        // The first map's input needs no gradient: the tower is frozen.
        double projector = sequences * config.RowsPerImage * ((2 * ProjectorWeights(first: true)) + (3 * ProjectorWeights(first: false)));
        return 2 * (language + projector + (sequences * Vision()));
    }

    /// <summary>Operations until the logits of the last of so many rows, one picture among them.</summary>
    internal double Prefill(int rows) => 2 * (
        (rows * _text.Layers * LayerWeights) + HeadWeights + Attention(rows) + Vision()
        + (config.RowsPerImage * (ProjectorWeights(first: true) + ProjectorWeights(first: false))));

    /// <summary>Bytes of weights and cache, in elements of so many bytes, that a token behind so many others reads.</summary>
    internal double DecodeBytes(double rows, int elementBytes) => elementBytes * (
        (_text.Layers * LayerWeights) + HeadWeights + (((2 * _text.Layers) + 2) * _text.HiddenSize)
        + (2.0 * _text.Layers * _text.KvHeads * _text.HeadSize * rows));

    private double Attention(int rows) => (double)_text.Layers * _text.Heads * _text.HeadSize * rows * (rows + 1);

    private double Vision()
    {
        double width = _vision.HiddenSize;
        double block = (_vision.Positions * ((4 * width * width) + (2 * width * _vision.IntermediateSize))) + (2.0 * _vision.Positions * _vision.Positions * width);
        return (_vision.Patches * _vision.PatchValues * width) + (config.VisionBlocks * block);
    }

    private double ProjectorWeights(bool first) => first
        ? (double)_vision.HiddenSize * _text.HiddenSize
        : (config.Projector.Depth - 1) * (double)_text.HiddenSize * _text.HiddenSize;
}
