#include "memory.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <sys/mman.h>
#include <unistd.h>

#include "poison.h"
#include "settings.h"

namespace emulator
{
    struct Allocation
    {
        std::uint64_t address, bytes;
        char* mapped;
        std::uint64_t mapped_bytes;
        Context* owner;
        Residence residence;
    };

    static constexpr std::uint64_t alignment = 256;
    static constexpr std::uint64_t gap = 1 << 20;
    static std::map<std::uint64_t, Allocation> allocations;

    // A range of addresses that nothing else of the process uses: an access that misses its allocation by far still faults.
    static struct
    {
        char* start = nullptr;
        char* end = nullptr;
        char* next = nullptr;
    } range;

    static bool reserve()
    {
        for (std::uint64_t bytes = 1ull << 44; range.start == nullptr && bytes >= 1ull << 34; bytes /= 4)
        {
            void* reserved = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (reserved != MAP_FAILED)
            {
                range.start = range.next = static_cast<char*>(reserved);
                range.end = range.start + bytes;
            }
        }

        return range.start != nullptr;
    }

    // Places are taken in turn, so that a pointer to freed memory faults for long; what is still in use is stepped over after the end was reached.
    static char* find_place(std::uint64_t bytes)
    {
        for (int turn = 0; turn < 2; turn++)
        {
            while (bytes + 2 * gap <= static_cast<std::uint64_t>(range.end - range.next))
            {
                char* place = range.next + gap;
                auto after = allocations.upper_bound(reinterpret_cast<std::uint64_t>(place));
                const Allocation* overlapped = nullptr;
                if (after != allocations.end() && after->second.mapped < place + bytes + gap)
                {
                    overlapped = &after->second;
                }

                if (after != allocations.begin() && std::prev(after)->second.mapped + std::prev(after)->second.mapped_bytes + gap > place)
                {
                    overlapped = &std::prev(after)->second;
                }

                if (overlapped == nullptr)
                {
                    range.next = place + bytes;
                    return place;
                }

                range.next = overlapped->mapped + overlapped->mapped_bytes;
            }

            range.next = range.start;
        }

        return nullptr;
    }

