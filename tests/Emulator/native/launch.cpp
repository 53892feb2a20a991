#include <algorithm>
#include <cstring>

#include "access.h"
#include "memory.h"
#include "modules.h"
#include "multiprocessor.h"
#include "settings.h"
#include "streams.h"

namespace emulator
{
    // A function that the calling thread may use, or the code to return.
    static Result enter(Context** context, Function* function)
    {
        if (Result code = enter(context))
        {
            return code;
        }

        return find_function(*context, function) != nullptr ? success : fail(invalid_handle, "the context has no such function");
    }

    static Result check_size(const Function& function, Index grid, Index block, unsigned shared_bytes)
    {
        const char* name = function.kernel->name;
        if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535)
        {
            return fail(invalid_value, text("%s: a grid of %u x %u x %u blocks, where 1..2147483647 x 1..65535 x 1..65535 are allowed", name, grid.x, grid.y, grid.z));
        }

        if (block.y != 1 || block.z != 1)
        {
            return fail(invalid_value, text("%s: a block of %u x %u x %u threads; the emulator has one-dimensional blocks only", name, block.x, block.y, block.z));
        }

        unsigned most = std::min(max_threads, function.kernel->max_threads);
        if (block.x == 0 || block.x > most)
        {
            return fail(invalid_value, text("%s: a block of %u threads, where 1 to %u are allowed", name, block.x, most));
        }

        if (shared_bytes > function.most_shared_bytes)
        {
            return fail(invalid_value, text("%s: %u bytes of shared memory, where %u are allowed", name, shared_bytes, function.most_shared_bytes));
        }

        return success;
    }

    // The table of pointers has to end with a null pointer, as this project's launches do: then one argument too many or too few is found.
    static Result check_arguments(const Kernel& kernel, void** arguments)
    {
        unsigned given = 0;
        while (given <= kernel.argument_count && arguments != nullptr && arguments[given] != nullptr)
        {
            given++;
        }

        if (given != kernel.argument_count)
        {
            const char* quantity = given > kernel.argument_count ? "more" : "fewer";
            return fail(invalid_value, text("%s takes %u arguments, and %s were given", kernel.name, kernel.argument_count, quantity));
        }

        for (unsigned i = 0; i < kernel.argument_count; i++)
        {
            std::uint64_t address = 0;
            if (kernel.arguments[i].pointer)
            {
                memcpy(&address, arguments[i], sizeof(address));
                if (address != 0 && !is_reachable(address, 0))
                {
                    return fail(invalid_value, text("%s: argument %u is %#lx, which is not in device memory: ", kernel.name, i, static_cast<unsigned long>(address)) +
                                                   describe_address(address));
                }
            }
        }

        return success;
    }

    // What a launch needs when it comes to run: the values of the arguments are copied at the call.
    struct Prepared
    {
        Context* context;
        Launch launch;
        std::vector<std::uint64_t> values;
        std::vector<void*> pointers;
    };

    static void keep_values(Prepared& prepared, void** arguments)
    {
        const Kernel& kernel = *prepared.launch.kernel;
        std::size_t words = 0;
        std::vector<std::size_t> places;
        for (unsigned i = 0; i < kernel.argument_count; i++)
        {
            places.push_back(words);
            words += (kernel.arguments[i].bytes + 7) / 8;
        }

        prepared.values.resize(words);
        for (unsigned i = 0; i < kernel.argument_count; i++)
        {
            memcpy(&prepared.values[places[i]], arguments[i], kernel.arguments[i].bytes);
            prepared.pointers.push_back(&prepared.values[places[i]]);
        }

        prepared.launch.arguments = prepared.pointers.data();
    }

    static Result run(Context* context, Launch launch)
    {
        launch.order = controls().order;
        launch.seed = controls().seed;
        if (Result code = Multiprocessor::take()->run(launch))
        {
            return breaks(context, code);
        }

        for (unsigned i = 0; i < launch.kernel->argument_count; i++)
        {
            std::uint64_t address = 0;
            if (launch.kernel->arguments[i].pointer)
            {
                memcpy(&address, launch.arguments[i], sizeof(address));
                std::string damaged = damage_around(address);
                if (!damaged.empty())
                {
                    return breaks(context, fail(illegal_address, text("%s, argument %u: ", launch.kernel->name, i) + damaged));
                }
            }
        }

        return success;
    }

    EXPORT int cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
        unsigned shared_bytes, Stream* handle, void** arguments, void** extra)
    {
        Context* context;
        if (Result code = enter(&context, function))
        {
            return code;
        }

        Stream* stream = find_stream(context, handle);
        if (stream == nullptr)
        {
            return fail(invalid_handle, "the context has no such stream");
        }

        Index grid = {grid_x, grid_y, grid_z}, block = {block_x, block_y, block_z};
        Result code = check_size(*function, grid, block, shared_bytes);
        code = code == success && extra != nullptr ? fail(not_supported, "arguments in one buffer") : code;
        code = code == success ? check_arguments(*function->kernel, arguments) : code;
        if (code != success)
        {
            return code;
        }

        Controls& own = controls();
        own.launches++;
        if (own.launches_until_failure >= 0 && own.launches_until_failure-- == 0)
        {
            return fail(own.launch_failure, text("%s: this launch was made to fail", function->kernel->name));
        }

        Launch launch = {function->kernel, grid, block, shared_bytes, arguments, Order::forward, 0};
        if (!stream->deferred && stream->capture == nullptr)
        {
            Access access(context);
            return run(context, launch);
        }

        auto prepared = std::make_shared<Prepared>(Prepared{context, launch, {}, {}});
        keep_values(*prepared, arguments);
        return submit(stream, [=] { return run(prepared->context, prepared->launch); });
    }

    // The share of the cache that a function's shared memory was last asked to have, in percent; -1 if nobody has asked.
    EXPORT int emulatorGetSharedCarveout(const Function* function) { return function->shared_carveout; }

    EXPORT int cuFuncSetAttribute(Function* function, int attribute, int value)
    {
        Context* context;
        if (Result code = enter(&context, function))
        {
            return code;
        }

        constexpr int dynamic_shared_bytes = 8, shared_carveout = 9;
        if (attribute == shared_carveout && value >= -1 && value <= 100)
        {
            function->shared_carveout = value;
            return success;
        }

        if (attribute != dynamic_shared_bytes || value < 0 || static_cast<unsigned>(value) > shared_bytes_per_block())
        {
            return fail(invalid_value, text("%s: function attribute %d cannot be %d; the device has %u bytes of shared memory a block", function->kernel->name, attribute, value,
                shared_bytes_per_block()));
        }

        function->most_shared_bytes = static_cast<unsigned>(value);
        return success;
    }

    EXPORT int cuFuncGetParamInfo(Function* function, std::size_t index, std::size_t* offset, std::size_t* bytes)
    {
        Context* context;
        if (Result code = enter(&context, function))
        {
            return code;
        }

        const Kernel& kernel = *function->kernel;
        if (index >= kernel.argument_count)
        {
            return fail(invalid_value, text("%s has no argument %zu", kernel.name, index));
        }

        std::size_t at = 0;
        for (std::size_t i = 0; i <= index; i++)
        {
            std::size_t alignment = kernel.arguments[i].alignment;
            at = (at + alignment - 1) / alignment * alignment;
            *offset = at;
            at += kernel.arguments[i].bytes;
        }

        if (bytes != nullptr)
        {
            *bytes = kernel.arguments[index].bytes;
        }

        return success;
    }
}
