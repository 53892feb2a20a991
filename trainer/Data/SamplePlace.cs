namespace LlavaCuda.Trainer.Data;

/// <summary>Where a sample stands, for messages.</summary>
/// <param name="File">The data file.</param>
/// <param name="Index">Its number in the file, from 0.</param>
/// <param name="Id">Its <c>id</c>, or empty.</param>
public readonly record struct SamplePlace(string File, int Index, string Id)
{
    /// <summary>Writes the place.</summary>
    /// <returns>For example <c>train.json sample 12 (id '000123')</c>.</returns>
    public override string ToString() => Id.Length == 0 ? $"{File} sample {Index}" : $"{File} sample {Index} (id '{Id}')";
}
