using LlavaCuda.Native;

namespace LlavaCuda.Tests.Native;

/// <summary>The folders of toolkits and of Python's packages.</summary>
public class NativeFoldersTests
{
    [Fact]
    public void Toolkits_OfSeveralVersions_NewestFirst()
    {
        string[] folders = ["usr/local/cuda-12.9/lib64", "usr/local/cuda-12.10/lib64", "usr/local/cuda-13/lib64", "opt/cuda/lib64", "usr/local/cuda/lib64"];
        using FakeMachine machine = new();
        Assert.All(folders, f => machine.Folder(f));
        Assert.Equal(
            machine.AtAll("usr/local/cuda/lib64", "usr/local/cuda-13/lib64", "usr/local/cuda-12.10/lib64", "usr/local/cuda-12.9/lib64", "opt/cuda/lib64"),
            NativeFolders.Toolkits(machine.Environment));
    }

    [Fact]
    public void Toolkits_NamedByVariables_ComeFirst()
    {
        using FakeMachine machine = new FakeMachine().Folder("usr/local/cuda/lib64").Folder("path/lib64").Folder("home/lib").Folder("conda/lib")
            .Variable("CUDA_PATH", "path").Variable("CUDA_HOME", "home").Variable("CONDA_PREFIX", "conda");
        Assert.Equal(machine.AtAll("path/lib64", "home/lib", "conda/lib", "usr/local/cuda/lib64"), NativeFolders.Toolkits(machine.Environment));
    }

    [Fact]
    public void Toolkits_OnWindows_AreThoseOfProgramFiles()
    {
        const string Cuda = "programs/NVIDIA GPU Computing Toolkit/CUDA";
        using FakeMachine machine = new FakeMachine { IsWindows = true }.Folder($"{Cuda}/v12.4/bin").Folder($"{Cuda}/v13.0/bin/x64").Variable("ProgramFiles", "programs");
        Assert.Equal(machine.AtAll($"{Cuda}/v13.0/bin/x64", $"{Cuda}/v13.0/bin", $"{Cuda}/v12.4/bin"), NativeFolders.Toolkits(machine.Environment));
    }

    [Fact]
    public void Wheels_Everywhere_AreFoundPerLibrary()
    {
        string[] sites = ["venv/lib/python3.13/site-packages", "home/.local/lib/python3.11/site-packages", "usr/local/lib/python3.12/dist-packages", "usr/lib/python3/dist-packages", "opt/conda/lib/python3.10/site-packages"];
        using FakeMachine machine = new FakeMachine().Variable("VIRTUAL_ENV", "venv").Variable("HOME", "home");
        foreach (string site in sites)
        {
            machine.Folder($"{site}/nvidia/cuda_nvrtc/lib").Folder($"{site}/nvidia/cublas/lib");
        }

        machine.Folder($"{sites[0]}/nvidia/cu13/lib");
        Assert.Equal(
            sites.Select(static s => $"{s}/nvidia/cuda_nvrtc/lib").Prepend($"{sites[0]}/nvidia/cu13/lib").Select(machine.At),
            NativeFolders.Wheels(machine.Environment, NativeComponent.Nvrtc));
        Assert.Equal(
            sites.Select(static s => $"{s}/nvidia/cublas/lib").Prepend($"{sites[0]}/nvidia/cu13/lib").Select(machine.At),
            NativeFolders.Wheels(machine.Environment, NativeComponent.CublasLt));
    }

    [Fact]
    public void Wheels_OnWindows_AreInTheirFolders()
    {
        const string Site = "apps/Programs/Python/Python312/Lib/site-packages";
        using FakeMachine machine = new FakeMachine { IsWindows = true }.Variable("LOCALAPPDATA", "apps").Folder($"{Site}/nvidia/cu13/bin/x86_64").Folder($"{Site}/nvidia/cublas/bin").Folder($"{Site}/torch/lib");
        Assert.Equal(
            machine.AtAll($"{Site}/nvidia/cu13/bin/x86_64", $"{Site}/nvidia/cublas/bin", $"{Site}/torch/lib"),
            NativeFolders.Wheels(machine.Environment, NativeComponent.CublasLt));
    }

    [Fact]
    public void Named_EmptyParts_AreLeftOut()
    {
        string folders = $"{Path.PathSeparator}/a{Path.PathSeparator}{Path.PathSeparator}/b ";
        Assert.Equal(["/a", "/b"], NativeFolders.Named(new NativeEnvironment(name => name == NativeFolders.Variable ? folders : null, "/", IsWindows: false, NativeImage.Open)));
    }
}
