#include "context.h"

#include <cstring>
#include <vector>

#include "access.h"
#include "memory.h"
#include "modules.h"
#include "settings.h"
#include "streams.h"

namespace emulator
{
    std::recursive_mutex gate;
    static bool initialized = false;
    static thread_local Context* current = nullptr;

    static Context* primary(int device)
    {
        static std::vector<Context*> contexts;
        std::lock_guard lock(gate);
        while (contexts.size() <= static_cast<std::size_t>(device))
        {
            Context* context = new Context;
            context->device = static_cast<int>(contexts.size());
            contexts.push_back(context);
        }

        return contexts[static_cast<std::size_t>(device)];
    }

    bool is_initialized() { return initialized; }
    Context* current_context() { return current; }

    Result enter(Context** context)
    {
        if (!initialized)
        {
            return fail(not_initialized, "cuInit was not called");
        }

        if (current == nullptr || current->retained == 0)
        {
            return fail(invalid_context, "the calling thread has no current context");
        }

        *context = current;
        std::lock_guard lock(gate);
        check_host_access(current);
        return current->broken == success ? success : fail(current->broken, current->broken_reason);
    }

    Result breaks(Context* context, Result code)
    {
        std::lock_guard lock(gate);
        if (context->broken == success)
        {
            context->broken = code;
            context->broken_reason = last_reason();
        }

        return code;
    }

    static Result check_device(int device)
    {
        if (!initialized)
        {
            return fail(not_initialized, "cuInit was not called");
        }

        return device >= 0 && device < machine().devices ? success : fail(invalid_device, text("device %d of %d", device, machine().devices));
    }

    static void destroy(Context* context)
    {
        release_streams(context);
        unload_modules(context);
        release_memory(context);
        set_guarded(context, false);
        context->broken = success;
        context->broken_reason.clear();
        context->bytes_live = context->bytes_peak = 0;
    }

    EXPORT int cuInit(unsigned flags)
    {
        if (flags != 0)
        {
            return fail(invalid_value, "cuInit: flags must be 0");
        }

        if (machine().devices == 0)
        {
            return fail(no_device, "the emulator has no device");
        }

        initialized = true;
        return success;
    }

    EXPORT int cuDriverGetVersion(int* version)
    {
        *version = machine().driver_version;
        return success;
    }

    EXPORT int cuDevicePrimaryCtxRetain(Context** context, int device)
    {
        if (Result code = check_device(device))
        {
            return code;
        }

        std::lock_guard lock(gate);
        *context = primary(device);
        (*context)->retained++;
        return success;
    }

    EXPORT int cuDevicePrimaryCtxRelease_v2(int device)
    {
        if (Result code = check_device(device))
        {
            return code;
        }

        std::lock_guard lock(gate);
        Context* context = primary(device);
        if (context->retained == 0)
        {
            return fail(invalid_context, "the primary context is not retained");
        }

        if (--context->retained == 0)
        {
            destroy(context);
        }

        return success;
    }

    EXPORT int cuCtxSetCurrent(Context* context)
    {
        if (!initialized)
        {
            return fail(not_initialized, "cuInit was not called");
        }

        if (context != nullptr && context->retained == 0)
        {
            return fail(invalid_context, "the context was released");
        }

        current = context;
        return success;
    }

    EXPORT int cuCtxGetCurrent(Context** context)
    {
        *context = current;
        return initialized ? success : not_initialized;
    }
}
