#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "context.h"

namespace emulator
{
    struct Stream;
    struct Event;

    // Something that a stream does. An entry without work waits for a state of an event.
    struct Work
    {
        std::function<Result()> run;
        Event* awaited = nullptr;
        std::uint64_t awaited_state = 0;
    };

    struct Graph
    {
        std::vector<Work> nodes;
    };

    // A capture under way: what its streams were given so far, in the order of the calls, which keeps every dependency.
    struct Capture
    {
        Stream* origin;
        int mode;
        unsigned long thread;
        bool invalid = false;
        Graph graph;
        std::set<Stream*> streams;   // those that were drawn in
        std::set<Stream*> unjoined;  // of these, those whose last work nobody has waited for
    };

    // Captures of mode 0 forbid unsafe calls to all threads, of mode 1 to their own, of mode 2 to none.
    extern std::set<Capture*> captures;

    struct Stream
    {
        explicit Stream(Context* owner, unsigned creation_flags = 0, bool is_deferred = false) : context(owner), flags(creation_flags), deferred(is_deferred) {}

        Context* context;
        unsigned flags;
        bool deferred;
        std::deque<Work> queue;
        std::shared_ptr<Capture> capture;
        std::size_t last_node = 0;  // how many nodes the capture had after this stream's last
    };

    struct Event
    {
        Event(Context* owner, unsigned creation_flags) : context(owner), flags(creation_flags) {}

        Context* context;
        unsigned flags;
        std::uint64_t recorded = 0;   // how often cuEventRecord was called
        std::uint64_t completed = 0;  // the last of these that the stream has come to
        double milliseconds = 0;
        std::shared_ptr<Capture> capture;
        Stream* captured_from = nullptr;
        std::size_t captured_at = 0;
    };

    // The stream of a handle: null and the special handles mean the context's own. Null if there is none such.
    Stream* find_stream(Context* context, Stream* handle);

    // Runs the work now, keeps it for later, or adds it to the stream's capture.
    Result submit(Stream* stream, std::function<Result()> run);

    // Runs what a stream, an event's record or a whole context still has to do.
    Result finish(Stream* stream);
    Result finish_all(Context* context);
    Result finish_event(Event* event);

    // For calls that a capture does not allow: they spoil it.
    Result refuse_in_capture(const char* call);

    void release_streams(Context* context);
}
