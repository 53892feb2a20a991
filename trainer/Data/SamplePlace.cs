using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Data;

/// <summary>Where a sample stands, for messages.</summary>
/// <param name="File">The data file.</param>
/// <param name="Index">Its number in the file, from 0.</param>
/// <param name="Id">Its <c>id</c>, or empty.</param>
/// <param name="Line">The line on which it begins, from 1.</param>
public readonly record struct SamplePlace(string File, int Index, string Id, long Line)
{
    /// <summary>Writes the place.</summary>
    /// <returns>For example <c>train.json sample 12 (id '000123'), line 98</c>.</returns>
    public override string ToString() =>
        Id.Length == 0 ? $"{File} sample {Index}, line {Line}" : $"{File} sample {Index} (id {Quoted.Name(Id)}), line {Line}";
}
