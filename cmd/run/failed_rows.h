// `--failed-out`: what a run could not do, as a file that `run` reads again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/engine/run_plan.h"
#include "core/files/atomic_file.h"
#include "core/input/task_list.h"

namespace cmd {

/// Tasks not answered or not fetched become rows, rejected rows `#` lines with their reason. The
/// file appears complete or not at all, by `publish`.
class FailedRows {
 public:
  /// `accounts`: names by Notice::account; with several the rows have a column for them. Throws
  /// core::UsageError when the file cannot be made.
  FailedRows(const std::string& path, std::vector<std::string> accounts);

  void add(const core::RejectedRow& row);
  void add(const core::Notice& notice);
  /// Throws core::Error when it cannot be written or synced.
  void publish();

 private:
  void write(const std::string& line);
  void flush();

  std::unique_ptr<core::AtomicFile> file_;
  std::string buffer_;   // lines not written yet
  std::string trouble_;  // why a line could not be written
  std::vector<std::string> accounts_;
  std::string last_row_;  // several videos of one task make one row
};

}  // namespace cmd
