#include "storage/saved_videos.h"

#include "storage/database.h"
#include "storage/migrations.h"
#include "storage/statement.h"
#include "storage/transaction.h"

namespace storage {

void each_saved_video(const std::string& ledger, const std::function<void(SavedVideo&&)>& visit) {
  const auto database = open_for_reading(ledger);
  require_schema(*database, ledger, embedded_migrations());
  with_ledger_errors(ledger, "read", [&] {
    Statement rows(*database,
                   "SELECT v.task, v.video_index, a.name, t.task_id, v.path, v.bytes, v.sha256 "
                   "FROM video AS v JOIN task AS t ON t.id = v.task "
                   "JOIN account AS a ON a.id = t.account WHERE v.state = 1 ORDER BY v.path");
    while (rows.step()) {
      visit({.task = rows.integer(0),
             .index = static_cast<int>(rows.integer(1)),
             .account = std::string(rows.text(2)),
             .task_id = std::string(rows.text(3)),
             .path = std::string(rows.text(4)),
             .bytes = rows.integer(5),
             .sha256 = hex_digits(rows.blob(6))});
    }
  });
}

std::size_t want_again(const std::string& ledger, const std::vector<SavedVideo>& videos,
                       core::UtcTime now) {
  const auto database = open_for_writing(ledger);
  require_schema(*database, ledger, embedded_migrations());
  return with_ledger_errors(ledger, "write to", [&] {
    std::size_t wanted = 0;
    Transaction transaction(*database, Transaction::Kind::writing);
    Statement want(*database,
                   "UPDATE video SET state = 0, settled_run = 0 WHERE task = ?1 AND "
                   "video_index = ?2 AND state = 1 AND ifnull(expires_at, ?3 + 1) > ?3");
    for (const SavedVideo& video : videos) {
      want.bind(1, video.task);
      want.bind(2, static_cast<std::int64_t>(video.index));
      want.bind(3, std::int64_t{now.time_since_epoch().count()});
      want.run();
      wanted += database->getChanges() == 1 ? 1U : 0U;
    }
    transaction.commit();
    return wanted;
  });
}

}  // namespace storage
