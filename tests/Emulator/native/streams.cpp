#include "streams.h"

#include <algorithm>
#include <utility>

#include <pthread.h>

#include "settings.h"

namespace emulator
{
    std::set<Capture*> captures;

    Stream* find_stream(Context* context, Stream* handle)
    {
        std::lock_guard lock(gate);
        if (reinterpret_cast<std::uintptr_t>(handle) <= 2)
        {
            if (context->default_stream == nullptr)
            {
                context->default_stream = new Stream(context);
                context->streams.insert(context->default_stream);
            }

            return context->default_stream;
        }

        return context->streams.count(handle) != 0 ? handle : nullptr;
    }

    static Event* find_event(Context* context, Event* handle)
    {
        std::lock_guard lock(gate);
        return context->events.count(handle) != 0 ? handle : nullptr;
    }

    Result submit(Stream* stream, std::function<Result()> run)
    {
        {
            std::lock_guard lock(gate);
            if (stream->capture != nullptr)
            {
                Capture& capture = *stream->capture;
                if (capture.invalid)
                {
                    return fail(capture_invalidated, "a call before this one has spoilt the capture");
                }

                capture.graph.nodes.push_back({std::move(run), nullptr, 0});
                stream->last_node = capture.graph.nodes.size();
                if (stream != capture.origin)
                {
                    capture.unjoined.insert(stream);
                }

                return success;
            }

            if (stream->deferred)
            {
                stream->queue.push_back({std::move(run), nullptr, 0});
                return success;
            }
        }

        return run();
    }

    static bool is_blocked(const Work& work) { return work.awaited != nullptr && work.awaited->completed < work.awaited_state; }

    // Runs the first work of one of the context's streams, chosen at random, as long as the condition asks for more.
    template <typename Condition>
    static Result run_while(Context* context, Condition more)
    {
        Controls& own = controls();
        for (;;)
        {
            Work work;
            {
                std::lock_guard lock(gate);
                if (!more())
                {
                    return success;
                }

                std::vector<Stream*> able;
                for (Stream* stream : context->streams)
                {
                    if (!stream->queue.empty() && !is_blocked(stream->queue.front()))
                    {
                        able.push_back(stream);
                    }
                }

                if (able.empty())
                {
                    return fail(launch_timeout, "streams wait for events that are never recorded");
                }

                own.seed = own.seed * 6364136223846793005u + 1442695040888963407u;
                Stream* chosen = able[(own.seed >> 33) % able.size()];
                work = std::move(chosen->queue.front());
                chosen->queue.pop_front();
            }

            if (work.run)
            {
                if (Result code = work.run())
                {
                    return code;
                }
            }
        }
    }

    Result finish(Stream* stream)
    {
        return run_while(stream->context, [=] { return !stream->queue.empty(); });
    }

    Result finish_all(Context* context)
    {
        return run_while(context, [=] { return std::any_of(context->streams.begin(), context->streams.end(), [](const Stream* s) { return !s->queue.empty(); }); });
    }

    Result advance(Context* context)
    {
        bool first = true;
        return run_while(context, [&]
            {
                return std::exchange(first, false) && std::any_of(context->streams.begin(), context->streams.end(), [](const Stream* s) { return !s->queue.empty(); });
            });
    }

    Result finish_event(Event* event)
    {
        std::uint64_t state = event->recorded;
        return run_while(event->context, [=] { return event->completed < state; });
    }

    Result refuse_in_capture(const char* call)
    {
        std::lock_guard lock(gate);
        Result code = success;
        for (Capture* capture : captures)
        {
            if (capture->mode == 0 || (capture->mode == 1 && capture->thread == pthread_self()))
            {
                capture->invalid = true;
                code = fail(capture_unsupported, std::string(call) + " while a stream is captured");
            }
        }

        return code;
    }

    void release_streams(Context* context)
    {
        std::lock_guard lock(gate);
        for (Stream* stream : context->streams)
        {
            if (stream->capture != nullptr)
            {
                captures.erase(stream->capture.get());
            }

            delete stream;
        }

        for (Event* event : context->events)
        {
            delete event;
        }

        context->streams.clear();
        context->events.clear();
        context->default_stream = nullptr;
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

    EXPORT int cuStreamCreateWithPriority(Stream** stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }

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

    EXPORT int cuStreamQuery(Stream* handle)
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
            return fail(capture_unsupported, "cuStreamQuery of a stream that is captured");
        }

        if (Result code = advance(context))
        {
            return code;
        }

        return stream->queue.empty() ? success : not_ready;
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
