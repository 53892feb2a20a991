#include "kernel_source.h"

#include <cctype>

namespace emulator
{
    static bool is_word(char c) { return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

    // The base of "space::kernel<int, 3>": kernel; and its template arguments with their brackets.
    static void split(const std::string& expression, std::string& base, std::string& arguments)
    {
        std::size_t bracket = expression.find('<');
        base = expression.substr(0, bracket);
        arguments = bracket == std::string::npos ? "" : expression.substr(bracket);
        std::size_t colon = base.rfind(':');
        base = colon == std::string::npos ? base : base.substr(colon + 1);
        while (!base.empty() && !is_word(base.back()))
        {
            base.pop_back();
        }

        while (!base.empty() && !is_word(base.front()))
        {
            base.erase(0, 1);
        }
    }

    std::string lowered_name(const std::string& expression, unsigned n)
    {
        std::string name = "kernel_" + std::to_string(n) + "_";
        for (char c : expression)
        {
            if (is_word(c))
            {
                name += c;
            }
            else if (name.back() != '_')
            {
                name += '_';
            }
        }

        return name;
    }

    // The place behind the bracket that closes the one at `open`.
    static std::size_t behind_bracket(const std::string& source, std::size_t open)
    {
        int depth = 0;
        for (std::size_t at = open; at < source.size(); at++)
        {
            depth += source[at] == '(' ? 1 : source[at] == ')' ? -1 : 0;
            if (depth == 0)
            {
                return at + 1;
            }
        }

        return source.size();
    }

    // "template <...>" before a declaration, or nothing.
    static std::string template_header(const std::string& source, std::size_t declaration)
    {
        std::size_t end = declaration;
        while (end > 0 && isspace(static_cast<unsigned char>(source[end - 1])) != 0)
        {
            end--;
        }

        if (end == 0 || source[end - 1] != '>')
        {
            return "";
        }

        std::size_t start = source.rfind("template", end);
        return start == std::string::npos ? "" : source.substr(start, end - start);
    }

    // Launch bounds are found in the text, since no attribute of this compiler would carry them: for every kernel that has them a constant (a variable
    // template, where the kernel is a template) is defined. Returns the kernel's header and bounds, false where it has none.
    static bool find_bounds(const std::string& source, const std::string& kernel, std::string& header, std::string& bounds)
    {
        const std::string keyword = "__launch_bounds__", global = "__global__";
        for (std::size_t at = 0; (at = source.find(keyword, at)) != std::string::npos; at += keyword.size())
        {
            std::size_t open = source.find('(', at);
            if (open == std::string::npos)
            {
                break;
            }

            std::size_t close = behind_bracket(source, open), parameters = source.find('(', close);
            std::size_t end = parameters == std::string::npos ? source.size() : parameters;
            while (end > close && isspace(static_cast<unsigned char>(source[end - 1])) != 0)
            {
                end--;
            }

            std::size_t start = end;
            while (start > close && is_word(source[start - 1]))
            {
                start--;
            }

            std::size_t declaration = source.rfind(global, at);
            if (source.substr(start, end - start) == kernel && declaration != std::string::npos)
            {
                header = template_header(source, declaration);
                bounds = source.substr(open, close - open);
                return true;
            }
        }

        return false;
    }

    std::string kernel_entries(const std::string& source, const std::vector<Expression>& expressions)
    {
        std::string entries = "\n#line 1 \"name expressions\"\n";
        for (const Expression& expression : expressions)
        {
            std::string base, arguments, header, bounds, threads = "emulator::max_threads";
            split(expression.text, base, arguments);
            if (find_bounds(source, base, header, bounds))
            {
                // Each expression has a constant of its own: a kernel's name may be overloaded in namespaces.
                entries += header + " constexpr unsigned emulator_bounds_" + expression.lowered + " = emulator::first" + bounds + ";";
                threads = "emulator_bounds_" + expression.lowered + (header.empty() ? "" : arguments);
            }

            std::string text = expression.text.front() == '&' ? expression.text.substr(1) : expression.text;
            entries += "EMULATOR_KERNEL(" + expression.lowered + ", \"" + text + "\", (" + threads + "), " + text + ")\n";
        }

        return entries;
    }
}
