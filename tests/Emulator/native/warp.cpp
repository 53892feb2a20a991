#include <cstdio>
#include <cstring>

#include "matrices.h"
#include "multiprocessor.h"

namespace emulator
{
    const char* name_of(Collective kind)
    {
        switch (kind)
        {
            case Collective::sync_threads: return "__syncthreads";
            case Collective::sync_warp: return "__syncwarp";
            case Collective::shuffle: return "a shuffle";
            case Collective::ballot: return "__ballot_sync";
            case Collective::vote_any: return "__any_sync";
            case Collective::vote_all: return "__all_sync";
            case Collective::load_matrices: return "ldmatrix";
            case Collective::load_matrices_transposed: return "ldmatrix (transposed)";
            case Collective::matrix_product: return "mma";
            default: return "nothing";
        }
    }

    void Multiprocessor::check_mask(const Warp& warp, const Thread& self, Collective kind, unsigned mask, Site site)
    {
        char what[256];
        if ((mask >> self.lane & 1) == 0)
        {
            snprintf(what, sizeof(what), "%s with mask %#x, which does not name the calling lane %u", name_of(kind), mask, self.lane);
            stop(launch_failed, what, site);
        }

        if ((mask & ~warp.lanes) != 0)
        {
            snprintf(what, sizeof(what), "%s with mask %#x names lanes %#x, which do not exist: the block has %u threads", name_of(kind), mask, mask & ~warp.lanes,
                _thread_count);
            stop(launch_failed, what, site);
        }

        if ((mask & ~warp.alive) != 0)
        {
            snprintf(what, sizeof(what), "%s with mask %#x names lanes %#x, which have left the kernel", name_of(kind), mask, mask & ~warp.alive);
            stop(launch_failed, what, site);
        }
    }

    static bool is_same(const Thread& a, const Thread& b) { return a.mask == b.mask && a.waits == b.waits && a.site.line == b.site.line && a.site.file == b.site.file; }

    // Two lanes that wait for each other must do so in the same collective, with the same mask. A lane may wait for one that is still busy in a smaller group.
    void Multiprocessor::check_others(Warp& warp, const Thread& self)
    {
        if (warp.arrived == 0)
        {
            warp.uniform = true;
            warp.first = self.lane;
            return;
        }

        if (warp.uniform && is_same(self, *warp.lane[warp.first]))
        {
            return;
        }

        warp.uniform = false;
        for (unsigned waiting = warp.arrived & self.mask; waiting != 0; waiting &= waiting - 1)
        {
            const Thread& other = *warp.lane[__builtin_ctz(waiting)];
            if ((other.mask >> self.lane & 1) != 0 && !is_same(self, other))
            {
                char what[256];
                snprintf(what, sizeof(what), "%s with mask %#x, while lane %u waits in %s with mask %#x at %s:%d", name_of(self.waits), self.mask, other.lane,
                    name_of(other.waits), other.mask, other.site.file, other.site.line);
                stop(launch_failed, what, self.site);
            }
        }
    }

    // Whether the lanes of a mask have all come to its collective.
    static bool is_complete(const Warp& warp, const Thread& self)
    {
        if ((warp.arrived & self.mask) != self.mask)
        {
            return false;
        }

        for (unsigned lanes = warp.uniform ? 0 : self.mask; lanes != 0; lanes &= lanes - 1)
        {
            if (!is_same(self, *warp.lane[__builtin_ctz(lanes)]))
            {
                return false;
            }
        }

        return true;
    }

    void Multiprocessor::collective(Collective kind, unsigned mask, void* operand, Site site)
    {
        Thread& self = thread();
        Warp& warp = *self.warp;
        check_mask(warp, self, kind, mask, site);
        self.site = site;
        self.waits = kind;
        self.mask = mask;
        self.operand = operand;
        check_others(warp, self);
        warp.arrived |= 1u << self.lane;
        if (is_complete(warp, self))
        {
            complete(warp, kind, mask);
            warp.arrived &= ~mask;
            warp.ready |= mask;
            _ready_warps |= 1u << (warp.first_thread / 32);
        }

        park(self);
        self.waits = Collective::none;
    }

    static void shuffle(const Warp& warp, unsigned mask)
    {
        unsigned long long values[32];
        for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1)
        {
            unsigned lane = static_cast<unsigned>(__builtin_ctz(lanes));
            values[lane] = static_cast<const Shuffle*>(warp.lane[lane]->operand)->value;
        }

