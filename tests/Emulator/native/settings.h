#pragma once
#include <cstdint>

#include "multiprocessor.h"

namespace emulator
{
    // What the emulated machine is: from the environment, or from emulatorConfigure before cuInit.
    struct Machine
    {
        std::uint64_t memory_bytes;
        int architecture;
        int driver_version;
        int devices;
    };

    Machine& machine();

    constexpr int usual_multiprocessors = 4;

    // Whether kernels' variables without a value get a pattern, which is a great number as a float: what compiled this file compiles them, and g++ can do so since version 12.
    constexpr bool fills_variables = __GNUC__ >= 12;

    // What a test asks for. Each system thread has its own, so that tests run beside each other.
    struct Controls
    {
        Order order = Order::forward;
        std::uint64_t seed = 1;
        std::int64_t allocations_until_failure = -1;
        std::int64_t launches_until_failure = -1;
        Result launch_failure = launch_failed;
        bool deferred = false;
        int multiprocessors = usual_multiprocessors;
        std::uint64_t launches = 0, allocations = 0, frees = 0, copies = 0;
    };

    Controls& controls();

    // Limits of the architecture.
    unsigned shared_bytes_per_block();
    unsigned shared_bytes_per_multiprocessor();
    constexpr unsigned default_shared_bytes = 48 * 1024;
}
