#pragma once
#include "context.h"

namespace emulator
{
    // Device memory is out of the host's reach on a GPU. Here it lies in the same process; where a context is guarded it can be touched only while the device works,
    // and a touch by anybody else breaks the context at its next call.
    void set_guarded(Context* context, bool guarded);

    // While it lives, the device works.
    class Access
    {
    public:
        explicit Access(Context* context);
        ~Access();
        Access(const Access&) = delete;
        Access& operator=(const Access&) = delete;

    private:
        Context* _context;
    };

    // From a signal handler: keeps the address and lets the access happen. False if it is none of guarded memory.
    bool note_host_access(unsigned long address);

    // The failure that an access by the host means, if there was one.
    Result check_host_access(Context* context);
}
