using System.Diagnostics;

namespace LlavaCuda.Tests.Kernels;

/// <summary>
/// Tests of the tests: each puts one fault into the kernels and runs the tests of that op in a process of its own, which must fail. Run on demand, for it takes minutes:
/// <c>LLAVACUDA_MUTATE=1 dotnet test tests -c Release --filter Category=Mutation</c>.
/// </summary>
[Trait("Category", "Mutation")]
public sealed class MutationTests : IDisposable
{
    private static readonly string[] Parts = ["Kernels", "sources"];
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-mutation-").FullName;

    public static TheoryData<string> Names => [.. Mutations.All.Select(static m => m.Name)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task SeededFault_IsFound(string name)
    {
        Mutation mutation = Mutations.All.Single(m => m.Name == name);
        string sources = Path.Combine([AppContext.BaseDirectory, .. Parts]);
        string faulty = mutation.Apply(File.ReadAllText(Path.Combine(sources, mutation.File)));
        Assert.SkipUnless(Environment.GetEnvironmentVariable("LLAVACUDA_MUTATE") == "1", "Runs on demand, with LLAVACUDA_MUTATE=1.");
        foreach (string file in Directory.EnumerateFiles(sources))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(_folder, mutation.File), faulty);
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "LlavaCuda.Tests"), ["-trait", "Category=Emulator", "-class", mutation.TestClass])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["LLAVACUDA_KERNELS"] = _folder;
        start.Environment["LLAVACUDA_REQUIRE"] = "emulator";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        // A fault may keep a kernel from ending: no suite passes with that.
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        Assert.DoesNotContain("Total: 0", await output, StringComparison.Ordinal);
        Assert.True(process.ExitCode != 0, $"{name}: the tests of {mutation.TestClass} did not notice.");
    }
}
