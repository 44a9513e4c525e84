#include "storage/sqlite/answer_store.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <variant>
#include <vector>

#include "core/domain/lifecycle.h"
#include "core/files/sha256.h"
#include "storage/answers/entry_change.h"
#include "storage/answers/json_text.h"

namespace storage {

AnswerStore::AnswerStore(SQLite::Database& database)
    : database_(database),
      next_snapshot_(1 +
                     database.execAndGet("SELECT ifnull(max(id), 0) FROM snapshot").getInt64()) {}

void AnswerStore::go_back_to(const Mark& mark) {
  blocks_.number_from(mark.block);
  next_snapshot_ = mark.snapshot;
  outcomes_.forget();
  videos_.recent_links().clear();
}

// The blocks are written first, because every snapshot refers to one.
void AnswerStore::write(std::span<const core::Entry> entries, std::int64_t run) {
  settled_.clear();
  const std::vector<AnswerPlace> places = blocks_.write(entries);
  std::size_t next = 0;
  for (const core::Entry& entry : entries) {
    if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
      write(*answer, places[next++], run);
    } else if (const auto* settled = std::get_if<core::SettleEntry>(&entry)) {
      settled_.push_back(settled->task);
    } else {
      videos_.record(std::get<core::VideoEntry>(entry), run);
    }
  }
  settle();
  assert(next == places.size());
}

// Tasks are queried in the order of their keys, so that a batch settles few ranges of them.
void AnswerStore::settle() {
  std::sort(settled_.begin(), settled_.end());
  for (auto first = settled_.begin(); first != settled_.end();) {
    auto last = first;
    while (last + 1 != settled_.end() && *(last + 1) - *last <= 1) {
      ++last;
    }
    settle_work_.bind(1, *first);
    settle_work_.bind(2, *last);
    settle_work_.run();
    first = last + 1;
  }
}

void AnswerStore::write(const core::AnswerEntry& entry, const AnswerPlace& place,
                        std::int64_t run) {
  const std::int64_t snapshot = next_snapshot_++;
  const std::string values = entry.answer.usage.empty()
                                 ? std::string()
                                 : json_array(entry.answer.usage, &core::UsageMetric::value);
  add_snapshot_.bind(1, snapshot);
  add_snapshot_.bind(2, entry.task);
  add_snapshot_.bind(3, run);
  add_snapshot_.bind_time(4, entry.observed_at);
  add_snapshot_.bind(5, outcomes_.row_of(entry));
  add_snapshot_.bind_or_null(6, values);
  add_snapshot_.bind(7, static_cast<std::int64_t>(entry.body.size()));
  add_snapshot_.bind_blob(8, core::bytes_of(place.sha256));
  add_snapshot_.bind(9, place.block);
  add_snapshot_.bind(10, place.slot);
  add_snapshot_.run();
  update_task(entry, snapshot);
  update_settling(entry);
  if (entry.answer.live_fetch) {
    mark_live_fetch_.bind(1, entry.task);
    mark_live_fetch_.run();
  }
  if (entry.settled) {
    settled_.push_back(entry.task);
  }
  for (const core::VideoLink& link : entry.answer.links) {
    videos_.offer(entry.task, link, snapshot);
  }
}

void AnswerStore::update_task(const core::AnswerEntry& entry, std::int64_t snapshot) {
  if (entry.is_final) {
    finish(entry, snapshot);
    return;
  }
  move_task_.bind(1, entry.task);
  move_task_.bind(2, static_cast<std::int64_t>(entry.state));
  move_task_.bind_time(3, entry.observed_at);
  move_task_.bind(4, static_cast<std::int64_t>(entry.not_found.runs));
  move_task_.bind(5, entry.not_found.last_run);
  move_task_.bind(6, static_cast<std::int64_t>(entry.not_found.answers));
  move_task_.bind_time(7, entry.not_found.last_answer);
  move_task_.bind(8, snapshot);
  if (core::tells_status(entry.answer.verdict, entry.state)) {
    move_task_.bind(9, snapshot);
  } else {
    move_task_.bind_null(9);
  }
  const core::TaskFacts& said = facts_taken(entry);
  int position = 10;
  for (const auto time : kStickyTimes) {
    move_task_.bind_time(position++, said.*time);
  }
  for (const auto text : kStickyTexts) {
    move_task_.bind_or_null(position++, said.*text);
  }
  move_task_.run();
}

void AnswerStore::finish(const core::AnswerEntry& entry, std::int64_t snapshot) {
  finish_task_.bind(1, entry.task);
  finish_task_.bind(2, static_cast<std::int64_t>(entry.state));
  finish_task_.bind_time(3, entry.observed_at);
  finish_task_.bind(4, snapshot);
  bind_facts(finish_task_, 5, entry.answer.facts);
  finish_task_.run();
}

// Updates which tasks are to be queried once more for their quota (core::settles_at).
void AnswerStore::update_settling(const core::AnswerEntry& entry) {
  const QuotaChange change = quota_change(entry);
  switch (change.kind) {
    case QuotaChange::Kind::none:
      return;
    case QuotaChange::Kind::waits:
      unsettle_task_.bind(1, entry.task);
      unsettle_task_.bind_time(2, change.at);
      unsettle_task_.run();
      return;
    case QuotaChange::Kind::settled:
      if (entry.is_first) {
        return;  // nothing can wait yet
      }
      settle_task_.bind(1, entry.task);
      settle_task_.bind_time(2, change.at);
      settle_task_.run();
      return;
  }
}

}  // namespace storage
