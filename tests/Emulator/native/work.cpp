#include <algorithm>
#include <utility>

#include <pthread.h>

#include "access.h"
#include "settings.h"
#include "streams.h"

// When streams do what they were given: at once, late, or again and again as a graph.

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

        Access access(stream->context);
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
                Access access(context);
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
}
