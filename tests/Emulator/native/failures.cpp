#include <csignal>
#include <cstdio>
#include <cstring>

#include "faults.h"
#include "memory.h"
#include "multiprocessor.h"

// How a launch ends before its time.

namespace emulator
{
    std::string Multiprocessor::place(const Thread& thread) const
    {
        return text("%s, block (%u, %u, %u), thread %u", _launch.kernel->name, _block.index.x, _block.index.y, _block.index.z, thread.index.x);
    }

    void Multiprocessor::stop(Result code, const char* what, Site site)
    {
        char located[512];
        snprintf(located, sizeof(located), "%s at %s:%d", what, site.file, site.line);
        stop(code, located);
    }

    // Goes back to the scheduler for good: nothing on this stack is unwound, so nothing on it may own memory.
    void Multiprocessor::stop(Result code, const char* what)
    {
        Thread& self = thread();
        snprintf(_reason, sizeof(_reason), "%s, block (%u, %u, %u), thread %u: %s", _launch.kernel->name, _block.index.x, _block.index.y, _block.index.z, self.index.x, what);
        _code = code;
        _failed = true;
        emulator_switch(&self.stack_pointer, _scheduler);
        __builtin_unreachable();
    }

    void Multiprocessor::stop_in_space(const void* address, Space meant, Site site)
    {
        static const char* names[] = {"global", "shared", "local"};
        char what[128];
        snprintf(what, sizeof(what), "an instruction for %s memory at %p, which is in %s memory", names[static_cast<unsigned>(meant)], address,
            names[static_cast<unsigned>(space_of(address))]);
        stop(illegal_address, what, site);
    }

    void* Multiprocessor::keep_fault(const Fault& fault, const Thread* thread)
    {
        _fault = fault;
        _faulting = thread;
        _failed = _faulted = true;
        return _scheduler;
    }

    Result Multiprocessor::report_fault()
    {
        std::string where = place(*_faulting) + ": ";
        std::string line = source_line(reinterpret_cast<const void*>(_launch.kernel), _fault.instruction);
        std::string at = line.empty() ? "" : " at " + line;
        if (_fault.stack_overflow)
        {
            return fail(launch_failed, where + text("more than %lu bytes of stack", stack_bytes) + at);
        }

        if (_fault.signal == SIGFPE)
        {
            return fail(launch_failed, where + "integer division by zero" + at);
        }

        if ((_fault.signal == SIGILL || _fault.signal == SIGTRAP))
        {
            return fail(misaligned_address, where + "an address that is not a multiple of its type's alignment" + at);
        }

        const char* access = _fault.write ? "write to" : "read of";
        long shared = static_cast<long>(_fault.address - reinterpret_cast<unsigned long>(_block.shared));
        std::string target = shared > -(1 << 19) && shared < 1 << 20
            ? text("shared memory at offset %ld of %u bytes", shared, _block.shared_bytes)
            : text("%#lx, ", _fault.address) + describe_address(_fault.address);
        return fail(illegal_address, where + access + " " + target + at);
    }

    // Threads that wait at the same place, as ranges: "0-31, 64".
    static std::string ranges(const std::vector<unsigned>& threads)
    {
        std::string list;
        for (std::size_t i = 0; i < threads.size();)
        {
            std::size_t end = i;
            while (end + 1 < threads.size() && threads[end + 1] == threads[end] + 1)
            {
                end++;
            }

            list += (list.empty() ? "" : ", ") + (end == i ? text("%u", threads[i]) : text("%u-%u", threads[i], threads[end]));
            i = end + 1;
        }

        return list;
    }

    void Multiprocessor::report_deadlock()
    {
        struct Group
        {
            std::string where;
            std::vector<unsigned> threads;
        };

        std::vector<Group> groups;
        for (unsigned t = 0; t < _thread_count; t++)
        {
            const Warp& warp = _warps[t / 32];
            const Thread* thread = warp.lane[t % 32];
            bool gone = (warp.alive >> t % 32 & 1) == 0;
            std::string where = gone ? "left the kernel" : text("wait in %s at %s:%d", name_of(thread->waits), thread->site.file, thread->site.line);
            if (!gone && thread->waits != Collective::sync_threads)
            {
                where += text(" with mask %#x", thread->mask);
            }

            std::size_t i = 0;
            while (i < groups.size() && groups[i].where != where)
            {
                i++;
            }

            if (i == groups.size())
            {
                groups.push_back({where, {}});
            }

            groups[i].threads.push_back(t);
        }

        std::string report;
        for (const Group& group : groups)
        {
            report += (report.empty() ? "threads " : "; threads ") + ranges(group.threads) + " " + group.where;
        }

        snprintf(_reason, sizeof(_reason), "%s, block (%u, %u, %u): a barrier is not reached by all: %s", _launch.kernel->name, _block.index.x, _block.index.y,
            _block.index.z, report.c_str());
        _code = launch_failed;
        _failed = true;
    }

    static Multiprocessor& current() { return Multiprocessor::current(); }

    const Services services = {
        [](const char* file, int line) { current().sync_threads({file, line}); },
        [](Collective kind, unsigned mask, void* operand, const char* file, int line) { current().collective(kind, mask, operand, {file, line}); },
        [](void* shared, const void* global, unsigned bytes, bool valid, const char* file, int line) { current().copy(shared, global, bytes, valid, {file, line}); },
        []() { thread().copies->groups.push_back(static_cast<unsigned>(thread().copies->copies.size())); },
        [](unsigned pending) { current().wait_copies(pending); },
        [](const void* address, unsigned bytes, const char* file, int line)
        {
            char what[128];
            snprintf(what, sizeof(what), "access of %u bytes at %p, which is not a multiple of %u", bytes, address, bytes);
            current().stop(misaligned_address, what, {file, line});
        },
        [](const void* address, Space meant, const char* file, int line) { current().stop_in_space(address, meant, {file, line}); },
        [](const char* file, int line) { current().stop(launch_failed, "__trap", {file, line}); },
    };
}
