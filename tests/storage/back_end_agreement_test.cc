// Random histories, played on the fake, which follows the rules of core/domain, and on a back end:
// after each step all interfaces must tell the same of both. REELTALLY_SEED: the first history's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/runs.h"

namespace {

using core::VideoState;
using runs::Runs;

constexpr unsigned kHistories = 12;
constexpr int kSteps = 25;
const std::vector<std::string> kIds{"a", "b", "c", "d", "e", "f"};

// What a step does, on whichever back end.
struct Step {
  std::string name;
  std::function<void(Runs&)> play;
};

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

class Histories {
 public:
  explicit Histories(unsigned seed) : random_(seed) {}

  // `reference` tells what can be done next.
  Step next(Runs& reference) {
    const std::vector<core::TaskRecord> tasks = reference.tasks();
    const std::vector<core::WantedVideo> videos = reference.videos();
    const unsigned kind = pick(14);
    if (kind < 6 && !tasks.empty()) {
      return hear(tasks[pick(tasks.size())]);
    }
    if (kind < 9 && !videos.empty()) {
      return try_video(videos[pick(videos.size())].id.text());
    }
    switch (kind) {
      case 9:
        return wait();
      case 10:
        return settle(tasks);
      case 11:
        return tidy_up();
      case 12:
        return begin_pending();
      default:
        return begin_list();
    }
  }
  Step begin_list() {
    std::vector<core::WantedTask> rows;
    for (unsigned count = 1 + pick(8); count > 0; --count) {
      rows.push_back({.id = entries::id(kIds[pick(kIds.size())]),
                      .model = maybe() ? "" : "m" + std::to_string(pick(2)),
                      .labels = {}});
      if (maybe()) {
        rows.back().labels.emplace_back("p" + std::to_string(pick(2)), std::to_string(pick(2)));
      }
    }
    core::ImportRules rules;
    rules.refresh = pick(4) == 0;
    rules.relabel = maybe();
    if (maybe()) {
      rules.on_disk = [gone = "/v/" + kIds[pick(kIds.size())]](
                          const std::string& path, std::int64_t) { return path != gone; };
    }
    return {"list", [rows, rules](Runs& runs) {
              const auto reader = runs.reader();
              std::set<std::string> expected;
              for (const core::WantedTask& row : rows) {
                if (reader->would_ask("default", row.id.text(), rules)) {
                  expected.insert(row.id.text());
                }
              }
              runs.begin_run();
              const core::ImportOutcome outcome = runs.import(rows, rules);
              EXPECT_EQ(runs.asked(), runs::joined({expected.begin(), expected.end()}))
                  << "would_ask foretells what an import does";
              std::set<std::string> named;
              for (const core::WantedTask& row : rows) {
                named.insert(row.id.text());
              }
              EXPECT_EQ(outcome.duplicates, rows.size() - named.size());
            }};
  }

 private:
  unsigned pick(std::size_t below) {
    return std::uniform_int_distribution<unsigned>(0, static_cast<unsigned>(below) - 1)(random_);
  }
  bool maybe() { return pick(2) == 0; }

  static Step begin_pending() {
    return {"pending", [](Runs& runs) {
              const std::string foretold = runs.pending();
              runs.begin_run();
              runs.work().add_pending(0);
              EXPECT_EQ(runs.asked(), foretold) << "each_pending tells what add_pending asks";
            }};
  }
  Step wait() {
    const std::vector<std::chrono::milliseconds> times{std::chrono::milliseconds(1),
                                                       core::kNotFoundApart, std::chrono::hours(20),
                                                       runs::kStaleAfter};
    return {"wait", [by = times[pick(times.size())]](Runs& runs) { runs.clock().advance(by); }};
  }
  Step settle(const std::vector<core::TaskRecord>& tasks) {
    if (tasks.empty()) {
      return wait();
    }
    return {"give up", [id = tasks[pick(tasks.size())].id.text()](Runs& runs) {
              runs.append(core::SettleEntry{runs.key(id)});
            }};
  }
  Step hear(const core::TaskRecord& task) {
    const std::string id = task.id.text();
    const std::vector<std::string> bodies{
        entries::running(id),
        entries::running(id, "60%"),
        entries::success(id),
        entries::success(id, "1780371305", "9"),
        entries::success(id, "1780999999"),
        entries::success(id, ""),
        entries::failure(id),
        entries::kNotFound,
        entries::success("another"),
        R"({"code":"success","data":{"task_id":")" + id + R"(","status":"NEW_WORD"}})",
        "oops"};
    const std::string body = bodies[pick(bodies.size())];
    const int status = body == entries::kNotFound ? 400 : body == "oops" ? 502 : 200;
    const bool unsettled = pick(3) == 0;
    return {"hear " + id + " " + body, [=](Runs& runs) {
              core::AnswerEntry entry = runs.answer(id, body, status);
              if (entry.is_final && unsettled) {
                entry.settles_at = runs.now() + core::kSettlingTime;
              }
              runs.append(std::move(entry));
            }};
  }
  Step try_video(const std::string& id) {
    const std::vector<VideoState> states{VideoState::done, VideoState::done, VideoState::wanted,
                                         VideoState::failed, VideoState::expired};
    const VideoState state = states[pick(states.size())];
    return {"video " + id + " " + std::string(name(state)), [=](Runs& runs) {
              if (state == VideoState::done) {
                runs.save(id, "/v/" + id);
              } else {
                runs.fail_to_save(id, state);
              }
            }};
  }
  // What people do between runs.
  Step tidy_up() {
    const std::string id = kIds[pick(kIds.size())];
    const unsigned kind = pick(2);
    return {"want again, or prune", [=](Runs& runs) {
              runs.end();
              if (kind == 0) {
                std::vector<core::SavedVideo> missing = runs.saved_videos();
                std::erase_if(missing, [&](const auto& video) { return video.task_id != id; });
                const auto done = runs.reader()->want_again(missing, runs.now());
                EXPECT_LE(done.missing, missing.size());
              } else {
                runs.back_end().prune();
              }
              runs.begin_run();
              runs.work().add_pending(0);
            }};
  }

  std::mt19937 random_;
};

unsigned first_seed() {
  const char* text = std::getenv("REELTALLY_SEED");
  return text == nullptr ? 20261127 : static_cast<unsigned>(std::stoul(text));
}

class BackEndAgreement : public testing::TestWithParam<support::BackEndMaker> {};

INSTANTIATE_TEST_SUITE_P(All, BackEndAgreement, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(BackEndAgreement, RandomHistoriesLeadToWhatTheRulesSay) {
  for (unsigned i = 0; i < kHistories; ++i) {
    Histories histories(first_seed() + i);
    Runs reference(support::back_ends().front());
    Runs subject(GetParam());
    std::string story = "REELTALLY_SEED=" + std::to_string(first_seed() + i) + ":\n";
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
