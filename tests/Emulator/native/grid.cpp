#include "multiprocessor.h"

#include <cstdio>
#include <cstring>
#include <mutex>

#include <sys/mman.h>
#include <unistd.h>

#include "faults.h"

// The life of a multiprocessor, its shared memory, and the walk over a grid's blocks.

namespace emulator
{
    // Addresses around shared memory that nothing else uses.
    static constexpr unsigned long shared_range = 1 << 20;

    Multiprocessor::Multiprocessor() : _stacks(this), _queues(max_threads)
    {
        for (unsigned i = max_threads; i-- > 0;)
        {
            Thread* slot = _stacks.slot(i);
            slot->copies = &_queues[i];
            _free.push_back(slot);
        }

        char* reserved = static_cast<char*>(mmap(nullptr, 2 * shared_range, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        _shared_end = reserved + shared_range;
    }

    Multiprocessor::~Multiprocessor()
    {
        munmap(_shared_end - shared_range, 2 * shared_range);
    }

    // Shared memory ends where pages begin that cannot be touched, so that the first byte behind it faults. Before it there are such pages too, but for the
    // rest of the page in which it begins.
    void Multiprocessor::open_shared(unsigned bytes)
    {
        unsigned long page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
        unsigned long pages = (bytes + page - 1) / page * page;
        if (pages != _open_shared_bytes)
        {
            mprotect(_shared_end - _open_shared_bytes, _open_shared_bytes, PROT_NONE);
            mprotect(_shared_end - pages, pages, PROT_READ | PROT_WRITE);
            _open_shared_bytes = pages;
        }

        _block.shared = _shared_end - bytes;
        _block.shared_bytes = bytes;
        memset(_shared_end - pages, 0xff, pages - bytes);
    }

    void Multiprocessor::check_before_shared()
    {
        for (const char* at = _block.shared - 1; at >= _shared_end - _open_shared_bytes && !_failed; at--)
        {
            if (*at != '\xff')
            {
                snprintf(_reason, sizeof(_reason), "%s: a write %ld bytes before the start of shared memory", _launch.kernel->name, static_cast<long>(_block.shared - at));
                _code = illegal_address;
                _failed = true;
            }
        }
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

        open_shared((launch.shared_bytes + 15) / 16 * 16);
        _block.size = launch.block;
        _block.grid = launch.grid;
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

        check_before_shared();
        if (_faulted)
        {
            return report_fault();
        }

        return _failed ? fail(_code, _reason) : success;
    }
}
