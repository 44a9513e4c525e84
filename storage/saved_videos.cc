#include "storage/saved_videos.h"

#include <utility>

#include "storage/database.h"
#include "storage/finished_tasks.h"
#include "storage/migrations.h"
#include "storage/statement.h"

namespace storage {

void each_saved_video(const std::string& ledger, const std::function<void(SavedVideo&&)>& visit) {
  const auto database = open_for_reading(ledger);
  require_schema(*database, ledger, embedded_migrations());
  with_ledger_errors(ledger, "read", [&] {
    Statement rows(*database,
                   "SELECT v.task, v.video_index, a.name, t.task_id, v.path, v.bytes, v.sha256, "
                   "v.expires_at FROM video AS v JOIN task AS t ON t.id = v.task "
                   "JOIN account AS a ON a.id = t.account WHERE v.state = 1 ORDER BY v.path");
    while (rows.step()) {
      visit({.task = rows.integer(0),
             .index = static_cast<int>(rows.integer(1)),
             .account = std::string(rows.text(2)),
             .task_id = std::string(rows.text(3)),
             .path = std::string(rows.text(4)),
             .bytes = rows.integer(5),
             .sha256 = hex_digits(rows.blob(6)),
             .expires_at = rows.time(7)});
    }
  });
}

void want_again(const std::string& ledger, const std::vector<SavedVideo>& videos) {
  const auto database = open_for_writing(ledger);
  require_schema(*database, ledger, embedded_migrations());
  with_ledger_errors(ledger, "write to", [&] {
    SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
    Statement want(*database,
                   "UPDATE video SET state = 0, settled_run = 0 WHERE task = ? AND "
                   "video_index = ? AND state = 1");
    for (const SavedVideo& video : videos) {
      want.bind(1, video.task);
      want.bind(2, static_cast<std::int64_t>(video.index));
      want.run();
    }
    transaction.commit();
  });
}

}  // namespace storage
