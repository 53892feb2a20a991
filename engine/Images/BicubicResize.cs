using System.Buffers;

namespace LlavaCuda.Images;

/// <summary>
/// Pillow's bicubic resize, equal to it bit for bit: antialiased, in two passes, in fixed point, and with the values between the passes rounded to
/// 8 bits. CLIP saw its training pictures through this filter; another one gives visibly other features.
/// </summary>
/// <remarks>
/// The vertical pass is turned around: each row is added to all output rows that it is a part of. Integer sums do not care about order, and no picture
/// between the passes is needed.
/// </remarks>
public static class BicubicResize
{
    /// <summary>Resizes a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">New width, at least 1.</param>
    /// <param name="height">New height, at least 1.</param>
    /// <returns>A new picture; proportions are the caller's matter.</returns>
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
        using ResizeAxis across = new(plan.CanvasWidth, plan.Width, plan.Left, plan.Columns, RowKernels.Lanes);
        using ResizeAxis down = new(plan.CanvasHeight, plan.Height, plan.Top, plan.Rows, 1);

        // The vertical pass works on whole rows of the canvas where it comes first, else on the resized rows.
        bool verticalFirst = VerticalFirst(plan);
        int canvasWidth = plan.CanvasWidth * 3;
        int targetWidth = plan.Columns * 3;
        int width = verticalFirst ? canvasWidth : targetWidth;
        int ring = down.Overlap;
        byte[] canvasRow = ArrayPool<byte>.Shared.Rent(canvasWidth + RowKernels.Slack);
        byte[] closedRow = ArrayPool<byte>.Shared.Rent(canvasWidth + RowKernels.Slack);
        int[] imageRow = ArrayPool<int>.Shared.Rent(Math.Max(width, targetWidth) + 1);
        int[] fillRow = ArrayPool<int>.Shared.Rent(width + 1);
        int[] sums = ArrayPool<int>.Shared.Rent(checked(width * ring));
        sums.AsSpan(0, width * ring).Fill(RowKernels.Half);

        Fill(canvasRow.AsSpan(0, canvasWidth), plan.Fill);
        FirstPass(canvasRow, fillRow, width, across, verticalFirst);
        int open = 0;
        for (int y = down.Starts[0]; open < plan.Rows; y++)
        {
            int sourceY = y - plan.OffsetY;
            int[] row = fillRow;
            if ((uint)sourceY < (uint)image.Height)
            {
                row = imageRow;
                image.Row(sourceY).CopyTo(canvasRow.AsSpan(plan.OffsetX * 3));
                FirstPass(canvasRow, row, width, across, verticalFirst);
            }

            for (int o = open; o < plan.Rows && down.Starts[o] <= y; o++)
            {
                RowKernels.Accumulate(sums.AsSpan(o % ring * width, width), row.AsSpan(0, width), down.Weights[(o * down.Stride) + y - down.Starts[o]]);
            }

            for (; open < plan.Rows && down.Starts[open] + down.Counts[open] <= y + 1; open++)
            {
                Span<int> sum = sums.AsSpan(open % ring * width, width);
                Span<byte> result = target.Slice(open * stride, targetWidth);
                RowKernels.Round(sum, verticalFirst ? closedRow : result);
                sum.Fill(RowKernels.Half);
                if (verticalFirst)
                {
                    RowKernels.Resize(closedRow, across, imageRow);
                    RowKernels.Narrow(imageRow, result);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(canvasRow);
        ArrayPool<byte>.Shared.Return(closedRow);
        ArrayPool<int>.Shared.Return(imageRow);
        ArrayPool<int>.Shared.Return(fillRow);
        ArrayPool<int>.Shared.Return(sums);
    }

    /// <summary>Since version 13 Pillow resizes columns before rows where the height loses more than twice the pixels that the width does.</summary>
    private static bool VerticalFirst(in ResizePlan plan) =>
        plan.Height < plan.CanvasHeight && plan.CanvasHeight - plan.Height > 2 * (plan.CanvasWidth - plan.Width);

    private static void FirstPass(byte[] canvasRow, int[] row, int width, in ResizeAxis across, bool verticalFirst)
    {
        if (verticalFirst)
        {
            RowKernels.Widen(canvasRow, row.AsSpan(0, width));
        }
        else
        {
            RowKernels.Resize(canvasRow, across, row);
        }
    }

    private static void Fill(Span<byte> row, (byte Red, byte Green, byte Blue) colour)
    {
        for (int i = 0; i < row.Length; i += 3)
        {
            (row[i], row[i + 1], row[i + 2]) = colour;
        }
    }
}
