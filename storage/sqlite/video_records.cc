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

void VideoRecords::bind(Statement& statement, int before, const Offer& offer) {
  statement.bind(before + 1, offer.task);
  statement.bind(before + 2, static_cast<std::int64_t>(offer.link->index));
  statement.bind(before + 3, offer.snapshot);
  statement.bind_time(before + 4, offer.link->expires_at);
}

void VideoRecords::offer(core::TaskKey task, const core::VideoLink& link, std::int64_t snapshot) {
  write_offers();
  offer_now({task, &link, snapshot});
}

void VideoRecords::offer_later(core::TaskKey task, const core::VideoLink& link,
                               std::int64_t snapshot) {
  offers_.push_back({task, &link, snapshot});
  if (offers_.size() == kTogether) {
    write_offers();
  }
}

void VideoRecords::write_offers() {
  const bool together = offers_.size() == kTogether;
  if (together) {
    for (std::size_t row = 0; row < kTogether; ++row) {
      bind(add_together_, static_cast<int>(row * kOfferColumns), offers_[row]);
    }
    add_together_.run();
  }
  // Also if some were known against all expectation: to offer a link again changes nothing.
  const bool all_new = together && database_.getChanges() == static_cast<int>(kTogether);
  for (const Offer& one : offers_) {
    if (all_new) {
      recent_links_.keep(one.task, one.snapshot, *one.link);
    } else {
      offer_now(one);
    }
  }
  offers_.clear();
}

void VideoRecords::offer_now(const Offer& offer) {
  bind(add_, 0, offer);
  add_.run();
  if (database_.getChanges() != 1) {
    const Known before = known(offer.task, *offer.link);
    if (!core::takes_links(before.standing)) {
      return;
    }
    const core::VideoStanding after = core::offered(before.standing, before.is_fresh);
    if (after != before.standing) {
      move(offer.task, offer.link->index, after);
    }
    bind(relink_, 0, offer);
    relink_.run();
  }
  recent_links_.keep(offer.task, offer.snapshot, *offer.link);
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
  write_offers();
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
