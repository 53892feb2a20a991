#include "multiprocessor.h"

#include <cstring>

// How the threads of a block take turns.

namespace emulator
{
    Multiprocessor& Multiprocessor::current()
    {
        unsigned long base = reinterpret_cast<unsigned long>(&thread()) & ~(region_bytes - 1);
        return **reinterpret_cast<Multiprocessor**>(base);
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
            m.check_copies();
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
}
