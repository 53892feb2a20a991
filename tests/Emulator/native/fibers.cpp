#include "fibers.h"

#include <atomic>
#include <cstdint>
#include <new>

#include <sys/mman.h>
#include <unistd.h>

// Only what the calling convention asks to be kept is saved: the compiler has spilled the rest at the call.
#if defined(__x86_64__)
asm(R"(
.text
.globl emulator_switch
.hidden emulator_switch
.type emulator_switch, @function
emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
.globl emulator_resume
.hidden emulator_resume
.type emulator_resume, @function
emulator_resume:
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");
#elif defined(__aarch64__)
asm(R"(
.text
.globl emulator_switch
.hidden emulator_switch
.type emulator_switch, %function
emulator_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
.globl emulator_resume
.hidden emulator_resume
.type emulator_resume, %function
emulator_resume:
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
)");
#else
#error "the emulator knows x86-64 and aarch64"
#endif

namespace emulator
{
    static constexpr unsigned max_regions = 256;
    static std::atomic<unsigned long> regions[max_regions];

    StackRegion::StackRegion(void* owner)
    {
        // Twice the size, so that an aligned region lies in it; what lies around it is given back. Only touched pages cost memory.
        void* reserved = mmap(nullptr, 2 * region_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (reserved == MAP_FAILED)
        {
            throw std::bad_alloc();
        }

        unsigned long start = reinterpret_cast<unsigned long>(reserved);
        unsigned long base = (start + region_bytes - 1) & ~(region_bytes - 1);
        if (base != start)
        {
            munmap(reserved, base - start);
        }

        munmap(reinterpret_cast<void*>(base + region_bytes), start + region_bytes - base);
        _base = reinterpret_cast<char*>(base);
        *reinterpret_cast<void**>(_base) = owner;
        for (std::atomic<unsigned long>& region : regions)
        {
            unsigned long none = 0;
            if (region.compare_exchange_strong(none, base))
            {
                return;
            }
        }

        munmap(_base, region_bytes);
        throw std::bad_alloc();
    }

    StackRegion::~StackRegion()
    {
        for (std::atomic<unsigned long>& region : regions)
        {
            unsigned long own = reinterpret_cast<unsigned long>(_base);
            region.compare_exchange_strong(own, 0);
        }

        munmap(_base, region_bytes);
    }

    void* StackRegion::prepare(const Thread* slot, void (*entry)())
    {
        unsigned long index = static_cast<unsigned long>(slot - reinterpret_cast<Thread*>(_base));
        // Guard pages are made when a stack is first used: most launches need few.
        for (; _guarded <= index; _guarded++)
        {
            mprotect(_base + _guarded * stack_bytes, static_cast<unsigned long>(sysconf(_SC_PAGESIZE)), PROT_NONE);
        }

        // All stacks at the same offset of a page would share the same few lines of the first cache; so they begin at different ones.
        unsigned long colour = index * 7 % 32 * 128;
        void** top = reinterpret_cast<void**>(_base + (index + 1) * stack_bytes - 64 - colour);
#if defined(__x86_64__)
        *--top = nullptr;
        *--top = reinterpret_cast<void*>(entry);
        for (int i = 0; i < 6; i++)
        {
            *--top = nullptr;
        }
#else
        top -= 20;
        for (int i = 0; i < 20; i++)
        {
            top[i] = nullptr;
        }

        top[11] = reinterpret_cast<void*>(entry);
#endif
        return top;
    }

    void* StackRegion::owner_of(unsigned long stack_pointer)
    {
        unsigned long base = stack_pointer & ~(region_bytes - 1);
        for (const std::atomic<unsigned long>& region : regions)
        {
            if (base != 0 && region.load(std::memory_order_relaxed) == base)
            {
                return *reinterpret_cast<void**>(base);
            }
        }

        return nullptr;
    }

    bool StackRegion::is_guard(unsigned long stack_pointer, unsigned long address)
    {
        unsigned long base = stack_pointer & ~(region_bytes - 1);
        unsigned long page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
        return address >= base && address - base < region_bytes && (address - base) % stack_bytes < page;
    }
}
