#include "poison.h"

#include <algorithm>
#include <cstring>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace emulator
{
    // A file of 0xFF that large allocations map privately: their pages cost nothing before they are written.
    static constexpr std::uint64_t poison_bytes = 16 << 20;

    static int poison_file()
    {
        static int file = []
        {
            int created = memfd_create("poison", MFD_CLOEXEC);
            std::string block(1 << 20, '\xff');
            for (std::uint64_t at = 0; created >= 0 && at < poison_bytes; at += block.size())
            {
                if (write(created, block.data(), block.size()) != static_cast<ssize_t>(block.size()))
                {
                    close(created);
                    created = -1;
                }
            }

            return created;
        }();
        return file;
    }

    bool map_poisoned(char* place, std::uint64_t bytes)
    {
        constexpr int access = PROT_READ | PROT_WRITE;
        if (bytes >= 1 << 20 && poison_file() >= 0)
        {
            for (std::uint64_t at = 0; at < bytes; at += poison_bytes)
            {
                std::uint64_t part = std::min(poison_bytes, bytes - at);
                if (mmap(place + at, part, access, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, poison_file(), 0) == MAP_FAILED)
                {
                    return false;
                }
            }

            return true;
        }

        if (mprotect(place, bytes, access) != 0)
        {
            return false;
        }

        memset(place, 0xff, bytes);
        return true;
    }
}
