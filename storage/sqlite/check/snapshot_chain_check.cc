#include "storage/sqlite/check/snapshot_chain_check.h"

#include <cstdint>
#include <string>

#include "storage/answers/snapshot_chain.h"
#include "storage/sqlite/statement.h"

namespace storage {
namespace {

// Whether the ledger may have snapshots from before hashes were kept (migration 17): an earlier
// version made it, or it is a copy of a server's ledger, whose snapshots are older than its file.
bool may_begin_without_hashes(SQLite::Database& database) {
  Statement made(database,
                 "SELECT count(*) FROM migration AS made JOIN migration AS hashes "
                 "WHERE made.number = 1 AND hashes.number = 17 AND "
                 "made.applied_at = hashes.applied_at AND "
                 "made.applied_at <= (SELECT min(observed_at) FROM snapshot)");
  return !made.step() || made.integer(0) == 0;
}

class ChainWalk {
 public:
  explicit ChainWalk(SQLite::Database& database)
      : links_(database, "SELECT last, sha256 FROM snapshot_link ORDER BY last"),
        snapshots_(database,
                   "SELECT s.id, s.task, s.run, s.observed_at, o.http_status, o.verdict, "
                   "s.raw_bytes, s.raw_sha256, s.usage_values FROM snapshot AS s "
                   "JOIN outcome AS o ON o.id = s.outcome WHERE s.id > ? AND s.id <= ? "
                   "ORDER BY s.id"),
        last_(database.execAndGet("SELECT ifnull(max(id), 0) FROM snapshot").getInt64()),
        may_begin_without_hashes_(may_begin_without_hashes(database)) {}

  // Empty: it is whole.
  [[nodiscard]] std::string first_break();

 private:
  [[nodiscard]] bool covers(std::int64_t last, std::string_view link);

  Statement links_;
  Statement snapshots_;
  std::int64_t last_;  // snapshot
  bool may_begin_without_hashes_;
  std::int64_t covered_ = 0;  // the last snapshot of the links so far
  core::Sha256Digest link_{};
};

bool ChainWalk::covers(std::int64_t last, std::string_view link) {
  const std::string_view zeros = core::bytes_of(link_);
  if (covered_ == 0 && link == zeros && last > 0 && may_begin_without_hashes_) {
    return true;
  }
  std::string lines;
  snapshots_.bind(1, covered_);
  snapshots_.bind(2, last);
  bool whole = link.size() == link_.size();
  while (snapshots_.step()) {
    whole = whole && snapshots_.blob(7).size() == link_.size();
    if (whole) {
      append_chain_line(lines, {.snapshot = snapshots_.integer(0),
                                .task = snapshots_.integer(1),
                                .run = snapshots_.integer(2),
                                .observed_at = snapshots_.integer(3),
                                .http_status = snapshots_.integer(4),
                                .verdict = snapshots_.integer(5),
                                .raw_bytes = snapshots_.integer(6),
                                .raw_sha256 = snapshots_.blob(7),
                                .usage_values = snapshots_.text(8)});
    }
  }
  snapshots_.reset();
  link_ = chain_link(link_, lines);
  return whole && link == core::bytes_of(link_);
}

std::string ChainWalk::first_break() {
  while (links_.step()) {
    const std::int64_t last = links_.integer(0);
    if (!covers(last, links_.blob(1))) {
      return "it breaks at the commit of snapshots " + std::to_string(covered_ + 1) + " to " +
             std::to_string(last) +
             ": they, its hash or the hash of the commit before are not those that were recorded";
    }
    covered_ = last;
  }
  if (covered_ < last_) {
    return "no hash covers the snapshots from " + std::to_string(covered_ + 1) + " to " +
           std::to_string(last_);
  }
  return "";
}

}  // namespace

void check_snapshot_chain(SQLite::Database& database, Findings& findings) {
  const std::string wrong = ChainWalk(database).first_break();
  if (!wrong.empty()) {
    findings.add("chain of snapshots: " + wrong);
  }
}

}  // namespace storage
