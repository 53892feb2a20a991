#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fibers.h"
#include "kernel_abi.h"
#include "results.h"

namespace emulator
{
    // The order in which the threads of a warp, the warps of a block and the blocks of a grid run between two barriers. Forward and reverse together run
    // every pair of threads both ways round, which shows a missing barrier.
    enum class Order : int
    {
        forward = 0,
        reverse = 1,
        shuffled = 2,
    };

    struct Warp
    {
        unsigned first_thread;
        unsigned lanes;    // those that exist
        unsigned alive;    // have not left the kernel
        unsigned ready;    // can run
        unsigned arrived;  // wait in a collective
        bool uniform;      // all of them in the same: that of the lane that came first
        unsigned first;
        Thread* lane[32];  // null before a lane's first instruction
    };

    // Copies that a thread has asked for and not waited for.
    struct CopyQueue
    {
        struct Copy
        {
            void* shared;
            const void* global;
            unsigned bytes;
            bool valid;
            Site site;
        };

        std::vector<Copy> copies;
        std::vector<unsigned> groups;  // how many copies lie before each group's end
    };

    struct Launch
    {
        const Kernel* kernel;
        Index grid;
        Index block;
        unsigned shared_bytes;
        void** arguments;
        Order order;
        std::uint64_t seed;
    };

    struct Fault
    {
        int signal;
        unsigned long address;
        unsigned long instruction;
        bool write;
        bool stack_overflow;
    };

    // Runs the blocks of a grid one after another, each block's threads as fibers of the calling system thread. A thread runs until it has to wait for others.
    class Multiprocessor
    {
    public:
        Multiprocessor();
        ~Multiprocessor();
        Multiprocessor(const Multiprocessor&) = delete;
        Multiprocessor& operator=(const Multiprocessor&) = delete;

        // One that nobody uses now. Its deleter gives it back.
        static std::unique_ptr<Multiprocessor, void (*)(Multiprocessor*)> take();

        // Success, or the code with its reason kept.
        Result run(const Launch& launch);

        // The rest is called by running threads.
        static Multiprocessor& current();
        void sync_threads(Site site);
        void collective(Collective kind, unsigned mask, void* operand, Site site);
        void copy(void* shared, const void* global, unsigned bytes, bool valid, Site site);
        void wait_copies(unsigned pending);
        void check_copies();

        // Ends the launch: says which block and thread failed. Does not return.
        [[noreturn]] void stop(Result code, const char* what);
        [[noreturn]] void stop(Result code, const char* what, Site site);

        [[noreturn]] void stop_in_space(const void* address, Space meant, Site site);

        // From a signal handler: keeps what happened and tells where to go on.
        void* keep_fault(const Fault& fault, const Thread* thread);

    private:
        void run_block();
        void release_block();
        void complete(Warp& warp, Collective kind, unsigned mask);
        void check_mask(const Warp& warp, const Thread& self, Collective kind, unsigned mask, Site site);
        void check_others(Warp& warp, const Thread& self);
        void open_shared(unsigned bytes);
        void check_before_shared();
        void check_shared(const void* address, unsigned bytes, const char* what, Site site);
        bool next(unsigned& warp, unsigned& lane);
        unsigned choose(unsigned bits);
        void park(Thread& self);
        Thread* bind(unsigned warp, unsigned lane, Thread* slot);
        void report_deadlock();
        Result report_fault();
        std::string place(const Thread& thread) const;
        static void run_fiber();

        StackRegion _stacks;
        Launch _launch{};
        Block _block{};
        Warp _warps[max_threads / 32];
        unsigned _warp_count = 0, _thread_count = 0;
        unsigned _ready_warps = 0, _current_warp = 0;
        unsigned _left = 0, _at_barrier = 0;
        Site _barrier_site{};
        bool _barrier_diverged = false;
        std::uint64_t _random = 1;
        void* _scheduler = nullptr;
        std::vector<Thread*> _free;
        std::vector<CopyQueue> _queues;
        char* _shared_end = nullptr;
        unsigned long _open_shared_bytes = 0;
        bool _failed = false, _faulted = false;
        Result _code = success;
        Fault _fault{};
        const Thread* _faulting = nullptr;
        char _reason[1024];
    };

    // The table that modules get.
    extern const Services services;

    const char* name_of(Collective kind);
}
