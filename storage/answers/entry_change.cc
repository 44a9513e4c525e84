#include "storage/answers/entry_change.h"

#include <variant>

#include "core/gateway/api.h"
#include "core/text/printable.h"

namespace storage {
namespace {

core::AnswerEntry raw_answer(const core::AnswerEntry& entry, const core::TaskStanding& standing) {
  core::AnswerEntry raw;
  raw.task = entry.task;
  raw.observed_at = entry.observed_at;
  raw.http_status = entry.http_status;
  raw.body = entry.body;
  raw.answer = core::nothing_taken();
  raw.settled = entry.settled;
  raw.state = standing.state;
  raw.not_found = standing.not_found;
  return raw;
}

core::VideoEntry still_wanted(const core::VideoEntry& entry, const std::string& why) {
  core::VideoEntry wanted = entry;
  wanted.state = core::VideoState::wanted;
  wanted.file.reset();
  wanted.error = "could not be recorded: " + core::printable(why, core::kMessageBytesMax);
  return wanted;
}

}  // namespace

// The words of an answer that names another task are not this task's, and a row that is final says
// what the bytes of its final snapshot say.
const core::TaskFacts& facts_taken(const core::AnswerEntry& entry) {
  static const core::TaskFacts kNone;
  const bool is_final_already =
      entry.state == core::TaskState::succeeded || entry.state == core::TaskState::failed;
  const bool ours = entry.answer.verdict != core::Verdict::wrong_task && !is_final_already;
  return ours ? entry.answer.facts : kNone;
}

QuotaChange quota_change(const core::AnswerEntry& entry) {
  if (entry.is_final && entry.settles_at) {
    return {QuotaChange::Kind::waits, *entry.settles_at};
  }
  if (entry.is_final || core::adds_nothing(entry.answer.verdict)) {
    return {QuotaChange::Kind::settled, entry.is_final ? core::UtcTime::max() : entry.observed_at};
  }
  return {};
}

void write_instead(const core::Entry& entry, const std::string& why, const EntryWrites& writes) {
  if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
    if (!writes.try_to_write(raw_answer(*answer, writes.standing(answer->task))) &&
        answer->settled) {
      writes.write(core::SettleEntry{answer->task});
    }
  } else if (const auto* video = std::get_if<core::VideoEntry>(&entry)) {
    writes.write(still_wanted(*video, why));
  }
}

}  // namespace storage
