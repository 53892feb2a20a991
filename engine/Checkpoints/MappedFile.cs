using System.IO.MemoryMappedFiles;
using LlavaCuda.Formats;
using Microsoft.Win32.SafeHandles;

namespace LlavaCuda.Checkpoints;

/// <summary>A file mapped read-only into the address space, so that tensors of any size are read without a copy of the file in memory.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _handle;
    private byte* _start;

    internal MappedFile(string path)
    {
        Path = path;
        FileStream stream = RegularFile.OpenRead(path, options: FileOptions.None);
        try
        {
            Length = stream.Length;
            _file = MemoryMappedFile.CreateFromFile(stream, mapName: null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        _view = _file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        _handle = _view.SafeMemoryMappedViewHandle;
        _handle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    internal string Path { get; }

    internal long Length { get; }

    /// <summary>Gets the address of a range of bytes that lies inside the file.</summary>
    internal byte* Range(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return _start + offset;
    }

    internal ReadOnlySpan<byte> Span(long offset, int length) => new(Range(offset, length), length);

    /// <summary>The error of a file that is not what it claims to be: one line that begins with its path.</summary>
    internal InvalidDataException Bad(string what) => new($"{Path}: {what}");

    public void Dispose()
    {
        if (_start != null)
        {
            _start = null;
            _handle.ReleasePointer();
        }

        _view.Dispose();
        _file.Dispose();
    }
}
