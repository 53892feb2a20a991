using LlavaCuda.Devices;
using LlavaCuda.Trainer.Verification;

namespace LlavaCuda.Tests.Verification;

/// <summary>Faults that are put into the processor's ops: a comparison that does not find them is worth nothing.</summary>
[Trait("Category", "Reference")]
public sealed class ReferenceFaultTests : IDisposable
{
    private readonly CpuDevice _processor = new(2);

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>()];

    public void Dispose() => _processor.Dispose();

    [Fact]
    public void Run_NoFault_Passes()
    {
        using ReferenceCheck check = new(_processor, _processor, ReferenceFiles.Shipped("layouts", "huggingface"));
        Assert.All(check.Run(), static row => Assert.True(row.Passes, row.ToString()));
    }

    // The yardstick has the fault too.
    [Theory]
    [MemberData(nameof(Faults))]
    public void Run_FaultOfTheEngine_IsFound(Fault fault)
    {
        using FaultyDevice device = new(_processor, fault);
        using ReferenceCheck check = new(device, device, ReferenceFiles.Shipped("layouts", "huggingface"));
        Assert.Contains(check.Run(), static row => !row.Passes);
    }

    // A fault of ours in whatever runs on every device: the processor that the yardstick rests on gives it away, however little bf16 can
    // tell.
    [Theory]
    [InlineData(Fault.Rate)]
    [InlineData(Fault.NoDecay)]
    [InlineData(Fault.FirstMoment)]
    public void Run_FaultOfTheEngineOnAnotherDevice_IsFoundOnTheProcessor(Fault fault)
    {
        using FaultyDevice processor = new(_processor, fault), device = new(_processor, fault);
        using ReferenceCheck check = new(device, processor, ReferenceFiles.Shipped("layouts", "huggingface"));
        Assert.Contains(check.Run(), static row => !row.Passes && row.Name.StartsWith("processor: ", StringComparison.Ordinal));
    }
}
