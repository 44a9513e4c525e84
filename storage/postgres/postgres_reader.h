// What a ledger on PostgreSQL knows, read for people.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/ledger_reader.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/server_blocks.h"
#include "storage/postgres/server_transaction.h"

namespace storage {

/// core::LedgerReader on PostgreSQL. Each method reads one state of the ledger; long reads stream
/// over a connection of their own.
class PostgresReader final : public core::LedgerReader {
 public:
  /// Throws LedgerUnreadable when there is no ledger that this version can read, ConnectionLost.
  explicit PostgresReader(const LedgerUrl& url);

  [[nodiscard]] core::LedgerTotals totals(core::UtcTime now) override;
  [[nodiscard]] core::LedgerOverview overview(core::UtcTime now) override;
  [[nodiscard]] std::vector<core::CrewRun> crew(const std::string& name) override;
  [[nodiscard]] std::optional<core::TaskHistory> task_of_late(const std::string& account,
                                                              const core::TaskId& id,
                                                              std::size_t answers_max) override;
  [[nodiscard]] std::optional<core::RawAnswer> answer_of(std::int64_t snapshot,
                                                         const std::string& sha256_begin) override;
  [[nodiscard]] std::vector<core::ViewRow> last_runs(std::size_t count) override;
  [[nodiscard]] std::optional<core::ViewRow> run(std::int64_t number) override;
  [[nodiscard]] bool would_ask(const std::string& account, const std::string& task_id,
                               const core::ImportRules& rules) override;
  void each_pending(const std::string& account, core::UtcTime stale_before,
                    const std::function<void(const std::string& task_id)>& take) override;
  void each_saved_video(const std::function<void(core::SavedVideo&&)>& take) override;
  void describe(
      const std::vector<core::SavedVideo>& videos,
      const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take) override;
  /// Throws LedgerBusy when a run is alive.
  [[nodiscard]] core::Requeued want_again(const std::vector<core::SavedVideo>& missing,
                                          core::UtcTime now) override;

 private:
  /// Questions are many and small: they share a state of the ledger for a while.
  struct Asking {
    explicit Asking(Connection& connection)
        : moment(connection, ServerTransaction::Kind::reading) {}
    ServerTransaction moment;
    int questions = 0;
  };
  [[nodiscard]] ServerTransaction moment();
  [[nodiscard]] std::optional<std::string> raw_answer(const char* place, std::int64_t snapshot);

  Connection connection_;
  ServerBlocks answers_{connection_};
  std::optional<Asking> asking_;
};

}  // namespace storage
