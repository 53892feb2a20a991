using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Native;

/// <summary>Sizes, offsets and values that the native functions rely on. They need no native library; where NVIDIA's headers are installed, the values are held against them too.</summary>
public partial class AbiTests
{
    private static readonly string[] Headers = ["cuda.h", "nvrtc.h", "cublas_api.h", "cublasLt.h", "library_types.h"];

    [Fact]
    public void Values_Always_AreTheDocumentedOnes() =>
        Assert.All(AbiValues.All, static v => Assert.Equal(v.Documented, Convert.ToInt64(v.Ours, CultureInfo.InvariantCulture)));

    [Fact]
    public void Values_OfEveryEnumeration_AreListed()
    {
        Enum[] listed = [.. AbiValues.All.Select(static v => v.Ours)];
        IEnumerable<Type> enums = typeof(CudaDriver).Assembly.GetTypes().Where(static t => t.IsEnum && t.Namespace == typeof(CudaDriver).Namespace && t != typeof(NativeComponent));
        Assert.Empty(enums.SelectMany(static e => Enum.GetValues(e).Cast<Enum>()).Except(listed));
    }

    /// <summary>What goes to native functions is there because the engine passes it. What comes from them is complete.</summary>
    [Fact]
    public void Values_ThatGoToNativeFunctions_AreUsedByTheEngine()
    {
        Type[] answers = [typeof(CudaResult), typeof(NvrtcResult), typeof(CublasStatus), typeof(CudaComputeMode), typeof(CudaCaptureStatus)];
        string sources = InDocumentation().Replace(RepositoryFolder.Sources("engine"), string.Empty);
        IEnumerable<string> names = AbiValues.All.Select(static v => v.Ours).Where(value => !answers.Contains(value.GetType())).Select(static value => $"{value.GetType().Name}.{value}");
        Assert.DoesNotContain(names, name => !Regex.IsMatch(sources, $@"\b{Regex.Escape(name)}\b"));
    }

    [Fact]
    public void Values_WhereHeadersAreInstalled_AreTheirs()
    {
        string text = string.Concat(HeaderFiles().Select(File.ReadAllText));
        Dictionary<string, long> inHeaders = [];
        foreach (Match match in Definition().Matches(text))
        {
            string number = match.Groups["number"].Value;
            inHeaders[match.Groups["name"].Value] = number.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
                ? long.Parse(number.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : long.Parse(number, CultureInfo.InvariantCulture);
        }

        Assert.All(AbiValues.All, v => Assert.Equal(v.Documented, inHeaders.GetValueOrDefault(v.Name, v.Documented)));
    }

    [Fact]
    public void Enumerations_Always_AreOf32Bits()
    {
        IEnumerable<Type> enums = typeof(CudaDriver).Assembly.GetTypes().Where(static t => t.IsEnum && t.Namespace == typeof(CudaDriver).Namespace);
        Assert.All(enums, static e => Assert.True(Enum.GetUnderlyingType(e) == typeof(int) || Enum.GetUnderlyingType(e) == typeof(uint), e.Name));
    }

    [Fact]
    public void MatmulAlgo_Always_Has64Bytes()
    {
        Assert.Equal(64, Unsafe.SizeOf<CublasLtMatmulAlgo>());
        Assert.True(!RuntimeHelpers.IsReferenceOrContainsReferences<CublasLtMatmulAlgo>());
    }

    [Fact]
    public unsafe void HeuristicResult_Always_HasTheHeadersLayout()
    {
        CublasLtHeuristicResult result = default;
        byte* start = (byte*)&result;
        Assert.Equal(96, sizeof(CublasLtHeuristicResult));
        Assert.Equal(0, (byte*)&result.Algo - start);
        Assert.Equal(64, (byte*)&result.WorkspaceSize - start);
        Assert.Equal(72, (byte*)&result.State - start);
        Assert.Equal(76, (byte*)&result.WavesCount - start);
    }

    [Fact]
    public void HeuristicResults_InAnArray_Follow96BytesApart()
    {
        CublasLtHeuristicResult[] results = new CublasLtHeuristicResult[3];
        Span<byte> bytes = MemoryMarshal.AsBytes(results.AsSpan());
        bytes[(2 * 96) + 72] = 15;
        Assert.Equal(3 * 96, bytes.Length);
        Assert.Equal(CublasStatus.NotSupported, results[2].State);
    }

    private static IEnumerable<string> HeaderFiles()
    {
        string?[] roots = [Environment.GetEnvironmentVariable("CUDA_PATH"), Environment.GetEnvironmentVariable("CUDA_HOME"), "/usr/local/cuda", "/usr"];
        IEnumerable<string> folders = roots.OfType<string>().Select(static root => Path.Join(root, "include"));
        return folders.SelectMany(static folder => Headers.Select(header => Path.Join(folder, header))).Where(File.Exists);
    }

    [GeneratedRegex("cref=\"[^\"]*\"")]
    private static partial Regex InDocumentation();

    [GeneratedRegex(@"\b(?<name>(CU|CUDA|NVRTC|CUBLAS|CUBLASLT)_[A-Z0-9_]+)\s*(=|\s)\s*(?<number>0[xX][0-9a-fA-F]+|[0-9]+)\b")]
    private static partial Regex Definition();
}
