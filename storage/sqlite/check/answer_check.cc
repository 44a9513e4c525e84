#include "storage/sqlite/check/answer_check.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "core/domain/lifecycle.h"
#include "core/files/sha256.h"
#include "core/gateway/api.h"
#include "core/text/redaction.h"
#include "storage/answers/json_text.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/fact_columns.h"
#include "storage/statements/finished_tasks.h"

namespace storage {
namespace {

// The facts that only a final answer sets.
constexpr auto kFinalTimes = core::fact_members<core::FactTime, core::is_of_final_answer>();
constexpr auto kFinalTexts = core::fact_members<core::FactText, core::is_of_final_answer>();
constexpr int kFinalFacts = static_cast<int>(kFinalTimes.size() + kFinalTexts.size());
constexpr int kStickyFacts = static_cast<int>(kStickyTimes.size() + kStickyTexts.size());

bool facts_are_those_of(const core::TaskFacts& facts, const Statement& row, int column) {
  bool same = true;
  for (const auto time : kFinalTimes) {
    same = row.time(column++) == facts.*time && same;
  }
  for (const auto text : kFinalTexts) {
    same = row.text(column++) == facts.*text && same;
  }
  return same;
}

// True if a column holds the key mask and so cannot equal the raw answer.
bool has_masked_key(const Statement& row, int first, int last) {
  for (int column = first; column <= last; ++column) {
    if (row.text(column).find(core::kKeyMask) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

// SQL for a bit mask of the sticky facts of a task, in the order of fact_columns.
std::string sticky_mask_sql() {
  std::string sql = "0";
  unsigned bit = 1;
  each_fact(core::is_of_any_answer, [&](const core::Fact& fact) {
    sql += " + " + std::to_string(bit) + " * (" + std::string(fact.column) + " IS NOT NULL)";
    bit *= 2;
  });
  return sql;
}

// The sticky facts of a task keep the last value that an answer states, until an answer is final;
// after that only other final answers change them. One bit for each fact.
struct StickyFields {
  static constexpr unsigned kAll = (1U << static_cast<unsigned>(kStickyFacts)) - 1;
  unsigned stated = 0;     // by any answer so far
  unsigned different = 0;  // the last stated value differs from the row
  bool finished = false;
};

bool is_final_verdict(std::int64_t verdict) {
  return core::is_final(static_cast<core::Verdict>(verdict));
}

// Whether the run `r` read answers in the same way as this program: it had the same version, and
// the ledger has not been upgraded since. Another version may read answers differently.
constexpr const char* kReadByThis =
    "(r.version = ? AND r.started_at >= (SELECT max(applied_at) FROM migration))";

class AnswerCheck {
 public:
  AnswerCheck(SQLite::Database& database, const std::string& version, Findings& findings)
      : version_(version),
        findings_(findings),
        answers_(database),
        kept_(database, (std::string("SELECT s.id, s.block, s.slot, s.raw_bytes, s.raw_sha256, ") +
                         kReadByThis +
                         ", t.task_id, o.http_status, o.verdict, o.usage_names, s.usage_values, "
                         "o.code || '|' || o.status || '|' || o.progress, t.final_snapshot = s.id, "
                         "t.id, " +
                         fact_columns("t.", core::is_of_any_answer) + ", " +
                         fact_columns("t.", core::is_of_final_answer) +
                         " FROM snapshot AS s JOIN outcome AS o ON o.id = s.outcome "
                         "JOIN task AS t ON t.id = s.task JOIN run AS r ON r.id = s.run "
                         "WHERE s.block IS NOT NULL ORDER BY s.block, s.slot, s.id")
                            .c_str()),
        videos_(database, "SELECT video_index, snapshot, expires_at FROM video WHERE task = ?"),
        tasks_(database, ("SELECT id, task_id, " + sticky_mask_sql() + " FROM task").c_str()),
        unchecked_(database,
                   (std::string("SELECT 1 FROM snapshot AS s JOIN run AS r ON r.id = s.run "
                                "WHERE s.task = ? AND (s.block IS NULL OR NOT ") +
                    kReadByThis + ") LIMIT 1")
                       .c_str()),
        lines_(database, ("SELECT l.line_id, s.block, s.slot, o.http_status, t.task_id, " +
                          fact_columns("l.", core::is_of_final_answer) +
                          " FROM report_line AS l JOIN snapshot AS s ON s.id = l.snapshot "
                          "JOIN outcome AS o ON o.id = s.outcome JOIN task AS t ON t.id = s.task "
                          "JOIN run AS r ON r.id = s.run WHERE NOT l.reversal AND "
                          "s.block IS NOT NULL AND " +
                          kReadByThis + " ORDER BY s.block, s.slot")
                             .c_str()) {}

  void check_snapshots();
  void check_sticky_fields();
  void check_lines();

 private:
  void check_answer(const std::string& name);
  void end_block();
  [[nodiscard]] std::string difference(const std::string& body);
  void compare_sticky_fields(const core::Answer& answer);
  [[nodiscard]] bool videos_are_those_of(const core::Answer& answer);

  const std::string& version_;
  Findings& findings_;
  AnswerReader answers_;
  core::Sha256 hash_;
  Statement kept_;
  Statement videos_;
  Statement tasks_;
  Statement unchecked_;
  Statement lines_;
  std::unordered_map<std::int64_t, StickyFields> sticky_;  // by task
  std::int64_t block_ = -1;
  std::int64_t slot_ = -1;
  std::size_t unnamed_bytes_ = 0;  // of answers in the block that no snapshot has named so far
};

constexpr int kTakenFrom = 9;  // the first column that is read from an answer
constexpr int kTask = 13;
constexpr int kStickyFrom = 14;
constexpr int kFactsFrom = kStickyFrom + kStickyFacts;

core::Answer parse(std::int64_t http_status, const std::string& body, std::string_view task_id) {
  const auto id = core::TaskId::parse(task_id);
  if (!std::holds_alternative<core::TaskId>(id)) {
    throw std::runtime_error("its task's ID is none");
  }
  return core::parse_answer(static_cast<int>(http_status), body, std::get<core::TaskId>(id));
}

// Whether a run recorded that it could read nothing from an answer.
bool is_nothing_taken(std::int64_t verdict, std::string_view words) {
  return static_cast<core::Verdict>(verdict) == core::Verdict::unreadable &&
         words == std::string(core::kNothingTaken) + "||";
}

// The code with which an answer was recorded.
std::string_view code_of(const core::Answer& answer, std::string_view words) {
  return words.starts_with(std::string(core::kFromList) + '|') ? core::kFromList : answer.code;
}

// Whether a recorded verdict may differ from the answer's own: other answers of a run may show that
// a refused or unroutable ID is unknown.
bool may_mean(core::Verdict said, core::Verdict kept) {
  const bool may_be_unknown =
      said == core::Verdict::forbidden || said == core::Verdict::invalid_url;
  return said == kept || (may_be_unknown && kept == core::Verdict::not_found);
}

void AnswerCheck::check_snapshots() {
  kept_.bind(1, version_);
  while (!findings_.full() && kept_.step()) {
    const std::string name = "snapshot " + std::to_string(kept_.integer(0)) + ": ";
    try {
      check_answer(name);
    } catch (const std::exception& failure) {
      findings_.add(name + failure.what());
    }
  }
  if (!findings_.full()) {
    end_block();
  }
}

void AnswerCheck::check_answer(const std::string& name) {
  const std::int64_t block = kept_.integer(1);
  const std::int64_t slot = kept_.integer(2);
  if (block != block_) {
    end_block();
    unnamed_bytes_ = 0;  // in case this block is damaged
    block_ = block;
    slot_ = -1;
    static_cast<void>(answers_.read(block, 0));
    unnamed_bytes_ = answers_.block_bytes();
  }
  const std::string& answer = answers_.read(block, slot);
  unnamed_bytes_ -= slot == slot_ ? 0 : answer.size();
  slot_ = slot;
  hash_.update(answer);
  const core::Sha256Digest digest = hash_.finish();
  const std::string_view bytes = core::bytes_of(digest);
  if (static_cast<std::int64_t>(answer.size()) != kept_.integer(3) || bytes != kept_.blob(4)) {
    findings_.add(name + "its answer is not the one that was received");
  } else if (kept_.integer(5) != 0 &&
             has_masked_key(kept_, kTakenFrom, kFactsFrom + kFinalFacts - 1)) {
    StickyFields& sticky = sticky_[kept_.integer(kTask)];  // it may have stated any
    sticky = {.stated = StickyFields::kAll,
              .finished = sticky.finished || is_final_verdict(kept_.integer(8))};
  } else if (kept_.integer(5) != 0) {
    if (const std::string wrong = difference(answer); !wrong.empty()) {
      findings_.add(name + wrong);
    }
  }
}

// A prune deletes an answer when its last snapshot no longer refers to it.
void AnswerCheck::end_block() {
  if (unnamed_bytes_ != 0) {
    findings_.add("block of answers " + std::to_string(block_) +
                  ": has an answer that no snapshot names");
  }
}

// Parses the answer again and compares it with the tables. Empty if nothing differs.
std::string AnswerCheck::difference(const std::string& body) {
  if (is_nothing_taken(kept_.integer(8), kept_.text(11))) {
    return "";
  }
  const core::Answer answer = parse(kept_.integer(7), body, kept_.text(6));
  const std::string values =
      answer.usage.empty() ? "" : json_array(answer.usage, &core::UsageMetric::value);
  if (!may_mean(answer.verdict, static_cast<core::Verdict>(kept_.integer(8))) ||
      json_array(answer.usage, &core::UsageMetric::name) != kept_.text(9) ||
      values != kept_.text(10) ||
      std::string(code_of(answer, kept_.text(11))) + '|' + answer.status + '|' + answer.progress !=
          kept_.text(11)) {
    return "its row does not match its answer";
  }
  if (kept_.integer(12) != 0 && !facts_are_those_of(answer.facts, kept_, kFactsFrom)) {
    return "the row of its task " + std::string(kept_.text(6)) + " does not match its answer";
  }
  if (!videos_are_those_of(answer)) {
    return "the videos of its task " + std::string(kept_.text(6)) + " do not match its answer";
  }
  if (answer.verdict != core::Verdict::wrong_task) {
    compare_sticky_fields(answer);
  }
  return "";
}

// The answers of a task are in order here too, because blocks are numbered as they are written.
void AnswerCheck::compare_sticky_fields(const core::Answer& answer) {
  const core::TaskFacts& facts = answer.facts;
  StickyFields& sticky = sticky_[kept_.integer(kTask)];
  const bool is_final = core::is_final(answer.verdict);
  if (sticky.finished && !is_final) {
    return;
  }
  sticky.finished = is_final;
  unsigned bit = 1;
  const auto take = [&sticky, &bit](bool stated, bool same) {
    if (stated) {
      sticky.stated |= bit;
      sticky.different = same ? sticky.different & ~bit : sticky.different | bit;
    }
    bit *= 2;
  };
  int column = kStickyFrom;
  for (const auto time : kStickyTimes) {
    take((facts.*time).has_value(), kept_.time(column++) == facts.*time);
  }
  for (const auto text : kStickyTexts) {
    take(!(facts.*text).empty(), kept_.text(column++) == facts.*text);
  }
}

// Each link of a success must have its video, and a video that names this answer must have its link
// here. The links of an unrecognised answer count only while its task is not finished.
bool AnswerCheck::videos_are_those_of(const core::Answer& answer) {
  const bool success = answer.verdict == core::Verdict::succeeded;
  if (!success && answer.verdict != core::Verdict::unrecognised) {
    return true;
  }
  std::size_t found = 0;
  bool fit = true;
  videos_.bind(1, kept_.integer(kTask));
  while (videos_.step()) {
    const auto link = std::find_if(answer.links.begin(), answer.links.end(), [&](const auto& one) {
      return one.index == videos_.integer(0);
    });
    const bool has_link = link != answer.links.end();
    found += has_link ? 1U : 0U;
    if (videos_.integer(1) == kept_.integer(0)) {
      fit = fit && has_link && link->expires_at == videos_.time(2);
    }
  }
  videos_.reset();
  return fit && (!success || found == answer.links.size());
}

void AnswerCheck::check_sticky_fields() {
  while (!findings_.full() && tasks_.step()) {
    const auto found = sticky_.find(tasks_.integer(0));
    const StickyFields sticky = found == sticky_.end() ? StickyFields{} : found->second;
    const auto has = static_cast<unsigned>(tasks_.integer(2));
    if (sticky.different == 0 && (has & ~sticky.stated) == 0) {
      continue;
    }
    // An answer that was pruned, or read by another version, may have stated it.
    unchecked_.bind(1, tasks_.integer(0));
    unchecked_.bind(2, version_);
    if (!unchecked_.step()) {
      findings_.add(
          "task " + std::string(tasks_.text(1)) +
          ": no answer gave the times, the model, the action or the request ID of its row; "
          "`run --refresh` with its ID takes them from its final answer again");
    }
    unchecked_.reset();
  }
}

void AnswerCheck::check_lines() {
  constexpr int kLineFactsFrom = 5;
  lines_.bind(1, version_);
  while (!findings_.full() && lines_.step()) {
    const std::string name = "closed line " + std::string(lines_.text(0)) + ": ";
    try {
      const std::string& body = answers_.read(lines_.integer(1), lines_.integer(2));
      const core::Answer answer = parse(lines_.integer(3), body, lines_.text(4));
      if (!has_masked_key(lines_, kLineFactsFrom, kLineFactsFrom + kFinalFacts - 1) &&
          !facts_are_those_of(answer.facts, lines_, kLineFactsFrom)) {
        findings_.add(name + "it does not match its answer");
      }
    } catch (const std::exception& failure) {
      findings_.add(name + failure.what());
    }
  }
}

}  // namespace

void check_answers(SQLite::Database& database, const std::string& version, Findings& findings) {
  AnswerCheck check(database, version, findings);
  check.check_snapshots();
  check.check_sticky_fields();
  check.check_lines();
}

}  // namespace storage