        for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1)
        {
            unsigned lane = static_cast<unsigned>(__builtin_ctz(lanes));
            Shuffle& operand = *static_cast<Shuffle*>(warp.lane[lane]->operand);
            // What a lane outside of the mask would give is undefined.
            operand.value = (mask >> operand.source & 1) != 0 ? values[operand.source] : ~0ull;
        }
    }

    static void vote(const Warp& warp, Collective kind, unsigned mask)
    {
        unsigned ballot = 0;
        for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1)
        {
            unsigned lane = static_cast<unsigned>(__builtin_ctz(lanes));
            ballot |= static_cast<const Vote*>(warp.lane[lane]->operand)->predicate << lane;
        }

        unsigned result = kind == Collective::ballot ? ballot : kind == Collective::vote_any ? ballot != 0 : ballot == mask;
        for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1)
        {
            static_cast<Vote*>(warp.lane[__builtin_ctz(lanes)]->operand)->result = result;
        }
    }

    // The lane that comes last does the work of all.
    void Multiprocessor::complete(Warp& warp, Collective kind, unsigned mask)
    {
        switch (kind)
        {
            case Collective::shuffle:
                shuffle(warp, mask);
                break;
            case Collective::ballot:
            case Collective::vote_any:
            case Collective::vote_all:
                vote(warp, kind, mask);
                break;
            case Collective::load_matrices:
            case Collective::load_matrices_transposed:
                for (const Thread* lane : warp.lane)
                {
                    check_shared(static_cast<const MatrixRows*>(lane->operand)->row, 16, "ldmatrix", lane->site);
                }

                load_matrices(warp, kind == Collective::load_matrices_transposed);
                break;
            case Collective::matrix_product:
                multiply_matrices(warp);
                break;
            default:
                break;
        }
    }

    void Multiprocessor::check_shared(const void* address, unsigned bytes, const char* what, Site site)
    {
        const char* at = static_cast<const char*>(address);
        char message[256];
        if (at < _block.shared || at + bytes > _block.shared + _block.shared_bytes)
        {
            snprintf(message, sizeof(message), "%s at %p, %ld bytes from the start of the block's %u bytes of shared memory", what, address,
                static_cast<long>(at - _block.shared), _block.shared_bytes);
            stop(illegal_address, message, site);
        }

        if (reinterpret_cast<unsigned long>(at) % bytes != 0)
        {
            snprintf(message, sizeof(message), "%s at shared offset %ld, which is not a multiple of %u", what, static_cast<long>(at - _block.shared), bytes);
            stop(misaligned_address, message, site);
        }
    }

    void Multiprocessor::copy(void* shared, const void* global, unsigned bytes, bool valid, Site site)
    {
        check_shared(shared, bytes, "cp.async", site);
        if (valid && reinterpret_cast<unsigned long>(global) % bytes != 0)
        {
            char message[128];
            snprintf(message, sizeof(message), "cp.async from %p, which is not a multiple of %u", global, bytes);
            stop(misaligned_address, message, site);
        }

        if (valid && space_of(global) != Space::global)
        {
            stop_in_space(global, Space::global, site);
        }

        memset(shared, 0xfe, bytes);
        thread().copies->copies.push_back({shared, global, bytes, valid, site});
    }

    // A copy under way when its thread leaves may arrive at any time, on top of whatever others have put there meanwhile.
    void Multiprocessor::check_copies()
    {
        const CopyQueue& queue = *thread().copies;
        if (!queue.copies.empty())
        {
            stop(launch_failed, "left the kernel without waiting for a cp.async", queue.copies.front().site);
        }
    }

    void Multiprocessor::wait_copies(unsigned pending)
    {
        CopyQueue& queue = *thread().copies;
        if (queue.groups.size() <= pending)
        {
            return;
        }

        std::size_t finished = queue.groups.size() - pending;
        unsigned end = queue.groups[finished - 1];
        for (unsigned i = 0; i < end; i++)
        {
            const CopyQueue::Copy& copy = queue.copies[i];
            if (copy.valid)
            {
                memcpy(copy.shared, copy.global, copy.bytes);
            }
            else
            {
                memset(copy.shared, 0, copy.bytes);
            }
        }

        queue.copies.erase(queue.copies.begin(), queue.copies.begin() + end);
        queue.groups.erase(queue.groups.begin(), queue.groups.begin() + static_cast<long>(finished));
        for (unsigned& group : queue.groups)
        {
            group -= end;
        }
    }
}
