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

    EXPORT int cuDeviceGetUuid_v2(unsigned char* uuid, int device)
    {
        memset(uuid, 0, 16);
        uuid[15] = static_cast<unsigned char>(device + 1);
        return check(device);
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
            case 1: *value = max_threads; break;                                              // threads per block
            case 2: *value = 1024; break;                                                     // block x
            case 3: *value = 1024; break;                                                     // block y
            case 4: *value = 64; break;                                                       // block z
            case 5: *value = 2147483647; break;                                               // grid x
            case 6: *value = 65535; break;                                                    // grid y
            case 7: *value = 65535; break;                                                    // grid z
            case 8: *value = static_cast<int>(default_shared_bytes); break;                   // shared memory per block
            case 9: *value = 65536; break;                                                    // constant memory
            case 10: *value = 32; break;                                                      // warp size
            case 12: *value = 65536; break;                                                   // registers per block
            case 13: *value = 1980000; break;                                                 // clock, kHz
            case 16: *value = controls().multiprocessors; break;                              // multiprocessors
            case 18: *value = 0; break;                                                       // integrated
            case 20: *value = 0; break;                                                       // compute mode: anybody may use it
            case 31: *value = 1; break;                                                       // concurrent kernels
            case 33: *value = device; break;                                                  // PCI bus
            case 34: *value = 0; break;                                                       // PCI device
            case 36: *value = 3201000; break;                                                 // memory clock, kHz
            case 37: *value = 6144; break;                                                    // memory bus, bits
            case 38: *value = 50 << 20; break;                                                // L2 cache
            case 39: *value = static_cast<int>(threads_per_multiprocessor()); break;          // threads per multiprocessor
            case 40: *value = 2; break;                                                       // copy engines
            case 41: *value = 1; break;                                                       // unified addressing
            case 75: *value = machine().architecture / 10; break;                             // compute capability, major
            case 76: *value = machine().architecture % 10; break;                             // compute capability, minor
            case 81: *value = static_cast<int>(shared_bytes_per_multiprocessor()); break;     // shared memory per multiprocessor
            case 82: *value = 65536; break;                                                   // registers per multiprocessor
            case 83: *value = 1; break;                                                       // managed memory
            case 97: *value = static_cast<int>(shared_bytes_per_block()); break;              // shared memory per block, at most
            case 106: *value = 32; break;                                                     // blocks per multiprocessor
            case 111: *value = 1024; break;                                                   // shared memory reserved by the driver per block
            case 115: *value = 1; break;                                                      // memory pools
            default: return fail(invalid_value, text("the emulator knows nothing of device attribute %d", attribute));
        }

        return success;
    }
}
