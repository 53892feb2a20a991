namespace LlavaCuda.Devices;

/// <summary>As long as it lives, products of a device are summed as those of so many rows, see <see cref="Device.RowsAlone"/>.</summary>
internal readonly ref struct RowsAloneScope
{
    private readonly Device _device;

    /// <summary>Initializes a new instance of the <see cref="RowsAloneScope"/> struct.</summary>
    /// <param name="device">The device.</param>
    /// <param name="rows">The rows that a sequence, or an image, would have alone.</param>
    internal RowsAloneScope(Device device, long rows)
    {
        _device = device;
        device.RowsAlone = rows;
    }

    /// <summary>Ends it.</summary>
    public void Dispose() => _device.RowsAlone = 0;
}
