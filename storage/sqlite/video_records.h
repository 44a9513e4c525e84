// Records of videos: the links in answers, and the state of each video.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/domain/video_lifecycle.h"
#include "core/ledger/ledger.h"
#include "storage/answers/recent_links.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// core/domain/video_lifecycle decides the state of a video; this class stores it. Belongs to the
/// thread of its connection. Every method throws SQLite::Exception.
class VideoRecords {
 public:
  explicit VideoRecords(SQLite::Database& database) : database_(database) {}

  /// A snapshot of the task has this link.
  void offer(core::TaskKey task, const core::VideoLink& link, std::int64_t snapshot);
  /// The same for the link of a task's first answer, which is written together with others: before
  /// anything else is done with a video, and by `write_offers` at the latest. `link` must exist
  /// until then.
  void offer_later(core::TaskKey task, const core::VideoLink& link, std::int64_t snapshot);
  void write_offers();
  /// For a transaction that was undone.
  void forget_offers() { offers_.clear(); }
  /// Run number `run` has settled a video.
  void record(const core::VideoEntry& entry, std::int64_t run);
  /// The video's file is missing.
  void lose_file(core::TaskKey task, int index);
  /// A user requests another try.
  void want_again(core::TaskKey task, int index);

  /// Recently recorded links; any thread.
  [[nodiscard]] RecentLinks& recent_links() { return recent_links_; }

 private:
  struct Offer {
    core::TaskKey task = 0;
    const core::VideoLink* link = nullptr;
    std::int64_t snapshot = 0;
  };
  static constexpr std::size_t kTogether = 8;  // offers of one statement
  static constexpr std::size_t kOfferColumns = 4;

  struct Known {
    core::VideoStanding standing;
    bool is_fresh = false;  ///< whether the new link is fresh, if that matters
  };
  static void bind(Statement& statement, int before, const Offer& offer);
  void offer_now(const Offer& offer);
  [[nodiscard]] Known known(core::TaskKey task, const core::VideoLink& link);
  [[nodiscard]] core::KnownLink known_link(const core::VideoLink& link);
  void move(core::TaskKey task, int index, const core::VideoStanding& standing);

  SQLite::Database& database_;
  AnswerReader answers_{database_};
  RecentLinks recent_links_;
  std::vector<Offer> offers_;  // to be written together
  // Not an upsert: SQLite would first copy every page that it changes, to be able to undo the
  // statement alone.
  static std::string insertion(std::size_t rows) {
    return "INSERT OR IGNORE INTO video (task, video_index, snapshot, expires_at) VALUES " +
           placeholders(rows, kOfferColumns);
  }
  Statement add_{database_, insertion(1).c_str()};
  Statement add_together_{database_, insertion(kTogether).c_str()};
  Statement known_{database_,
                   "SELECT v.state, v.settled_run, v.refused_at, v.expires_at, s.block, s.slot, "
                   "o.http_status, t.task_id "
                   "FROM video AS v JOIN snapshot AS s ON s.id = v.snapshot "
                   "JOIN outcome AS o ON o.id = s.outcome JOIN task AS t ON t.id = v.task "
                   "WHERE v.task = ? AND v.video_index = ?"};
  Statement relink_{database_,
                    "UPDATE video SET snapshot = ?3, expires_at = ?4 "
                    "WHERE task = ?1 AND video_index = ?2"};
  Statement standing_{database_,
                      "SELECT state, settled_run, refused_at FROM video "
                      "WHERE task = ? AND video_index = ?"};
  Statement move_{database_,
                  "UPDATE video SET state = ?3, settled_run = ?4, refused_at = ?5 "
                  "WHERE task = ?1 AND video_index = ?2"};
  Statement record_{
      database_,
      "UPDATE video SET state = ?3, settled_run = ?4, attempts = attempts + 1, refused_at = ?5, "
      "path = coalesce(?6, path), bytes = coalesce(?7, bytes), sha256 = coalesce(?8, sha256), "
      "checks = coalesce(?9, checks), saved_at = coalesce(?10, saved_at), last_error = ?11 "
      "WHERE task = ?1 AND video_index = ?2"};
};

}  // namespace storage
