#include <cstring>
#include <memory>
#include <vector>

#include "access.h"
#include "memory.h"
#include "settings.h"
#include "streams.h"

// Allocations, copies and fills as the driver's interface has them.

namespace emulator
{
    static Result allocate_for_caller(Residence residence, std::uint64_t bytes, std::uint64_t* address, const char* call)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        if (Result code = refuse_in_capture(call))
        {
            return code;
        }

        return allocate(context, residence, bytes, address);
    }

    static Result release_for_caller(Residence residence, std::uint64_t address, const char* call)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        if (Result code = refuse_in_capture(call))
        {
            return code;
        }

        if (address == 0)
        {
            return success;
        }

        // As the driver does: nothing that was asked for before may still use the memory.
        Result code = finish_all(context);
        return code != success ? code : release(context, residence, address);
    }

    EXPORT int cuMemAlloc_v2(std::uint64_t* address, std::size_t bytes) { return allocate_for_caller(Residence::device, bytes, address, "cuMemAlloc"); }
    EXPORT int cuMemFree_v2(std::uint64_t address) { return release_for_caller(Residence::device, address, "cuMemFree"); }

    EXPORT int cuMemHostAlloc(void** address, std::size_t bytes, unsigned)
    {
        return allocate_for_caller(Residence::pinned, bytes, reinterpret_cast<std::uint64_t*>(address), "cuMemHostAlloc");
    }

    EXPORT int cuMemFreeHost(void* address) { return release_for_caller(Residence::pinned, reinterpret_cast<std::uint64_t>(address), "cuMemFreeHost"); }

    EXPORT int cuMemGetInfo_v2(std::size_t* free, std::size_t* total)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        *total = machine().memory_bytes;
        *free = machine().memory_bytes - context->bytes_live;
        return success;
    }

    static Result check_device_range(std::uint64_t address, std::size_t bytes, const char* role)
    {
        return is_reachable(address, bytes) ? success
                                            : fail(invalid_value, text("%s of %zu bytes at %#lx is not in device memory: ", role, bytes, static_cast<unsigned long>(address)) +
                                                                      describe_address(address));
    }

    struct CopyRequest
    {
        void* to;
        const void* from;
        std::size_t bytes;
        bool to_device, from_device;
    };

    static Result check_copy(const CopyRequest& copy)
    {
        if (copy.to_device)
        {
            if (Result code = check_device_range(reinterpret_cast<std::uint64_t>(copy.to), copy.bytes, "the target"))
            {
                return code;
            }
        }

        if (copy.from_device)
        {
            if (Result code = check_device_range(reinterpret_cast<std::uint64_t>(copy.from), copy.bytes, "the source"))
            {
                return code;
            }
        }

        return copy.bytes > 0 && (copy.to == nullptr || copy.from == nullptr) ? fail(invalid_value, "a null pointer on the host's side of a copy") : success;
    }

    // What was in reach when it was asked for may be gone when a graph or a late stream comes to it.
    static Result perform(Context* context, const CopyRequest& copy)
    {
        if (Result code = check_copy(copy))
        {
            return breaks(context, code);
        }

        memmove(copy.to, copy.from, copy.bytes);
        return success;
    }

    static Result copy_on(Stream* handle, const CopyRequest& copy)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        Stream* stream = find_stream(context, handle);
        if (stream == nullptr)
        {
            return fail(invalid_handle, "the context has no such stream");
        }

        if (Result code = check_copy(copy))
        {
            return code;
        }

        controls().copies++;
        // Host memory that is not page-locked is copied to a staging buffer before the call returns; what comes from the device is there when it returns.
        if (stream->deferred && stream->capture == nullptr)
        {
            if (!copy.from_device && !is_pinned(copy.from, copy.bytes))
            {
                auto staged = std::make_shared<std::vector<char>>(static_cast<const char*>(copy.from), static_cast<const char*>(copy.from) + copy.bytes);
                return submit(stream, [=] { return perform(context, {copy.to, staged->data(), copy.bytes, copy.to_device, false}); });
            }

            if (!copy.to_device && !is_pinned(copy.to, copy.bytes))
            {
                Result code = submit(stream, [=] { return perform(context, copy); });
                return code == success ? finish(stream) : code;
            }
        }

        return submit(stream, [=] { return perform(context, copy); });
    }

    static void* pointer(std::uint64_t address) { return reinterpret_cast<void*>(address); }

    EXPORT int cuMemcpyHtoDAsync_v2(std::uint64_t to, const void* from, std::size_t bytes, Stream* stream)
    {
        return copy_on(stream, {pointer(to), from, bytes, true, false});
    }

    EXPORT int cuMemcpyDtoHAsync_v2(void* to, std::uint64_t from, std::size_t bytes, Stream* stream)
    {
        return copy_on(stream, {to, pointer(from), bytes, false, true});
    }

    EXPORT int cuMemcpyDtoDAsync_v2(std::uint64_t to, std::uint64_t from, std::size_t bytes, Stream* stream)
    {
        return copy_on(stream, {pointer(to), pointer(from), bytes, true, true});
    }

    static Result fill(Context* context, std::uint64_t address, unsigned char value, std::size_t count)
    {
        if (Result code = check_device_range(address, count, "a fill"))
        {
            return breaks(context, code);
        }

        memset(pointer(address), value, count);
        return success;
    }

    EXPORT int cuMemsetD8Async(std::uint64_t address, unsigned char value, std::size_t count, Stream* handle)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        Stream* stream = find_stream(context, handle);
        if (stream == nullptr)
        {
            return fail(invalid_handle, "the context has no such stream");
        }

        if (Result code = check_device_range(address, count, "a fill"))
        {
            return code;
        }

        return submit(stream, [=] { return fill(context, address, value, count); });
    }
}