    static void unmap(const Allocation& allocation)
    {
        mmap(allocation.mapped, allocation.mapped_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    }

    Result allocate(Context* context, Residence residence, std::uint64_t bytes, std::uint64_t* address)
    {
        std::lock_guard lock(gate);
        if (bytes == 0)
        {
            return fail(invalid_value, "an allocation of 0 bytes");
        }

        Controls& own = controls();
        if (own.allocations_until_failure >= 0 && own.allocations_until_failure-- == 0)
        {
            return fail(out_of_memory, text("an allocation of %lu bytes was made to fail", static_cast<unsigned long>(bytes)));
        }

        if (residence == Residence::device && (bytes > machine().memory_bytes || context->bytes_live + bytes > machine().memory_bytes))
        {
            return fail(out_of_memory, text("%lu bytes asked for, %lu of %lu in use", static_cast<unsigned long>(bytes), static_cast<unsigned long>(context->bytes_live),
                static_cast<unsigned long>(machine().memory_bytes)));
        }

        std::uint64_t page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
        std::uint64_t aligned = (bytes + alignment - 1) / alignment * alignment;
        std::uint64_t mapped_bytes = (aligned + page - 1) / page * page;
        char* place = range.start != nullptr || reserve() ? find_place(mapped_bytes) : nullptr;
        if (place == nullptr || !map_poisoned(place, mapped_bytes))
        {
            return fail(out_of_memory, text("the machine that emulates has no %lu bytes", static_cast<unsigned long>(bytes)));
        }

        *address = reinterpret_cast<std::uint64_t>(place) + mapped_bytes - aligned;
        allocations[*address] = {*address, bytes, place, mapped_bytes, context, residence};
        own.allocations++;
        if (residence == Residence::device)
        {
            if (context->guarded && context->working == 0)
            {
                mprotect(place, mapped_bytes, PROT_NONE);
            }

            context->bytes_live += bytes;
            context->bytes_peak = std::max(context->bytes_peak, context->bytes_live);
        }

        return success;
    }

    // The bytes between an allocation and its guard pages must be as they were.
    static std::string damage(const Allocation& allocation)
    {
        const char* start = reinterpret_cast<const char*>(allocation.address);
        const char* end = start + allocation.bytes;
        std::string where = text(" the allocation of %lu bytes at %#lx", static_cast<unsigned long>(allocation.bytes), static_cast<unsigned long>(allocation.address));
        for (const char* at = allocation.mapped; at < start; at++)
        {
            if (*at != '\xff')
            {
                return text("a write %ld bytes before", start - at) + where;
            }
        }

        for (const char* at = end; at < allocation.mapped + allocation.mapped_bytes; at++)
        {
            if (*at != '\xff')
            {
                return text("a write %ld bytes behind", at - end) + where;
            }
        }

        return "";
    }

    std::string damage_around(std::uint64_t address)
    {
        std::lock_guard lock(gate);
        auto after = allocations.upper_bound(address);
        return after == allocations.begin() ? "" : damage(std::prev(after)->second);
    }

    Result release(Context* context, Residence residence, std::uint64_t address)
    {
        std::lock_guard lock(gate);
        auto found = allocations.find(address);
        if (found == allocations.end() || found->second.owner != context || found->second.residence != residence)
        {
            return fail(invalid_value, text("%#lx is not the start of an allocation: ", static_cast<unsigned long>(address)) + describe_address(address));
        }

        Allocation allocation = found->second;
        mprotect(allocation.mapped, allocation.mapped_bytes, PROT_READ | PROT_WRITE);
        std::string damaged = damage(allocation);
        allocations.erase(found);
        unmap(allocation);
        controls().frees++;
        if (residence == Residence::device)
        {
            context->bytes_live -= allocation.bytes;
        }

        return damaged.empty() ? success : fail(illegal_address, damaged);
    }

    void visit_allocations(const std::function<void(Context*, Residence, char*, std::uint64_t)>& visit)
    {
        std::lock_guard lock(gate);
        for (const auto& [address, allocation] : allocations)
        {
            visit(allocation.owner, allocation.residence, allocation.mapped, allocation.mapped_bytes);
        }
    }

    bool is_in_range(std::uint64_t address) { return address >= reinterpret_cast<std::uint64_t>(range.start) && address < reinterpret_cast<std::uint64_t>(range.end); }

    void release_memory(Context* context)
    {
        std::lock_guard lock(gate);
        for (auto at = allocations.begin(); at != allocations.end();)
        {
            if (at->second.owner == context)
            {
                unmap(at->second);
                at = allocations.erase(at);
            }
            else
            {
                at++;
            }
        }
    }

    static const Allocation* holder(std::uint64_t address)
    {
        auto after = allocations.upper_bound(address);
        return after == allocations.begin() ? nullptr : &std::prev(after)->second;
    }

    bool is_reachable(std::uint64_t address, std::uint64_t bytes)
    {
        std::lock_guard lock(gate);
        const Allocation* before = holder(address);
        return before != nullptr && address - before->address <= before->bytes && bytes <= before->bytes - (address - before->address);
    }

    bool is_pinned(const void* address, std::uint64_t bytes)
    {
        std::lock_guard lock(gate);
        const Allocation* before = holder(reinterpret_cast<std::uint64_t>(address));
        return before != nullptr && before->residence == Residence::pinned && is_reachable(reinterpret_cast<std::uint64_t>(address), bytes);
    }

    std::string describe_address(std::uint64_t address)
    {
        std::lock_guard lock(gate);
        if (address < 1 << 16)
        {
            return "a null pointer";
        }

        const Allocation* before = holder(address);
        auto after = allocations.upper_bound(address);
        auto name = [](const Allocation& a)
        {
            return text("the allocation of %lu bytes at %#lx%s", static_cast<unsigned long>(a.bytes), static_cast<unsigned long>(a.address),
                a.residence == Residence::pinned ? " (pinned host memory)" : "");
        };
        if (before != nullptr && address - before->address < before->bytes)
        {
            return text("byte %lu of ", static_cast<unsigned long>(address - before->address)) + name(*before);
        }

        std::uint64_t behind = before == nullptr ? ~0ull : address - before->address - before->bytes;
        std::uint64_t ahead = after == allocations.end() ? ~0ull : after->second.address - address;
        if (std::min(behind, ahead) > 1ull << 40)
        {
            return "near no allocation";
        }

        return behind <= ahead ? text("%lu bytes behind ", static_cast<unsigned long>(behind)) + name(*before)
                               : text("%lu bytes before ", static_cast<unsigned long>(ahead)) + name(after->second);
    }
}
