// The engine in virtual time: hours of polling in milliseconds, every ending, no network, no disk.
#include "tests/core/engine/engine_world.h"

namespace {

using namespace engine_world;

TEST_F(EngineTest, NothingToDoEndsAtOnce) {
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_TRUE(transport_.sent.empty());
}

TEST_F(EngineTest, SuccessIsRecordedAndDownloaded) {
  add_succeeding("a");
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.state("a"), TaskState::succeeded);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::done);
  EXPECT_EQ(tally().queried, 1U);
  EXPECT_EQ(tally().videos_downloaded, 1U);
  EXPECT_EQ(tally().video_bytes, 1000);
}

TEST_F(EngineTest, EveryTaskIsQueriedOnceAndNeverTooManyAtOnce) {
  plan_.concurrency = 16;
  plan_.download = false;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "SUCCESS", link(id, clock_.utc() + hours(1))))});
  }
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().queried, 10'000U);
  EXPECT_EQ(tally().requests, 10'000U);
  EXPECT_EQ(transport_.most_queries_in_flight, 16U);
  EXPECT_EQ(ledger_.snapshots(), 10'000U);
}

TEST_F(EngineTest, AFinalAnswerWithoutAnIdCountsOnlyIfItCertainlyBelongsToTheQuery) {
  struct Case {
    std::string name;
    std::string id;
    core::QueryAnswer answer;
    bool counts;  // although it came over a reused connection
  };
  const std::string unnamed = R"({"code":"success","data":{"status":"FAILURE"}})";
  const std::vector<Case> cases = {
      {"a failure", "a", answer(200, unnamed), false},
      {"a success", "b", answer(200, R"({"status":"completed","video_url":"https://h/v"})"), false},
      {"another key's 401", "c", answer(401, R"({"error":{"message":"bad key"}})"), false},
      {"a failure of this task", "d", answer(200, body("d", "FAILURE")), true},
      {"flat", "e", answer(200, R"({"id":"e","status":"failed"})"), true},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    core::QueryAnswer kept = one.answer;
    kept.kept_connection = true;
    add(one.id, {kept, answer(200, body(one.id, "SUCCESS", link("a", clock_.utc() + hours(1))))});
    std::vector<bool> fresh;
    transport_.on_query = [&](const core::QueryRequest& request) {
      fresh.push_back(request.fresh_connection);
      return next(request.path);
    };
    const std::size_t before = ledger_.snapshots();
    EXPECT_EQ(run().end, RunEnd::completed);
    EXPECT_EQ(ledger_.state(one.id), one.counts ? TaskState::failed : TaskState::succeeded);
    EXPECT_EQ(ledger_.snapshots(), before + 1) << "what may be nobody's is not kept";
    EXPECT_EQ(fresh, one.counts ? std::vector<bool>({false}) : std::vector<bool>({false, true}));
  }
}

TEST_F(EngineTest, AFinalAnswerWithoutAnIdCountsOnANewConnection) {
  add("a", {answer(200, R"({"code":"success","data":{"status":"FAILURE"}})")});
  run();
  EXPECT_EQ(ledger_.state("a"), TaskState::failed);
  EXPECT_EQ(asked("a"), 1);
}

TEST_F(EngineTest, AMissingTaskIsFinalOnlyIfTheAnswerCertainlyBelongsToTheQuery) {
  core::QueryAnswer gone = answer(400, R"({"code":"task_not_exist","message":"no"})");
  gone.kept_connection = true;
  core::QueryAnswer alone = gone;
  alone.kept_connection = false;
  add("a", {gone, gone, gone, alone});
  for (plan_.run = 1; plan_.run <= 3; go_to_next_run()) {
    run();
    EXPECT_EQ(asked("a"), plan_.run < 3 ? static_cast<int>(plan_.run) : 4);
  }
  EXPECT_EQ(ledger_.state("a"), TaskState::missing);
}

TEST_F(EngineTest, ALargeAnswerWithoutRoomIsQueriedAgainWithoutLimit) {
  plan_.retry.retries = 0;
  Script script(50, core::TransportFailure{std::string(core::TransportFailure::kNoRoom), "full"});
  script.emplace_back(answer(200, body("a", "SUCCESS", link("a", clock_.utc() + hours(1)))));
  add("a", std::move(script));
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.state("a"), TaskState::succeeded);
  EXPECT_EQ(tally().not_answered, 0U);
  EXPECT_TRUE(tally().errors.empty());
}

TEST_F(EngineTest, UnfinishedIsQueriedOnceWithoutWait) {
  add("a", {answer(200, body("a", "IN_PROGRESS"))});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(asked("a"), 1);
  EXPECT_EQ(ledger_.state("a"), TaskState::unfinished);
  EXPECT_EQ(tally().not_answered, 0U);
}

TEST_F(EngineTest, EachAnswerIsASnapshotAndATransportFailureIsNone) {
  add("a", {core::TransportFailure{"connect", "refused"}, answer(500, "oops"),
            answer(200, "<html>"), answer(200, body("a", "FAILURE"))});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.snapshots(), 3U);
  EXPECT_EQ(ledger_.state("a"), TaskState::failed);
  EXPECT_EQ(tally().retries, 3U);
  EXPECT_EQ(tally().errors.at("connect"), 1U);
  EXPECT_EQ(tally().errors.at("http_500"), 1U);
}

TEST_F(EngineTest, OnlyTheFirstAnswerThatTheLedgerHearsOfATaskIsMarkedAsSuch) {
  std::vector<bool> first;
  ledger_.before_append = [&first](const core::Entry& entry) {
    if (const auto* one = std::get_if<core::AnswerEntry>(&entry)) {
      first.push_back(one->is_first);
    }
  };
  add("a", {core::TransportFailure{"connect", "refused"}, answer(502, ""),
            answer(200, body("a", "IN_PROGRESS"))});
  run();
  EXPECT_EQ(first, (std::vector<bool>{true, false}));
  run();
  EXPECT_EQ(first, (std::vector<bool>{true, false, false})) << "the run before heard two";
}

TEST_F(EngineTest, AfterATransportFailureANewConnectionIsUsed) {
  add("a", {core::TransportFailure{"timeout", "late"}, answer(200, body("a", "FAILURE"))});
  std::vector<bool> fresh;
  transport_.on_query = [&](const core::QueryRequest& request) {
    fresh.push_back(request.fresh_connection);
    return next(request.path);
  };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(fresh, (std::vector<bool>{false, true}));
}

TEST_F(EngineTest, GivesUpAfterTheRetries) {
  add("a", {answer(500, "")});
  add_succeeding("b");
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(asked("a"), 4);
  EXPECT_EQ(tally().not_answered, 1U);
  EXPECT_EQ(told(core::Notice::Kind::not_answered), 1U);
  EXPECT_EQ(ledger_.state("a"), TaskState::unfinished);
  EXPECT_EQ(ledger_.state("b"), TaskState::succeeded);
}

TEST_F(EngineTest, AnotherTasksAnswerChangesNothing) {
  add("a", {answer(200, body("somebody-else", "SUCCESS", "https://x.example/v.mp4"))});
  run();
  EXPECT_EQ(ledger_.state("a"), TaskState::unfinished);
  EXPECT_EQ(tally().not_answered, 1U);
  EXPECT_EQ(tally().errors.count("wrong_task"), 1U);
  EXPECT_EQ(told(core::Notice::Kind::flagged), 1U) << "once, however often it is asked";
  EXPECT_TRUE(std::none_of(transport_.sent.begin(), transport_.sent.end(),
                           [](const auto& one) { return one.is_download; }));
}

TEST_F(EngineTest, UnknownStatusIsUnfinishedAndCounted) {
  add("a", {answer(200, body("a", "TELEPORTING"))});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().unrecognised, 1U);
  EXPECT_EQ(tally().not_answered, 0U);
}

