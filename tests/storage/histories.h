// Random histories of a ledger, step by step. REELTALLY_SEED: the first history's.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/runs.h"

namespace runs {

/// The tasks of all histories.
inline const std::vector<std::string> kIds{"a", "b", "c", "d", "e", "f"};

/// What a step does, on whichever back end.
struct Step {
  std::string name;
  std::function<void(Runs&)> play;
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

  // Takes back every task that can be taken back: those without a final answer.
  static Step forget_all() {
    return {"forget all", [](Runs& runs) {
              runs.end();
              for (const std::string& id : kIds) {
                runs.back_end().forget(id);
              }
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
    const std::vector<core::VideoState> states{core::VideoState::done, core::VideoState::done,
                                               core::VideoState::wanted, core::VideoState::failed,
                                               core::VideoState::expired};
    const core::VideoState state = states[pick(states.size())];
    return {"video " + id + " " + std::string(name(state)), [=](Runs& runs) {
              if (state == core::VideoState::done) {
                runs.save(id, "/v/" + id);
              } else {
                runs.fail_to_save(id, state);
              }
            }};
  }
  // What people do between runs.
  Step tidy_up() {
    const std::string id = kIds[pick(kIds.size())];
    const std::vector<std::string> kinds{"want again", "prune", "forget"};
    const std::string kind = kinds[pick(kinds.size())];
    return {kind + " " + id, [=](Runs& runs) {
              runs.end();
              if (kind == "forget") {
                runs.back_end().forget(id);
              } else if (kind == "want again") {
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

inline unsigned first_seed() {
  const char* text = std::getenv("REELTALLY_SEED");
  return text == nullptr ? 20261127 : static_cast<unsigned>(std::stoul(text));
}

}  // namespace runs
