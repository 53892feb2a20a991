#include "access.h"

#include <atomic>

#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"

namespace emulator
{
    static std::atomic<int> guarded_contexts = 0;
    static std::atomic<unsigned long> touched = 0;

    static void protect(Context* context, int access)
    {
        visit_allocations([=](Context* owner, Residence residence, char* mapped, std::uint64_t bytes)
            {
                if (owner == context && residence == Residence::device)
                {
                    mprotect(mapped, bytes, access);
                }
            });
    }

    void set_guarded(Context* context, bool guarded)
    {
        std::lock_guard lock(gate);
        if (context->guarded != guarded)
        {
            context->guarded = guarded;
            guarded_contexts += guarded ? 1 : -1;
            protect(context, guarded && context->working == 0 ? PROT_NONE : PROT_READ | PROT_WRITE);
        }
    }

    Access::Access(Context* context) : _context(context)
    {
        std::lock_guard lock(gate);
        if (context->working++ == 0 && context->guarded)
        {
            protect(context, PROT_READ | PROT_WRITE);
        }
    }

    Access::~Access()
    {
        std::lock_guard lock(gate);
        if (--_context->working == 0 && _context->guarded)
        {
            protect(_context, PROT_NONE);
        }
    }

    bool note_host_access(unsigned long address)
    {
        if (guarded_contexts == 0 || !is_in_range(address))
        {
            return false;
        }

        unsigned long none = 0, page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
        touched.compare_exchange_strong(none, address);
        return mprotect(reinterpret_cast<void*>(address & ~(page - 1)), page, PROT_READ | PROT_WRITE) == 0;
    }

    Result check_host_access(Context* context)
    {
        unsigned long address = touched.exchange(0);
        if (address == 0)
        {
            return success;
        }

        return breaks(context, fail(illegal_address, text("code of the host has touched device memory at %#lx, ", address) + describe_address(address)));
    }
}
