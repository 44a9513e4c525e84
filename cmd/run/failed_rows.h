// `--failed-out`: the tasks that a run could not finish, as a list that `run` can read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/engine/run_plan.h"
#include "core/files/atomic_file.h"
#include "core/input/task_list.h"

namespace cmd {

/// Writes a row for each task that was not answered or fetched, and a `#` line with the reason for
/// each rejected row. `publish` makes the file appear, complete or not at all.
class FailedRows {
 public:
  /// `accounts`: names by Notice::account; with more than one, rows have a column for the name.
  /// Throws core::UsageError if the file cannot be created.
  FailedRows(const std::string& path, std::vector<std::string> accounts);

  void add(const core::RejectedRow& row);
  void add(const core::Notice& notice);
  /// Throws core::Error if the file cannot be written or synced.
  void publish();

 private:
  void write(const std::string& line);
  void flush();

  std::unique_ptr<core::AtomicFile> file_;
  std::string buffer_;   // lines not written yet
  std::string failure_;  // why a line could not be written
  std::vector<std::string> accounts_;
  std::string last_row_;  // several videos of one task make one row
};

}  // namespace cmd
