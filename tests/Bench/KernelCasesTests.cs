using System.Reflection;
using System.Text.RegularExpressions;
using LlavaCuda.Bench.Gpu;
using LlavaCuda.Devices;
using LlavaCuda.Ops;

namespace LlavaCuda.Tests.Bench;

/// <summary>
/// The cases of the GPU check at their full sizes, planned but not run: every op has one, the ops accept their shapes, and the PyTorch peer's are among them. The emulator runs them at small sizes, see
/// <see cref="GpuCheckRehearsalTests"/>.
/// </summary>
public sealed partial class KernelCasesTests
{
    private static readonly Lazy<IReadOnlyList<KernelCase>> Cases = new(Plan);

    private static string[] Names => [.. Cases.Value.Select(static one => one.Name)];

    [Fact]
    public void Names_OfAllCases_Differ() => Assert.Distinct(Names);

    [Fact]
    public void Work_OfAllCases_IsPositive() => Assert.All(Cases.Value, static one => Assert.True(one.Work > 0, one.Name));

    [Fact]
    public void Ops_OfTheEngine_AllHaveACase()
    {
        IEnumerable<string> ops = from type in typeof(RmsNorm).Assembly.GetExportedTypes()
                                  where type.Namespace == typeof(RmsNorm).Namespace && type.IsAbstract && type.IsSealed
                                  from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
                                  where method.GetParameters() is [{ } first, ..] && first.ParameterType == typeof(Device)
                                  select $"{type.Name}.{method.Name} ";
        string[] names = Names;
        Assert.All(ops.ToArray(), op => Assert.Contains(names, name => name.StartsWith(op, StringComparison.Ordinal)));
    }

    [Fact]
    public void Peers_InPyTorch_AreNamedAsCases()
    {
        string script = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "peers", "transformers", "ops.py"));
        string[] peers = [.. PeerName().Matches(script).Select(static match => match.Groups[1].Value)];
        Assert.True(peers.Length > 30, $"only {peers.Length} names were found");
        string[] names = Names;

        // The script puts some names together.
        Assert.All(peers, peer => Assert.Contains(names, name => Regex.IsMatch(name, $"^{Variable().Replace(Regex.Escape(peer), ".*")}$")));
    }

    [GeneratedRegex("""measure\(\s*f?"([^"]+)",""")]
    private static partial Regex PeerName();

    [GeneratedRegex("""\\\{[a-z_]+}""")]
    private static partial Regex Variable();

    private static List<KernelCase> Plan()
    {
        using CpuDevice like = new(1);
        using PlanningDevice device = new(like);
        using GpuNoise noise = new(device, KernelSizes.Full.NoiseElements);
        List<KernelCase> cases = [];
        foreach ((_, Func<GpuNoise, KernelSizes, IEnumerable<KernelCase>> make) in KernelCases.Groups)
        {
            foreach (KernelCase one in make(noise, KernelSizes.Full))
            {
                one.Run();
                cases.Add(one);
            }
        }

        return cases;
    }
}
