using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Tests.Models;

namespace LlavaCuda.Tests.Emulation;

/// <summary>What only an emulator can ask of the engine: that the host keeps off the device's memory, and that streams which work late give the same.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed class EmulatorModelTests
{
    [Fact]
    public void StepsAndTokens_DeviceMemoryOutOfReach_AreNotMissedByTheHost()
    {
        Emulator.Require();
        using CudaDevice device = new(Emulator.SpareDevice);
        Emulator.SetGuarded(true);
        Assert.NotEmpty(StepsAndTokens(device));
        device.Synchronize();
    }

    [Fact]
    public void StepsAndTokens_StreamsWorkLate_GiveTheSameBits()
    {
        Emulator.Require();
        using CudaDevice prompt = new(Emulator.SpareDevice);
        byte[] expected = StepsAndTokens(prompt);
        for (ulong seed = 1; seed <= 3; seed++)
        {
            Emulator.SetDeferred(true);
            Emulator.SetOrder(Emulator.Order.Forward, seed);
            try
            {
                using CudaDevice late = new(Emulator.SpareDevice);
                Assert.Equal(expected, StepsAndTokens(late));
            }
            finally
            {
                Emulator.SetDeferred(false);
                Emulator.SetOrder(Emulator.Order.Forward);
            }
        }
    }

    // Weights after two steps with pictures sent ahead, and logits behind some tokens of a pass that is captured.
    private static byte[] StepsAndTokens(CudaDevice device)
    {
        using Llava model = TinyModels.Create(device);
        model.Parameters.Train(device, [ModelPart.Projector, ModelPart.Language]);
        using Optimizer optimizer = new(device, model.Parameters, new OptimizerOptions());
        using Arena arena = TinyModels.Arena(device);
        using StagedCopy staging = device.CreateStaging();
        for (int step = 0; step < 2; step++)
        {
            PackedBatch batch = TinyModels.Mixed(model.Config);
            batch.SendAhead(staging);
            model.ForwardBackward(batch, arena, 0.1f, accumulate: false, staging);
            optimizer.MeasureGradients();
            optimizer.Step(1e-3f);
        }

        using TokenGenerator generator = new(model, 16);
        generator.Read([1, 5, 6, 7], static (_, _) => Assert.Fail("The prompt has no picture."));
        foreach (int token in (int[])[8, 30, 2, 11])
        {
            generator.Append(token);
        }

        byte[] weights = new byte[model.Parameters.Values.Bytes];
        byte[] logits = new byte[generator.Logits.Bytes];
        device.CopyToHost<byte>(weights, model.Parameters.Values);
        device.CopyToHost<byte>(logits, generator.Logits);
        return [.. weights, .. logits];
    }
}
