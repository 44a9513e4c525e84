#include "storage/sqlite/work_pages.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "core/error.h"
#include "storage/answers/json_text.h"
#include "storage/answers/stored_link.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/standing_columns.h"

namespace storage {
namespace {

const std::string kSelectTasks =
    "SELECT t.id, t.account, t.task_id, t.first_seen, t.submit_time, t.last_query, u.settles_at, "
    "l.task IS NOT NULL, " +
    kStandingColumns + " ";

}  // namespace

struct WorkPages::Connection {
  Connection(RunOfPages of, RecentLinks& links)
      : run(std::move(of)), recent(links), database(open_for_reading(run.ledger)) {}

  [[nodiscard]] int account_index(std::int64_t row) const {
    const auto found = std::find(run.accounts.begin(), run.accounts.end(), row);
    return static_cast<int>(found - run.accounts.begin());
  }
  // A row whose ID does not parse was inserted by another program.
  [[nodiscard]] core::TaskId id_of(std::string_view text) const {
    auto parsed = core::TaskId::parse(text);
    if (auto* id = std::get_if<core::TaskId>(&parsed)) {
      return std::move(*id);
    }
    throw core::Error("the ledger " + run.ledger +
                      " has an invalid task ID; run `reeltally db check`");
  }
  core::TaskRecord task_of(const Statement& row) const;
  core::WantedVideo video_of_row();
  core::VideoLink link_of_row(const core::TaskId& id);

  RunOfPages run;
  RecentLinks& recent;
  std::unique_ptr<SQLite::Database> database;
  AnswerReader answers{*database};
  Statement tasks{*database, (kSelectTasks +
                              "FROM work AS w JOIN task AS t ON t.id = w.task "
                              "LEFT JOIN unsettled AS u ON u.task = w.task "
                              "LEFT JOIN live_fetch AS l ON l.task = w.task WHERE w.task > ? AND "
                              "w.settled = 0 ORDER BY w.task LIMIT ?")
                                 .c_str()};
  // CROSS JOIN: in this order.
  Statement named{
      *database,
      (kSelectTasks + "FROM task AS t CROSS JOIN work AS w ON w.task = t.id "
                      "LEFT JOIN unsettled AS u ON u.task = w.task "
                      "LEFT JOIN live_fetch AS l ON l.task = w.task WHERE t.account = ? AND "
                      "t.task_id = ? AND w.settled = 0")
          .c_str()};
  // A video whose answer was pruned waits until its task is queried again.
  Statement videos{*database,
                   "SELECT v.task, v.video_index, v.expires_at, v.attempts, v.refused_at, v.path, "
                   "t.account, t.task_id, ifnull(t.model, t.input_model), o.status, "
                   "ifnull(t.finish_time, s.observed_at), t.labels, o.http_status, s.block, "
                   "s.slot, s.id "
                   "FROM video AS v JOIN work AS w ON w.task = v.task "
                   "JOIN task AS t ON t.id = v.task JOIN snapshot AS s ON s.id = v.snapshot "
                   "JOIN outcome AS o ON o.id = s.outcome "
                   "WHERE v.state = 0 AND v.settled_run <> ? AND s.block IS NOT NULL "
                   "ORDER BY ifnull(v.expires_at, 9223372036854775807) LIMIT ?"};
};

WorkPages::WorkPages(RunOfPages run, RecentLinks& links)
    : connection_(with_ledger_errors(run.ledger, "read",
                                     [&] { return std::make_unique<Connection>(run, links); })) {}

WorkPages::~WorkPages() = default;

std::vector<core::TaskRecord> WorkPages::tasks(core::TaskKey after, std::size_t limit) {
  Connection& c = *connection_;
  return with_ledger_errors(c.run.ledger, "read", [&] {
    std::vector<core::TaskRecord> page;
    c.tasks.bind(1, after);
    c.tasks.bind(2, static_cast<std::int64_t>(limit));
    while (c.tasks.step()) {
      page.push_back(c.task_of(c.tasks));
    }
    c.tasks.reset();
    return page;
  });
}

std::vector<core::TaskRecord> WorkPages::named_tasks(int account,
                                                     const std::vector<core::TaskId>& ids) {
  Connection& c = *connection_;
  return with_ledger_errors(c.run.ledger, "read", [&] {
    std::vector<core::TaskRecord> page;
    for (const core::TaskId& id : ids) {
      c.named.bind(1, c.run.accounts.at(static_cast<std::size_t>(account)));
      c.named.bind(2, id.text());
      if (c.named.step()) {
        page.push_back(c.task_of(c.named));
      }
      c.named.reset();
    }
    return page;
  });
}

core::TaskRecord WorkPages::Connection::task_of(const Statement& row) const {
  core::TaskRecord task{
      .key = row.integer(0), .account = account_index(row.integer(1)), .id = id_of(row.text(2))};
  task.first_seen = core::UtcTime(std::chrono::milliseconds(row.integer(3)));
  task.submit_time = row.time(4);
  task.last_query = row.time(5);
  task.settles_at = row.time(6);
  task.live_fetch = row.integer(7) != 0;
  const core::TaskStanding standing = standing_of(row, 8);
  task.state = standing.state;
  task.not_found = standing.not_found;
  return task;
}

std::vector<core::WantedVideo> WorkPages::videos(std::size_t limit) {
  Connection& c = *connection_;
  c.recent.expect_readers();
  return with_ledger_errors(c.run.ledger, "read", [&] {
    std::vector<core::WantedVideo> page;
    c.videos.bind(1, c.run.run);
    c.videos.bind(2, static_cast<std::int64_t>(limit));
    while (c.videos.step()) {
      page.push_back(c.video_of_row());
    }
    c.videos.reset();
    return page;
  });
}

core::WantedVideo WorkPages::Connection::video_of_row() {
  core::WantedVideo video{.task = videos.integer(0),
                          .account = account_index(videos.integer(6)),
                          .id = id_of(videos.text(7))};
  video.attempts = static_cast<int>(videos.integer(3));
  video.first_refusal = videos.time(4);
  video.path = videos.text(5);
  video.model = videos.text(8);
  video.status = videos.text(9);
  video.finish_time = core::UtcTime(std::chrono::milliseconds(videos.integer(10)));
  video.labels = read_labels(videos.text(11));
  video.link = link_of_row(video.id);
  return video;
}

core::VideoLink WorkPages::Connection::link_of_row(const core::TaskId& id) {
  const core::TaskKey task = videos.integer(0);
  const int index = static_cast<int>(videos.integer(1));
  const std::int64_t snapshot = videos.integer(15);
  auto link = recent.find(task, index, snapshot);
  if (!link) {
    link = stored_link(
        answers, {videos.integer(13), videos.integer(14), static_cast<int>(videos.integer(12))}, id,
        index);
    if (link) {
      recent.keep(task, snapshot, *link);
    }
  }
  // Another version of the program may have found a link there: only this video then has no link.
  return link.value_or(core::VideoLink{.index = index, .url = {}, .expires_at = videos.time(2)});
}

}  // namespace storage
