#include "results.h"

#include <cstdarg>
#include <cstdio>

namespace emulator
{
    static thread_local std::string reason_of_thread;
    static thread_local Result code_of_thread = success;

    Result fail(Result code, std::string reason)
    {
        code_of_thread = code;
        reason_of_thread = std::move(reason);
        return code;
    }

    const std::string& last_reason() { return reason_of_thread; }
    Result last_code() { return code_of_thread; }

    std::string text(const char* format, ...)
    {
        char buffer[2048];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(buffer, sizeof(buffer), format, arguments);
        va_end(arguments);
        return buffer;
    }

    struct Named
    {
        Result code;
        const char* name;
        const char* meaning;
    };

    static const Named names[] = {
        {success, "CUDA_SUCCESS", "no error"},
        {invalid_value, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
        {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
        {not_initialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
        {no_device, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
        {invalid_device, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
        {invalid_image, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
        {invalid_context, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
        {no_binary_for_gpu, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
        {invalid_source, "CUDA_ERROR_INVALID_SOURCE", "device kernel image is invalid"},
        {file_not_found, "CUDA_ERROR_FILE_NOT_FOUND", "file not found"},
        {invalid_handle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
        {illegal_state, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
        {not_found, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
        {not_ready, "CUDA_ERROR_NOT_READY", "device not ready"},
        {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
        {launch_out_of_resources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
        {launch_timeout, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
        {misaligned_address, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
        {launch_failed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
        {not_permitted, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
        {not_supported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
        {capture_unsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
        {capture_invalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
        {capture_unmatched, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
        {capture_unjoined, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
        {unknown, "CUDA_ERROR_UNKNOWN", "unknown error"},
    };

    EXPORT int cuGetErrorName(int code, const char** name)
    {
        for (const Named& named : names)
        {
            if (named.code == code)
            {
                *name = named.name;
                return success;
            }
        }

        *name = nullptr;
        return invalid_value;
    }

    // The meaning, and behind it the reason where this thread's last failure had this code.
    EXPORT int cuGetErrorString(int code, const char** meaning)
    {
        static thread_local std::string sentence;
        for (const Named& named : names)
        {
            if (named.code == code)
            {
                sentence = named.meaning;
                if (code != success && code == code_of_thread && !reason_of_thread.empty())
                {
                    sentence += ": " + reason_of_thread;
                }

                *meaning = sentence.c_str();
                return success;
            }
        }

        *meaning = nullptr;
        return invalid_value;
    }
}
