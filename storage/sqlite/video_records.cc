#include "storage/sqlite/video_records.h"

#include <cassert>
#include <string>
#include <variant>

#include "core/text/hex.h"
#include "storage/answers/stored_link.h"

namespace storage {
namespace {

// For a row that begins with state, settled_run and refused_at.
core::VideoStanding standing_of(const Statement& row) {
  return {.state = static_cast<core::VideoState>(row.integer(0)),
          .tried_in = row.integer(1),
          .first_refusal = row.time(2)};
}

}  // namespace

void VideoRecords::offer(core::TaskKey task, const core::VideoLink& link, std::int64_t snapshot) {
  const auto bind = [&](Statement& statement) {
    statement.bind(1, task);
    statement.bind(2, static_cast<std::int64_t>(link.index));
    statement.bind(3, snapshot);
    statement.bind_time(4, link.expires_at);
  };
  bind(add_);
  add_.run();
  if (database_.getChanges() != 1) {
    const Known before = known(task, link);
    if (!core::takes_links(before.standing)) {
      return;
    }
    const core::VideoStanding after = core::offered(before.standing, before.is_fresh);
    if (after != before.standing) {
      move(task, link.index, after);
    }
    bind(relink_);
    relink_.run();
  }
  recent_links_.keep(task, snapshot, link);
}

VideoRecords::Known VideoRecords::known(core::TaskKey task, const core::VideoLink& link) {
  Known video;
  const Statement::Rewind rewind(known_);
  known_.bind(1, task);
  known_.bind(2, static_cast<std::int64_t>(link.index));
  const bool found = known_.step();
  assert(found);
  if (found) {
    video.standing = standing_of(known_);
    video.is_fresh =
        core::depends_on_fresh_links(video.standing) && core::is_fresh(link, known_link(link));
  }
  return video;
}

// For the current row of `known_`.
core::KnownLink VideoRecords::known_link(const core::VideoLink& link) {
  core::KnownLink before{.expires_at = known_.time(3), .link = std::nullopt};
  const auto id = core::TaskId::parse(known_.text(7));
  if (before.expires_at == link.expires_at && !known_.is_null(4)) {
    // A link that cannot be read again counts as none: any other link adds a URL.
    before.link =
        stored_link(answers_,
                    {known_.integer(4), known_.integer(5), static_cast<int>(known_.integer(6))},
                    std::get<core::TaskId>(id), link.index)
            .value_or(core::VideoLink{});
  }
  return before;
}

void VideoRecords::record(const core::VideoEntry& entry, std::int64_t run) {
  assert(entry.file.has_value() == (entry.state == core::VideoState::done));
  const core::VideoStanding after = core::tried(entry.state, entry.first_refusal, run);
  record_.bind(1, entry.task);
  record_.bind(2, static_cast<std::int64_t>(entry.index));
  record_.bind(3, static_cast<std::int64_t>(after.state));
  record_.bind(4, after.tried_in);
  record_.bind_time(5, after.first_refusal);
  for (const int position : {6, 7, 8, 9, 10}) {
    record_.bind_null(position);
  }
  std::string sha256;
  if (entry.file) {
    sha256 = core::from_hex(entry.file->sha256);
    record_.bind(6, entry.file->path);
    record_.bind(7, entry.file->bytes);
    record_.bind_blob(8, sha256);
    record_.bind(9, entry.file->checks);
    record_.bind_time(10, entry.observed_at);
  }
  record_.bind_or_null(11, entry.error);
  record_.run();
  recent_links_.forget(entry.task, entry.index);
}

void VideoRecords::lose_file(core::TaskKey task, int index) {
  const Statement::Rewind rewind(standing_);
  standing_.bind(1, task);
  standing_.bind(2, static_cast<std::int64_t>(index));
  const core::VideoStanding before =
      standing_.step() ? standing_of(standing_) : core::VideoStanding{};
  move(task, index, core::file_lost(before));
}

void VideoRecords::want_again(core::TaskKey task, int index) {
  move(task, index, core::wanted_again());
}

void VideoRecords::move(core::TaskKey task, int index, const core::VideoStanding& standing) {
  move_.bind(1, task);
  move_.bind(2, static_cast<std::int64_t>(index));
  move_.bind(3, static_cast<std::int64_t>(standing.state));
  move_.bind(4, standing.tried_in);
  move_.bind_time(5, standing.first_refusal);
  move_.run();
}

}  // namespace storage
