#pragma once
#include <string>
#include <vector>

namespace emulator
{
    // Runs a program without a shell; its standard output and error are added to the text. False where it could not be run or failed.
    bool run_program(const std::vector<std::string>& command, std::string& output);

    struct Header
    {
        std::string name;
        std::string text;
    };

    struct Compilation
    {
        std::string name;
        std::string source;  // the entries of the kernels included
        std::vector<Header> headers;
        std::vector<std::string> defines;
        bool avx2;
    };

    // Makes a shared object. False, with the compiler's words in the log, if the source is wrong.
    bool compile(const Compilation& compilation, std::string& object, std::string& log);

    // The source line of an offset in a loaded module; empty where it cannot be told.
    std::string line_of(const void* base, unsigned long offset);
}
