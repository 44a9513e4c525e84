#include "storage/postgres/process_mark.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace storage {
namespace {

// Field 22 of /proc/PID/stat, the fields behind the name, which may hold blanks: proc(5).
std::string start_of(const std::string& process) {
  constexpr int kFieldsBehindName = 20;
  std::ifstream file("/proc/" + process + "/stat");
  std::string stat;
  std::getline(file, stat);
  std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
  std::string field;
  for (int i = 0; i < kFieldsBehindName; ++i) {
    fields >> field;
  }
  return fields ? field : std::string();
}

// Empty where nothing is to be known.
std::string place() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  file >> boot;
  std::error_code failure;
  const auto space = std::filesystem::read_symlink("/proc/self/ns/pid", failure);
  return boot.empty() || failure ? std::string() : boot + " " + space.string() + " ";
}

}  // namespace

std::string process_mark() {
  const std::string own = std::to_string(getpid());
  const std::string start = start_of(own);
  const std::string where = place();
  return where.empty() || start.empty() ? std::string() : where + own + " " + start;
}

bool is_gone(std::string_view mark) {
  const std::string where = place();
  if (where.empty() || mark.substr(0, where.size()) != where) {
    return false;
  }
  std::istringstream fields{std::string(mark.substr(where.size()))};
  std::string process;
  std::string start;
  fields >> process >> start;
  return !start.empty() && start_of(process) != start;
}

}  // namespace storage
