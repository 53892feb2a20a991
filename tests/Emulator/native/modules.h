#pragma once
#include <map>
#include <string>

#include "context.h"
#include "kernel_abi.h"

namespace emulator
{
    // What stands behind the shared object in an image, so that a damaged or foreign one is refused.
    struct ImageTrailer
    {
        char magic[8];
        int architecture;
        int is_ptx;
        int features;  // of the processor, that the code needs
        int unused;
        std::uint64_t hash;
    };

    // The processor's features that kernels are compiled for.
    constexpr int needs_avx2 = 1;

    bool has_avx2();

    // The shared object's bytes with a trailer.
    std::string make_image(std::string object, int architecture, bool is_ptx, int features);

    struct Function
    {
        Module* module;
        const Kernel* kernel;
        unsigned most_shared_bytes;
        int shared_carveout;
    };

    struct Module
    {
        Context* context;
        void* library;
        std::string image;
        std::map<std::string, Function> functions;
    };

    // The function of a handle, or null if it is none of the context's.
    Function* find_function(Context* context, Function* handle);

    // The bytes of the module that is loaded at an address, or null.
    const std::string* image_at(const void* base);

    void unload_modules(Context* context);
}
