#pragma once
#include <string>
#include <vector>

namespace emulator
{
    // A kernel instance that a program asks for by its C++ expression, and the name under which the module exports it.
    struct Expression
    {
        std::string text;
        std::string lowered;
    };

    // The name for the n-th expression: readable in a debugger, a symbol for the linker.
    std::string lowered_name(const std::string& expression, unsigned n);

    // What is appended to a source so that its instances can be launched: an entry each, with the threads that their launch bounds allow.
    std::string kernel_entries(const std::string& source, const std::vector<Expression>& expressions);
}
