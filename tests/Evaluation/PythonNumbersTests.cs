using System.Text.Json;
using LlavaCuda.Trainer.Evaluation;

namespace LlavaCuda.Tests.Evaluation;

public sealed class PythonNumbersTests
{
    private static readonly JsonElement Numbers = BenchmarkReference.MoreExpected.GetProperty("numbers");

    [Fact]
    public void FixedRoundAndRepr_EveryRecordedNumber_EqualPython()
    {
        foreach (JsonElement row in Numbers.GetProperty("values").EnumerateArray())
        {
            double value = row[0].GetDouble();
            string[] expected = [.. row.EnumerateArray().Skip(1).Select(static item => item.GetString()!)];
            string[] ours =
            [
                PythonNumbers.Repr(value),
                .. Enumerable.Range(0, 4).Select(digits => PythonNumbers.Fixed(value, digits)),
                .. Enumerable.Range(1, 3).Select(digits => PythonNumbers.Repr(PythonNumbers.Round(value, digits))),
            ];
            Assert.Equal(expected, ours);
        }
    }

    [Fact]
    public void TryParse_EveryRecordedText_EqualsPython()
    {
        foreach (JsonElement row in Numbers.GetProperty("floats").EnumerateArray())
        {
            string? expected = row[1].GetString();
            string? ours = PythonNumbers.TryParse(row[0].GetString()!, out double value) ? PythonNumbers.Repr(value) : null;
            Assert.True(expected == ours, $"'{row[0]}' is {ours}, in Python {expected}");
        }
    }
}