TEST_F(EngineTest, NotFoundIsFinalInTheThirdRun) {
  add("a", {answer(400, R"({"code":"task_not_exist","message":"task_not_exist","data":null})")});
  add_succeeding("b");
  for (plan_.run = 1; plan_.run <= 3; go_to_next_run()) {
    EXPECT_EQ(run().end, RunEnd::completed);
    EXPECT_EQ(tally().not_answered, plan_.run < 3 ? 1U : 0U) << "run " << plan_.run;
    EXPECT_EQ(ledger_.state("a"), plan_.run < 3 ? TaskState::unfinished : TaskState::missing);
  }
  EXPECT_EQ(asked("a"), 3);
}

TEST_F(EngineTest, RunsAtOnceMakeNoTaskMissing) {
  add("a", {answer(400, R"({"code":"task_not_exist","message":"task_not_exist","data":null})")});
  for (plan_.run = 1; plan_.run <= 6; ++plan_.run) {
    EXPECT_EQ(run().end, RunEnd::completed);
    EXPECT_EQ(tally().missing, 0U) << "run " << plan_.run;
    EXPECT_EQ(ledger_.state("a"), TaskState::unfinished) << "run " << plan_.run;
  }
}

TEST_F(EngineTest, WaitPollsAtTheIntervalUntilAllAreFinished) {
  plan_.wait = true;
  plan_.poll_interval = seconds(15);
  add("a", {answer(200, body("a", "NOT_START")), answer(200, body("a", "IN_PROGRESS")),
            answer(200, body("a", "SUCCESS", link("a", clock_.utc() + hours(9))))});
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(asked("a"), 3);
  EXPECT_EQ(tally().queried, 1U);
  EXPECT_GE(clock_.steady() - begin, seconds(30));
  EXPECT_LE(clock_.steady() - begin, seconds(31));
}

