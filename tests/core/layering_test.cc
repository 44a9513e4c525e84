// cmd -> storage -> core, never upwards; rooms on floors; each foreign library is included in one
// place only. core/README.md and storage/README.md describe the rooms.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

// The includes of each of our files, by the file's path from the project's root.
using Includes = std::map<std::string, std::vector<std::string>>;

std::vector<std::string> includes_of(const fs::path& path) {
  constexpr std::string_view kDirective = "#include ";
  std::vector<std::string> names;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(kDirective, 0) == 0) {
      const std::size_t begin = kDirective.size() + 1;
      names.push_back(line.substr(begin, line.find_first_of(">\"", begin) - begin));
    }
  }
  return names;
}

Includes includes_of_all() {
  const fs::path root(SOURCE_DIR);
  Includes all;
  for (const char* folder : {"core", "storage", "cmd"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension == ".cc" || extension == ".h") {
        all[fs::relative(entry.path(), root).string()] = includes_of(entry.path());
      }
    }
  }
  return all;
}

// All headers that a file includes, directly or through other headers of ours.
std::set<std::string> reached_by(const std::string& file, const Includes& all) {
  std::set<std::string> reached;
  std::vector<std::string> open = {file};
  while (!open.empty()) {
    const auto found = all.find(open.back());
    open.pop_back();
    if (found == all.end()) {
      continue;  // not ours
    }
    for (const std::string& name : found->second) {
      if (reached.insert(name).second) {
        open.push_back(name);
      }
    }
  }
  return reached;
}

// Above the back ends, because it chooses one of them.
const std::string kOpenLedger = "storage/open_ledger";

std::string room_of(const std::string& file) {
  return file.rfind(kOpenLedger, 0) == 0 ? kOpenLedger : fs::path(file).parent_path().string();
}

// The lowest floor first. A room may use rooms on lower floors and itself; on its own floor, only
// the room that contains it.
const std::vector<std::vector<std::string>> kFloors = {
    {"core", "core/text"},
    {"core/files"},
    {"core/domain"},
    {"core/gateway", "core/billing", "core/input", "core/video", "core/video/local", "core/ledger"},
    {"core/engine"},
    {"core/http", "core/http/s3"},
    {"core/video/s3"},
    {"storage"},
    {"storage/answers"},
    {"storage/statements"},
    {"storage/sqlite", "storage/postgres"},
    {"storage/sqlite/billing", "storage/postgres/billing"},
    {"storage/sqlite/check"},
    {"storage/copy"},
    {kOpenLedger},
    {"cmd/cli"},
    {"cmd/os"},
    {"cmd/report", "cmd/audit"},
    {"cmd/run"},
    {"cmd/doctor", "cmd/history"},
    {"cmd/serve"},
    {"cmd"},
};

int floor_of(const std::string& room) {
  const auto floor = std::find_if(kFloors.begin(), kFloors.end(), [&](const auto& rooms) {
    return std::find(rooms.begin(), rooms.end(), room) != rooms.end();
  });
  return floor == kFloors.end() ? -1 : static_cast<int>(floor - kFloors.begin());
}

bool may_use(const std::string& room, const std::string& other) {
  return room == other || floor_of(other) < floor_of(room) ||
         (floor_of(other) == floor_of(room) &&
          (room.rfind(other + "/", 0) == 0 || other == "core"));
}

TEST(Layering, EveryRoomIsOnAFloor) {
  const Includes all = includes_of_all();
  ASSERT_FALSE(all.empty());
  for (const auto& [file, names] : all) {
    EXPECT_GE(floor_of(room_of(file)), 0) << file;
  }
}

TEST(Layering, NothingIncludesUpwards) {
  const Includes all = includes_of_all();
  for (const auto& [file, names] : all) {
    for (const std::string& name : names) {
      EXPECT_NE(name.rfind("tests/", 0), 0U) << file << " includes " << name;
      if (all.contains(name)) {
        EXPECT_TRUE(may_use(room_of(file), room_of(name))) << file << " includes " << name;
      }
    }
  }
}

