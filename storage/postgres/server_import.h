// How the tasks of an input enter a ledger on PostgreSQL.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/ledger/work_list.h"
#include "storage/answers/import_batch.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/server_videos.h"

namespace storage {

/// One batch within the caller's transaction. Throws ServerError, ConnectionLost.
class ServerImport {
 public:
  struct Terms {
    std::int64_t account = 0;    ///< row of `account`
    bool account_named = false;  ///< each row said the account itself
    std::int64_t run = 0;
    bool in_crew = false;  ///< others may take the tasks
    core::UtcTime now{};
    const core::ImportRules& rules;
  };

  /// All must outlive this.
  ServerImport(Connection& connection, ServerVideos& videos, const Terms& terms)
      : connection_(connection), videos_(videos), terms_(terms) {}

  /// Puts sorted rows on the work list.
  void add(const ImportBatch& batch);

  /// How many rows were on the list already.
  [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }
  [[nodiscard]] const core::LabelDifferences& differences() const { return differences_; }

 private:
  struct Task {
    std::int64_t key = 0;
    bool is_new = true;
    core::TaskState state = core::TaskState::unfinished;
    bool is_unsettled = false;
    bool is_forgotten = false;
    bool account_named = false;
    bool lacks_a_file = false;
    bool relabelled = false;
    std::string model;
    std::string labels;
  };
  using Tasks = std::map<std::string_view, Task>;  // by ID, in the order of the ledger's index

  void find_known(const ImportBatch& batch, Tasks& tasks);
  void take_rows(const ImportBatch& batch, Tasks& tasks);
  void relabel(const ImportBatch::Row& row, Task& task);
  void look_for_files(Tasks& tasks);
  void add_new(const Tasks& tasks);
  void change_known(const Tasks& tasks);
  void keep_changes();
  void add_work(const Tasks& tasks);

  Connection& connection_;
  ServerVideos& videos_;
  Terms terms_;
  std::vector<std::pair<std::int64_t, core::LabelDifference>> changes_;
  core::LabelDifferences differences_;
  std::uint64_t duplicates_ = 0;
};

}  // namespace storage
