// Entries of a run as rows on PostgreSQL, many at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ledger/ledger.h"
#include "storage/answers/answer_packing.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/server_videos.h"

namespace storage {

/// Within the caller's transaction. Belongs to the thread of its connection. Throws ServerError,
/// ConnectionLost.
class ServerEntries {
 public:
  explicit ServerEntries(Connection& connection) : connection_(connection) {}

  /// Writes all entries of run number `run`.
  void write(std::span<const core::Entry> entries, std::int64_t run);
  /// The transaction is no more: the rows that it made are not used again.
  void forget();

  [[nodiscard]] ServerVideos& videos() { return videos_; }

 private:
  // A hostile gateway may send endless words: the cache is emptied when it is full.
  static constexpr std::size_t kOutcomesMax = 4096;

  struct Numbered {
    const core::AnswerEntry* entry = nullptr;
    std::int64_t snapshot = 0;
  };
  // Entries of as many tasks: what is to be changed at once.
  struct Round {
    std::vector<Numbered> answers;
    std::vector<core::TaskKey> settled;
    std::vector<const core::VideoEntry*> videos;
  };

  [[nodiscard]] std::int64_t take_numbers(const char* counter, std::int64_t count);
  [[nodiscard]] std::vector<AnswerPlace> write_blocks(std::span<const core::Entry> entries);
  [[nodiscard]] std::unordered_map<core::TaskKey, AnswerPlace> last_places(
      std::span<const core::Entry> entries);
  [[nodiscard]] std::int64_t outcome_of(const core::AnswerEntry& entry);
  void write_snapshots(const std::vector<Numbered>& answers, const std::vector<AnswerPlace>& places,
                       std::int64_t run);
  void write_link(std::int64_t last, const std::string& lines);
  void write(const Round& round, std::int64_t run);
  void move_tasks(const std::vector<Numbered>& answers);
  void finish_tasks(const std::vector<Numbered>& answers);
  void change_quotas(const std::vector<Numbered>& answers);
  void mark_live_fetches(const std::vector<Numbered>& answers);
  void settle(const std::vector<core::TaskKey>& tasks);

  Connection& connection_;
  ServerVideos videos_{connection_};
  AnswerPacking packing_;
  std::unordered_map<std::string, std::int64_t> outcomes_;
};

}  // namespace storage
