using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

public sealed class UnusedOptionsTests
{
    private const string Train = "train --model m --data d.json --out o ";
    private const string Ask = "ask --model m -q x ";

    [Theory]
    [InlineData(Ask + "--top-p 0.5", "--top-p")]
    [InlineData(Ask + "--temperature 0 --top-k 3", "--top-k")]
    [InlineData(Ask + "--seed 3", "--seed")]
    [InlineData("chat --model m --top-k 2", "--top-k")]
    [InlineData(Ask + "--device cuda:1 --threads 2", "--threads")]
    [InlineData(Train + "--stage finetune --save-full", "--save-full")]
    [InlineData(Train + "--stage pretrain --epochs 2 --steps 10", "--epochs")]
    [InlineData("eval own --questions q --out o --answers a --temperature 1", "--temperature")]
    [InlineData("eval own --questions q --out o --answers a --at-once 3", "--at-once")]
    [InlineData("eval own --questions q --out o --model m --by likelihood --max-new-tokens 3", "--max-new-tokens")]
    public void Of_OptionWithoutEffect_IsNamed(string line, string option) =>
        Assert.StartsWith(option + " has no effect", Assert.Single(UnusedOptions.Of(Program.CreateRoot(out _).Parse(line))), StringComparison.Ordinal);

    [Theory]
    [InlineData(Ask + "--temperature 0.7 --top-p 0.5 --top-k 2 --seed 5")]
    [InlineData(Ask + "--device cpu --threads 2")]
    [InlineData(Train + "--stage pretrain --save-full --steps 10")]
    [InlineData(Train + "--stage finetune --epochs 2 --seed 4")]
    [InlineData("quickstart --seed 3 --threads 2")]
    [InlineData("eval own --questions q --out o --model m --temperature 1 --at-once 3")]
    [InlineData("eval own --questions q --out o --model m --by likelihood --threads 2")]
    public void Of_OptionsThatAreUsed_SayNothing(string line) => Assert.Empty(UnusedOptions.Of(Program.CreateRoot(out _).Parse(line)));
}
