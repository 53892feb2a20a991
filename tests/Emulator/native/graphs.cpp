#include <pthread.h>

#include "settings.h"
#include "streams.h"

namespace emulator
{
    // Graphs and what was made of them live until they are destroyed; the driver's handles are these objects.
    struct Executable
    {
        Context* context;
        Graph graph;
    };

    static std::set<void*> graphs;

    EXPORT int cuStreamBeginCapture_v2(Stream* handle, int mode)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        Stream* stream = find_stream(context, handle);
        if (stream == nullptr)
        {
            return fail(invalid_handle, "the context has no such stream");
        }

        if (stream == context->default_stream)
        {
            return fail(capture_unsupported, "the default stream cannot be captured");
        }

        if (stream->capture != nullptr)
        {
            return fail(illegal_state, "the stream is being captured already");
        }

        if (mode < 0 || mode > 2)
        {
            return fail(invalid_value, text("there is no capture mode %d", mode));
        }

        stream->capture = std::make_shared<Capture>();
        stream->capture->origin = stream;
        stream->capture->mode = mode;
        stream->capture->thread = pthread_self();
        stream->capture->streams.insert(stream);
        captures.insert(stream->capture.get());
        return success;
    }

    EXPORT int cuStreamEndCapture(Stream* handle, Graph** graph)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        *graph = nullptr;
        Stream* stream = find_stream(context, handle);
        if (stream == nullptr || stream->capture == nullptr)
        {
            return fail(stream == nullptr ? invalid_handle : illegal_state, "the stream is not being captured");
        }

        std::shared_ptr<Capture> capture = stream->capture;
        if (capture->origin != stream)
        {
            capture->invalid = true;
            return fail(capture_unmatched, "the capture was begun on another stream");
        }

        captures.erase(capture.get());
        for (Stream* member : capture->streams)
        {
            member->capture = nullptr;
        }

        if (capture->invalid)
        {
            return fail(capture_invalidated, "a call that a capture does not allow has spoilt it");
        }

        if (!capture->unjoined.empty())
        {
            return fail(capture_unjoined, text("%zu streams were drawn into the capture and never waited for", capture->unjoined.size()));
        }

        *graph = new Graph(std::move(capture->graph));
        graphs.insert(*graph);
        return success;
    }

    EXPORT int cuStreamIsCapturing(Stream* handle, int* status)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        Stream* stream = find_stream(context, handle);
        if (stream == nullptr)
        {
            return fail(invalid_handle, "the context has no such stream");
        }

        constexpr int none = 0, active = 1, invalidated = 2;
        *status = stream->capture == nullptr ? none : stream->capture->invalid ? invalidated : active;
        return success;
    }

    EXPORT int cuGraphInstantiateWithFlags(Executable** executable, Graph* graph, unsigned long long)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        if (graphs.count(graph) == 0)
        {
            return fail(invalid_handle, "there is no such graph");
        }

        *executable = new Executable{context, *graph};
        graphs.insert(*executable);
        return success;
    }

    EXPORT int cuGraphLaunch(Executable* executable, Stream* handle)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        Stream* stream;
        {
            std::lock_guard lock(gate);
            stream = find_stream(context, handle);
            if (stream == nullptr || graphs.count(executable) == 0 || executable->context != context)
            {
                return fail(invalid_handle, stream == nullptr ? "the context has no such stream" : "there is no such executable graph");
            }
        }

        Controls& own = controls();
        own.launches++;
        if (own.launches_until_failure >= 0 && own.launches_until_failure-- == 0)
        {
            return fail(own.launch_failure, "a graph: this launch was made to fail");
        }

        return submit(stream, [=]
            {
                for (const Work& node : executable->graph.nodes)
                {
                    if (Result code = node.run())
                    {
                        return code;
                    }
                }

                return success;
            });
    }

    EXPORT int cuGraphExecDestroy(Executable* executable)
    {
        std::lock_guard lock(gate);
        if (graphs.count(executable) == 0)
        {
            return fail(invalid_handle, "there is no such executable graph");
        }

        Result code = finish_all(executable->context);
        graphs.erase(executable);
        delete executable;
        return code;
    }

    EXPORT int cuGraphDestroy(Graph* graph)
    {
        std::lock_guard lock(gate);
        if (graphs.erase(graph) == 0)
        {
            return fail(invalid_handle, "there is no such graph");
        }

        delete graph;
        return success;
    }
}
