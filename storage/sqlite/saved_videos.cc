#include "storage/sqlite/saved_videos.h"

#include <optional>
#include <variant>

#include "core/domain/video_lifecycle.h"
#include "storage/answers/hex.h"
#include "storage/answers/json_text.h"
#include "storage/answers/stored_link.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"
#include "storage/sqlite/video_records.h"

namespace storage {

void each_saved_video(SQLite::Database& database,
                      const std::function<void(core::SavedVideo&&)>& take) {
  Statement rows(database,
                 "SELECT v.task, v.video_index, a.name, t.task_id, v.path, v.bytes, v.sha256 "
                 "FROM video AS v JOIN task AS t ON t.id = v.task "
                 "JOIN account AS a ON a.id = t.account WHERE v.state = 1 ORDER BY v.path");
  while (rows.step()) {
    take({.task = rows.integer(0),
          .index = static_cast<int>(rows.integer(1)),
          .account = std::string(rows.text(2)),
          .task_id = std::string(rows.text(3)),
          .path = std::string(rows.text(4)),
          .bytes = rows.integer(5),
          .sha256 = hex_digits(rows.blob(6))});
  }
}

void describe(SQLite::Database& database, const std::vector<core::SavedVideo>& videos,
              const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take) {
  Statement facts(database,
                  "SELECT ifnull(t.model, t.input_model), o.status, "
                  "ifnull(t.finish_time, s.observed_at), t.labels, v.checks "
                  "FROM video AS v JOIN task AS t ON t.id = v.task "
                  "JOIN snapshot AS s ON s.id = v.snapshot JOIN outcome AS o ON o.id = s.outcome "
                  "WHERE v.task = ? AND v.video_index = ?");
  for (const core::SavedVideo& video : videos) {
    facts.bind(1, video.task);
    facts.bind(2, static_cast<std::int64_t>(video.index));
    if (facts.step()) {
      take(video, {.model = std::string(facts.text(0)),
                   .status = std::string(facts.text(1)),
                   .finish_time = core::UtcTime(std::chrono::milliseconds(facts.integer(2))),
                   .labels = read_labels(facts.text(3)),
                   .checks = std::string(facts.text(4))});
    }
    facts.reset();
  }
}

namespace {

/// Whether a link may still work. The end of an assumed lifetime is no proof.
class LifeCheck {
 public:
  LifeCheck(SQLite::Database& database, core::UtcTime now)
      : now_(now),
        answers_(database),
        rows_(database,
              "SELECT v.expires_at, s.block, s.slot, o.http_status, t.task_id FROM video AS v "
              "JOIN snapshot AS s ON s.id = v.snapshot JOIN outcome AS o ON o.id = s.outcome "
              "JOIN task AS t ON t.id = v.task WHERE v.task = ? AND v.video_index = ?") {}

  bool may_live(std::int64_t task, int index) {
    rows_.bind(1, task);
    rows_.bind(2, static_cast<std::int64_t>(index));
    bool may = false;
    if (rows_.step()) {
      const auto expires_at = rows_.time(0);
      may = !expires_at || *expires_at > now_ || (!rows_.is_null(1) && is_assumed(index));
    }
    rows_.reset();
    return may;
  }

 private:
  bool is_assumed(int index) {
    const auto id = core::TaskId::parse(rows_.text(4));
    if (!std::holds_alternative<core::TaskId>(id)) {
      return false;
    }
    const auto link = stored_link(
        answers_, {rows_.integer(1), rows_.integer(2), static_cast<int>(rows_.integer(3))},
        std::get<core::TaskId>(id), index);
    if (!link) {
      return true;  // its task is queried again
    }
    bool may = link->expiry_assumed;
    for (const core::LinkCandidate& other : link->others) {
      may = may || other.expiry_assumed || !other.expires_at || *other.expires_at > now_;
    }
    return may;
  }

  core::UtcTime now_;
  AnswerReader answers_;
  Statement rows_;
};

struct VideoKey {
  core::TaskKey task = 0;
  int index = 1;
};

// Except those whose link itself stated that it has expired.
std::vector<VideoKey> given_up(SQLite::Database& database, LifeCheck& lives) {
  std::vector<VideoKey> videos;
  Statement rows(database, "SELECT task, video_index, state FROM video WHERE state NOT IN (0, 1)");
  while (rows.step()) {
    const VideoKey video{rows.integer(0), static_cast<int>(rows.integer(1))};
    const auto state = static_cast<core::VideoState>(rows.integer(2));
    if (core::is_given_up(state) &&
        (state == core::VideoState::failed || lives.may_live(video.task, video.index))) {
      videos.push_back(video);
    }
  }
  return videos;
}

}  // namespace

core::Requeued want_again(const std::string& ledger, const std::vector<core::SavedVideo>& missing,
                          core::UtcTime now) {
  const auto database = open_for_writing(ledger);
  require_schema(*database, ledger, embedded_migrations());
  return with_ledger_errors(ledger, "write to", [&] {
    core::Requeued requeued;
    Transaction transaction(*database, Transaction::Kind::writing);
    LifeCheck lives(*database, now);
    VideoRecords videos(*database);
    for (const VideoKey& video : given_up(*database, lives)) {
      videos.want_again(video.task, video.index);
      ++requeued.given_up;
    }
    for (const core::SavedVideo& video : missing) {
      if (lives.may_live(video.task, video.index)) {
        videos.want_again(video.task, video.index);
        ++requeued.missing;
      }
    }
    transaction.commit();
    return requeued;
  });
}

}  // namespace storage
