#include "storage/sqlite/saved_videos.h"

#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/transaction.h"
#include "storage/sqlite/video_records.h"
#include "storage/statements/ledger_reads.h"

namespace storage {
namespace {

std::vector<OfferedVideo> settled_videos(SQLite::Database& database) {
  std::vector<OfferedVideo> videos;
  auto rows = SqliteRows(database).select(kSettledVideos, {});
  while (rows.step()) {
    videos.push_back(offered_video(rows));
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
    AnswerReader answers(*database);
    VideoRecords videos(*database);
    for (const OfferedVideo& video : settled_videos(*database)) {
      if (is_worth_a_try(answers, video, now)) {
        videos.want_again(video.task, video.index);
        ++requeued.given_up;
      }
    }
    auto offered = SqliteRows(*database).select(
        kOfferedVideos + "WHERE v.task = $1 AND v.video_index = $2", {0, 0});
    for (const core::SavedVideo& video : missing) {
      offered.restart({video.task, video.index});
      if (offered.step() && may_live(answers, offered_video(offered), now)) {
        videos.want_again(video.task, video.index);
        ++requeued.missing;
      }
    }
    transaction.commit();
    return requeued;
  });
}

}  // namespace storage