TEST_F(EngineTest, WaitHoldsMoreTasksThanTheWindow) {
  plan_.wait = true;
  plan_.download = false;
  plan_.concurrency = 64;
  const int tasks = static_cast<int>(core::TaskWindow::kTasksMax) * 3;
  for (int i = 0; i < tasks; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "IN_PROGRESS")), answer(200, body(id, "IN_PROGRESS")),
             answer(200, body(id, "SUCCESS", link(id, clock_.utc() + hours(9))))});
  }
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.count(TaskState::succeeded), static_cast<std::size_t>(tasks));
  EXPECT_EQ(tally().queried, static_cast<std::uint64_t>(tasks));
  EXPECT_EQ(tally().requests, static_cast<std::uint64_t>(tasks) * 3);
}

TEST_F(EngineTest, ATaskThatFinishesWhileAPageIsReadIsNotQueriedAgain) {
  plan_.wait = true;
  plan_.download = false;
  plan_.concurrency = 64;
  ledger_.page_lag = 3;
  const int tasks = static_cast<int>(core::TaskWindow::kTasksMax) * 2;
  for (int i = 0; i < tasks; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "IN_PROGRESS")), answer(200, body(id, "FAILURE"))});
  }
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.count(TaskState::failed), static_cast<std::size_t>(tasks));
  EXPECT_EQ(tally().requests, static_cast<std::uint64_t>(tasks) * 2);
}

TEST_F(EngineTest, AWallClockThatJumpsDelaysNoPoll) {
  plan_.wait = true;
  const int tasks = static_cast<int>(core::TaskWindow::kTasksMax) * 2;
  for (int i = 0; i < tasks; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "IN_PROGRESS")), answer(200, body(id, "FAILURE"))});
  }
  transport_.on_query = [&](const core::QueryRequest& request) {
    if (transport_.sent.size() == core::TaskWindow::kTasksMax) {
      clock_.jump(-hours(8760));
    }
    return next(request.path);
  };
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_LE(clock_.steady() - begin, minutes(10));
}

TEST_F(EngineTest, WaitStopsPollingStaleTasks) {
  plan_.wait = true;
  plan_.stale_after = hours(2);
  add("a", {answer(200, body("a", "IN_PROGRESS"))});
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  // It was submitted before the begin of the test.
  EXPECT_LE(clock_.steady() - begin, hours(2));
  EXPECT_EQ(ledger_.state("a"), TaskState::unfinished);
}

TEST_F(EngineTest, TheDeadlineCountsTasksThatWereNotQueried) {
  plan_.deadline = seconds(1);
  plan_.concurrency = 1;
  transport_.latency = milliseconds(400);
  for (const std::string id : {"a", "b", "c", "d", "e"}) {
    add(id, {answer(200, body(id, "FAILURE"))});
  }
  EXPECT_EQ(run().end, RunEnd::deadline);
  EXPECT_EQ(ledger_.count(TaskState::failed), 2U);
  EXPECT_EQ(tally().unasked, 3U);
  EXPECT_EQ(tally().not_answered, 0U);
  EXPECT_EQ(transport_.aborted, 1);
}

TEST_F(EngineTest, DeadlineEndsAWaitingRun) {
  plan_.wait = true;
  plan_.deadline = minutes(5);
  add("a", {answer(200, body("a", "IN_PROGRESS"))});
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::deadline);
  EXPECT_EQ(clock_.steady() - begin, minutes(5));
  EXPECT_EQ(tally().unasked, 0U) << "it was asked; it is unfinished";
}

