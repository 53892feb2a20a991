using LlavaCuda.Images.Decoding;

namespace LlavaCuda.Tests.Images;

public class PngFilterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    public void Undo_RandomRows_EqualsTheSpecification(int pixelBytes)
    {
        Random random = new(pixelBytes);
        for (int round = 0; round < 40; round++)
        {
            int length = pixelBytes * random.Next(1, 70);
            byte[] stored = new byte[length + PngFilter.Slack];
            byte[] above = new byte[length + PngFilter.Slack];
            random.NextBytes(stored);
            random.NextBytes(above);
            for (int filter = 0; filter <= 4; filter++)
            {
                byte[] row = new byte[length + PngFilter.Slack];
                Assert.True(PngFilter.Undo(filter, pixelBytes, stored, above, row, length));
                Assert.Equal(Naive(filter, pixelBytes, stored, above, length), row[..length]);
            }
        }
    }

    [Fact]
    public void Undo_UnknownFilter_IsRefused() => Assert.False(PngFilter.Undo(5, 3, new byte[20], new byte[20], new byte[20], 3));

    private static byte[] Naive(int filter, int pixelBytes, byte[] stored, byte[] above, int length)
    {
        byte[] row = new byte[length];
        for (int i = 0; i < length; i++)
        {
            int a = i >= pixelBytes ? row[i - pixelBytes] : 0;
            int b = above[i];
            int c = i >= pixelBytes ? above[i - pixelBytes] : 0;
            int p = a + b - c;
            int nearest = new[] { a, b, c }.MinBy(value => Math.Abs(p - value));
            row[i] = (byte)(stored[i] + new[] { 0, a, b, (a + b) / 2, nearest }[filter]);
        }

        return row;
    }
}
