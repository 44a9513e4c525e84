#include "storage/sqlite/answer_store.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <variant>
#include <vector>

#include "core/domain/lifecycle.h"
#include "storage/answers/entry_change.h"

namespace storage {

void AnswerStore::go_back_to(const Mark& mark) {
  blocks_.number_from(mark.block);
  snapshots_.go_back_to(mark.snapshots);
  settled_tasks_ = mark.settled_tasks;
  videos_.recent_links().clear();
}

// The blocks are written first, because every snapshot refers to one; then the snapshots, because
// the rows of tasks and videos refer to them.
void AnswerStore::write(std::span<const core::Entry> entries, std::int64_t run) {
  settled_.clear();
  videos_.forget_offers();
  const std::vector<AnswerPlace> places = blocks_.write(entries);
  std::int64_t snapshot = snapshots_.next();
  snapshots_.add(entries, places, run);
  for (const core::Entry& entry : entries) {
    if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
      take(*answer, snapshot++);
    } else if (const auto* settled = std::get_if<core::SettleEntry>(&entry)) {
      settled_.push_back(settled->task);
    } else {
      videos_.record(std::get<core::VideoEntry>(entry), run);
    }
  }
  videos_.write_offers();
  settle();
  assert(snapshot == snapshots_.next());
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
    settled_tasks_ += static_cast<std::uint64_t>(database_.getChanges());
    first = last + 1;
  }
}

// Applies an answer to the rows that depend on it.
void AnswerStore::take(const core::AnswerEntry& entry, std::int64_t snapshot) {
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
    if (entry.is_first) {
      videos_.offer_later(entry.task, link, snapshot);
    } else {
      videos_.offer(entry.task, link, snapshot);
    }
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

// A final answer with the same bytes is not another one: the task's lines in reports keep their ID
// (core::line_id). The first answer of a task has none to be compared with, and no earlier facts.
std::string AnswerStore::final_update(bool is_first) {
  const std::string final_snapshot =
      is_first ? "?4"
               : "CASE WHEN final_snapshot IS NOT NULL AND "
                 "(SELECT raw_sha256 FROM snapshot WHERE id = final_snapshot) = "
                 "(SELECT raw_sha256 FROM snapshot WHERE id = ?4) THEN final_snapshot ELSE ?4 END";
  return "UPDATE task SET state = ?2, last_query = ?3, queries = queries + 1, not_found_runs = 0, "
         "not_found_run = 0, not_found_answers = 0, not_found_at = NULL, last_snapshot = ?4, "
         "status_snapshot = ?4, final_snapshot = " +
         final_snapshot + ", " + fact_assignments(5, is_first ? Earlier::none : Earlier::kept) +
         " WHERE id = ?1";
}

void AnswerStore::finish(const core::AnswerEntry& entry, std::int64_t snapshot) {
  Statement& statement = entry.is_first ? finish_new_task_ : finish_task_;
  statement.bind(1, entry.task);
  statement.bind(2, static_cast<std::int64_t>(entry.state));
  statement.bind_time(3, entry.observed_at);
  statement.bind(4, snapshot);
  bind_facts(statement, 5, entry.answer.facts);
  statement.run();
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
