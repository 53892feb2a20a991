#pragma once
// What the emulator and the kernel modules it compiles agree on. Included by both; needs no other header, so that a module compiles quickly.

namespace emulator
{
    struct Index
    {
        unsigned x, y, z;
    };

    // The block that runs, as its threads see it.
    struct Block
    {
        Index index, size, grid;
        char* shared;
        unsigned shared_bytes;
    };

    struct Warp;
    struct CopyQueue;

    // A place in a kernel's source.
    struct Site
    {
        const char* file;
        int line;
    };

    // What the lanes of a warp do together.
    enum class Collective : unsigned
    {
        none,
        sync_threads,
        sync_warp,
        shuffle,
        ballot,
        vote_any,
        vote_all,
        load_matrices,
        load_matrices_transposed,
        matrix_product,
    };

    // One thread of the block. The second half is the scheduler's.
    struct Thread
    {
        Index index;
        unsigned lane;
        Block* block;
        Warp* warp;
        void* stack_pointer;
        CopyQueue* copies;
        void* operand;
        Site site;
        unsigned mask;
        Collective waits;
        char unused[48];
    };
    static_assert(sizeof(Thread) == 128, "a power of two, for the index arithmetic of thread()");

    // Every thread has a stack of its own in a region aligned to its size; the threads' states lie at the region's start. So the stack pointer alone tells which
    // thread runs: no thread-local variable has to be read, in the modules or here.
    constexpr unsigned long stack_bytes = 1ul << 17;
    constexpr unsigned long region_bytes = 1ul << 28;
    constexpr unsigned first_slot = 2;
    constexpr unsigned max_threads = 1024;

    inline __attribute__((always_inline)) Thread& thread()
    {
        unsigned long stack;
#if defined(__x86_64__)
        asm("mov %%rsp, %0" : "=r"(stack));
#else
        asm("mov %0, sp" : "=r"(stack));
#endif
        unsigned long offset = stack & (region_bytes - 1);
        return reinterpret_cast<Thread*>(stack - offset)[offset / stack_bytes];
    }

    // The memories that a generic address can lie in.
    enum class Space : unsigned
    {
        global,
        shared,
        local,
    };

    // Whatever is neither shared nor on a thread's stack counts as global: whether it is device memory shows in the access.
    inline __attribute__((always_inline)) Space space_of(const void* address)
    {
        const Thread& self = thread();
        unsigned long at = reinterpret_cast<unsigned long>(address);
        if (at - reinterpret_cast<unsigned long>(self.block->shared) < self.block->shared_bytes)
        {
            return Space::shared;
        }

        return ((at ^ reinterpret_cast<unsigned long>(&self)) & ~(region_bytes - 1)) == 0 ? Space::local : Space::global;
    }

    // Operands of the collectives: on the stack of each lane, read and answered by the lane that comes last.
    struct Shuffle
    {
        unsigned long long value;
        unsigned source;
    };

    struct Vote
    {
        unsigned predicate;
        unsigned result;
    };

    struct MatrixRows
    {
        const void* row;
        unsigned* result;
    };

    struct MatrixProduct
    {
        float* c;
        const unsigned* a;
        unsigned b0, b1;
    };

    // What a kernel can ask of the emulator.
    struct Services
    {
        void (*sync_threads)(const char* file, int line);
        void (*collective)(Collective kind, unsigned mask, void* operand, const char* file, int line);
        void (*copy)(void* shared, const void* global, unsigned bytes, bool valid, const char* file, int line);
        void (*commit)();
        void (*wait)(unsigned pending);
        void (*misaligned)(const void* address, unsigned bytes, const char* file, int line);
        void (*wrong_space)(const void* address, Space meant, const char* file, int line);
        void (*trap)(const char* file, int line);
    };

    struct Argument
    {
        unsigned bytes;
        unsigned alignment;
        bool pointer;
    };

    // A kernel instance: what a module exports under the lowered name.
    struct Kernel
    {
        const char* name;
        void (*run)(void** arguments);
        unsigned argument_count;
        const Argument* arguments;
        unsigned max_threads;
    };
}
