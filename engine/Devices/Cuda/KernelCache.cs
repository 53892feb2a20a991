using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LlavaCuda.Devices;

/// <summary>
/// Compiled kernels on disk, keyed by all that they depend on: sources, options, name expression, NVRTC's version and the target. A file that cannot be read, or
/// whose contents do not agree with their checksum, counts as absent and is written anew; a folder that cannot be written to costs time, not the run: see <see cref="CudaDevice.KernelsNotKept"/>.
/// </summary>
internal sealed class KernelCache
{
    private const int ChecksumBytes = 32;
    private static readonly byte[] Magic = "LLAVAKRN"u8.ToArray();
    private readonly string? _folder;

    /// <summary>Initializes a new instance of the <see cref="KernelCache"/> class.</summary>
    /// <param name="folder">Where files are kept, see <see cref="CacheFolder"/>, or null for nowhere.</param>
    internal KernelCache(string? folder) => _folder = folder;

    /// <summary>Names the entry of a kernel.</summary>
    /// <param name="parts">All that the code depends on.</param>
    /// <returns>A file name.</returns>
    internal static string Key(params IEnumerable<string> parts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string part in parts)
        {
            // With their lengths, so that no two lists run together to the same bytes.
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) + ".kernel";
    }

    /// <summary>Looks an entry up.</summary>
    /// <param name="key">From <see cref="Key"/>.</param>
    /// <returns>The kernel, or null when there is no sound entry.</returns>
    internal CompiledKernel? Find(string key)
    {
        if (_folder is null)
        {
            return null;
        }

        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(Path.Combine(_folder, key));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        int header = Magic.Length + ChecksumBytes + sizeof(int);
        if (bytes.Length < header
            || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic)
            || !SHA256.HashData(bytes.AsSpan(Magic.Length + ChecksumBytes)).AsSpan().SequenceEqual(bytes.AsSpan(Magic.Length, ChecksumBytes)))
        {
            return null;
        }

        int name = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(header - sizeof(int)));
        return new CompiledKernel(Encoding.UTF8.GetString(bytes, header, name), bytes[(header + name)..], string.Empty);
    }

    /// <summary>Keeps an entry: written beside its place and renamed, so that another process never sees a part of it.</summary>
    /// <param name="key">From <see cref="Key"/>.</param>
    /// <param name="kernel">The kernel.</param>
    internal void Keep(string key, CompiledKernel kernel)
    {
        if (_folder is null)
        {
            return;
        }

        byte[] name = Encoding.UTF8.GetBytes(kernel.LoweredName);
        byte[] body = new byte[sizeof(int) + name.Length + kernel.Image.Length];
        BinaryPrimitives.WriteInt32LittleEndian(body, name.Length);
        name.CopyTo(body, sizeof(int));
        kernel.Image.CopyTo(body, sizeof(int) + name.Length);
        string path = Path.Combine(_folder, key);
        string beside = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.tmp");
        try
        {
            Directory.CreateDirectory(_folder);
            using (FileStream file = File.Create(beside))
            {
                file.Write(Magic);
                file.Write(SHA256.HashData(body));
                file.Write(body);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryDelete(beside);
        }
    }

    /// <summary>Throws an entry away that the driver would not load.</summary>
    /// <param name="key">From <see cref="Key"/>.</param>
    internal void Forget(string key)
    {
        if (_folder is not null)
        {
            TryDelete(Path.Combine(_folder, key));
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next process writes it anew.
        }
    }
}
