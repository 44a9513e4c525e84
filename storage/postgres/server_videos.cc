#include "storage/postgres/server_videos.h"

#include <cassert>
#include <string>
#include <variant>

#include "core/text/hex.h"
#include "storage/answers/stored_link.h"

namespace storage {
namespace {

// Of a row that begins with state, settled_run and refused_at.
core::VideoStanding standing_of(const Rows& row) {
  return {.state = static_cast<core::VideoState>(row.integer(0)),
          .tried_in = row.integer(1),
          .first_refusal = row.time(2)};
}

}  // namespace

// Writers take turns (ServerEntries), so that a video that is not here now can be added without a
// look at each row.
void ServerVideos::offer(const std::vector<Offer>& offers) {
  if (offers.empty()) {
    return;
  }
  std::set<std::pair<std::int64_t, std::int64_t>> known = known_videos(offers);
  std::vector<const Offer*> again;
  Column tasks(Column::Kind::integer);
  Column indices(Column::Kind::integer);
  Column snapshots(Column::Kind::integer);
  Column expiries(Column::Kind::integer);
  for (const Offer& offer : offers) {
    if (!known.emplace(offer.task, offer.link->index).second) {
      again.push_back(&offer);
      continue;
    }
    tasks.add(offer.task);
    indices.add(std::int64_t{offer.link->index});
    snapshots.add(offer.snapshot);
    expiries.add_time(offer.link->expires_at);
    recent_links_.keep(offer.task, offer.snapshot, *offer.link);
  }
  if (tasks.size() > 0) {
    connection_.execute(
        "INSERT INTO video (task, video_index, snapshot, expires_at) SELECT u.* FROM " +
            rows_of({"task", "video_index", "snapshot", "expires_at"}),
        Parameters().add(tasks).add(indices).add(snapshots).add(expiries));
  }
  for (const Offer* offer : again) {
    offer_again(*offer);
  }
}

std::set<std::pair<std::int64_t, std::int64_t>> ServerVideos::known_videos(
    const std::vector<Offer>& offers) {
  Column tasks(Column::Kind::integer);
  for (const Offer& offer : offers) {
    tasks.add(offer.task);
  }
  Rows rows = connection_.query("SELECT task, video_index FROM video WHERE task = ANY($1)",
                                Parameters().add(tasks));
  std::set<std::pair<std::int64_t, std::int64_t>> known;
  while (rows.step()) {
    known.emplace(rows.integer(0), rows.integer(1));
  }
  return known;
}

// The video is known.
void ServerVideos::offer_again(const Offer& offer) {
  Rows row = connection_.query(
      "SELECT v.state, v.settled_run, v.refused_at, v.expires_at, s.block, s.slot, o.http_status, "
      "t.task_id FROM video AS v JOIN snapshot AS s ON s.id = v.snapshot "
      "JOIN outcome AS o ON o.id = s.outcome JOIN task AS t ON t.id = v.task "
      "WHERE v.task = $1 AND v.video_index = $2",
      Parameters().add(offer.task).add(std::int64_t{offer.link->index}));
  if (!row.step()) {
    return;
  }
  const core::VideoStanding before = standing_of(row);
  if (!core::takes_links(before)) {
    return;
  }
  const bool is_fresh = core::depends_on_fresh_links(before) &&
                        core::is_fresh(*offer.link, known_link(row, *offer.link));
  const core::VideoStanding after = core::offered(before, is_fresh);
  if (after != before) {
    move(offer.task, offer.link->index, after);
  }
  connection_.execute(
      "UPDATE video SET snapshot = $3, expires_at = $4 WHERE task = $1 AND video_index = $2",
      Parameters()
          .add(offer.task)
          .add(std::int64_t{offer.link->index})
          .add(offer.snapshot)
          .add_time(offer.link->expires_at));
  recent_links_.keep(offer.task, offer.snapshot, *offer.link);
}

core::KnownLink ServerVideos::known_link(const Rows& row, const core::VideoLink& link) {
  core::KnownLink before{.expires_at = row.time(3), .link = std::nullopt};
  const auto id = core::TaskId::parse(row.text(7));
  if (before.expires_at == link.expires_at && !row.is_null(4)) {
    // A link that cannot be read again is as good as none: any other brings more.
    before.link =
        stored_link(answers_, {row.integer(4), row.integer(5), static_cast<int>(row.integer(6))},
                    std::get<core::TaskId>(id), link.index)
            .value_or(core::VideoLink{});
  }
  return before;
}

void ServerVideos::record(const std::vector<const core::VideoEntry*>& entries, std::int64_t run) {
  if (entries.empty()) {
    return;
  }
  using Kind = Column::Kind;
  Column tasks(Kind::integer), indices(Kind::integer), states(Kind::integer), runs(Kind::integer),
      refusals(Kind::integer), paths(Kind::text), bytes(Kind::integer), hashes(Kind::bytes),
      checks(Kind::text), times(Kind::integer), errors(Kind::text);
  for (const core::VideoEntry* entry : entries) {
    assert(entry->file.has_value() == (entry->state == core::VideoState::done));
    const core::VideoStanding after = core::tried(entry->state, entry->first_refusal, run);
    tasks.add(entry->task);
    indices.add(std::int64_t{entry->index});
    states.add(static_cast<std::int64_t>(after.state));
    runs.add(after.tried_in);
    refusals.add_time(after.first_refusal);
    if (entry->file) {
      paths.add(entry->file->path);
      bytes.add(entry->file->bytes);
      hashes.add(core::from_hex(entry->file->sha256));
      checks.add(entry->file->checks);
      times.add_time(entry->observed_at);
    } else {
      for (Column* column : {&paths, &bytes, &hashes, &checks, &times}) {
        column->add_null();
      }
    }
    errors.add_or_null(entry->error);
    recent_links_.forget(entry->task, entry->index);
  }
  connection_.execute(
      "UPDATE video AS v SET state = u.state, settled_run = u.run, attempts = v.attempts + 1, "
      "refused_at = u.refused_at, path = coalesce(u.path, v.path), "
      "bytes = coalesce(u.bytes, v.bytes), sha256 = coalesce(u.sha256, v.sha256), "
      "checks = coalesce(u.checks, v.checks), saved_at = coalesce(u.saved_at, v.saved_at), "
      "last_error = u.last_error FROM " +
          rows_of({"task", "video_index", "state", "run", "refused_at", "path", "bytes", "sha256",
                   "checks", "saved_at", "last_error"}) +
          " WHERE v.task = u.task AND v.video_index = u.video_index",
      Parameters()
          .add(tasks)
          .add(indices)
          .add(states)
          .add(runs)
          .add(refusals)
          .add(paths)
          .add(bytes)
          .add(hashes)
          .add(checks)
          .add(times)
          .add(errors));
}

void ServerVideos::lose_file(core::TaskKey task, int index) {
  core::VideoStanding before;
  {
    Rows row = connection_.query(
        "SELECT state, settled_run, refused_at FROM video WHERE task = $1 AND video_index = $2",
        Parameters().add(task).add(std::int64_t{index}));
    before = row.step() ? standing_of(row) : before;
  }
  move(task, index, core::file_lost(before));
}

void ServerVideos::move(core::TaskKey task, int index, const core::VideoStanding& standing) {
  connection_.execute(
      "UPDATE video SET state = $3, settled_run = $4, refused_at = $5 "
      "WHERE task = $1 AND video_index = $2",
      Parameters()
          .add(task)
          .add(std::int64_t{index})
          .add(static_cast<std::int64_t>(standing.state))
          .add(standing.tried_in)
          .add_time(standing.first_refusal));
}

}  // namespace storage
