#pragma once
#include <string>

// Result codes of the three interfaces, as their headers number them, and how a failing call leaves its reason.

namespace emulator
{
    enum Result : int
    {
        success = 0,
        invalid_value = 1,
        out_of_memory = 2,
        not_initialized = 3,
        no_device = 100,
        invalid_device = 101,
        invalid_image = 200,
        invalid_context = 201,
        no_binary_for_gpu = 209,
        invalid_source = 300,
        file_not_found = 301,
        invalid_handle = 400,
        illegal_state = 401,
        not_found = 500,
        not_ready = 600,
        illegal_address = 700,
        launch_out_of_resources = 701,
        launch_timeout = 702,
        misaligned_address = 716,
        launch_failed = 719,
        not_permitted = 800,
        not_supported = 801,
        capture_unsupported = 900,
        capture_invalidated = 901,
        capture_unmatched = 903,
        capture_unjoined = 904,
        unknown = 999,
    };

    // Keeps the reason for the thread's next question, and gives the code back.
    Result fail(Result code, std::string reason);

    // The reason of the calling thread's last failure, and its code.
    const std::string& last_reason();
    Result last_code();

    __attribute__((format(printf, 1, 2))) std::string text(const char* format, ...);
}

#define EXPORT extern "C" __attribute__((visibility("default")))
