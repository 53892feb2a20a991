#include "multiprocessor.h"

#include <cstdio>
#include <cstring>
#include <mutex>

#include <sys/mman.h>
#include <unistd.h>

#include "faults.h"

namespace emulator
{
    static constexpr unsigned max_shared_bytes = 228 * 1024;

    Multiprocessor::Multiprocessor() : _stacks(this), _queues(max_threads)
    {
        for (unsigned i = max_threads; i-- > 0;)
        {
            Thread* slot = _stacks.slot(i);
            slot->copies = &_queues[i];
            _free.push_back(slot);
        }

        // Shared memory ends where a guard page begins, so that the first byte behind it faults.
        unsigned long page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
        unsigned long bytes = (max_shared_bytes + page - 1) / page * page;
        char* base = static_cast<char*>(mmap(nullptr, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(base + bytes, page, PROT_NONE);
        _shared_end = base + bytes;
    }

    Multiprocessor::~Multiprocessor()
    {
        unsigned long page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
        unsigned long bytes = (max_shared_bytes + page - 1) / page * page;
        munmap(_shared_end - bytes, bytes + page);
    }

    static std::mutex pool_gate;
    static std::vector<Multiprocessor*> pool;

    std::unique_ptr<Multiprocessor, void (*)(Multiprocessor*)> Multiprocessor::take()
    {
        auto give_back = [](Multiprocessor* multiprocessor)
        {
            std::lock_guard lock(pool_gate);
            pool.push_back(multiprocessor);
        };
        {
            std::lock_guard lock(pool_gate);
            if (!pool.empty())
            {
                Multiprocessor* multiprocessor = pool.back();
                pool.pop_back();
                return {multiprocessor, give_back};
            }
        }

        return {new Multiprocessor, give_back};
    }

    Multiprocessor& Multiprocessor::current()
    {
        unsigned long base = reinterpret_cast<unsigned long>(&thread()) & ~(region_bytes - 1);
        return **reinterpret_cast<Multiprocessor**>(base);
    }

    // A step coprime to the number of blocks visits each once.
    static std::uint64_t coprime_step(std::uint64_t count, std::uint64_t seed)
    {
        auto divisor = [](std::uint64_t a, std::uint64_t b)
        {
            while (b != 0)
            {
                std::uint64_t rest = a % b;
                a = b;
                b = rest;
            }

            return a;
        };
        std::uint64_t step = 1 + (seed * 0x9e3779b97f4a7c15u >> 33) % count;
        while (divisor(step, count) != 1)
        {
            step++;
        }

        return step;
    }

    Result Multiprocessor::run(const Launch& launch)
    {
        guard_against_faults();
        _launch = launch;
        _failed = _faulted = false;
        _random = launch.seed * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u;
        _thread_count = launch.block.x;
        _warp_count = (_thread_count + 31) / 32;
        for (unsigned w = 0; w < _warp_count; w++)
        {
            unsigned threads = _thread_count - w * 32;
            _warps[w].first_thread = w * 32;
            _warps[w].lanes = threads >= 32 ? 0xffffffffu : (1u << threads) - 1;
        }

        unsigned shared = (launch.shared_bytes + 15) / 16 * 16;
        _block.size = launch.block;
        _block.grid = launch.grid;
        _block.shared = _shared_end - shared;
        _block.shared_bytes = shared;
        std::uint64_t count = static_cast<std::uint64_t>(launch.grid.x) * launch.grid.y * launch.grid.z;
        std::uint64_t step = launch.order == Order::shuffled ? coprime_step(count, launch.seed + 1) : 1;
        std::uint64_t at = launch.order == Order::shuffled ? launch.seed % count : 0;
        for (std::uint64_t i = 0; i < count && !_failed; i++)
        {
            std::uint64_t place = launch.order == Order::reverse ? count - 1 - i : at;
            at = at + step >= count ? at + step - count : at + step;
            _block.index.x = static_cast<unsigned>(place % launch.grid.x);
            _block.index.y = static_cast<unsigned>(place / launch.grid.x % launch.grid.y);
            _block.index.z = static_cast<unsigned>(place / launch.grid.x / launch.grid.y);
            run_block();
        }

        if (_faulted)
        {
            return report_fault();
        }

        return _failed ? fail(_code, _reason) : success;
    }

    void Multiprocessor::run_block()
    {
        memset(_block.shared, 0xff, _block.shared_bytes);
        _left = _at_barrier = 0;
        _barrier_diverged = false;
        for (unsigned w = 0; w < _warp_count; w++)
        {
            Warp& warp = _warps[w];
            warp.alive = warp.ready = warp.lanes;
            warp.arrived = 0;
            memset(warp.lane, 0, sizeof(warp.lane));
        }

        _ready_warps = _warp_count == 32 ? 0xffffffffu : (1u << _warp_count) - 1;
        unsigned warp = 0, lane = 0;
        _current_warp = choose(_ready_warps);
        next(warp, lane);
        Thread* first = bind(warp, lane, nullptr);
        emulator_switch(&_scheduler, first->stack_pointer);

        // Back here: all have left, nobody can run, or one has failed. Stacks of threads that never went on are simply used again.
        if (!_failed && _left < _thread_count)
        {
            report_deadlock();
        }

        if (_failed)
        {
            _free.clear();
            for (unsigned i = max_threads; i-- > 0;)
            {
                _free.push_back(_stacks.slot(i));
            }
        }
    }

    // A fiber takes up one thread after another until one of them has to wait: kernels without barriers run on a single stack.
    void Multiprocessor::run_fiber()
    {
        Thread& self = thread();
        Multiprocessor& m = current();
        for (;;)
        {
            m._launch.kernel->run(m._launch.arguments);
            self.warp->alive &= ~(1u << self.lane);
            m._left++;
            unsigned warp = 0, lane = 0;
            if (!m.next(warp, lane))
            {
                m._free.push_back(&self);
                emulator_switch(&self.stack_pointer, m._scheduler);
            }

            Thread* other = m._warps[warp].lane[lane];
            if (other == nullptr)
            {
                m.bind(warp, lane, &self);
                continue;
            }

            m._free.push_back(&self);
            emulator_switch(&self.stack_pointer, other->stack_pointer);
        }
    }

    // Gives a thread that has not begun a slot: the one that is at hand, or a free one with a fresh stack.
    Thread* Multiprocessor::bind(unsigned warp, unsigned lane, Thread* slot)
    {
        if (slot == nullptr)
        {
            slot = _free.back();
            _free.pop_back();
            slot->stack_pointer = _stacks.prepare(slot, &Multiprocessor::run_fiber);
        }

        slot->index = {_warps[warp].first_thread + lane, 0, 0};
        slot->lane = lane;
        slot->block = &_block;
        slot->warp = &_warps[warp];
        slot->waits = Collective::none;
        slot->copies->copies.clear();
        slot->copies->groups.clear();
        _warps[warp].lane[lane] = slot;
        return slot;
    }

    inline unsigned Multiprocessor::choose(unsigned bits)
    {
        if (_launch.order == Order::forward)
        {
            return static_cast<unsigned>(__builtin_ctz(bits));
        }

        if (_launch.order == Order::reverse)
        {
            return 31u - static_cast<unsigned>(__builtin_clz(bits));
        }

        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        unsigned start = static_cast<unsigned>(_random >> 32) & 31;
        unsigned rotated = bits >> start | bits << ((32 - start) & 31);
        return (start + static_cast<unsigned>(__builtin_ctz(rotated))) & 31;
    }

    // The thread that runs next, or false where none can. A warp goes on until all of its lanes wait; the shuffled order changes the warp at any time.
    inline bool Multiprocessor::next(unsigned& warp, unsigned& lane)
    {
        if (_ready_warps == 0)
        {
            return false;
        }

        if (_launch.order == Order::shuffled || _warps[_current_warp].ready == 0)
        {
            _current_warp = choose(_ready_warps);
        }

        Warp& chosen = _warps[_current_warp];
        warp = _current_warp;
        lane = choose(chosen.ready);
        chosen.ready &= ~(1u << lane);
        if (chosen.ready == 0)
        {
            _ready_warps &= ~(1u << warp);
        }

        return true;
    }

    void Multiprocessor::park(Thread& self)
    {
        unsigned warp = 0, lane = 0;
        if (!next(warp, lane))
        {
            emulator_switch(&self.stack_pointer, _scheduler);
            return;
        }

        Thread* other = _warps[warp].lane[lane];
        if (other == nullptr)
        {
            other = bind(warp, lane, nullptr);
        }

        if (other != &self)
        {
            emulator_switch(&self.stack_pointer, other->stack_pointer);
        }
    }

    // All threads of the block have to come, and to the same place: one that has left the kernel is missed, as CUDA's rules have it.
    void Multiprocessor::sync_threads(Site site)
    {
        Thread& self = thread();
        self.site = site;
        self.waits = Collective::sync_threads;
        if (_at_barrier == 0)
        {
            _barrier_site = site;
        }
        else if (site.line != _barrier_site.line || site.file != _barrier_site.file)
        {
            _barrier_diverged = true;
        }

        if (++_at_barrier == _thread_count && !_barrier_diverged)
        {
            release_block();
        }

        park(self);
        self.waits = Collective::none;
    }

    void Multiprocessor::release_block()
    {
        _at_barrier = 0;
        for (unsigned w = 0; w < _warp_count; w++)
        {
            _warps[w].ready = _warps[w].lanes;
        }

        _ready_warps = _warp_count == 32 ? 0xffffffffu : (1u << _warp_count) - 1;
        _current_warp = choose(_ready_warps);
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
        warp.arrived |= 1u << self.lane;
        if ((warp.arrived & mask) == mask)
        {
            complete(warp, kind, mask);
            warp.arrived &= ~mask;
            warp.ready |= mask;
            _ready_warps |= 1u << (warp.first_thread / 32);
        }

        park(self);
        self.waits = Collective::none;
    }
}
