#include "faults.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <dlfcn.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "access.h"
#include "compiler.h"
#include "multiprocessor.h"

namespace emulator
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    static struct sigaction previous[5];

    static void pass_on(int signal, siginfo_t* info, void* context)
    {
        for (int i = 0; i < 5; i++)
        {
            if (signals[i] != signal)
            {
                continue;
            }

            const struct sigaction& old = previous[i];
            if ((old.sa_flags & SA_SIGINFO) != 0)
            {
                old.sa_sigaction(signal, info, context);
            }
            else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN)
            {
                old.sa_handler(signal);
            }
            else
            {
                // The instruction runs again and ends the process as it would have without this handler.
                sigaction(signal, &old, nullptr);
            }
        }
    }

    // A kernel is recognised by the stack it runs on. Its launch goes on in the scheduler, as though the thread had switched to it.
    static void handle(int signal, siginfo_t* info, void* context)
    {
        mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
        unsigned long stack = static_cast<unsigned long>(machine.gregs[REG_RSP]);
        unsigned long instruction = static_cast<unsigned long>(machine.gregs[REG_RIP]);
        bool write = signal == SIGSEGV && (machine.gregs[REG_ERR] & 2) != 0;
#else
        unsigned long stack = machine.sp;
        unsigned long instruction = machine.pc;
        bool write = false;
#endif
        auto* multiprocessor = static_cast<Multiprocessor*>(StackRegion::owner_of(stack));
        if (multiprocessor == nullptr)
        {
            if (signal == SIGSEGV && note_host_access(reinterpret_cast<unsigned long>(info->si_addr)))
            {
                return;
            }

            pass_on(signal, info, context);
            return;
        }

        unsigned long address = reinterpret_cast<unsigned long>(info->si_addr);
        bool overflow = signal == SIGSEGV && StackRegion::is_guard(stack, address);
        unsigned long region = stack & ~(region_bytes - 1);
        Thread* thread = reinterpret_cast<Thread*>(region) + (stack - region) / stack_bytes;
        void* scheduler = multiprocessor->keep_fault({signal, address, instruction, write, overflow}, thread);
#if defined(__x86_64__)
        machine.gregs[REG_RSP] = reinterpret_cast<greg_t>(scheduler);
        machine.gregs[REG_RIP] = reinterpret_cast<greg_t>(&emulator_resume);
#else
        machine.sp = reinterpret_cast<unsigned long>(scheduler);
        machine.pc = reinterpret_cast<unsigned long>(&emulator_resume);
#endif
    }

    // A signal stack, for a fault that is an overflow of the thread's own. .NET's threads have one already.
    static void provide_signal_stack()
    {
        static thread_local bool provided = false;
        if (provided)
        {
            return;
        }

        provided = true;
        stack_t now;
        if (sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_DISABLE) != 0)
        {
            struct SignalStack
            {
                void* memory = mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                ~SignalStack()
                {
                    stack_t none = {};
                    none.ss_flags = SS_DISABLE;
                    sigaltstack(&none, nullptr);
                    munmap(memory, 1 << 16);
                }
            };
            static thread_local SignalStack stack;
            stack_t own = {};
            own.ss_sp = stack.memory;
            own.ss_size = 1 << 16;
            sigaltstack(&own, nullptr);
        }
    }

    void guard_against_faults()
    {
        static std::once_flag once;
        std::call_once(once, []
            {
                for (int i = 0; i < 5; i++)
                {
                    // On the stack that the handler before expects: .NET handles some signals on the signal stack and some on the thread's own.
                    sigaction(signals[i], nullptr, &previous[i]);
                    struct sigaction own = previous[i];
                    own.sa_sigaction = handle;
                    own.sa_flags |= SA_SIGINFO | (signals[i] == SIGSEGV ? SA_ONSTACK : 0);
                    sigaction(signals[i], &own, nullptr);
                }
            });
        provide_signal_stack();
    }

    std::string source_line(const void* object, unsigned long instruction)
    {
        Dl_info kernel, place;
        if (dladdr(object, &kernel) == 0 || dladdr(reinterpret_cast<void*>(instruction), &place) == 0 || kernel.dli_fbase != place.dli_fbase)
        {
            return "";
        }

        return line_of(kernel.dli_fbase, instruction - reinterpret_cast<unsigned long>(kernel.dli_fbase));
    }
}
