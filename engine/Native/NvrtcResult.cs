namespace LlavaCuda.Native;

/// <summary>NVRTC's result codes (<c>nvrtcResult</c>).</summary>
public enum NvrtcResult
{
    /// <summary>All is well.</summary>
    Success = 0,

    /// <summary>The host has no memory left.</summary>
    OutOfMemory = 1,

    /// <summary>No program could be made.</summary>
    ProgramCreationFailure = 2,

    /// <summary>An argument is wrong.</summary>
    InvalidInput = 3,

    /// <summary>The program's handle is wrong.</summary>
    InvalidProgram = 4,

    /// <summary>An option is unknown or wrong, such as an architecture that this version does not know.</summary>
    InvalidOption = 5,

    /// <summary>The source did not compile; the log says why.</summary>
    Compilation = 6,

    /// <summary>The builtins library is missing or of another version.</summary>
    BuiltinOperationFailure = 7,

    /// <summary>A name expression came after the compilation.</summary>
    NoNameExpressionsAfterCompilation = 8,

    /// <summary>A lowered name was asked for before the compilation.</summary>
    NoLoweredNamesBeforeCompilation = 9,

    /// <summary>A name expression names nothing in the program.</summary>
    NameExpressionNotValid = 10,

    /// <summary>The compiler failed.</summary>
    InternalError = 11,
}
