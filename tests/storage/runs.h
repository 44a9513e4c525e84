// The runs of a test on one ledger of a back end, through the interfaces of core/ledger alone.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/domain/lifecycle.h"
#include "tests/storage/entries.h"
#include "tests/support/back_end.h"

namespace runs {

inline constexpr std::chrono::hours kStaleAfter{36};

inline std::string joined(std::vector<std::string> words, bool sort = true) {
  if (sort) {
    std::sort(words.begin(), words.end());
  }
  std::string all;
  for (const std::string& word : words) {
    all += (all.empty() ? "" : " ") + word;
  }
  return all;
}

/// Those that --db can name.
inline std::vector<support::BackEndMaker> stored_back_ends() {
  std::vector<support::BackEndMaker> all = support::back_ends();
  std::erase_if(all, [](const support::BackEndMaker& one) { return one.name.ends_with("fake"); });
  return all;
}

class Runs {
 public:
  explicit Runs(const support::BackEndMaker& maker) : back_end_(maker.make()) {}

  [[nodiscard]] support::BackEnd& back_end() { return *back_end_; }
  [[nodiscard]] support::ManualClock& clock() { return back_end_->clock; }
  [[nodiscard]] core::UtcTime now() const { return back_end_->clock.utc(); }
  [[nodiscard]] std::int64_t run() const { return run_; }

  /// Ends the run that is open, if any, so that people may work on the ledger.
  void end() {
    if (work_) {
      work().end_run(0, "{}");
    }
    kill();
  }
  /// What is open of the run is dropped, as kill -9 does it; the next call opens it anew.
  void kill() {
    ledger_.reset();
    work_.reset();
  }
  /// The two take turns: each call ends the other's.
  core::WorkList& work() {
    if (ledger_) {
      ledger_->flush();
      ledger_.reset();
    }
    if (!work_) {
      work_ = back_end_->open_work_list();
    }
    return *work_;
  }
  core::Ledger& ledger() {
    if (!ledger_) {
      core::WorkList& work = this->work();
      ledger_ = back_end_->open_ledger(work);
    }
    return *ledger_;
  }
  std::unique_ptr<core::LedgerReader> reader() {
    flush();
    return back_end_->open_reader();
  }

  std::int64_t begin_run(const std::vector<std::string>& accounts = {"default"}) {
    accounts_ = accounts;
    return run_ = work().begin_run({.version = "1",
                                    .host = "h",
                                    .inputs = {"-"},
                                    .accounts = accounts,
                                    .stale_after = kStaleAfter});
  }
  template <typename Rows>
  core::ImportOutcome import(const Rows& rows, const core::ImportRules& rules = {},
                             int account = 0) {
    const core::ImportOutcome outcome = entries::import(work(), rows, rules, account);
    remember_keys();
    return outcome;
  }
  core::ImportOutcome import(const std::vector<std::string>& ids,
                             const core::ImportRules& rules = {}, int account = 0) {
    return import <std::vector<std::string>>(ids, rules, account);
  }
  /// A run whose list names these.
  void run_with(const std::vector<std::string>& ids, const core::ImportRules& rules = {}) {
    begin_run();
    import(ids, rules);
  }

  /// The task's key, once it was on a list to ask.
  core::TaskKey key(const std::string& id, const std::string& account = "default") {
    const auto known = keys_.find({account, id});
    EXPECT_NE(known, keys_.end()) << id;
    return known == keys_.end() ? 0 : known->second;
  }
  core::AnswerEntry answer(const std::string& id, const std::string& body, int http_status = 200,
                           const std::string& account = "default") {
    const core::TaskKey task = key(id, account);
    return entries::answered({.task = task,
                              .id = id,
                              .body = body,
                              .http_status = http_status,
                              .run = run_,
                              .before = standings_[task],
                              .when = now()});
  }
  void append(core::Entry entry) {
    if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
      standings_[answer->task] = {answer->state, answer->not_found};
    }
    ledger().append(std::move(entry));
    ledger().flush();
  }
  void hear(const std::string& id, const std::string& body, int http_status = 200,
            const std::string& account = "default") {
    append(answer(id, body, http_status, account));
  }
  void save(const std::string& id, const std::string& path) {
    append(entries::saved(key(id), path));
  }
  void fail_to_save(const std::string& id, core::VideoState state) {
    append(entries::not_saved(key(id), state));
  }

