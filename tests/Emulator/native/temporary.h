#pragma once
#include <string>
#include <vector>

namespace emulator
{
    // A folder that goes with the object, and the files written to it.
    class TemporaryFolder
    {
    public:
        TemporaryFolder();
        ~TemporaryFolder();
        TemporaryFolder(const TemporaryFolder&) = delete;
        TemporaryFolder& operator=(const TemporaryFolder&) = delete;

        const std::string& path() const { return _path; }

        // The path of a file that is removed with the folder.
        std::string file(const std::string& name);
        std::string write(const std::string& name, const std::string& content);

    private:
        std::string _path;
        std::vector<std::string> _files;
    };

    std::string read_file(const std::string& path);
}
