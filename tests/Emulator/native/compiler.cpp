#include "compiler.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modules.h"
#include "settings.h"
#include "temporary.h"

extern char** environ;

namespace emulator
{
    bool run_program(const std::vector<std::string>& command, std::string& output)
    {
        TemporaryFolder folder;
        const std::string words = folder.file("output.txt");
        std::vector<char*> arguments;
        for (const std::string& word : command)
        {
            arguments.push_back(const_cast<char*>(word.c_str()));
        }

        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, words.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_adddup2(&actions, 1, 2);
        // .NET blocks and handles signals in ways that are its own.
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        pid_t child;
        int error = posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        if (error != 0)
        {
            output += command[0] + ": " + strerror(error) + "\n";
            return false;
        }

        int status = 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        {
        }

        output += read_file(words);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

    // The headers that modules are compiled with lie beside this library.
    static std::string own_folder()
    {
        Dl_info info;
        dladdr(reinterpret_cast<void*>(&own_folder), &info);
        std::string path = info.dli_fname;
        std::size_t slash = path.rfind('/');
        return slash == std::string::npos ? "." : path.substr(0, slash);
    }

    static void replace_all(std::string& in, const std::string& what, const std::string& with)
    {
        for (std::size_t at = 0; (at = in.find(what, at)) != std::string::npos; at += with.size())
        {
            in.replace(at, what.size(), with);
        }
    }

    bool compile(const Compilation& compilation, std::string& object, std::string& log)
    {
        TemporaryFolder folder;
        for (const Header& header : compilation.headers)
        {
            // The one with the PTX has a twin.
            folder.write(header.name, header.name == "primitives.cuh" ? read_file(own_folder() + "/primitives.cuh") : header.text);
        }

        const char* compiler = getenv("EMULATOR_COMPILER");
        std::string source = folder.write(compilation.name, compilation.source), result = folder.file("kernels.so");
        // The checks of alignment end in an illegal instruction, which the handler of faults knows. Products and sums are rounded one by one.
        std::vector<std::string> command = {compiler == nullptr || *compiler == 0 ? "g++" : compiler, "-std=c++17", "-O2", "-g1", "-w", "-shared", "-fPIC", "-fvisibility=hidden",
            "-fno-exceptions", "-fno-rtti", "-fno-gnu-unique", "-fno-math-errno", "-fno-strict-aliasing", "-ffp-contract=off", "-fstack-clash-protection",
            "-fsanitize=alignment", "-fsanitize-undefined-trap-on-error", "-fdiagnostics-color=never", "-ffile-prefix-map=" + folder.path() + "/=", "-I" + folder.path(),
            "-include", own_folder() + "/kernel_prelude.h"};
        if (fills_variables)
        {
            command.push_back("-ftrivial-auto-var-init=pattern");
        }

        if (compilation.avx2)
        {
            command.insert(command.end(), {"-mavx2", "-mfma"});
        }

        command.insert(command.end(), compilation.defines.begin(), compilation.defines.end());
        command.insert(command.end(), {"-nostdlib", "-x", "c++", source, "-o", result, "-lm"});
        bool compiled = run_program(command, log);
        replace_all(log, folder.path() + "/", "");
        object = compiled ? read_file(result) : "";
        return compiled && !object.empty();
    }

    // Innermost first; the emulator's own headers say nothing to who looks for the error.
    static std::string choose_line(const std::string& frames)
    {
        std::string chosen;
        for (std::size_t at = 0; at < frames.size();)
        {
            std::size_t end = std::min(frames.find('\n', at), frames.size());
            std::string frame = frames.substr(at, end - at);
            at = end + 1;
            frame = frame.substr(frame.rfind('/') + 1);
            frame = frame.substr(0, frame.find(' '));
            bool own = frame.find("primitives.cuh") == 0 || frame.find("kernel_prelude.h") == 0 || frame.find("kernel_abi.h") == 0 || frame.find('?') != std::string::npos;
            if (own)
            {
                continue;
            }

            bool is_header = frame.find(".cuh:") != std::string::npos;
            chosen += (chosen.empty() ? "" : ", called from ") + frame;
            if (!is_header)
            {
                break;
            }
        }

        return chosen;
    }

    std::string line_of(const void* base, unsigned long offset)
    {
        const std::string* image = image_at(base);
        if (image == nullptr)
        {
            return "";
        }

        TemporaryFolder folder;
        std::string frames;
        bool told = run_program({"addr2line", "-i", "-e", folder.write("module.so", *image), text("%#lx", offset)}, frames);
        return told ? choose_line(frames) : "";
    }
}
