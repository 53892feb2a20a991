using System.Runtime.CompilerServices;
using LlavaCuda.Tests.Emulation;

[assembly: AssemblyFixture(typeof(EmulatorFixture))]

namespace LlavaCuda.Tests.Emulation;

/// <summary>
/// Sets the emulator up before the first test. The engine looks for CUDA once a process, so whichever test asks first must find it. Where no library is kept it is built, which takes some seconds.
/// </summary>
public sealed class EmulatorFixture
{
    /// <summary>Initializes a new instance of the <see cref="EmulatorFixture"/> class.</summary>
    public EmulatorFixture() => RuntimeHelpers.RunClassConstructor(typeof(Emulator).TypeHandle);
}
