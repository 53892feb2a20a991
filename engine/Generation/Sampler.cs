using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Generation;

/// <summary>Says how each token of an answer is chosen: by the options, and by a random number a token that depends on the seed alone.</summary>
internal sealed class Sampler
{
    private readonly GenerationOptions _options;
    private readonly CounterRandom _random;

    /// <summary>Initializes a new instance of the <see cref="Sampler"/> class.</summary>
    /// <param name="options">Validated.</param>
    internal Sampler(GenerationOptions options)
    {
        _options = options;
        _random = new CounterRandom(options.Seed, "sampling");
    }

    /// <summary>Gives the draw of a token.</summary>
    /// <param name="step">Number of tokens chosen before.</param>
    /// <returns>The draw.</returns>
    internal TokenDraw Draw(int step) => new(_random.Uniform((ulong)step), _options.Temperature, _options.TopK, _options.TopP);
}
