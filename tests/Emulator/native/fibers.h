#pragma once
#include "kernel_abi.h"

// Stacks for the threads of a block, and the switch between them.

// Leaves the running stack, its pointer kept at save, and goes on with the one at load.
extern "C" __attribute__((visibility("hidden"))) void emulator_switch(void** save, void* load);

// The second half of the switch: where a stack that was left goes on. A fault handler sends the machine here.
extern "C" __attribute__((visibility("hidden"))) void emulator_resume();

namespace emulator
{
    // The stacks of one block's threads: slots first_slot.. of a region that is aligned to its size, each with a guard page at its low end.
    class StackRegion
    {
    public:
        // owner lies at the region's start, so that a fault handler finds it from a stack pointer.
        explicit StackRegion(void* owner);
        ~StackRegion();
        StackRegion(const StackRegion&) = delete;
        StackRegion& operator=(const StackRegion&) = delete;

        Thread* slot(unsigned index) const { return reinterpret_cast<Thread*>(_base) + first_slot + index; }

        // A fresh stack for a thread's slot: its first switch calls entry.
        void* prepare(const Thread* slot, void (*entry)());

        // The owner of the region that a stack pointer lies in, or null. Safe in a signal handler.
        static void* owner_of(unsigned long stack_pointer);

        // Whether an address lies in a guard page of the region that the stack pointer is in.
        static bool is_guard(unsigned long stack_pointer, unsigned long address);

    private:
        char* _base;
        unsigned long _guarded = first_slot;
    };
}
