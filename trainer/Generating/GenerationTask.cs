namespace LlavaCuda.Trainer.Generating;

/// <summary>So many samples of one type.</summary>
/// <param name="Type">The type.</param>
/// <param name="Prompts">What requests begin with.</param>
/// <param name="Target">How many samples are wanted.</param>
/// <param name="Order">The images, as places in the annotations, in the order in which they are asked about.</param>
internal sealed record GenerationTask(ResponseType Type, PromptSet Prompts, int Target, IReadOnlyList<int> Order)
{
    /// <summary>Gets how many images were asked about.</summary>
    internal int Asked { get; set; }

    /// <summary>Gets how many samples there are.</summary>
    internal int Made { get; set; }

    /// <summary>Gets how many requests are still open: not sent, or given up.</summary>
    internal int Open { get; set; }

    /// <summary>Gets the replies in a row that were of no use.</summary>
    internal int UselessInARow { get; set; }

    /// <summary>Takes the images that are to be asked about next: as many as samples are missing.</summary>
    internal IReadOnlyList<int> Take()
    {
        int count = Math.Min(Target - Made - Open, Order.Count - Asked);
        Asked += count;
        return [.. Order.Skip(Asked - count).Take(count)];
    }
}
