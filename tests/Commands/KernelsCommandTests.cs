using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

/// <summary>What <c>llava kernels</c> refuses before it compiles anything, with or without NVRTC.</summary>
public sealed class KernelsCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--arch names no architecture", "--arch", ",")]
    [InlineData("--arch 'sm_75' is no architecture for these kernels; expected sm_N with N of 80 or more", "--arch", "sm_80,sm_75")]
    [InlineData("--arch 'sm_89a'", "--arch", "sm_89a")]
    [InlineData("--arch 'sm_90f'", "--arch", "sm_90f")]
    [InlineData("--arch 'compute_90'", "--arch", "compute_90")]
    [InlineData("--arch 'sm_90a '' --std=c'", "--arch", "sm_90a '' --std=c")]
    [InlineData("--arch names sm_80 twice", "--arch", "sm_80,sm_90a,sm_80")]
    [InlineData("--only 'bogus' is in no kernel's name; the files of kernels are adamw, cached_attention,", "--only", "bogus")]
    public void Run_OptionWithoutMeaning_IsOneLine(string part, params string[] options) => AssertFails(2, part, options);

    [Fact]
    public void Run_TableThatCannotBeWritten_IsOneLine()
    {
        string name = _folder.At(new string('x', 300));
        AssertFails(1, $"--out {_folder.Root} is a folder; expected a file.", "--out", _folder.Root);
        AssertFails(1, $"--out {_folder.At("none", "table.tsv")}: there is no folder {_folder.At("none")}.", "--out", _folder.At("none", "table.tsv"));
        AssertFails(1, $"--out {name} cannot be written: ", "--out", name);
    }

    [Fact]
    public void Require_FileThatCanBeWritten_IsLeftAsItIsWithWhatIsBeside()
    {
        string file = _folder.Write("table.tsv", "old"), beside = _folder.Write("table.tsv.tmp", "another's");
        FileOption.Require("--out", file);
        FileOption.Require("--out", _folder.At("new.tsv"));
        Assert.Equal([file, beside], Directory.EnumerateFileSystemEntries(_folder.Root).Order(StringComparer.Ordinal));
        Assert.Equal("old", File.ReadAllText(file));
        Assert.Equal("another's", File.ReadAllText(beside));
    }

    [Fact]
    public void Parse_EveryFlavour_IsTaken() => Assert.Equal(["sm_80", "sm_90", "sm_90a", "sm_100f", "sm_121a"], KernelTargets.Parse("sm_80, sm_90,sm_90a,sm_100f,,sm_121a"));

    [Fact]
    public void RequireSupported_WhatTheCompilerDoesNotKnow_IsNamedWithWhatItKnows()
    {
        KernelTargets.RequireSupported(["sm_80", "sm_90a"], "NVRTC 12.4", [75, 80, 90]);
        Assert.Equal(
            "--arch sm_100f: NVRTC 12.4 does not know it; it compiles these kernels for sm_80, sm_90.",
            Assert.Throws<ArgumentException>(static () => KernelTargets.RequireSupported(["sm_80", "sm_100f"], "NVRTC 12.4", [75, 80, 90])).Message);
    }

    private static void AssertFails(int code, string part, params string[] options)
    {
        using StringWriter output = new(), error = new() { NewLine = "\n" };
        Assert.Equal(code, Program.Run(["kernels", .. options], output, error));
        Assert.Contains(part, error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd('\n').Split('\n'));
        Assert.Empty(output.ToString());
    }
}
