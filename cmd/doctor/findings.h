// What `doctor` found, line by line.
#pragma once

#include <iosfwd>
#include <string>

#include "cmd/cli/exit_code.h"

namespace cmd {

/// Writes one line for each check, and remembers the exit code. Links are redacted. `what` is the
/// subject of the check, `how` the result, `advice` what to do.
class Findings {
 public:
  /// `out` must outlive this.
  Findings(bool json, std::ostream& out) : json_(json), out_(out) {}

  void fine(const char* what, const std::string& how) { tell(what, "ok", how, ""); }
  void warning(const char* what, const std::string& how, const std::string& advice) {
    tell(what, "warning", how, advice);
  }
  void failed(const char* what, const std::string& how, const std::string& advice,
              ExitCode code = ExitCode::fatal) {
    tell(what, "problem", how, advice);
    code_ = code_ == ExitCode::no_ledger ? ExitCode::no_ledger : code;
  }
  /// `no_ledger` once a check failed with it, else the last failure's; `ok` if none failed.
  [[nodiscard]] ExitCode exit_code() const { return code_; }

 private:
  void tell(const char* what, const char* level, const std::string& how, const std::string& advice);

  bool json_;
  std::ostream& out_;
  ExitCode code_ = ExitCode::ok;
};

}  // namespace cmd
