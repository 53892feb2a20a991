using LlavaCuda.Formats;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>The names from Python that a dictionary of tensors consists of, and no others.</summary>
internal static class TorchGlobals
{
    internal const string RebuildTensor = "torch._utils._rebuild_tensor_v2";
    internal const string RebuildParameter = "torch._utils._rebuild_parameter";
    internal const string OrderedDictionary = "collections.OrderedDict";
    internal const string Size = "torch.Size";
    private const string ElementTypes = " float32 float16 bfloat16 float64 float half double int64 int32 int16 int8 uint8 long int short bool ";

    /// <summary>The element type of a class of storages.</summary>
    internal static DType? StorageType(string name) => name switch
    {
        "torch.FloatStorage" => DType.F32,
        "torch.HalfStorage" => DType.F16,
        "torch.BFloat16Storage" => DType.BF16,
        "torch.DoubleStorage" => DType.F64,
        "torch.LongStorage" => DType.I64,
        "torch.IntStorage" => DType.I32,
        "torch.ShortStorage" => DType.I16,
        "torch.CharStorage" => DType.I8,
        "torch.ByteStorage" => DType.U8,
        "torch.BoolStorage" => DType.Bool,
        _ => null,
    };

    /// <summary>The class of storages of a floating type, without its module.</summary>
    internal static string StorageClass(DType type) => type switch
    {
        DType.F32 => "FloatStorage",
        DType.F16 => "HalfStorage",
        DType.BF16 => "BFloat16Storage",
        _ => throw new ArgumentException($"Weights are not written as {type}; expected F32, BF16 or F16.", nameof(type)),
    };

    internal static PickleGlobal Resolve(MappedFile file, string name) =>
        name is RebuildTensor or RebuildParameter or OrderedDictionary or Size || StorageType(name) is not null || IsElementType(name)
            ? new PickleGlobal(name)
            : throw file.Bad($"asks for {Quoted.Name(name)}, which is refused: only what describes tensors is loaded, and code never.");

    private static bool IsElementType(string name) => name.StartsWith("torch.", StringComparison.Ordinal) && ElementTypes.Contains($" {name[6..]} ", StringComparison.Ordinal);
}
