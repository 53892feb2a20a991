#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "context.h"

namespace emulator
{
    enum class Residence
    {
        device,
        pinned,
    };

    // Fresh memory of 0xFF, its end at a guard page but for what alignment to 256 bytes leaves. Takes and gives addresses that are used only once.
    Result allocate(Context* context, Residence residence, std::uint64_t bytes, std::uint64_t* address);
    Result release(Context* context, Residence residence, std::uint64_t address);
    void release_memory(Context* context);

    // Whether the bytes lie within one allocation that kernels may use.
    bool is_reachable(std::uint64_t address, std::uint64_t bytes);

    // Whether an allocation of page-locked host memory holds the bytes.
    bool is_pinned(const void* address, std::uint64_t bytes);

    // Says where bytes were overwritten that lie between the allocation at or before the address and its guard pages; empty if none were.
    std::string damage_around(std::uint64_t address);

    // Calls a function for every allocation, whose pages are given with it.
    void visit_allocations(const std::function<void(Context*, Residence, char* mapped, std::uint64_t bytes)>& visit);

    // Whether an address is of those that device memory is taken from. Safe in a signal handler.
    bool is_in_range(std::uint64_t address);

    // Where an address lies in respect to the allocations: for error messages.
    std::string describe_address(std::uint64_t address);
}
