#include "settings.h"
#include "streams.h"

namespace emulator
{
    static Event* find_event(Context* context, Event* handle)
    {
        std::lock_guard lock(gate);
        return context->events.count(handle) != 0 ? handle : nullptr;
    }

    // A handle that is not the context's.
    static Result no_such(const char* what) { return fail(invalid_handle, std::string("the context has no such ") + what); }

    EXPORT int cuStreamCreate(Stream** stream, unsigned flags)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        *stream = new Stream(context, flags, controls().deferred);
        context->streams.insert(*stream);
        return success;
    }

    EXPORT int cuStreamDestroy_v2(Stream* stream)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        if (find_stream(context, stream) != stream)
        {
            return no_such("stream");
        }

        Result code = finish(stream);
        std::lock_guard lock(gate);
        context->streams.erase(stream);
        delete stream;
        return code;
    }

    EXPORT int cuStreamSynchronize(Stream* handle)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        Stream* stream = find_stream(context, handle);
        if (stream == nullptr)
        {
            return no_such("stream");
        }

        if (stream->capture != nullptr)
        {
            stream->capture->invalid = true;
            return fail(capture_unsupported, "cuStreamSynchronize of a stream that is captured");
        }

        if (Result code = refuse_in_capture("cuStreamSynchronize"))
        {
            return code;
        }

        return finish(stream);
    }

    EXPORT int cuStreamWaitEvent(Stream* stream_handle, Event* event, unsigned)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        Stream* stream = find_stream(context, stream_handle);
        if (stream == nullptr || find_event(context, event) == nullptr)
        {
            return no_such(stream == nullptr ? "stream" : "event");
        }

        std::lock_guard lock(gate);
        if (event->capture != nullptr)
        {
            Capture& capture = *event->capture;
            if (stream->capture != nullptr && stream->capture != event->capture)
            {
                return fail(capture_unsupported, "a captured stream waits for another capture's event");
            }

            if (stream->capture == nullptr)
            {
                stream->capture = event->capture;
                stream->last_node = 0;
                capture.streams.insert(stream);
                capture.unjoined.insert(stream);
            }

            if (event->captured_from != stream && event->captured_at >= event->captured_from->last_node)
            {
                capture.unjoined.erase(event->captured_from);
            }

            return success;
        }

        if (stream->capture != nullptr)
        {
            stream->capture->invalid = true;
            return fail(capture_unsupported, "a captured stream waits for an event from outside of the capture");
        }

        if (stream->deferred && event->completed < event->recorded)
        {
            stream->queue.push_back({nullptr, event, event->recorded});
            return success;
        }

        // A stream that works at once cannot wait otherwise.
        return finish_event(event);
    }
}
