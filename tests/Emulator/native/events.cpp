#include <ctime>

#include "settings.h"
#include "streams.h"

namespace emulator
{
    static constexpr unsigned without_timing = 2;

    static double now()
    {
        timespec time;
        clock_gettime(CLOCK_MONOTONIC, &time);
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
    }

    // The context and the event, or the code to return.
    static Result enter(Context** context, Event* event)
    {
        if (Result code = enter(context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        return (*context)->events.count(event) != 0 ? success : fail(invalid_handle, "the context has no such event");
    }

    EXPORT int cuEventCreate(Event** event, unsigned flags)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        *event = new Event(context, flags);
        context->events.insert(*event);
        return success;
    }

    EXPORT int cuEventDestroy_v2(Event* event)
    {
        Context* context;
        if (Result code = enter(&context, event))
        {
            return code;
        }

        // Work that waits for it may still be in a queue.
        Result code = finish_all(context);
        std::lock_guard lock(gate);
        context->events.erase(event);
        delete event;
        return code;
    }

    EXPORT int cuEventRecord(Event* event, Stream* handle)
    {
        Context* context;
        if (Result code = enter(&context, event))
        {
            return code;
        }

        Stream* stream = find_stream(context, handle);
        if (stream == nullptr)
        {
            return fail(invalid_handle, "the context has no such stream");
        }

        {
            std::lock_guard lock(gate);
            event->capture = stream->capture;
            if (stream->capture != nullptr)
            {
                event->captured_from = stream;
                event->captured_at = stream->capture->graph.nodes.size();
                return success;
            }
        }

        std::uint64_t state = ++event->recorded;
        return submit(stream, [=]
            {
                event->completed = state;
                event->milliseconds = now();
                return success;
            });
    }

    EXPORT int cuEventSynchronize(Event* event)
    {
        Context* context;
        if (Result code = enter(&context, event))
        {
            return code;
        }

        if (event->capture != nullptr)
        {
            event->capture->invalid = true;
            return fail(capture_unsupported, "cuEventSynchronize of an event that is captured");
        }

        if (Result code = refuse_in_capture("cuEventSynchronize"))
        {
            return code;
        }

        return finish_event(event);
    }

    EXPORT int cuEventElapsedTime(float* milliseconds, Event* start, Event* end)
    {
        Context* context;
        Result code = enter(&context, start);
        code = code == success ? enter(&context, end) : code;
        if (code != success)
        {
            return code;
        }

        if (start->recorded == 0 || end->recorded == 0 || ((start->flags | end->flags) & without_timing) != 0)
        {
            return fail(invalid_handle, "an event was never recorded or has no timing");
        }

        if (start->completed < start->recorded || end->completed < end->recorded)
        {
            return not_ready;
        }

        *milliseconds = static_cast<float>(end->milliseconds - start->milliseconds);
        return success;
    }
}
