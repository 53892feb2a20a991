using LlavaCuda.Generation;
using LlavaCuda.Models;

namespace LlavaCuda.Tests.Generation;

public sealed class PromptArenaTests
{
    // Among random passes are such as have the rows of one before them and the images of another.
    [Fact]
    public void Reserve_RandomPasses_HaveTheMemoryTheyNeed()
    {
        using LlavaModel model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"));
        LlavaConfig config = model.Network.Config;
        using ActivationPlan plan = new(model.Device, config);
        using KvCache cache = new(model.Device, config.Text, sequences: 1, capacity: 512);
        Random random = new(5);
        for (int run = 0; run < 20; run++)
        {
            using PromptArena arena = new(model.Device, plan, "The activations of the test");
            for (int pass = 0; pass < 20; pass++)
            {
                PackedBatch batch = new(config);
                int images = random.Next(9);
                batch.Add([.. Enumerable.Repeat(PackedBatch.ImageToken, images), .. Enumerable.Repeat(5, random.Next(1, 300))], []);
                for (int image = 0; image < images; image++)
                {
                    batch.AddImage().Clear();
                }

                Assert.InRange(plan.Logits(batch, cache), 1, arena.Reserve(batch, cache).Capacity);
            }
        }
    }
}
