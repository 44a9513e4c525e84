#include "storage/postgres/server_pages.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "core/error.h"
#include "core/ledger/lease.h"
#include "storage/answers/json_text.h"
#include "storage/postgres/crew_rows.h"
#include "storage/statements/standing_columns.h"

namespace storage {
namespace {

const std::string kOpenWork =
    "SELECT t.id, t.account, t.task_id, t.first_seen, t.submit_time, t.last_query, "
    "(SELECT settles_at FROM unsettled WHERE task = t.id), "
    "EXISTS (SELECT 1 FROM live_fetch WHERE task = t.id), " +
    kStandingColumns +
    " FROM work AS w JOIN task AS t ON t.id = w.task WHERE w.run = $1 AND w.settled = 0 AND ";
const std::string kTasks = kOpenWork + "w.task > $2 ORDER BY w.task LIMIT $3";
const std::string kNamedTasks = kOpenWork + "t.account = $2 AND t.task_id = ANY($3)";

// One whose answer was pruned waits until its task is asked again.
constexpr const char* kVideos =
    "SELECT v.task, v.video_index, v.expires_at, v.attempts, v.refused_at, v.path, t.account, "
    "t.task_id, coalesce(t.model, t.input_model), o.status, "
    "coalesce(t.finish_time, s.observed_at), t.labels, o.http_status, s.block, s.slot, s.id "
    "FROM video AS v JOIN work AS w ON w.task = v.task JOIN task AS t ON t.id = v.task "
    "JOIN snapshot AS s ON s.id = v.snapshot JOIN outcome AS o ON o.id = s.outcome "
    "WHERE v.state = 0 AND v.settled_run <> $1 AND w.run = $1 AND s.block IS NOT NULL "
    "ORDER BY coalesce(v.expires_at, 9223372036854775807) LIMIT $2";

}  // namespace

ServerPages::ServerPages(const LedgerUrl& url, RunFence& fence, std::vector<std::int64_t> accounts,
                         RecentLinks& links)
    : connection_(Connection::Later{}, url, fence.terms().stop),
      fence_(fence),
      accounts_(std::move(accounts)),
      links_(links) {}

std::optional<core::CrewStanding> ServerPages::crew_standing() const {
  if (!in_crew()) {
    return std::nullopt;
  }
  core::CrewStanding standing;
  // In this order: a run that sees that no more tasks will come knows all its videos.
  standing.may_get_more_tasks = may_get_more_;
  standing.takeovers = takeovers_;
  standing.has_free_tasks = has_free_;
  return standing;
}

std::vector<core::TaskRecord> ServerPages::tasks(core::TaskKey after, std::size_t limit) {
  if (!in_crew()) {
    return own(after, limit);
  }
  has_free_ = false;
  if (is_any_free()) {
    claim(after, static_cast<std::int64_t>(limit));
  }
  std::vector<core::TaskRecord> page = own(after, limit);
  may_get_more_ = is_any_left();
  return page;
}

std::vector<core::TaskRecord> ServerPages::own(core::TaskKey after, std::size_t limit) {
  std::vector<core::TaskRecord> page;
  read_patiently(connection_, fence_.terms(), [&] {
    page.clear();
    Rows rows = connection_.query(
        kTasks, Parameters().add(fence_.run()).add(after).add(static_cast<std::int64_t>(limit)));
    while (rows.step()) {
      page.push_back(task_of(rows));
    }
  });
  return page;
}

std::vector<core::TaskRecord> ServerPages::named_tasks(int account,
                                                       const std::vector<core::TaskId>& ids) {
  std::vector<core::TaskRecord> page;
  read_patiently(connection_, fence_.terms(), [&] {
    page.clear();
    Column names(Column::Kind::text);
    for (const core::TaskId& id : ids) {
      names.add(id.text());
    }
    Rows rows =
        connection_.query(kNamedTasks, Parameters()
                                           .add(fence_.run())
                                           .add(accounts_.at(static_cast<std::size_t>(account)))
                                           .add(names));
    while (rows.step()) {
      page.push_back(task_of(rows));
    }
  });
  return page;
}

bool ServerPages::is_any_free() {
  bool free = false;
  read_patiently(connection_, fence_.terms(), [&] { free = is_any_work_free(connection_); });
  return free;
}

// The crew's row is the lock of the list: no task is taken twice. What a COMMIT in doubt took is
// this run's own the next time.
void ServerPages::claim(core::TaskKey after, std::int64_t page) {
  fence_.durable(
      connection_, RunFence::Kind::repeated,
      [&] {
        const Free free = look(page);
        if (!free.may_claim) {
          return;
        }
        const std::uint64_t claimed = connection_.execute(
            "UPDATE work SET run = $1 WHERE run = 0 AND task IN (SELECT task FROM work "
            "WHERE run = 0 AND settled = 0 AND task > $2 ORDER BY task LIMIT least($4, $3 - "
            "(SELECT count(*) FROM (SELECT 1 FROM work WHERE run = $1 AND settled = 0 AND "
            "task > $2 LIMIT $3) AS o)))",
            Parameters()
                .add(fence_.run())
                .add(after)
                .add(page)
                .add(core::fair_claim(page, free.tasks, free.members)));
        has_free_ = static_cast<std::int64_t>(claimed) < free.tasks;
        if (fence_.terms().downloads) {
          takeovers_ += connection_.execute(
              "UPDATE work SET run = $1 WHERE run = 0 AND task IN (SELECT task FROM work "
              "WHERE run = 0 AND settled = 1 ORDER BY task LIMIT $2)",
              Parameters().add(fence_.run()).add(page));
        }
      },
      [&] { lock_crew(connection_); });
}

// As many free tasks as decide about a page.
ServerPages::Free ServerPages::look(std::int64_t page) {
  Rows row = connection_.query(
      "WITH m AS (SELECT count(*) AS members FROM runner AS n JOIN run AS r ON r.id = n.run "
      "WHERE n.crew = $2 AND n.lost = 0 AND r.finished_at IS NULL) "
      "SELECT c.rate = 0 OR n.share > 0, m.members, (SELECT count(*) FROM (SELECT 1 FROM work "
      "WHERE run = 0 AND settled = 0 LIMIT $3 * (1 + (SELECT members FROM m))) AS f) "
      "FROM crew AS c, runner AS n, m WHERE n.run = $1",
      Parameters().add(fence_.run()).add(fence_.terms().crew).add(page));
  if (!row.step()) {
    return {};
  }
  return {.may_claim = row.integer(0) != 0, .members = row.integer(1), .tasks = row.integer(2)};
}

// Whether there is work of others, or of nobody. A video whose answer was pruned is none: nobody
// can download it now.
bool ServerPages::is_any_left() {
  bool left = false;
  read_patiently(connection_, fence_.terms(), [&] {
    Rows row = connection_.query(
        "SELECT EXISTS (SELECT 1 FROM work WHERE settled = 0 AND run < $1) OR EXISTS "
        "(SELECT 1 FROM work WHERE settled = 0 AND run > $1) OR $2 = 1 AND EXISTS "
        "(SELECT 1 FROM video AS v JOIN work AS w ON w.task = v.task JOIN snapshot AS s ON "
        "s.id = v.snapshot LEFT JOIN run AS r ON r.id = w.run WHERE v.state = 0 AND "
        "w.run <> $1 AND (w.run = 0 OR v.settled_run <> w.run) AND s.block IS NOT NULL AND "
        "r.finished_at IS NULL)",
        Parameters().add(fence_.run()).add(std::int64_t{fence_.terms().downloads ? 1 : 0}));
    left = row.next_integer() != 0;
  });
  return left;
}

core::TaskRecord ServerPages::task_of(const Rows& row) const {
  core::TaskRecord task{.key = row.integer(0),
                        .account = account_index(row.integer(1), row.text(2)),
                        .id = id_of(row.text(2))};
  task.first_seen = row.time(3).value_or(core::UtcTime{});
  task.submit_time = row.time(4);
  task.last_query = row.time(5);
  task.settles_at = row.time(6);
  task.live_fetch = row.integer(7) != 0;
  const core::TaskStanding standing = standing_of(row, 8);
  task.state = standing.state;
  task.not_found = standing.not_found;
  return task;
}

// A row whose ID no longer parses was put there by somebody else.
core::TaskId ServerPages::id_of(std::string_view text) const {
  auto parsed = core::TaskId::parse(text);
  if (auto* id = std::get_if<core::TaskId>(&parsed)) {
    return std::move(*id);
  }
  throw core::Error("the ledger " + connection_.name() +
                    " holds an invalid task ID; run `reeltally db check`");
}

int ServerPages::account_index(std::int64_t row, std::string_view task_id) const {
  const auto found = std::find(accounts_.begin(), accounts_.end(), row);
  if (found == accounts_.end()) {
    throw core::Error("the crew's list has task " + std::string(task_id) +
                      " of an account that this run does not have; give all runs of a crew the "
                      "same --account and configuration");
  }
  return static_cast<int>(found - accounts_.begin());
}

std::vector<core::WantedVideo> ServerPages::videos(std::size_t limit) {
  links_.expect_readers();
  std::vector<core::WantedVideo> page;
  read_patiently(connection_, fence_.terms(), [&] {
    page.clear();
    Rows rows = connection_.query(
        kVideos, Parameters().add(fence_.run()).add(static_cast<std::int64_t>(limit)));
    while (rows.step()) {
      page.push_back(video_of(rows));
      page.back().link = link_of(page.back(), rows);
    }
  });
  return page;
}

core::WantedVideo ServerPages::video_of(const Rows& row) const {
  core::WantedVideo video{.task = row.integer(0),
                          .account = account_index(row.integer(6), row.text(7)),
                          .id = id_of(row.text(7))};
  video.attempts = static_cast<int>(row.integer(3));
  video.first_refusal = row.time(4);
  video.path = row.text(5);
  video.model = row.text(8);
  video.status = row.text(9);
  video.finish_time = row.time(10).value_or(core::UtcTime{});
  video.labels = read_labels(row.text(11));
  return video;
}

core::VideoLink ServerPages::link_of(const core::WantedVideo& video, const Rows& row) {
  const int index = static_cast<int>(row.integer(1));
  const std::int64_t snapshot = row.integer(15);
  auto link = links_.find(video.task, index, snapshot);
  if (!link) {
    link =
        stored_link(answers_, {row.integer(13), row.integer(14), static_cast<int>(row.integer(12))},
                    video.id, index);
    if (link) {
      links_.keep(video.task, snapshot, *link);
    }
  }
  // Another version of the program may have read more in it: this video alone has no link then.
  return link.value_or(core::VideoLink{.index = index, .url = {}, .expires_at = row.time(2)});
}

}  // namespace storage
