namespace LlavaCuda.Native;

/// <summary>The driver's result codes (<c>CUresult</c>) that an engine like this one may meet; any other value keeps its number.</summary>
public enum CudaResult
{
    /// <summary>All is well.</summary>
    Success = 0,

    /// <summary>An argument is out of its range.</summary>
    InvalidValue = 1,

    /// <summary>The device, or the host's pinned memory, has no room.</summary>
    OutOfMemory = 2,

    /// <summary>The driver was not initialized.</summary>
    NotInitialized = 3,

    /// <summary>The driver is shutting down.</summary>
    Deinitialized = 4,

    /// <summary>The library is the linker's stub, not the driver.</summary>
    StubLibrary = 34,

    /// <summary>Another process has the device for itself.</summary>
    DeviceUnavailable = 46,

    /// <summary>There is no device.</summary>
    NoDevice = 100,

    /// <summary>There is no device with this number.</summary>
    InvalidDevice = 101,

    /// <summary>The module is no valid image.</summary>
    InvalidImage = 200,

    /// <summary>The thread has no current context, or a dead one.</summary>
    InvalidContext = 201,

    /// <summary>The module holds no code for this device.</summary>
    NoBinaryForGpu = 209,

    /// <summary>The device's memory has an error that cannot be corrected.</summary>
    EccUncorrectable = 214,

    /// <summary>The PTX did not compile.</summary>
    InvalidPtx = 218,

    /// <summary>The driver's PTX compiler is missing.</summary>
    JitCompilerNotFound = 221,

    /// <summary>The PTX is newer than the driver.</summary>
    UnsupportedPtxVersion = 222,

    /// <summary>The driver's PTX compiler is switched off.</summary>
    JitCompilationDisabled = 223,

    /// <summary>A library that the driver needs lacks a symbol.</summary>
    SharedObjectSymbolNotFound = 302,

    /// <summary>A library that the driver needs did not start.</summary>
    SharedObjectInitFailed = 303,

    /// <summary>A call of the operating system failed.</summary>
    OperatingSystem = 304,

    /// <summary>A handle is not one, or is dead.</summary>
    InvalidHandle = 400,

    /// <summary>The object is not in a state that allows the call.</summary>
    IllegalState = 401,

    /// <summary>The module has no such symbol.</summary>
    NotFound = 500,

    /// <summary>The work is not done yet: an answer, not an error.</summary>
    NotReady = 600,

    /// <summary>A kernel read or wrote outside of its memory; the context is lost.</summary>
    IllegalAddress = 700,

    /// <summary>A launch asks for more threads, registers or arguments than there are.</summary>
    LaunchOutOfResources = 701,

    /// <summary>A kernel ran longer than the display's watchdog allows.</summary>
    LaunchTimeout = 702,

    /// <summary>The primary context is in use already.</summary>
    PrimaryContextActive = 708,

    /// <summary>The context was destroyed.</summary>
    ContextIsDestroyed = 709,

    /// <summary>An assertion in a kernel failed.</summary>
    Assert = 710,

    /// <summary>A kernel's stack or call hardware failed.</summary>
    HardwareStackError = 714,

    /// <summary>A kernel met an instruction that the device does not know.</summary>
    IllegalInstruction = 715,

    /// <summary>A kernel used an address that is not aligned.</summary>
    MisalignedAddress = 716,

    /// <summary>An instruction met an address of another memory space.</summary>
    InvalidAddressSpace = 717,

    /// <summary>A kernel jumped out of its code.</summary>
    InvalidPc = 718,

    /// <summary>A kernel failed for a reason that has no code of its own.</summary>
    LaunchFailed = 719,

    /// <summary>The call is not permitted here.</summary>
    NotPermitted = 800,

    /// <summary>The device or system cannot do this.</summary>
    NotSupported = 801,

    /// <summary>The system is not ready, as on a machine whose fabric manager does not run.</summary>
    SystemNotReady = 802,

    /// <summary>The driver's library and its kernel module are of different versions.</summary>
    SystemDriverMismatch = 803,

    /// <summary>The compatibility package does not support this device.</summary>
    CompatNotSupportedOnDevice = 804,

    /// <summary>The call may not stand in a captured stream.</summary>
    StreamCaptureUnsupported = 900,

    /// <summary>An earlier error spoilt the capture.</summary>
    StreamCaptureInvalidated = 901,

    /// <summary>Two captures would have merged.</summary>
    StreamCaptureMerge = 902,

    /// <summary>The capture was not begun in this stream.</summary>
    StreamCaptureUnmatched = 903,

    /// <summary>A forked stream was not joined before the capture's end.</summary>
    StreamCaptureUnjoined = 904,

    /// <summary>A dependency crosses the capture's border.</summary>
    StreamCaptureIsolation = 905,

    /// <summary>The default stream would have waited for a captured one.</summary>
    StreamCaptureImplicit = 906,

    /// <summary>An event of a capture was waited for outside of it.</summary>
    CapturedEvent = 907,

    /// <summary>The capture was begun by another thread.</summary>
    StreamCaptureWrongThread = 908,

    /// <summary>The driver knows no more.</summary>
    Unknown = 999,
}
