// A run whose list is imported while it works, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "tests/core/engine/engine_world.h"

namespace {

using namespace engine_world;

const std::string kKnown = "known";
const std::string kNew = "new";

class EngineImportTest : public EngineTest {
 protected:
  // What the import adds at one moment of the run.
  struct Batch {
    std::vector<std::string> added;   // tasks that the ledger did not know
    std::vector<std::string> listed;  // tasks that it knew
  };

  EngineImportTest() {
    transport_.before_wait = [this] { go_on(); };
    ledger_.on_await = [this] {
      while (ledger_.import && !ledger_.import->has_ended) {
        go_on();
      }
    };
  }

  std::string known(const std::string& name, Script script) {
    add(kKnown + name, std::move(script));
    return kKnown + name;
  }
  std::string fresh(const std::string& name, Script script) {
    scripts_[kPrefix + kNew + name] = {std::move(script), 0};
    return kNew + name;
  }
  static Script finished(const std::string& id) { return {answer(200, body(id, "FAILURE"))}; }
  std::string known(const std::string& name) { return known(name, finished(kKnown + name)); }
  std::string fresh(const std::string& name) { return fresh(name, finished(kNew + name)); }

  // One batch each `turns_apart` turns of the loop, then the end.
  core::RunResult run_with(std::deque<Batch> batches) {
    batches_ = std::move(batches);
    ledger_.begin_import(plan_.run);
    return run_listed();
  }

  std::vector<std::string> in_order() const {
    std::vector<std::string> ids;
    for (const auto& sent : transport_.sent) {
      if (!sent.is_download) {
        ids.push_back(sent.what.substr(kPrefix.size()));
      }
    }
    return ids;
  }

  int turns_apart_ = 1;

 private:
  void go_on() {
    if (!ledger_.import || ledger_.import->has_ended || ++turn_ % turns_apart_ != 0) {
      return;
    }
    if (batches_.empty()) {
      ledger_.import->has_ended = true;
      return;
    }
    for (const std::string& id : batches_.front().added) {
      ledger_.import_new(id, clock_.utc());
    }
    for (const std::string& id : batches_.front().listed) {
      ledger_.import_known(id);
    }
    ++ledger_.import->batches;
    batches_.pop_front();
  }

