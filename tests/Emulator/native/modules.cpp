#include "modules.h"

#include <cstring>

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/uio.h>
#include <unistd.h>

#include "multiprocessor.h"
#include "settings.h"
#include "streams.h"
#include "temporary.h"

namespace emulator
{
    static const char magic[9] = "EMULATED";

    static std::uint64_t hash_of(const char* bytes, std::size_t count)
    {
        std::uint64_t hash = 0xcbf29ce484222325u;
        for (std::size_t i = 0; i < count; i++)
        {
            hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3u;
        }

        return hash;
    }

    bool has_avx2()
    {
#if defined(__x86_64__)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
        return false;
#endif
    }

    std::string make_image(std::string object, int architecture, bool is_ptx, int features)
    {
        ImageTrailer trailer = {{}, architecture, is_ptx, features, 0, hash_of(object.data(), object.size())};
        memcpy(trailer.magic, magic, 8);
        object.append(reinterpret_cast<const char*>(&trailer), sizeof(trailer));
        return object;
    }

    // The driver is not told how long an image is; it reads no further than the image says, and here no further than there is memory.
    static bool read(const void* from, void* to, std::size_t bytes)
    {
        iovec local = {to, bytes}, remote = {const_cast<void*>(from), bytes};
        return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
    }

    static Result read_image(const void* image, std::string& bytes)
    {
        ElfW(Ehdr) header;
        if (!read(image, &header, sizeof(header)) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        {
            return fail(invalid_image, "the image is no output of the emulator's compiler");
        }

        std::size_t size = header.e_shoff + static_cast<std::size_t>(header.e_shentsize) * header.e_shnum;
        bytes.resize(size > 1 << 28 ? 0 : size + sizeof(ImageTrailer));
        ImageTrailer trailer;
        if (bytes.empty() || !read(image, bytes.data(), bytes.size()))
        {
            return fail(invalid_image, "the image is cut off");
        }

        memcpy(&trailer, bytes.data() + size, sizeof(trailer));
        if (memcmp(trailer.magic, magic, 8) != 0 || trailer.hash != hash_of(bytes.data(), size))
        {
            return fail(invalid_image, "the image is damaged");
        }

        bool fits = trailer.is_ptx != 0 ? trailer.architecture <= machine().architecture
                                        : trailer.architecture / 10 == machine().architecture / 10 && trailer.architecture <= machine().architecture;
        if (!fits || ((trailer.features & needs_avx2) != 0 && !has_avx2()))
        {
            return fail(no_binary_for_gpu, text("the image is for sm_%d, the device is sm_%d", trailer.architecture, machine().architecture));
        }

        return success;
    }

    static void unload(Module* module)
    {
        for (auto& [name, function] : module->functions)
        {
            module->context->functions.erase(&function);
        }

        dlclose(module->library);
        delete module;
    }

    EXPORT int cuModuleLoadData(Module** result, const void* image)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::string bytes;
        if (Result code = read_image(image, bytes))
        {
            return code;
        }

        TemporaryFolder folder;
        void* library = dlopen(folder.write("module.so", bytes).c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr)
        {
            return fail(invalid_image, dlerror());
        }

        auto bind = reinterpret_cast<void (*)(const Services*)>(dlsym(library, "emulator_bind"));
        if (bind == nullptr)
        {
            dlclose(library);
            return fail(invalid_image, "the image is no kernel module");
        }

        bind(&services);
        std::lock_guard lock(gate);
        *result = new Module{context, library, std::move(bytes), {}};
        context->modules.insert(*result);
        return success;
    }

    EXPORT int cuModuleUnload(Module* module)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        if (context->modules.count(module) == 0)
        {
            return fail(invalid_handle, "the context has no such module");
        }

        Result code = finish_all(context);
        context->modules.erase(module);
        unload(module);
        return code;
    }

    EXPORT int cuModuleGetFunction(Function** function, Module* module, const char* name)
    {
        Context* context;
        if (Result code = enter(&context))
        {
            return code;
        }

        std::lock_guard lock(gate);
        if (context->modules.count(module) == 0)
        {
            return fail(invalid_handle, "the context has no such module");
        }

        auto found = module->functions.find(name);
        if (found == module->functions.end())
        {
            const auto* kernel = static_cast<const Kernel*>(dlsym(module->library, name));
            if (kernel == nullptr)
            {
                return fail(not_found, text("the module has no kernel \"%s\"", name));
            }

            found = module->functions.insert({name, Function{module, kernel, default_shared_bytes, -1}}).first;
            context->functions.insert(&found->second);
        }

        *function = &found->second;
        return success;
    }

    Function* find_function(Context* context, Function* handle)
    {
        std::lock_guard lock(gate);
        return context->functions.count(handle) != 0 ? handle : nullptr;
    }

    const std::string* image_at(const void* base)
    {
        std::lock_guard lock(gate);
        Context* context = current_context();
        if (context != nullptr)
        {
            for (const Module* module : context->modules)
            {
                if (reinterpret_cast<const void*>(static_cast<const link_map*>(module->library)->l_addr) == base)
                {
                    return &module->image;
                }
            }
        }

        return nullptr;
    }

    void unload_modules(Context* context)
    {
        std::lock_guard lock(gate);
        for (Module* module : context->modules)
        {
            unload(module);
        }

        context->modules.clear();
    }
}
