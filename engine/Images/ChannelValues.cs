namespace LlavaCuda.Images;

/// <summary>One number for each colour channel.</summary>
/// <param name="Red">For red.</param>
/// <param name="Green">For green.</param>
/// <param name="Blue">For blue.</param>
public readonly record struct ChannelValues(double Red, double Green, double Blue)
{
    /// <summary>Gets the value of a channel.</summary>
    /// <param name="channel">0 red, 1 green, 2 blue.</param>
    public double this[int channel] => channel switch
    {
        0 => Red,
        1 => Green,
        2 => Blue,
        _ => throw new ArgumentOutOfRangeException(nameof(channel)),
    };
}