  std::deque<Batch> batches_;
  int turn_ = 0;
};

TEST_F(EngineImportTest, NewTasksAreAskedBeforeTheListIsAtItsEnd) {
  turns_apart_ = 5;
  std::size_t asked_before_end = 0;
  const auto import = transport_.before_wait;
  transport_.before_wait = [&] {
    import();
    asked_before_end = ledger_.import->has_ended ? asked_before_end : transport_.sent.size();
  };
  EXPECT_EQ(run_with({{.added = {fresh("a"), fresh("b")}}, {.added = {fresh("c")}}}).end,
            RunEnd::completed);
  EXPECT_EQ(in_order(), (std::vector<std::string>{"newa", "newb", "newc"}));
  EXPECT_EQ(asked_before_end, 3U);
  EXPECT_EQ(tally().queried, 3U);
  EXPECT_EQ(tally().unasked, 0U);
}

TEST_F(EngineImportTest, KnownTasksAreAskedOnceTheListIsAtItsEnd) {
  turns_apart_ = 3;
  const std::string early = known("early");
  const std::string late = known("late");
  known("unlisted");
  EXPECT_EQ(run_with({{.added = {fresh("a")}, .listed = {late}},
                      {.added = {fresh("b")}, .listed = {early}},
                      {.added = {fresh("c")}}})
                .end,
            RunEnd::completed);
  EXPECT_EQ(in_order(),
            (std::vector<std::string>{"newa", "newb", "newc", "knownearly", "knownlate"}));
}

TEST_F(EngineImportTest, AListWithoutNewTasks) {
  const std::string one = known("one");
  EXPECT_EQ(run_with({{.listed = {one}}}).end, RunEnd::completed);
  EXPECT_EQ(in_order(), std::vector<std::string>{one});
}

TEST_F(EngineImportTest, AnEmptyList) {
  known("unlisted");
  EXPECT_EQ(run_with({}).end, RunEnd::completed);
  EXPECT_TRUE(in_order().empty());
}

TEST_F(EngineImportTest, VideosOfKnownTasksAreDownloaded) {
  add_succeeding("knownvideo");
  const auto fetch = fetch_;
  fetch_ = [](const core::DownloadRequest&) -> FakeTransport::FetchOutcome {
    return core::FetchFailure{.kind = FailureKind::transport, .text = "too slow"};
  };
  plan_.retry.retries = 0;
  EXPECT_EQ(run().end, RunEnd::completed);
  ASSERT_EQ(ledger_.video("knownvideo", 1), VideoState::wanted);
  fetch_ = fetch;
  ++plan_.run;
  turns_apart_ = 4;
  EXPECT_EQ(run_with({{.listed = {"knownvideo"}}}).end, RunEnd::completed);
  EXPECT_EQ(ledger_.video("knownvideo", 1), VideoState::done);
  EXPECT_EQ(asked("knownvideo"), 1);
}

TEST_F(EngineImportTest, AStoppedRunCountsWhatTheImportStillAdds) {
  turns_apart_ = 2;
  const auto import = transport_.before_wait;
  transport_.before_wait = [&] {
    import();
    stop_ = transport_.sent.empty() ? 0 : 1;
  };
  const std::string listed = known("a");
  EXPECT_EQ(run_with({{.added = {fresh("a")}},
                      {.added = {fresh("b"), fresh("c")}, .listed = {listed}},
                      {.added = {fresh("d")}}})
                .end,
            RunEnd::interrupted);
  EXPECT_EQ(in_order(), std::vector<std::string>{"newa"});
  EXPECT_EQ(tally().queried, 1U);
  EXPECT_EQ(tally().unasked, 4U);
}

TEST_F(EngineImportTest, WaitingTasksMakeRoomForThoseThatTheImportAdds) {
  plan_.wait = true;
  std::deque<Batch> batches(3);
  for (std::size_t i = 0; i < core::TaskWindow::kTasksMax + 1500; ++i) {
    const std::string name = std::to_string(i);
    const bool is_known = i % 4 == 0;
    const std::string id = (is_known ? kKnown : kNew) + name;
    const Script script{answer(200, body(id, "IN_PROGRESS")), answer(200, body(id, "FAILURE"))};
    Batch& batch = batches[i % batches.size()];
    (is_known ? batch.listed : batch.added)
        .push_back(is_known ? known(name, script) : fresh(name, script));
  }
  EXPECT_EQ(run_with(std::move(batches)).end, RunEnd::completed);
  EXPECT_EQ(tally().queried, core::TaskWindow::kTasksMax + 1500);
  EXPECT_EQ(ledger_.count(TaskState::failed), core::TaskWindow::kTasksMax + 1500);
}

// However the batches come, and with pages of any size: each listed task is asked until it ends.
TEST_F(EngineImportTest, AnyOrderOfBatchesAsksEachTask) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](unsigned count) {
      return static_cast<unsigned>(random() % count);
    };
    plan_.task_page = 1 + below(4);
    plan_.wait = true;
    turns_apart_ = static_cast<int>(1 + below(6));
    ledger_.page_lag = static_cast<int>(below(3));
    ledger_.commit_lag = below(2) * 3;
    std::deque<Batch> batches(1 + below(5));
    std::size_t tasks = 0;
    for (Batch& batch : batches) {
      for (unsigned i = below(8); i > 0; --i) {
        const std::string name = std::to_string(seed) + "-" + std::to_string(++tasks);
        const bool is_known = below(3) == 0;
        const std::string id = (is_known ? kKnown : kNew) + name;
        Script script = finished(id);
        if (below(2) == 0) {
          script.insert(script.begin(), answer(200, body(id, "IN_PROGRESS")));
        }
        (is_known ? batch.listed : batch.added)
            .push_back(is_known ? known(name, script) : fresh(name, script));
      }
    }
    const std::deque<Batch> all = batches;
    ASSERT_EQ(run_with(std::move(batches)).end, RunEnd::completed);
    EXPECT_EQ(tally().queried, tasks);
    for (const Batch& batch : all) {
      for (const auto* ids : {&batch.added, &batch.listed}) {
        for (const std::string& id : *ids) {
          EXPECT_EQ(ledger_.state(id), TaskState::failed) << id;
          EXPECT_EQ(asked(id), static_cast<int>(scripts_.at(kPrefix + id).first.size())) << id;
        }
      }
    }
    ++plan_.run;
  }
}

}  // namespace
