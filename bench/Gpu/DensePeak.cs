namespace LlavaCuda.Bench.Gpu;

/// <summary>The dense bf16 rate with fp32 sums that NVIDIA's data sheets give, by which MFU is counted.</summary>
internal static class DensePeak
{
    private static readonly (string Name, double Teraflops)[] Known =
    [
        ("H200 NVL", 835), ("H200", 989.4), ("H100 80GB HBM3", 989.4), ("H100 PCIe", 756), ("H100 NVL", 835), ("GH200", 989.4), ("A100-SXM4-80GB", 311.9), ("A100-SXM4-40GB", 311.9), ("A100 80GB PCIe", 311.9), ("A100-PCIE-40GB", 311.9), ("A10", 125), ("L40S", 362), ("L4", 121), ("RTX 4090", 165.2), ("RTX 3090", 71),
    ];

    /// <summary>Looks a GPU up.</summary>
    /// <param name="device">The driver's name of it.</param>
    /// <returns>TFLOP/s, or null for one that is not listed.</returns>
    internal static double? Of(string device)
    {
        foreach ((string name, double teraflops) in Known)
        {
            if ($" {device} ".Replace(',', ' ').Contains($" {name} ", StringComparison.Ordinal))
            {
                return teraflops;
            }
        }

        return null;
    }
}
