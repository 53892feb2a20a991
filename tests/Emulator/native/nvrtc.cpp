#include <algorithm>
#include <cstring>
#include <set>

#include "compiler.h"
#include "kernel_source.h"
#include "modules.h"
#include "results.h"

// The interface of NVRTC 12.4: compiles with the machine's own compiler.

namespace emulator
{
    enum NvrtcResult : int
    {
        nvrtc_success = 0,
        nvrtc_invalid_input = 3,
        nvrtc_invalid_program = 4,
        nvrtc_invalid_option = 5,
        nvrtc_compilation = 6,
        nvrtc_no_name_expressions_after_compilation = 8,
        nvrtc_no_lowered_names_before_compilation = 9,
        nvrtc_name_expression_not_valid = 10,
    };

    static const int architectures[] = {50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90};

    struct Program
    {
        std::string name, source;
        std::vector<Header> headers;
        std::vector<Expression> expressions;
        std::string log, object;
        int architecture = 52;
        bool to_ptx = true;
        bool compiled = false;
        std::string cubin, ptx;
    };

    // sm_90a, compute_80 ...: false if there is no such architecture.
    static bool parse_architecture(const std::string& value, Program& program, std::vector<std::string>& defines)
    {
        bool virtual_target = value.compare(0, 8, "compute_") == 0;
        if (!virtual_target && value.compare(0, 3, "sm_") != 0)
        {
            return false;
        }

        std::string digits = value.substr(virtual_target ? 8 : 3);
        bool specific = !digits.empty() && digits.back() == 'a';
        int number = atoi(digits.c_str());
        if (std::find(std::begin(architectures), std::end(architectures), number) == std::end(architectures) || (specific && number != 90))
        {
            return false;
        }

        program.architecture = number;
        program.to_ptx = virtual_target;
        defines.push_back("-D__CUDA_ARCH__=" + std::to_string(number * 10));
        if (specific)
        {
            defines.push_back("-D__CUDA_ARCH_FEAT_SM90_ALL=1");
        }

        return true;
    }

    // Options that change nothing here are checked and left out.
    static bool parse_option(const std::string& option, const std::string& next, bool& takes_next, Program& program, std::vector<std::string>& defines)
    {
        takes_next = false;
        std::size_t equals = option.find('=');
        std::string name = option.substr(0, equals), value = equals == std::string::npos ? "" : option.substr(equals + 1);
        if (name == "--gpu-architecture" || name == "-arch")
        {
            takes_next = equals == std::string::npos;
            return parse_architecture(takes_next ? next : value, program, defines);
        }

        if (option.compare(0, 2, "-D") == 0 || option.compare(0, 2, "-U") == 0)
        {
            takes_next = option.size() == 2;
            defines.push_back(takes_next ? option + next : option);
            return true;
        }

        if (name == "--define-macro")
        {
            defines.push_back("-D" + value);
            return true;
        }

        if (name == "-std" || name == "--std")
        {
            return value == "c++17" || value == "c++14" || value == "c++11" || value == "c++20";
        }

        if (name == "-Xptxas" || name == "--ptxas-options")
        {
            takes_next = equals == std::string::npos;
            return true;
        }

        static const std::set<std::string> without_effect = {"-lineinfo", "--generate-line-info", "-G", "--device-debug", "-default-device", "--fmad", "-fmad", "--restrict",
            "--extra-device-vectorization", "-w", "--disable-warnings", "--maxrregcount", "-maxrregcount", "--diag-suppress", "-diag-suppress", "--diag-error"};
        return without_effect.count(name) != 0;
    }

    EXPORT int nvrtcVersion(int* major, int* minor)
    {
        *major = 12;
        *minor = 4;
        return nvrtc_success;
    }

    EXPORT const char* nvrtcGetErrorString(int code)
    {
        static const char* names[] = {"NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE", "NVRTC_ERROR_INVALID_INPUT", "NVRTC_ERROR_INVALID_PROGRAM",
            "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION", "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE", "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
            "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION", "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID", "NVRTC_ERROR_INTERNAL_ERROR"};
        return code >= 0 && code < 12 ? names[code] : "NVRTC_ERROR unknown";
    }

    EXPORT int nvrtcGetNumSupportedArchs(int* count)
    {
        *count = static_cast<int>(std::size(architectures));
        return nvrtc_success;
    }