  std::vector<core::TaskRecord> tasks() { return entries::tasks(ledger(), 0, kAll); }
  std::vector<core::WantedVideo> videos() { return entries::videos(ledger(), kAll); }
  /// The IDs of the tasks that the run asks about, sorted.
  std::string asked() {
    std::vector<std::string> ids;
    for (const core::TaskRecord& task : tasks()) {
      ids.push_back(task.id.text());
    }
    return joined(std::move(ids));
  }
  /// "account-index:id" of each, or "account-index:id#video".
  std::string left(bool videos = true) {
    std::vector<std::string> all;
    work().each_left(videos, [&all](const core::LeftOver& one) {
      all.push_back(std::to_string(one.account) + ":" + one.task_id +
                    (one.video == 0 ? "" : "#" + std::to_string(one.video)));
    });
    return joined(std::move(all));
  }
  std::string pending(const std::string& account = "default") {
    std::vector<std::string> ids;
    reader()->each_pending(account, core::stale_before(now(), kStaleAfter),
                           [&ids](const std::string& id) { ids.push_back(id); });
    return joined(std::move(ids));
  }
  std::vector<core::SavedVideo> saved_videos() {
    std::vector<core::SavedVideo> all;
    reader()->each_saved_video([&all](core::SavedVideo&& video) { all.push_back(video); });
    return all;
  }
  /// The columns of v_task; none: null.
  std::map<std::string, std::optional<std::string>> row(const std::string& id,
                                                        const std::string& account = "default") {
    const auto history = reader()->task(account, entries::id(id));
    EXPECT_TRUE(history) << id;
    return history ? std::map(history->task.begin(), history->task.end())
                   : std::map<std::string, std::optional<std::string>>{};
  }
  std::string cell(const std::string& id, const std::string& column) {
    return row(id)[column].value_or("-");
  }

 private:
  static constexpr std::size_t kAll = 1000;

  void flush() {
    if (ledger_) {
      ledger_->flush();
    }
  }
  void remember_keys() {
    for (const core::TaskRecord& task : tasks()) {
      const std::string& account = accounts_.at(static_cast<std::size_t>(task.account));
      keys_[{account, task.id.text()}] = task.key;
      standings_[task.key] = {task.state, task.not_found};
    }
  }

  std::unique_ptr<support::BackEnd> back_end_;
  std::unique_ptr<core::WorkList> work_;
  std::unique_ptr<core::Ledger> ledger_;
  std::int64_t run_ = 0;
  std::vector<std::string> accounts_;
  std::map<std::pair<std::string, std::string>, core::TaskKey> keys_;
  std::map<core::TaskKey, core::TaskStanding> standings_;
};

/// Brings a task of each kind into the ledger, under the ID that names it: unfinished, succeeded,
/// saved, unsettled, failed, failed_but_saved, missing.
inline void make_all_kinds(Runs& runs) {
  const std::vector<std::string> ids{"unfinished", "succeeded",        "saved",  "unsettled",
                                     "failed",     "failed_but_saved", "missing"};
  for (int heard = 0; heard < core::kNotFoundMax; ++heard) {
    runs.clock().advance(core::kNotFoundApart);
    runs.run_with(ids);
    runs.hear("missing", entries::kNotFound, 400);
  }
  for (const char* id : {"succeeded", "saved", "unsettled", "failed_but_saved"}) {
    core::AnswerEntry entry = runs.answer(id, entries::success(id));
    if (id == std::string("unsettled")) {
      entry.settles_at = runs.now() + core::kSettlingTime;
    }
    runs.append(std::move(entry));
  }
  runs.save("saved", "/v/saved");
  runs.save("failed_but_saved", "/v/failed_but_saved");
  runs.hear("failed", entries::failure("failed"));
  runs.hear("failed_but_saved", entries::failure("failed_but_saved"));
}

/// All files are there, or none is.
inline core::ImportRules files(bool there) {
  return {.on_disk = [there](const std::string&, std::int64_t) { return there; }};
}

}  // namespace runs
