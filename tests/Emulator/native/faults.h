#pragma once
#include <string>

namespace emulator
{
    // Makes sure that a fault of a running kernel ends its launch and nothing else. Faults of other code go to whoever handled them before: the .NET runtime
    // turns them into its exceptions.
    void guard_against_faults();

    // The source line of an instruction in the module that an object lies in, or an empty string where it cannot be had.
    std::string source_line(const void* object, unsigned long instruction);
}
