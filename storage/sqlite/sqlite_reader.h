// Reads a ledger on SQLite for users.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/ledger_reader.h"

namespace storage {

/// core::LedgerReader on SQLite. Reads at any time, also during a run.
class SqliteReader final : public core::LedgerReader {
 public:
  /// Throws LedgerUnreadable if there is no ledger that this version can read.
  explicit SqliteReader(const std::string& path);
  ~SqliteReader() override;
  SqliteReader(const SqliteReader&) = delete;
  SqliteReader& operator=(const SqliteReader&) = delete;

  [[nodiscard]] core::LedgerTotals totals(core::UtcTime now) override;
  [[nodiscard]] core::LedgerOverview overview(core::UtcTime now) override;
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
  [[nodiscard]] core::Requeued want_again(const std::vector<core::SavedVideo>& missing,
                                          core::UtcTime now) override;

 private:
  struct Connection;
  [[nodiscard]] std::vector<core::ViewRow> numbered_rows(const char* text, std::int64_t number);

  std::string path_;
  std::unique_ptr<Connection> connection_;
};

/// The version of the SQLite library, for --version and `doctor`.
[[nodiscard]] std::string sqlite_version_text();

}  // namespace storage
