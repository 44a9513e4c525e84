#include "cmd/run/end_program.h"

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>

#include "cmd/cli/exit_code.h"
#include "cmd/os/child_process.h"
#include "cmd/run/run_settings.h"
#include "core/error.h"
#include "core/files/descriptor.h"

namespace cmd {
namespace {

constexpr std::chrono::minutes kEndPatience{5};
// After a signal the process ends within 5 s.
constexpr std::chrono::seconds kHurriedEndPatience{2};

// Variables that hold no key.
Environment harmless(const Environment& environment) {
  Environment some;
  for (const char* name : {"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"}) {
    if (const auto value = variable(environment, name)) {
      some[name] = *value;
    }
  }
  return some;
}

// The summary as a file that lasts as long as this; only the user can read it.
class SummaryFile {
 public:
  explicit SummaryFile(const Environment& environment, const Summary& summary)
      : path_(variable(environment, "TMPDIR").value_or("/tmp") + "/reeltally-summary-XXXXXX") {
    const core::Descriptor file(::mkstemp(path_.data()));
    const std::string text = summary_json(summary) + "\n";
    if (!file.valid() ||
        ::write(file.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      const int error = errno;
      ::unlink(path_.c_str());
      throw core::Error("cannot write the summary to " + path_ + ": " + core::errno_text(error));
    }
  }
  ~SummaryFile() { ::unlink(path_.c_str()); }
  SummaryFile(const SummaryFile&) = delete;
  SummaryFile& operator=(const SummaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

EndProgram::EndProgram(const Settings& settings, Log& log) : settings_(settings), log_(log) {
  if (const auto program = settings.given_text("on-end")) {
    program_ = found_program(settings, "on-end", *program);
  }
}

void EndProgram::call(const Summary& summary, const Environment& keyless, int stop,
                      bool hurry) const {
  if (program_.empty()) {
    return;
  }
  std::string failure;
  try {
    Environment environment = keyless.empty() ? harmless(settings_.environment()) : keyless;
    const SummaryFile file(environment, summary);
    environment["REELTALLY_EXIT_CODE"] = std::to_string(exit_number(summary.exit_code));
    environment["REELTALLY_RUN_ID"] = summary.run_id > 0 ? std::to_string(summary.run_id) : "";
    environment["REELTALLY_SUMMARY"] = file.path();
    failure = run_child({.arguments = {program_},
                         .environment = std::move(environment),
                         .timeout = hurry ? kHurriedEndPatience : kEndPatience,
                         .stop_fd = hurry ? -1 : stop,
                         .on_line = [this](std::string_view line) {
                           log_.note(std::string("--on-end: ").append(line));
                         }});
  } catch (const core::Error& error) {
    failure = error.what();
  }
  if (!failure.empty()) {
    log_.warning("--on-end " + program_ + ": " + failure);
  }
}

}  // namespace cmd