    EXPORT int nvrtcGetSupportedArchs(int* values)
    {
        std::copy(std::begin(architectures), std::end(architectures), values);
        return nvrtc_success;
    }

    EXPORT int nvrtcCreateProgram(Program** program, const char* source, const char* name, int header_count, const char* const* headers, const char* const* include_names)
    {
        if (program == nullptr || source == nullptr || header_count < 0 || (header_count > 0 && (headers == nullptr || include_names == nullptr)))
        {
            return nvrtc_invalid_input;
        }

        *program = new Program;
        (*program)->name = name == nullptr || *name == 0 ? "default_program" : name;
        (*program)->source = source;
        for (int i = 0; i < header_count; i++)
        {
            (*program)->headers.push_back({include_names[i], headers[i]});
        }

        return nvrtc_success;
    }

    EXPORT int nvrtcDestroyProgram(Program** program)
    {
        if (program == nullptr || *program == nullptr)
        {
            return nvrtc_invalid_program;
        }

        delete *program;
        *program = nullptr;
        return nvrtc_success;
    }

    EXPORT int nvrtcAddNameExpression(Program* program, const char* expression)
    {
        if (program->compiled)
        {
            return nvrtc_no_name_expressions_after_compilation;
        }

        if (expression == nullptr || *expression == 0)
        {
            return nvrtc_invalid_input;
        }

        program->expressions.push_back({expression, lowered_name(expression, static_cast<unsigned>(program->expressions.size()))});
        return nvrtc_success;
    }

    EXPORT int nvrtcCompileProgram(Program* program, int option_count, const char* const* options)
    {
        if (program == nullptr)
        {
            return nvrtc_invalid_program;
        }

        Compilation compilation = {program->name, program->source + kernel_entries(program->source, program->expressions), program->headers, {}, has_avx2()};
        for (int i = 0; i < option_count; i++)
        {
            bool takes_next;
            std::string next = i + 1 < option_count ? options[i + 1] : "";
            if (!parse_option(options[i], next, takes_next, *program, compilation.defines))
            {
                program->log = std::string("nvrtc: error: invalid value or unrecognized option: ") + options[i] + "\n";
                return nvrtc_invalid_option;
            }

            i += takes_next;
        }

        program->compiled = true;
        program->log.clear();
        if (!compile(compilation, program->object, program->log))
        {
            return nvrtc_compilation;
        }

        int features = compilation.avx2 ? needs_avx2 : 0;
        program->ptx = make_image(program->object, program->architecture, true, features);
        program->cubin = program->to_ptx ? "" : make_image(program->object, program->architecture, false, features);
        return nvrtc_success;
    }

    EXPORT int nvrtcGetProgramLogSize(Program* program, std::size_t* size)
    {
        *size = program->log.size() + 1;
        return nvrtc_success;
    }

    EXPORT int nvrtcGetProgramLog(Program* program, char* log)
    {
        memcpy(log, program->log.c_str(), program->log.size() + 1);
        return nvrtc_success;
    }

    EXPORT int nvrtcGetLoweredName(Program* program, const char* expression, const char** name)
    {
        if (program->ptx.empty())
        {
            return nvrtc_no_lowered_names_before_compilation;
        }

        for (const Expression& known : program->expressions)
        {
            if (known.text == expression)
            {
                *name = known.lowered.c_str();
                return nvrtc_success;
            }
        }

        return nvrtc_name_expression_not_valid;
    }

    static int get(const std::string& image, char* bytes)
    {
        memcpy(bytes, image.data(), image.size());
        return image.empty() ? nvrtc_invalid_program : nvrtc_success;
    }

    EXPORT int nvrtcGetCUBINSize(Program* program, std::size_t* size)
    {
        *size = program->cubin.size();
        return nvrtc_success;
    }

    EXPORT int nvrtcGetCUBIN(Program* program, char* bytes) { return get(program->cubin, bytes); }

    EXPORT int nvrtcGetPTXSize(Program* program, std::size_t* size)
    {
        *size = program->ptx.size();
        return program->ptx.empty() ? nvrtc_invalid_program : nvrtc_success;
    }

    EXPORT int nvrtcGetPTX(Program* program, char* bytes) { return get(program->ptx, bytes); }
}
