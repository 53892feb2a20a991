using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

/// <summary>The weights of a model folder on the CPU.</summary>
internal sealed class LoadedModel : IDisposable
{
    internal LoadedModel(ModelFolder folder)
        : this(folder.Config)
    {
        Report = folder.Load(Table, Device);
    }

    internal LoadedModel(LlavaConfig config)
    {
        Config = config;
        Table = LlavaParameters.Build(config);
        Table.Allocate(Device, DType.F32);
    }

    internal CpuDevice Device { get; } = new(1);

    internal LlavaConfig Config { get; }

    internal ParameterTable Table { get; }

    internal LoadReport? Report { get; }

    internal static LoadedModel Reference() => new(ModelFolder.Open(ReferenceFiles.At("layouts", "huggingface")));

    internal float[] Values(string name)
    {
        Tensor value = Table[name].Value;
        float[] values = new float[value.Count];
        Device.ReadFloats(values, value);
        return values;
    }

    /// <summary>Asserts that every weight is the expected one, rounded by the given function.</summary>
    internal void AssertEqual(LoadedModel expected, Func<float, float> rounding, Func<Parameter, bool>? only = null)
    {
        Assert.All(Table.All.Where(p => only is null || only(p)), parameter =>
            Assert.Equal(Array.ConvertAll(expected.Values(parameter.Name), value => rounding(value)), Values(parameter.Name)));
    }

    public void Dispose()
    {
        Table.Dispose();
        Device.Dispose();
    }
}
