#include "storage/postgres/server_pages.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

#include "core/error.h"
#include "storage/answers/json_text.h"
#include "storage/statements/standing_columns.h"

namespace storage {
namespace {

constexpr std::chrono::seconds kLook{1};  // how often a run without work looks for some

const std::string kTasks =
    "SELECT t.id, t.account, t.task_id, t.first_seen, t.submit_time, t.last_query, "
    "(SELECT settles_at FROM unsettled WHERE task = t.id), "
    "EXISTS (SELECT 1 FROM live_fetch WHERE task = t.id), " +
    kStandingColumns + " FROM work AS w JOIN task AS t ON t.id = w.task WHERE ";

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
    : connection_(url, fence.terms().stop),
      fence_(fence),
      accounts_(std::move(accounts)),
      links_(links) {}

void ServerPages::hurry(bool now) {
  const std::lock_guard lock(mutex_);
  hurry_ = now;
  hurried_.notify_all();
}

std::vector<core::TaskRecord> ServerPages::tasks(core::TaskKey after, std::size_t limit) {
  if (!in_crew()) {
    return own(after, limit);
  }
  if (after == 0 && gave_any_) {
    gives_own_ = true;
    position_ = 0;
  }
  std::vector<core::TaskRecord> page;
  if (gives_own_) {
    page = own(position_, limit);
    gives_own_ = page.size() == limit;
    position_ = page.empty() ? position_ : page.back().key;
  }
  expects_more_ = true;
  while (page.size() < limit) {
    std::vector<core::TaskRecord> taken = claim(limit - page.size());
    std::move(taken.begin(), taken.end(), std::back_inserter(page));
    if (!page.empty()) {
      break;
    }
    if (!others_hold_work()) {
      expects_more_ = false;
      break;
    }
    std::unique_lock lock(mutex_);
    if (hurried_.wait_for(lock, kLook, [this] { return hurry_; })) {
      break;
    }
  }
  gave_any_ = gave_any_ || !page.empty();
  return page;
}

std::vector<core::TaskRecord> ServerPages::own(core::TaskKey after, std::size_t limit) {
  return read_tasks(
      "w.run = $1 AND w.task > $2 AND w.settled = 0 ORDER BY w.task LIMIT $3",
      Parameters().add(fence_.run()).add(after).add(static_cast<std::int64_t>(limit)));
}

// The crew's row is the lock of the list: what one run takes no other one sees free.
std::vector<core::TaskRecord> ServerPages::claim(std::size_t limit) {
  std::vector<std::int64_t> keys;
  fence_.durable(
      connection_, RunFence::Kind::repeated,
      [&] {
        // What a COMMIT in doubt took is given back, and taken again.
        Column before(Column::Kind::integer);
        for (const std::int64_t key : std::exchange(keys, {})) {
          before.add(key);
        }
        connection_.execute(
            "UPDATE work SET run = 0 WHERE run = $1 AND settled = 0 AND task = ANY($2)",
            Parameters().add(fence_.run()).add(before));
        Rows rows = connection_.query(
            "UPDATE work SET run = $1 WHERE run = 0 AND task IN (SELECT task FROM work WHERE run = "
            "0 ORDER BY task LIMIT $2) RETURNING task",
            Parameters().add(fence_.run()).add(static_cast<std::int64_t>(limit)));
        while (rows.step()) {
          keys.push_back(rows.integer(0));
        }
      },
      [&] { lock_crew(connection_); });
  if (keys.empty()) {
    return {};
  }
  Column taken(Column::Kind::integer);
  for (const std::int64_t key : keys) {
    taken.add(key);
  }
  return read_tasks("w.settled = 0 AND w.task = ANY($1) ORDER BY w.task", Parameters().add(taken));
}

bool ServerPages::others_hold_work() {
  bool held = false;
  read_patiently(connection_, fence_.terms(), [&] {
    Rows row = connection_.query(
        "SELECT EXISTS (SELECT 1 FROM work WHERE settled = 0 AND run <> $1) OR EXISTS "
        "(SELECT 1 FROM video AS v JOIN work AS w ON w.task = v.task JOIN run AS r ON r.id = w.run "
        "WHERE v.state = 0 AND w.run <> $1 AND v.settled_run <> w.run AND r.finished_at IS NULL)",
        Parameters().add(fence_.run()));
    held = row.step() && row.integer(0) != 0;
  });
  return held;
}

std::vector<core::TaskRecord> ServerPages::read_tasks(const std::string& condition,
                                                      const Parameters& parameters) {
  std::vector<core::TaskRecord> page;
  read_patiently(connection_, fence_.terms(), [&] {
    page.clear();
    Rows rows = connection_.query(kTasks + condition, parameters);
    while (rows.step()) {
      page.push_back(task_of(rows));
    }
  });
  return page;
}

core::TaskRecord ServerPages::task_of(const Rows& row) const {
  core::TaskRecord task{
      .key = row.integer(0), .account = account_index(row.integer(1)), .id = id_of(row.text(2))};
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
                    " holds a task ID that is none; run `reeltally db check`");
}

int ServerPages::account_index(std::int64_t row) const {
  const auto found = std::find(accounts_.begin(), accounts_.end(), row);
  return static_cast<int>(found - accounts_.begin());
}

std::vector<core::WantedVideo> ServerPages::videos(std::size_t limit) {
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
  core::WantedVideo video{
      .task = row.integer(0), .account = account_index(row.integer(6)), .id = id_of(row.text(7))};
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
