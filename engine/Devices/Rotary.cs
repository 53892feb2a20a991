using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>Rotary angles and the position of every row.</summary>
/// <param name="Cos"><c>[positions, headSize / 2]</c> in single precision.</param>
/// <param name="Sin">Likewise.</param>
/// <param name="Positions">Int32 <c>[rows]</c>; packed sequences restart at zero. Each is below the tables' rows; the caller has checked.</param>
public readonly record struct Rotary(Tensor Cos, Tensor Sin, Tensor Positions);
