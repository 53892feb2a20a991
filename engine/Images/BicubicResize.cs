using System.Buffers;

namespace LlavaCuda.Images;

/// <summary>
/// Pillow's bicubic resize, equal to it bit for bit: antialiased, in two passes, in fixed point, and with the values between the passes rounded to
/// 8 bits. CLIP saw its training images through this filter; another one gives visibly other features.
/// </summary>
/// <remarks>
/// The vertical pass is turned around: each row is added to all output rows that it is a part of. Integer sums do not care about order, and no image
/// between the passes is needed. What the canvas adds around the image is one colour: its share of a sum is that colour by the sum of its weights,
/// so that the cost follows the pixels of the image and not those of the canvas.
/// </remarks>
public static class BicubicResize
{
    /// <summary>Resizes an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="width">New width, at least 1.</param>
    /// <param name="height">New height, at least 1.</param>
    /// <returns>A new image; proportions are the caller's matter.</returns>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        RgbImage result = new(width, height);
        ResizePlan plan = new() { CanvasWidth = image.Width, CanvasHeight = image.Height, Width = width, Height = height, Columns = width, Rows = height };
        Resize(image, plan, result.Pixels, width * 3);
        return result;
    }

    /// <summary>Computes the window that a plan asks for.</summary>
    /// <param name="image">The source.</param>
    /// <param name="plan">Canvas, new size and window.</param>
    /// <param name="target">Where the window's first pixel goes.</param>
    /// <param name="stride">Bytes from one row of the target to the next.</param>
    internal static void Resize(RgbImage image, in ResizePlan plan, Span<byte> target, int stride)
    {
        // The vertical pass works on whole rows of the canvas where it comes first, else on the resized rows.
        bool verticalFirst = VerticalFirst(plan);
        (int First, int Count) columns = verticalFirst ? (0, plan.CanvasWidth) : (plan.OffsetX, image.Width);
        using ResizeAxis across = new(plan.CanvasWidth, plan.Width, plan.Left, plan.Columns, columns, RowKernels.Lanes);
        using ResizeAxis down = new(plan.CanvasHeight, plan.Height, plan.Top, plan.Rows, (plan.OffsetY, image.Height), 1);
        int targetWidth = plan.Columns * 3;
        int width = verticalFirst ? plan.CanvasWidth * 3 : targetWidth;
        (int First, int End) touched = across.Touched;
        (int first, int end) = verticalFirst ? (0, width) : (touched.First * 3, touched.End * 3);

        byte[] source = ArrayPool<byte>.Shared.Rent((columns.Count * 3) + RowKernels.Slack);
        byte[] closed = ArrayPool<byte>.Shared.Rent(width + RowKernels.Slack);
        int[] bias = ArrayPool<int>.Shared.Rent(targetWidth + 1);
        int[] row = ArrayPool<int>.Shared.Rent(Math.Max(width, targetWidth) + 1);
        int[] fill = ArrayPool<int>.Shared.Rent(width + 1);
        int ring = down.Overlap;
        int[] sums = ArrayPool<int>.Shared.Rent(checked(width * ring));

        Fill(source.AsSpan(0, columns.Count * 3), plan.Fill);
        FillPasses(plan, across, verticalFirst, bias, fill.AsSpan(0, width));
        int begun = 0;
        int open = 0;
        for (int y = down.Starts[0]; ; y++)
        {
            for (; open < plan.Rows && down.Starts[open] + down.Counts[open] <= y; open++)
            {
                Span<int> sum = sums.AsSpan(open % ring * width, width);
                Begin(open, sum, fill, down, ref begun, first, end);
                Span<byte> result = target.Slice(open * stride, targetWidth);
                RowKernels.Round(sum, verticalFirst ? closed.AsSpan(0, width) : result);
                if (verticalFirst)
                {
                    RowKernels.Resize(closed, 0, across, touched, bias, row);
                    RowKernels.Narrow(row, result);
                }
            }

            if (open == plan.Rows)
            {
                break;
            }

            image.Row(y - plan.OffsetY).CopyTo(source.AsSpan((plan.OffsetX - columns.First) * 3));
            if (verticalFirst)
            {
                RowKernels.Widen(source, row.AsSpan(0, width));
            }
            else
            {
                RowKernels.Resize(source, columns.First, across, touched, bias, row);
            }

            for (int o = open; o < plan.Rows && down.Starts[o] <= y; o++)
            {
                Span<int> sum = sums.AsSpan(o % ring * width, width);
                Begin(o, sum, fill, down, ref begun, first, end);
                RowKernels.Accumulate(sum[first..end], row.AsSpan(first, end - first), down.Weights[(o * down.Stride) + y - down.Starts[o]]);
            }
        }

        ArrayPool<byte>.Shared.Return(source);
        ArrayPool<byte>.Shared.Return(closed);
        ArrayPool<int>.Shared.Return(bias);
        ArrayPool<int>.Shared.Return(row);
        ArrayPool<int>.Shared.Return(fill);
        ArrayPool<int>.Shared.Return(sums);
    }

    /// <summary>Since version 13 Pillow resizes columns before rows where the height loses more than twice the pixels that the width does.</summary>
    private static bool VerticalFirst(in ResizePlan plan) =>
        plan.Height < plan.CanvasHeight && plan.CanvasHeight - plan.Height > 2 * (plan.CanvasWidth - plan.Width);

    /// <summary>Begins an output row, once, with what the canvas around the image adds: beside the image all of its rows, above and below it the others.</summary>
    private static void Begin(int output, Span<int> sum, int[] fill, in ResizeAxis down, ref int begun, int first, int end)
    {
        if (output < begun)
        {
            return;
        }

        begun = output + 1;
        int outside = down.Outside[output];
        int all = outside + down.Inside[output];
        RowKernels.Begin(sum[..first], fill, all);
        RowKernels.Begin(sum[first..end], fill.AsSpan(first), outside);
        RowKernels.Begin(sum[end..], fill.AsSpan(end), all);
    }

    /// <summary>Computes what a row of the fill colour alone is after the first pass, and what the sums of the horizontal pass begin with.</summary>
    private static void FillPasses(in ResizePlan plan, in ResizeAxis across, bool verticalFirst, int[] bias, Span<int> fill)
    {
        for (int x = 0; x < across.Count; x++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                int colour = Channel(plan.Fill, channel);
                bias[(x * 3) + channel] = RowKernels.Half + (colour * across.Outside[x]);
                if (!verticalFirst)
                {
                    fill[(x * 3) + channel] = RowKernels.Round(RowKernels.Half + (colour * (across.Outside[x] + across.Inside[x])));
                }
            }
        }

        for (int i = 0; verticalFirst && i < fill.Length; i++)
        {
            fill[i] = Channel(plan.Fill, i % 3);
        }
    }

    private static void Fill(Span<byte> row, (byte Red, byte Green, byte Blue) colour)
    {
        for (int i = 0; i < row.Length; i += 3)
        {
            (row[i], row[i + 1], row[i + 2]) = colour;
        }
    }

    private static int Channel((byte Red, byte Green, byte Blue) colour, int channel) => channel switch { 0 => colour.Red, 1 => colour.Green, _ => colour.Blue };
}
