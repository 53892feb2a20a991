#pragma once
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>

#include "results.h"

namespace emulator
{
    struct Stream;
    struct Module;
    struct Function;
    struct Event;

    // The primary context of a device: what lives in it, and the error that has broken it.
    struct Context
    {
        int device;
        unsigned retained = 0;
        Result broken = success;
        std::string broken_reason;
        std::uint64_t bytes_live = 0, bytes_peak = 0;
        bool guarded = false;  // see access.h
        unsigned working = 0;
        std::set<Stream*> streams;
        std::set<Event*> events;
        std::set<Module*> modules;
        std::unordered_set<Function*> functions;
        Stream* default_stream = nullptr;
    };

    // Held while tables change, never while a kernel runs.
    extern std::recursive_mutex gate;

    bool is_initialized();
    Context* current_context();

    // The calling thread's context, if the driver is initialised and the context whole; else the code to return.
    Result enter(Context** context);

    // An error of a kernel stays until the context is released.
    Result breaks(Context* context, Result code);
}
