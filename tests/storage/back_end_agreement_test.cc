// Random histories, played on the fake, which follows the rules of core/domain, and on a back end:
// after each step all interfaces must tell the same of both. REELTALLY_SEED: the first history's.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/histories.h"
#include "tests/storage/runs.h"

namespace {

using runs::Histories;
using runs::kIds;
using runs::Runs;
using runs::Step;

constexpr unsigned kHistories = 12;
constexpr unsigned kHistoriesOnServer = 3;  // each takes seconds
constexpr int kSteps = 25;

// Words of what the interfaces tell, so that a difference can be read.
class View {
 public:
  explicit View(Runs& runs) : runs_(runs) {
    add_tasks();
    add_videos();
    add_work();
    add_totals();
    add_histories();
    add_saved_videos();
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static std::string word(const std::optional<core::UtcTime>& time) {
    return time ? std::to_string(time->time_since_epoch().count()) : "-";
  }
  static std::string word(core::UtcTime time) { return word(std::optional(time)); }
  template <typename Number>
  static std::string word(Number number) {
    return std::to_string(number);
  }
  void add(std::vector<std::string> lines, const std::string& title) {
    std::sort(lines.begin(), lines.end());
    text_ += title + "\n";
    for (const std::string& line : lines) {
      text_ += "  " + line + "\n";
    }
  }
  void add_tasks() {
    std::vector<std::string> lines;
    for (const core::TaskRecord& task : runs_.tasks()) {
      lines.push_back(runs::joined(
          {task.id.text(), std::string(name(task.state)), word(task.account), word(task.first_seen),
           word(task.submit_time), word(task.last_query), word(task.not_found.runs),
           word(task.not_found.answers), word(task.settles_at), word(task.live_fetch)},
          false));
    }
    add(lines, "tasks to ask");
  }
  void add_videos() {
    std::vector<std::string> lines;
    for (const core::WantedVideo& video : runs_.videos()) {
      lines.push_back(
          runs::joined({video.id.text(), video.link.url, word(video.link.expires_at),
                        word(video.attempts), word(video.first_refusal), video.path, video.model,
                        video.status, word(video.finish_time), word(video.labels.size())},
                       false));
    }
    add(lines, "videos to fetch");
  }
  void add_work() {
    core::WorkList& work = runs_.work();
    const core::RunTotals totals = work.totals();
    add({runs::joined({word(totals.tasks), word(totals.succeeded), word(totals.failed),
                       word(totals.unfinished), word(totals.stale), word(totals.missing),
                       word(totals.videos_wanted), word(totals.videos_untried),
                       word(work.tasks_to_ask()), word(work.videos_to_fetch())},
                      false),
         runs_.left(true), runs_.left(false)},
        "work");
  }
  void add_totals() {
    const core::LedgerTotals all = runs_.reader()->totals(runs_.now());
    add({runs::joined(
             {word(all.tasks), word(all.unfinished), word(all.succeeded), word(all.failed),
              word(all.missing), word(all.stale), word(all.forgotten), word(all.videos_wanted),
              word(all.videos_done), word(all.videos_failed), word(all.videos_expired),
              word(all.runs), word(all.answers), word(all.video_bytes), word(all.oldest_unfinished),
              word(all.soonest_expiry)},
             false),
         "pending " + runs_.pending()},
        "ledger");
  }
  void add_histories() {
    const auto reader = runs_.reader();
    for (const std::string& id : kIds) {
      const auto history = reader->task("default", entries::id(id));
      if (!history) {
        continue;
      }
      std::vector<std::string> lines;
      for (const auto& [column, value] : history->task) {
        if (column != "stale") {  // by the system's clock
          lines.push_back(column + "=" + value.value_or("-"));
        }
      }
      for (const core::SnapshotRecord& one : history->snapshots) {
        lines.push_back("snapshot " + row(one.columns) + word(one.usage.size()) + " " +
                        (one.answer ? word(one.answer->size()) : "pruned"));
      }
      for (const core::ViewRow& video : history->videos) {
        lines.push_back("video " + row(video));
      }
      add(lines, "task " + id);
    }
  }
  void add_saved_videos() {
    const std::vector<core::SavedVideo> saved = runs_.saved_videos();
    std::vector<std::string> lines;
    runs_.reader()->describe(
        saved, [&](const core::SavedVideo& video, core::SavedVideoFacts&& facts) {
          lines.push_back(video.path + " " + facts.model + " " + facts.status + " " +
                          word(facts.finish_time) + " " + word(facts.labels.size()) + facts.checks);
        });
    add(lines, "on disk");
  }
  static std::string row(const core::ViewRow& columns) {
    std::string all;
    for (const auto& [column, value] : columns) {
      all += value.value_or("-") + " ";
    }
    return all;
  }

  Runs& runs_;
  std::string text_;
};

class BackEndAgreement : public testing::TestWithParam<support::BackEndMaker> {};

INSTANTIATE_TEST_SUITE_P(All, BackEndAgreement, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(BackEndAgreement, RandomHistoriesLeadToWhatTheRulesSay) {
  const bool on_server = GetParam().name.starts_with("postgres");
  for (unsigned i = 0; i < (on_server ? kHistoriesOnServer : kHistories); ++i) {
    Histories histories(runs::first_seed() + i);
    Runs reference(support::back_ends().front());
    Runs subject(GetParam());
    std::string story = "REELTALLY_SEED=" + std::to_string(runs::first_seed() + i) + ":\n";
    for (int number = 0; number < kSteps; ++number) {
      const Step step = number == 0 ? histories.begin_list() : histories.next(reference);
      story += step.name + "\n";
      SCOPED_TRACE(story);
      step.play(reference);
      step.play(subject);
      ASSERT_EQ(View(subject).text(), View(reference).text());
      ASSERT_FALSE(HasFailure());
    }
  }
}

}  // namespace
