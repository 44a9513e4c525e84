// cmd -> storage -> core, never upwards; and each foreign library behind its own door.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Include {
  fs::path file;     // relative to the project's root
  std::string name;  // as it stands between the quotes or brackets
};

std::vector<Include> includes_of(const std::string& folder) {
  const fs::path root(SOURCE_DIR);
  std::vector<Include> found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cc" && extension != ".h") {
      continue;
    }
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const std::string directive = "#include ";
      if (line.rfind(directive, 0) == 0) {
        const std::size_t begin = directive.size() + 1;
        found.push_back({fs::relative(entry.path(), root),
                         line.substr(begin, line.find_first_of(">\"", begin) - begin)});
      }
    }
  }
  return found;
}

TEST(Layering, NobodyIncludesUpwards) {
  const std::map<std::string, std::set<std::string>> above = {
      {"core", {"storage", "cmd", "tests"}}, {"storage", {"cmd", "tests"}}, {"cmd", {"tests"}}};
  for (const auto& [folder, forbidden] : above) {
    const auto includes = includes_of(folder);
    ASSERT_FALSE(includes.empty()) << folder;
    for (const Include& include : includes) {
      EXPECT_FALSE(forbidden.contains(include.name.substr(0, include.name.find('/'))))
          << include.file << " includes " << include.name;
    }
  }
}

TEST(Layering, ForeignHeadersStayBehindTheirDoors) {
  // What a header's name begins with, and the only files (or folders, with a slash) that may use
  // it.
  const std::map<std::string, std::vector<std::string>> doors = {
      {"curl/", {"core/http/", "cmd/"}},
      {"nlohmann/", {"storage/", "cmd/"}},
      {"simdjson", {"core/text/json.cc"}},
      {"SQLiteCpp/", {"storage/"}},
      {"sqlite3.h", {"storage/"}},
      {"cxxopts", {"cmd/"}},
      {"toml++/", {"cmd/"}},
      {"spdlog/", {"cmd/"}},
      {"openssl/",
       {"core/files/sha256.cc", "core/video/video_check.cc", "core/input/id_set.cc",
        "core/http/ca_file.cc", "core/http/curl_handles.cc"}},
      {"lzma", {"core/video/video_check.cc"}},
      {"zstd", {"storage/"}},
  };
  for (const std::string folder : {"core", "storage", "cmd"}) {
    for (const Include& include : includes_of(folder)) {
      for (const auto& [header, places] : doors) {
        if (include.name.rfind(header, 0) != 0) {
          continue;
        }
        bool allowed = false;
        for (const std::string& place : places) {
          allowed = allowed || include.file.string().rfind(place, 0) == 0;
        }
        EXPECT_TRUE(allowed) << include.file << " includes " << include.name;
      }
    }
  }
}

}  // namespace
