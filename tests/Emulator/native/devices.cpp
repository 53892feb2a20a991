#include <cstdio>
#include <cstring>

#include "context.h"
#include "settings.h"

// Questions about the machine.

namespace emulator
{
    static Result check(int device)
    {
        if (!is_initialized())
        {
            return fail(not_initialized, "cuInit was not called");
        }

        return device >= 0 && device < machine().devices ? success : fail(invalid_device, text("device %d of %d", device, machine().devices));
    }

    EXPORT int cuDeviceGetCount(int* count)
    {
        if (!is_initialized())
        {
            return fail(not_initialized, "cuInit was not called");
        }

        *count = machine().devices;
        return success;
    }

    EXPORT int cuDeviceGet(int* device, int ordinal)
    {
        if (Result code = check(ordinal))
        {
            return code;
        }

        *device = ordinal;
        return success;
    }

    EXPORT int cuDeviceGetName(char* name, int length, int device)
    {
        if (Result code = check(device))
        {
            return code;
        }

        snprintf(name, static_cast<std::size_t>(length), "Emulated GPU");
        return success;
    }

    EXPORT int cuDeviceTotalMem_v2(std::size_t* bytes, int device)
    {
        *bytes = machine().memory_bytes;
        return check(device);
    }

    EXPORT int cuDeviceGetAttribute(int* value, int attribute, int device)
    {
        if (Result code = check(device))
        {
            return code;
        }

        switch (attribute)
        {
            case 16: *value = controls().multiprocessors; break;                              // multiprocessors
            case 20: *value = 0; break;                                                       // compute mode: anybody may use it
            case 38: *value = 50 << 20; break;                                                // L2 cache
            case 75: *value = machine().architecture / 10; break;                             // compute capability, major
            case 76: *value = machine().architecture % 10; break;                             // compute capability, minor
            case 97: *value = static_cast<int>(shared_bytes_per_block()); break;              // shared memory per block, at most
            default: return fail(invalid_value, text("the emulator knows nothing of device attribute %d", attribute));
        }

        return success;
    }
}
