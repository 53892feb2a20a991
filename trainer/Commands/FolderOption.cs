using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary>Folders that commands write into.</summary>
internal static class FolderOption
{
    /// <summary>Makes the folder, so that what is wrong with it is known before the work and not after it.</summary>
    /// <param name="folder">The value of <c>--out</c>.</param>
    /// <returns>The same.</returns>
    internal static string Require(string folder)
    {
        OutputLock.Take(folder).Dispose();
        OutputLock.Make(folder);
        return folder;
    }
}
