using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using LlavaCuda.Formats;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// Interprets the opcodes of a pickle that build numbers, texts, collections and tensors. A name from Python is only ever compared with the few that PyTorch uses to describe
/// tensors (<see cref="TorchGlobals"/>); any other ends the reading. Time and memory are proportional to the pickle's length; nothing recurses.
/// </summary>
internal sealed class Unpickler(MappedFile file, long start, long length)
{
    // Tuples can be recalled at no cost, so that copying long ones would take time that is not proportional to the file.
    private const int MostExtents = 8;
    private static readonly object StackMark = new();
    private readonly long _end = start + length;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];
    private readonly Dictionary<string, TorchStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>Gets where reading goes on: behind the pickle once it is read.</summary>
    internal long Position { get; private set; } = start;

    internal IReadOnlyCollection<TorchStorage> Storages => _storages.Values;

    internal object? Read()
    {
        while (true)
        {
            byte opcode = Bytes(1)[0];
            if (opcode == '.')
            {
                return Pop();
            }

            if (!Collection(opcode) && !Value(opcode))
            {
                throw Bad($"opcode 0x{opcode:x2} at byte {Position - 1} is not one that builds tensors");
            }
        }
    }

    private bool Value(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: Bytes(1); break;
            case 0x95: Bytes(8); break;
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'K': Push((long)Bytes(1)[0]); break;
            case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break;
            case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break;
            case 0x8a: PushLong(Bytes(Bytes(1)[0])); break;
            case 0x8c: Push(Encoding.UTF8.GetString(Bytes(Bytes(1)[0]))); break;
            case (byte)'X': Push(Encoding.UTF8.GetString(Bytes(Length32()))); break;
            case 0x8d: Push(Encoding.UTF8.GetString(Bytes(BinaryPrimitives.ReadInt64LittleEndian(Bytes(8))))); break;
            case (byte)'U': Push(Encoding.Latin1.GetString(Bytes(Bytes(1)[0]))); break;
            case (byte)'T': Push(Encoding.Latin1.GetString(Bytes(Length32()))); break;
            case (byte)'C': Bytes(Bytes(1)[0]); Push(null); break;
            case (byte)'B': Bytes(Length32()); Push(null); break;
            case (byte)'c': Push(TorchGlobals.Resolve(file, $"{Line()}.{Line()}")); break;
            case 0x93: PushStackGlobal(); break;
            case (byte)'R': Push(Reduce(Pop(), Pop())); break;
            case (byte)'b': Pop(); _ = Top<PickleDictionary>("BUILD"); break;
            case (byte)'Q': Push(Persistent(Pop())); break;
            default: return false;
        }

        return true;
    }

    private bool Collection(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(': Push(StackMark); break;
            case (byte)'0': Pop(); break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': Push(_stack.Count > 0 ? _stack[^1] : throw Bad("it takes more than it has")); break;
            case (byte)'}': Push(new PickleDictionary()); break;
            case (byte)']': Push(new List<object?>()); break;
            case (byte)')': Push(Array.Empty<object?>()); break;
            case 0x85: Push(PopTuple(1)); break;
            case 0x86: Push(PopTuple(2)); break;
            case 0x87: Push(PopTuple(3)); break;
            case (byte)'t': Push(PopToMark()); break;
            case (byte)'l': Push(new List<object?>(PopToMark())); break;
            case (byte)'d': PushDictionary(PopToMark()); break;
            case (byte)'s': SetItems(PopTuple(2)); break;
            case (byte)'u': SetItems(PopToMark()); break;
            case (byte)'a': AppendItems(PopTuple(1)); break;
            case (byte)'e': AppendItems(PopToMark()); break;
            case (byte)'q': Memorize(Bytes(1)[0]); break;
            case (byte)'r': Memorize(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))); break;
            case 0x94: Memorize(_memo.Count); break;
            case (byte)'h': Recall(Bytes(1)[0]); break;
            case (byte)'j': Recall(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))); break;
            default: return false;
        }

        return true;
    }

    // The callable lies below its arguments, so they come off the stack first.
    private object? Reduce(object? arguments, object? callable) => (callable, arguments) switch
    {
        (PickleGlobal { Name: TorchGlobals.OrderedDictionary }, object?[] and []) => new PickleDictionary(),
        (PickleGlobal { Name: TorchGlobals.Size }, object?[] and [object?[] extents]) => extents,
        (PickleGlobal { Name: TorchGlobals.RebuildParameter }, object?[] and [TorchTensor tensor, ..]) => tensor,
        (PickleGlobal { Name: TorchGlobals.RebuildTensor }, object?[] and [TorchStorage storage, long first, object?[] sizes, object?[] strides, ..]) when sizes.Length == strides.Length =>
            sizes.Length <= MostExtents ? new TorchTensor(storage, first, Longs(sizes), Longs(strides)) : throw Bad($"a tensor has {sizes.Length} extents"),
        (PickleGlobal global, _) => throw Bad($"{global.Name} is called with unknown arguments"),
        _ => throw Bad("it calls something that is no function"),
    };

    // PyTorch refers to storages as ('storage', type, key, device, elements), in the old format with a sixth part for views of views.
    private TorchStorage Persistent(object? id)
    {
        if (id is not object?[] parts || parts is not (["storage", PickleGlobal, string, _, >= 0L] or ["storage", PickleGlobal, string, _, >= 0L, null])
            || TorchGlobals.StorageType(((PickleGlobal)parts[1]!).Name) is not { } element)
        {
            throw Bad("it refers to something other than a storage of numbers");
        }

        string key = (string)parts[2]!;
        long count = (long)parts[4]!;
        if (count > file.Length / element.Size())
        {
            throw Bad($"storage {Quoted.Name(key)} is said to have {count} elements of {element}, more than the file has room for");
        }

        if (!_storages.TryGetValue(key, out TorchStorage? storage))
        {
            _storages.Add(key, storage = new TorchStorage(key, element, count));
        }

        return storage.Type == element && storage.Count == count ? storage : throw Bad($"storage {Quoted.Name(key)} is described in two ways");
    }

    private long[] Longs(object?[] values) => Array.ConvertAll(values, value => value is long number ? number : throw Bad("extents are not whole numbers"));

    private void PushLong(ReadOnlySpan<byte> bytes)
    {
        BigInteger number = new(bytes);
        Push(number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number);
    }

    private void PushStackGlobal() =>
        Push(PopTuple(2) is [string module, string name] ? TorchGlobals.Resolve(file, $"{module}.{name}") : throw Bad("a global has no name"));

    private void PushDictionary(object?[] items)
    {
        Push(new PickleDictionary());
        SetItems(items);
    }

    private void SetItems(object?[] items)
    {
        PickleDictionary dictionary = Top<PickleDictionary>("SETITEMS");
        for (int i = 0; i + 1 < items.Length; i += 2)
        {
            dictionary.Set(items[i], items[i + 1]);
        }
    }

    private void AppendItems(object?[] items) => Top<List<object?>>("APPENDS").AddRange(items);

    private void Memorize(long index) => _memo[index] = _stack.Count > 0 ? _stack[^1] : throw Bad("it takes more than it has");

    private void Recall(long index) => Push(_memo.TryGetValue(index, out object? value) ? value : throw Bad($"it recalls {index}, which was never stored"));

    private T Top<T>(string opcode)
        where T : class => _stack.Count > 0 && _stack[^1] is T top ? top : throw Bad($"{opcode} has nothing to work on");

    private void Push(object? value) => _stack.Add(value);

    private object? Pop() => PopTuple(1)[0];

    private object?[] PopTuple(int count)
    {
        if (_stack.Count < count)
        {
            throw Bad("it takes more than it has");
        }

        object?[] items = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private object?[] PopToMark()
    {
        int mark = _stack.LastIndexOf(StackMark);
        object?[] items = PopTuple(mark >= 0 ? _stack.Count - mark - 1 : throw Bad("a mark is missing"));
        Pop();
        return items;
    }

    private uint Length32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    private string Line()
    {
        long from = Position;
        while (Bytes(1)[0] != '\n')
        {
        }

        return Encoding.UTF8.GetString(file.Span(from, (int)(Position - 1 - from)));
    }

    private ReadOnlySpan<byte> Bytes(long count)
    {
        if (count < 0 || count > _end - Position)
        {
            throw Bad("it ends early");
        }

        Position += count;
        return file.Span(Position - count, (int)count);
    }

    private InvalidDataException Bad(string what) => file.Bad($"the pickle cannot be read: {what}.");
}
