#pragma once
#include <cstdint>

namespace emulator
{
    // Makes reserved pages usable, every byte 0xFF: no number in any floating type. False if the machine has no memory left.
    bool map_poisoned(char* place, std::uint64_t bytes);
}
