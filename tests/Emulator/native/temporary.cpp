#include "temporary.h"

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace emulator
{
    TemporaryFolder::TemporaryFolder()
    {
        const char* base = getenv("TMPDIR");
        _path = std::string(base == nullptr || *base == 0 ? "/tmp" : base) + "/llavacuda-emulator-XXXXXX";
        if (mkdtemp(_path.data()) == nullptr)
        {
            _path.clear();
        }
    }

    TemporaryFolder::~TemporaryFolder()
    {
        for (const std::string& file : _files)
        {
            unlink(file.c_str());
        }

        rmdir(_path.c_str());
    }

    // A name is a name here and not a path.
    std::string TemporaryFolder::file(const std::string& name)
    {
        std::size_t slash = name.rfind('/');
        std::string path = _path + "/" + (slash == std::string::npos ? name : name.substr(slash + 1));
        _files.push_back(path);
        return path;
    }

    std::string TemporaryFolder::write(const std::string& name, const std::string& content)
    {
        std::string path = file(name);
        if (FILE* stream = fopen(path.c_str(), "wb"))
        {
            fwrite(content.data(), 1, content.size(), stream);
            fclose(stream);
        }

        return path;
    }

    std::string read_file(const std::string& path)
    {
        std::string content;
        if (FILE* file = fopen(path.c_str(), "rb"))
        {
            char buffer[1 << 16];
            for (std::size_t read; (read = fread(buffer, 1, sizeof(buffer), file)) > 0;)
            {
                content.append(buffer, read);
            }

            fclose(file);
        }

        return content;
    }
}
