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
