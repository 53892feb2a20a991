#include "settings.h"

#include <cstdlib>

#include "access.h"
#include "context.h"
#include "faults.h"
#include "memory.h"

namespace emulator
{
    static std::uint64_t from_environment(const char* name, std::uint64_t otherwise)
    {
        const char* value = getenv(name);
        return value == nullptr || *value == 0 ? otherwise : strtoull(value, nullptr, 10);
    }

    Machine& machine()
    {
        // Two devices: tests that break a context on purpose use the second.
        static Machine machine = {
            from_environment("EMULATOR_MEMORY_BYTES", 4ull << 30),
            static_cast<int>(from_environment("EMULATOR_ARCH", 90)),
            static_cast<int>(from_environment("EMULATOR_DRIVER_VERSION", 12080)),
            static_cast<int>(from_environment("EMULATOR_DEVICES", 2)),
        };
        return machine;
    }

    Controls& controls()
    {
        static thread_local Controls controls;
        return controls;
    }

    unsigned shared_bytes_per_block() { return shared_bytes_per_multiprocessor() - 1024; }

    unsigned shared_bytes_per_multiprocessor()
    {
        switch (machine().architecture)
        {
            case 80:
            case 87:
                return 164 * 1024;
            case 86:
            case 89:
            case 120:
                return 100 * 1024;
            case 90:
            case 100:
                return 228 * 1024;
            default:
                return 96 * 1024;
        }
    }

    // ---- what the tests call beside the interfaces of CUDA ----------------------------------------------------------------------------------------

    // Zero keeps a value. Takes effect for what is asked from now on.
    EXPORT void emulatorConfigure(std::uint64_t memory_bytes, int architecture, int driver_version, int devices)
    {
        Machine& now = machine();
        now.memory_bytes = memory_bytes == 0 ? now.memory_bytes : memory_bytes;
        now.architecture = architecture == 0 ? now.architecture : architecture;
        now.driver_version = driver_version == 0 ? now.driver_version : driver_version;
        now.devices = devices == 0 ? now.devices : devices;
    }

    // The order of threads, warps and blocks in this thread's launches: 0 forward, 1 reverse, 2 shuffled by the seed.
    EXPORT void emulatorSetOrder(int order, std::uint64_t seed)
    {
        controls().order = static_cast<Order>(order);
        controls().seed = seed;
    }

    // This thread's n-th allocation from now on fails with CUDA_ERROR_OUT_OF_MEMORY (1: the next one); 0 takes it back.
    EXPORT void emulatorFailAllocation(std::int64_t n) { controls().allocations_until_failure = n - 1; }

    // This thread's n-th launch from now on fails with the code; 0 takes it back.
    EXPORT void emulatorFailLaunch(std::int64_t n, int code)
    {
        controls().launches_until_failure = n - 1;
        controls().launch_failure = static_cast<Result>(code);
    }

    // Streams that this thread makes from now on keep their work until somebody waits for it, and then run in a random order.
    EXPORT void emulatorSetDeferred(int deferred) { controls().deferred = deferred != 0; }

    // How many multiprocessors this thread is told that the device has: grids that are made for a large one run here too. 0 for the usual number.
    EXPORT void emulatorSetMultiprocessors(int count) { controls().multiprocessors = count == 0 ? usual_multiprocessors : count; }

    EXPORT int emulatorFillsVariables() { return fills_variables; }

    // Whether the host's code may touch the memory of this thread's current device, as it may unless this is asked for.
    EXPORT void emulatorSetGuarded(int guarded)
    {
        if (current_context() != nullptr)
        {
            guard_against_faults();
            set_guarded(current_context(), guarded != 0);
        }
    }

    struct Statistics
    {
        std::uint64_t launches, allocations, frees, copies;
        std::uint64_t bytes_live, bytes_peak;
    };

    // Counts are this thread's, bytes are those of its current device.
    EXPORT void emulatorGetStatistics(Statistics* statistics)
    {
        const Controls& own = controls();
        const Context* context = current_context();
        *statistics = {own.launches, own.allocations, own.frees, own.copies, context == nullptr ? 0 : context->bytes_live, context == nullptr ? 0 : context->bytes_peak};
    }

    EXPORT void emulatorResetStatistics()
    {
        Controls& own = controls();
        own.launches = own.allocations = own.frees = own.copies = 0;
        Context* context = current_context();
        if (context != nullptr)
        {
            context->bytes_peak = context->bytes_live;
        }
    }

    // The reason of this thread's last failure, whatever the code.
    EXPORT const char* emulatorLastError() { return last_reason().c_str(); }
}
