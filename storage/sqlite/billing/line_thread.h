// The thread that writes the lines of a closed period, while the closing thread makes them.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/billing/adjustments.h"
#include "core/owner_thread.h"
#include "storage/sqlite/billing/line_insert.h"

namespace storage {

/// Belongs to the thread that made it. Between `add` and the end of `flush` nobody else may use the
/// database. Both rethrow what a write threw: SQLite::Exception.
class LineThread {
 public:
  LineThread(SQLite::Database& database, std::int64_t period);
  /// Lines that are not flushed may be left out.
  ~LineThread();
  LineThread(const LineThread&) = delete;
  LineThread& operator=(const LineThread&) = delete;

  void add(const core::ReportLine& line);
  /// Returns when all lines are written.
  void flush();

 private:
  static constexpr std::size_t kLines = 512;  // of a batch; two batches are in memory

  // Its lines are reused, so that their texts keep their memory.
  struct Batch {
    std::vector<core::OwnedLine> lines{kLines};
    std::size_t count = 0;
  };
  void hand_over();
  void wait_until_written(std::unique_lock<std::mutex>& lock);
  void serve();
  void write(const Batch& batch);

  [[no_unique_address]] core::OwnerThread owner_;
  const std::int64_t period_;
  LineInsert insert_;  // of the thread, once it runs
  Batch filling_;      // of the owner
  std::mutex mutex_;   // guards what follows; `written_` is the thread's while is_full_
  std::condition_variable changed_;
  Batch written_;
  bool is_full_ = false;
  bool stopped_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace storage
