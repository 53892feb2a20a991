namespace LlavaCuda.Tests.Ops;

/// <summary>Rows and widths at which ops on rows are tested: below, at and beyond the sizes of vectors, blocks and chunks.</summary>
internal static class OpSizes
{
    internal static TheoryData<int, int> RowsAndWidths()
    {
        TheoryData<int, int> sizes = [];
        foreach (int rows in (int[])[1, 7, 63, 64, 65, 127, 129, 200, 577])
        {
            foreach (int width in (int[])[1, 3, 16, 17, 100])
            {
                sizes.Add(rows, width);
            }
        }

        foreach (int rows in (int[])[1, 7, 65, 129])
        {
            sizes.Add(rows, 1024);
        }

        // Rows that a block of a GPU does not do alone, with and without 16-byte loads.
        sizes.Add(2, 1001);
        sizes.Add(3, 8200);
        return sizes;
    }
}