TEST_F(EngineTest, NoQueryStartsBeforeRetryAfterIsOver) {
  auto slow = answer(429, "");
  slow.retry_after = seconds(30);
  plan_.concurrency = 1;
  add("a", {slow, answer(200, body("a", "FAILURE"))});
  for (int i = 0; i < 20; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "FAILURE"))});
  }
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  for (const auto& sent : transport_.sent) {
    const auto since = sent.when - begin;
    EXPECT_TRUE(since <= milliseconds(10) || since >= seconds(30)) << sent.what;
  }
  EXPECT_EQ(ledger_.count(TaskState::failed), 21U);
}

TEST_F(EngineTest, TotalFailureEndsAsAnOutageWithoutHammering) {
  plan_.retry.retries = 5;
  plan_.concurrency = 32;
  for (int i = 0; i < 1000; ++i) {
    add("t" + std::to_string(i), {answer(503, "down")});
  }
  const auto result = run();
  EXPECT_EQ(result.end, RunEnd::outage);
  EXPECT_LE(tally().requests, 1'200U) << "amplification";
  EXPECT_EQ(tally().not_answered + tally().unasked, 1'000U);
}

TEST_F(EngineTest, ABurstOfErrorsIsSurvived) {
  plan_.retry.retries = 5;
  const auto begin = clock_.steady();
  for (int i = 0; i < 200; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "FAILURE"))});
  }
  const auto good = transport_.on_query;
  transport_.on_query = [&, good](const core::QueryRequest& request) {
    return clock_.steady() - begin < seconds(3) ? FakeTransport::QueryOutcome(answer(502, "bad"))
                                                : good(request);
  };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().not_answered, 0U);
}

TEST_F(EngineTest, RateIsKept) {
  plan_.rate = 20;
  for (int i = 0; i < 100; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "FAILURE"))});
  }
  const auto begin = clock_.steady();
  run();
  EXPECT_GE(clock_.steady() - begin, milliseconds(4'700));
  EXPECT_LE(clock_.steady() - begin, milliseconds(5'600));
}

TEST_F(EngineTest, EachQueryIsToldIfAskedForWithoutWhatControlsATerminal) {
  core::QueryAnswer busy = answer(503, "wait");
  busy.request_id = "1\x1b[2J" + std::string(5000, 'x');
  const std::string failure = body("a", "FAILURE");
  for (const bool tells : {false, true}) {
    const std::string id = tells ? "a" : "b";
    add(id, {busy, answer(200, body(id, "FAILURE"))});
    plan_.tell_requests = tells;
    run();
    std::vector<std::string> told;
    for (const core::Notice& notice : notices_) {
      if (notice.kind == core::Notice::Kind::request) {
        told.push_back(notice.text);
      }
    }
    ASSERT_EQ(told.size(), tells ? 2U : 0U);
    if (tells) {
      EXPECT_TRUE(told[0].starts_with("HTTP 503, 4 bytes, server error, request 1")) << told[0];
      EXPECT_EQ(told[0].find('\x1b'), std::string::npos);
      EXPECT_LT(told[0].size(), 200U);
      EXPECT_TRUE(
          told[1].starts_with("HTTP 200, " + std::to_string(failure.size()) + " bytes, failed ("))
          << told[1];
    }
  }
}

TEST_F(EngineTest, AFirstSignalDrains) {
  plan_.concurrency = 4;
  for (int i = 0; i < 40; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "FAILURE"))});
  }
  int waits = 0;
  transport_.before_wait = [&] { stop_ = ++waits == 8 ? 1 : stop_.load(); };
  EXPECT_EQ(run().end, RunEnd::interrupted);
  EXPECT_EQ(ledger_.count(TaskState::failed), tally().requests) << "what was asked is recorded";
  EXPECT_LT(tally().requests, 40U);
}

TEST_F(EngineTest, DrainingIsBounded) {
  transport_.latency = minutes(10);
  add("a", {answer(200, body("a", "FAILURE"))});
  transport_.before_wait = [&] { stop_ = 1; };
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::interrupted);
  EXPECT_LE(clock_.steady() - begin, minutes(1) + core::Engine::kDrainTime);
  EXPECT_EQ(transport_.aborted, 1);
}

}  // namespace
