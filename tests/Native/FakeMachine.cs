using LlavaCuda.Native;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Native;

/// <summary>A machine in a temporary folder. A "library" is a file whose text is the version that it tells, or a word that says why it does not load.</summary>
internal sealed class FakeMachine : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables = [];
    private readonly Dictionary<string, string> _system = [];

    /// <summary>Gets the paths and names that were opened, in order.</summary>
    internal List<string> Opened { get; } = [];

    internal bool IsWindows { get; init; }

    internal NativeEnvironment Environment => new(_variables.GetValueOrDefault, _folder.Root, IsWindows, Open);

    public void Dispose() => _folder.Dispose();

    internal string At(string path) => Path.Join(_folder.Root, path);

    internal IEnumerable<string> AtAll(params string[] paths) => paths.Select(At);

    internal FakeMachine Folder(string path)
    {
        Directory.CreateDirectory(At(path));
        return this;
    }

    internal FakeMachine File(string path, string version)
    {
        _folder.Write(path, version);
        return this;
    }

    internal FakeMachine Variable(string name, params string[] folders)
    {
        _variables[name] = string.Join(Path.PathSeparator, folders.Select(At));
        return this;
    }

    /// <summary>Puts a library into the system's library path.</summary>
    internal FakeMachine System(string file, string version)
    {
        _system[file] = version;
        return this;
    }

    internal NativeFinding Find(NativeComponent component, Version? driver = null) => NativeSearch.Find(component, driver, Environment);

    private NativeImage Open(NativeComponent component, string path)
    {
        Opened.Add(path);
        string? text = Path.IsPathRooted(path) ? global::System.IO.File.ReadAllText(path) : _system.GetValueOrDefault(path);
        return Version.TryParse(text, out Version? version) ? new NativeImage(Opened.Count, version)
            : throw new DllNotFoundException($"Unable to load shared library '{path}':\n{path}: {text ?? "cannot open shared object file: No such file or directory"}\n");
    }
}
