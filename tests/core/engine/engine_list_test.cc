// Answers from the gateway's list of tasks, before the queries of a run.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/engine/engine_world.h"

namespace {

using namespace engine_world;

class EngineList : public EngineTest {
 protected:
  // The entry of a task, as the gateway's list has it.
  static core::ListedAnswer entry(const std::string& id, const std::string& status,
                                  const std::string& link = "", int finish_time = 1780284918) {
    const std::string url = link.empty() ? "" : R"("result_url":")" + link + R"(",)";
    return {std::get<core::TaskId>(core::TaskId::parse(id)),
            R"({"id":7,"task_id":")" + id + R"(","platform":"17",)" + url + R"("status":")" +
                status + R"(","submit_time":1780284820,"finish_time":)" +
                std::to_string(finish_time) + R"(,"quota":5,"data":null})"};
  }
  // Before the next run, in one page.
  void list(std::vector<core::ListedAnswer> page) {
    prepare_ = [this, page](core::Engine& engine) {
      taken_ = engine.take_listed(0, std::vector<core::ListedAnswer>(page));
    };
  }
  void add_running(const std::string& id) { add(id, {answer(200, body(id, "IN_PROGRESS"))}); }

  std::size_t taken_ = 0;
};

TEST_F(EngineList, AListedTaskIsNotQueriedAndItsVideoIsDownloaded) {
  ledger_.commit_lag = 3;
  add_running("a");
  add_running("b");
  list({entry("stranger", "SUCCESS"), entry("b", "FAILURE"),
        entry("a", "SUCCESS", link("a", clock_.utc() + hours(20)))});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(taken_, 2U);
  EXPECT_EQ(asked("a") + asked("b"), 0);
  EXPECT_EQ(ledger_.state("a"), TaskState::succeeded);
  EXPECT_EQ(ledger_.state("b"), TaskState::failed);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::done);
  EXPECT_EQ(tally().queried, 2U);
  EXPECT_EQ(tally().listed, 2U);
  EXPECT_EQ(tally().requests, 1U);
  EXPECT_EQ(tally().succeeded, 1U);
  EXPECT_EQ(tally().failed, 1U);
  EXPECT_EQ(tally().videos_found, 1U);
}

TEST_F(EngineList, AnUnfinishedTaskIsAnsweredIfTheRunDoesNotWait) {
  add_running("a");
  list({entry("a", "IN_PROGRESS")});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(asked("a"), 0);
  EXPECT_EQ(ledger_.snapshots(), 1U);
  EXPECT_EQ(tally().unfinished, 1U);
}

TEST_F(EngineList, ARunThatWaitsQueriesWhatIsNotFinished) {
  plan_.wait = true;
  add_succeeding("running");
  add_running("finished");
  const auto just_now = std::chrono::duration_cast<seconds>(clock_.utc().time_since_epoch());
  add_succeeding("unsettled");
  list({entry("running", "IN_PROGRESS"),
        entry("finished", "SUCCESS", link("finished", clock_.utc() + hours(20))),
        entry("unsettled", "SUCCESS", link("unsettled", clock_.utc() + hours(20)),
              static_cast<int>(just_now.count()))});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(taken_, 1U);
  EXPECT_EQ(asked("finished"), 0);
  EXPECT_EQ(asked("running"), 1);
  EXPECT_GE(asked("unsettled"), 1) << "its quota may still change";
  EXPECT_EQ(tally().queried, 3U);
  EXPECT_EQ(tally().succeeded, 3U);
}

TEST_F(EngineList, AnEntryThatSaysNothingIsNoAnswer) {
  add_succeeding("a");
  add_succeeding("b");
  add_succeeding("c");
  core::ListedAnswer another = entry("stranger", "SUCCESS");
  another.id = std::get<core::TaskId>(core::TaskId::parse("b"));
  list({{std::get<core::TaskId>(core::TaskId::parse("a")), R"({"task_id":"a","error":{}})"},
        std::move(another),
        entry("c", "FROBNICATED")});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(taken_, 0U);
  EXPECT_EQ(asked("a"), 1);
  EXPECT_EQ(asked("b"), 1);
  EXPECT_EQ(asked("c"), 1);
  EXPECT_EQ(ledger_.snapshots(), 3U);
}

TEST_F(EngineList, ATaskOnTwoPagesIsTakenOnce) {
  ledger_.commit_lag = 3;
  add_running("a");
  prepare_ = [&](core::Engine& engine) {
    EXPECT_EQ(engine.take_listed(0, {entry("a", "FAILURE"), entry("a", "FAILURE")}), 1U);
    EXPECT_EQ(engine.take_listed(0, {entry("a", "FAILURE")}), 0U);
    EXPECT_EQ(engine.take_listed(1, {entry("a", "FAILURE")}), 0U) << "another account's";
  };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.snapshots(), 1U);
  EXPECT_EQ(tally().requests, 3U);
  EXPECT_EQ(tally().failed, 1U);
}

TEST_F(EngineList, APageDoesNotWaitForItsCommit) {
  ledger_.commit_lag = 3;
  add_running("a");
  add_running("b");
  prepare_ = [&](core::Engine& engine) {
    EXPECT_EQ(engine.take_listed(0, {entry("a", "FAILURE")}), 1U);
    EXPECT_EQ(engine.take_listed(0, {entry("a", "FAILURE"), entry("b", "FAILURE")}), 1U);
    EXPECT_EQ(ledger_.committed(), 0U);
  };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(asked("a") + asked("b"), 0) << "run waits for the commit before it reads its tasks";
  EXPECT_EQ(ledger_.snapshots(), 2U);
}

// A list's answer says nothing about the API key.
TEST_F(EngineList, ARejectedKeyStillEndsTheRun) {
  add_running("listed");
  add("a", {answer(401, R"({"error":{"message":"Invalid token"}})")});
  list({entry("listed", "FAILURE")});
  EXPECT_EQ(run().end, RunEnd::key_rejected);
  EXPECT_EQ(ledger_.state("listed"), TaskState::failed);
}

}  // namespace
