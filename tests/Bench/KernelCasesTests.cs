using System.Reflection;
using System.Text.RegularExpressions;
using LlavaCuda.Bench.Gpu;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Bench;

/// <summary>The cases of the GPU check: every op has one, every one runs, and the PyTorch peer's are among them.</summary>
[Trait("Category", "Emulator")]
public sealed partial class KernelCasesTests
{
    private static readonly Lazy<IReadOnlyList<KernelCase>> Ran = new(RunAll);

    [Fact]
    public void Names_OfAllCases_Differ() => Assert.Distinct(Names());

    [Fact]
    public void Ops_OfTheEngine_AllHaveACase()
    {
        IEnumerable<string> ops = from type in typeof(RmsNorm).Assembly.GetExportedTypes()
                                  where type.Namespace == typeof(RmsNorm).Namespace && type.IsAbstract && type.IsSealed
                                  from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
                                  where method.GetParameters() is [{ } first, ..] && first.ParameterType == typeof(Device)
                                  select $"{type.Name}.{method.Name} ";
        string[] names = Names();
        Assert.All(ops.ToArray(), op => Assert.Contains(names, name => name.StartsWith(op, StringComparison.Ordinal)));
    }

    [Fact]
    public void Work_OfAllCases_IsPositive() => Assert.All(Cases(), static one => Assert.True(one.Work > 0, one.Name));

    [Fact]
    public void Peers_InPyTorch_AreNamedAsCases()
    {
        string script = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "peers", "transformers", "ops.py"));
        string[] peers = [.. PeerName().Matches(script).Select(static match => match.Groups[1].Value)];
        Assert.NotEmpty(peers);
        string[] names = Names();

        // The script's sizes are the full ones, and it puts some names together.
        Assert.All(peers, peer =>
        {
            string pattern = Variable().Replace(Regex.Escape(peer), static match => match.Value[0] == '\\' ? ".+" : @"\d+");
            Assert.Contains(names, name => Regex.IsMatch(name, $"^{pattern}$"));
        });
    }

    [GeneratedRegex("""measure\(f?"([^"]+)",""")]
    private static partial Regex PeerName();

    [GeneratedRegex("""\\\{[a-z_]+}|[0-9]+""")]
    private static partial Regex Variable();

    private static string[] Names() => [.. Cases().Select(static one => one.Name)];

    private static IReadOnlyList<KernelCase> Cases()
    {
        Emulator.Require();
        return Ran.Value;
    }

    private static List<KernelCase> RunAll()
    {
        List<KernelCase> cases = [];
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        using (GpuNoise noise = new(device, KernelSizes.Small.NoiseElements))
        {
            foreach ((_, Func<GpuNoise, KernelSizes, IEnumerable<KernelCase>> make) in KernelCases.Groups)
            {
                foreach (KernelCase one in make(noise, KernelSizes.Small))
                {
                    one.Run();
                    device.Synchronize();
                    cases.Add(one);
                }
            }
        }

        CudaDevices.Return(device);
        return cases;
    }
}
