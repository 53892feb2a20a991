namespace LlavaCuda.Bench.Gpu;

/// <summary>What a check leaves in its folder.</summary>
/// <param name="Folder">The folder.</param>
internal sealed record CheckFiles(string Folder)
{
    /// <summary>Gets the report.</summary>
    internal string Report => Path.Combine(Folder, "gpu.json");

    /// <summary>Gets the report for people.</summary>
    internal string Table => Path.Combine(Folder, "gpu.md");

    /// <summary>Gets all that the parts printed.</summary>
    internal string Log => Path.Combine(Folder, "gpu.log");

    /// <summary>Gets the <see cref="DeviceFigures"/>.</summary>
    internal string Device => Path.Combine(Folder, "device.json");

    /// <summary>Gets the kernels' <see cref="PartFigures"/>.</summary>
    internal string Kernels => Path.Combine(Folder, "kernels.json");

    /// <summary>Gets the <see cref="PeerFigures"/> of PyTorch's ops.</summary>
    internal string Ops => Path.Combine(Folder, "torch-ops.json");

    /// <summary>Gets the model's <see cref="PartFigures"/>.</summary>
    internal string Model => Path.Combine(Folder, "model.json");

    /// <summary>Gets the <see cref="PeerFigures"/> of transformers.</summary>
    internal string Steps => Path.Combine(Folder, "transformers.json");

    /// <summary>Deletes what an earlier check left: a part that fails must not show old figures.</summary>
    internal void Clear()
    {
        Directory.CreateDirectory(Folder);
        foreach (string file in (string[])[Report, Table, Log, Device, Kernels, Ops, Model, Steps])
        {
            File.Delete(file);
        }
    }
}