// The names in backticks on a page: paths from the project's root or the page's folder, with or
// without `.h` or `.cc`.
std::set<std::string> names_on(const fs::path& page) {
  std::ifstream file(page);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  static const std::regex kName("`([a-z0-9_]+(?:[/.][a-z0-9_/.]*[a-z0-9_]|_[a-z0-9_]+))`");
  std::set<std::string> names;
  for (auto name = std::sregex_iterator(text.begin(), text.end(), kName);
       name != std::sregex_iterator(); ++name) {
    names.insert((*name)[1]);
  }
  return names;
}

TEST(Layering, TheGuidesNameOnlyFilesThatExist) {
  const fs::path root(SOURCE_DIR);
  std::set<std::string> known;  // every file and folder by each end of its path
  for (const char* folder : {"core", "storage", "cmd", "docs", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      std::string path = fs::relative(entry.path(), root).string();
      const std::string stem = path.substr(0, path.rfind('.'));
      for (std::size_t at = 0, slash = 0; slash != std::string::npos; at = slash + 1) {
        known.insert(path.substr(at));
        known.insert(stem.substr(at));
        slash = path.find('/', at);
      }
    }
  }
  for (const char* page : {"core/README.md", "storage/README.md"}) {
    const std::set<std::string> names = names_on(root / page);
    EXPECT_GT(names.size(), 50U) << page;
    for (const std::string& name : names) {
      EXPECT_TRUE(known.contains(name)) << page << " names " << name;
    }
  }
}

TEST(Layering, ForeignHeadersAreIncludedOnlyWhereAllowed) {
  // The beginning of a header's name, and the only files or rooms that may include it.
  const std::map<std::string, std::vector<std::string>> doors = {
      {"curl/", {"core/http/"}},
      {"nlohmann/", {"storage/", "cmd/"}},
      {"simdjson", {"core/text/json.cc"}},
      {"SQLiteCpp/", {"storage/sqlite/"}},
      {"sqlite3.h", {"storage/sqlite/"}},
      {"libpq-fe.h", {"storage/postgres/"}},
      {"cxxopts", {"cmd/cli/"}},
      {"httplib.h", {"cmd/serve/http_exchange.cc"}},
      {"xlsxwriter", {"cmd/report/workbook.cc"}},
      {"toml++/", {"cmd/cli/"}},
      {"spdlog/", {"cmd/os/"}},
      {"openssl/",
       {"core/files/sha256.cc", "core/video/video_check.cc", "core/input/id_set.cc",
        "core/http/ca_file.cc", "core/http/curl_handles.cc"}},
      {"lzma", {"core/video/video_check.cc"}},
      {"zstd", {"storage/"}},
      // The file system. Besides the two rooms for it: lists, CA certificates, the note of an
      // upload.
      {"fcntl.h",
       {"core/files/", "core/video/local/", "core/video/s3/upload_note.cc",
        "core/input/input_file.cc", "core/http/ca_file.cc", "storage/", "cmd/"}},
      {"sys/stat.h",
       {"core/files/", "core/video/local/", "core/input/input_file.cc", "core/http/ca_file.cc",
        "storage/", "cmd/"}},
      {"sys/file.h", {"core/files/", "core/video/local/", "storage/"}},
      {"sys/statvfs.h", {"core/files/"}},
      {"filesystem", {"core/files/", "core/video/local/", "storage/", "cmd/"}},
      {"fstream", {"core/files/", "core/video/local/", "storage/", "cmd/"}},
      // The engine and the network know only core/video/video_store.h.
      {"core/video/local/", {"core/video/local/", "core/video/s3/", "cmd/"}},
  };
  const Includes all = includes_of_all();
  for (const auto& [file, names] : all) {
    for (const std::string& name : reached_by(file, all)) {
      for (const auto& [header, places] : doors) {
        if (name.rfind(header, 0) == 0) {
          EXPECT_TRUE(std::any_of(
              places.begin(), places.end(),
              [&file = file](const std::string& place) { return file.rfind(place, 0) == 0; }))
              << file << " reaches " << name;
        }
      }
    }
  }
}

}  // namespace
