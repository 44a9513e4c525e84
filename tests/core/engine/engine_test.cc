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

TEST_F(EngineTest, TheSoonestExpiryIsDownloadedFirst) {
  plan_.download_concurrency = 1;
  plan_.concurrency = 64;
  for (int i = 0; i < 20; ++i) {
    add_succeeding("t" + std::to_string(i), hours(1 + (i * 7) % 20));
  }
  run();
  std::vector<std::string> fetched;
  for (const auto& sent : transport_.sent) {
    if (sent.is_download) {
      fetched.push_back(sent.what.substr(sent.what.find("Expires=")));
    }
  }
  ASSERT_EQ(fetched.size(), 20U);
  // The first few may start before all answers are in.
  EXPECT_TRUE(std::is_sorted(fetched.begin() + 3, fetched.end()));
}

TEST_F(EngineTest, DownloadsAreBounded) {
  plan_.download_concurrency = 3;
  for (int i = 0; i < 30; ++i) {
    add_succeeding("t" + std::to_string(i));
  }
  run();
  EXPECT_EQ(transport_.most_downloads_in_flight, 3U);
  EXPECT_EQ(tally().videos_downloaded, 30U);
}

TEST_F(EngineTest, AVideoIsNotDownloadedTwiceWhileItsRecordIsPending) {
  ledger_.commit_lag = 7;
  plan_.concurrency = 2;
  plan_.download_concurrency = 2;
  for (int i = 0; i < 40; ++i) {
    add_succeeding("t" + std::to_string(i));
  }
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().videos_downloaded, 40U);
}

TEST_F(EngineTest, NoDownloadRecordsWithoutDownloads) {
  plan_.download = false;
  add_succeeding("a");
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
  EXPECT_EQ(tally().videos_downloaded, 0U);
}

TEST_F(EngineTest, AFlakyDownloadIsRetried) {
  add_succeeding("a");
  int tries = 0;
  fetch_ = [&](const core::DownloadRequest& request) -> FakeTransport::FetchOutcome {
    if (++tries < 3) {
      return FetchFailure{.kind = FailureKind::transport, .text = "cut"};
    }
    return saved(request);
  };
  run();
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::done);
  EXPECT_EQ(tally().videos_failed, 0U);
}

TEST_F(EngineTest, ADownloadThatKeepsFailingIsLeftForALaterRun) {
  add_succeeding("a");
  fetch_ = [](const auto&) {
    return FetchFailure{.kind = FailureKind::not_a_video, .text = "html"};
  };
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
  EXPECT_EQ(tally().videos_failed, 1U);
  EXPECT_EQ(told(core::Notice::Kind::video_failed), 1U);
}

TEST_F(EngineTest, ARefusedLinkIsQueriedOnceMoreAndTheFreshOneDownloaded) {
  add("a", {answer(200, body("a", "SUCCESS", "https://s.example/old.mp4?Expires=1")),
            answer(200, body("a", "SUCCESS", link("fresh", clock_.utc() + hours(1))))});
  fetch_ = [](const core::DownloadRequest& request) -> FakeTransport::FetchOutcome {
    if (request.url.find("old") != std::string::npos) {
      return FetchFailure{.kind = FailureKind::denied, .http_status = 403, .text = "expired"};
    }
    return saved(request);
  };
  run();
  EXPECT_EQ(asked("a"), 2);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::done);
}

TEST_F(EngineTest, AnExpiredLinkEndsTheVideoAfterExactlyOneMoreQuery) {
  add_succeeding("a", -hours(1));
  fetch_ = [](const auto&) {
    return FetchFailure{.kind = FailureKind::denied, .http_status = 403, .text = "HTTP 403"};
  };
  run();
  EXPECT_EQ(asked("a"), 2);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::expired);
  EXPECT_EQ(tally().videos_expired, 1U);
}

TEST_F(EngineTest, TheServersClockDecidesWhetherALinkHasExpired) {
  add_succeeding("a", hours(1));
  fetch_ = [this](const auto&) {
    return FetchFailure{.kind = FailureKind::denied,
                        .http_status = 403,
                        .text = "HTTP 403",
                        .date = clock_.utc() + hours(2)};
  };
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::expired);
}

// A store may answer 403 or 404 for a video that is not available everywhere yet.
TEST_F(EngineTest, RefusedBeforeExpiryGetsOneMoreRun) {
  for (const auto kind : {FailureKind::denied, FailureKind::gone}) {
    const std::string id(core::name(kind));
    add_succeeding(id, hours(20));
    fetch_ = [kind](const auto&) {
      return FetchFailure{.kind = kind, .http_status = 403, .text = "refused"};
    };
    ++plan_.run;
    run();
    EXPECT_EQ(ledger_.video(id, 1), VideoState::wanted) << id;
    EXPECT_TRUE(videos_.discarded.empty()) << "what came so far may be resumed";
    ++plan_.run;
    run();
    EXPECT_EQ(ledger_.video(id, 1), VideoState::failed) << id;
    EXPECT_EQ(std::exchange(videos_.discarded, {}), std::vector<std::string>{id});
  }
}

// The gateway answers for its own endpoint, perhaps because the link behind it is dead (gateway.md,
// section 6, G7).
TEST_F(EngineTest, TheGatewaysOwnErrorEndsAVideoAfterTwoRuns) {
  for (const bool by_gateway : {true, false}) {
    const std::string id = by_gateway ? "own" : "proxy";
    add(id, {answer(200, body(id, "SUCCESS", "/v1/videos/" + id + "/content"))});
    fetch_ = [by_gateway](const auto&) {
      FetchFailure failure{.kind = FailureKind::server_error, .http_status = 502};
      failure.by_gateway = by_gateway;
      return failure;
    };
    for (const auto pause : {hours(0), hours(1), hours(24 * 99)}) {
      clock_.jump(pause);
      ++plan_.run;
      run();
      const bool ends = by_gateway && pause > hours(0);
      EXPECT_EQ(ledger_.video(id, 1), ends ? VideoState::failed : VideoState::wanted)
          << id << ' ' << pause.count();
    }
  }
}

TEST_F(EngineTest, SuccessWithoutALinkTriesTheGatewayInTwoRunsAndIsThenLeftAlone) {
  add("a", {answer(200, body("a", "SUCCESS"))});
  fetch_ = [](const core::DownloadRequest& request) {
    EXPECT_EQ(request.url, "/v1/videos/a/content");
    return FetchFailure{.kind = FailureKind::gone, .http_status = 404, .text = "HTTP 404"};
  };
  run();
  EXPECT_EQ(ledger_.state("a"), TaskState::succeeded);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
  EXPECT_EQ(tally().videos_failed, 1U);
  ++plan_.run;
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::failed);
  EXPECT_EQ(notices_.back().text,
            "the answer has no link, and the gateway's own copy failed: HTTP 404");
  ++plan_.run;
  run();
  EXPECT_EQ(transport_.count("/v1/videos/a/content"), 2);
}

TEST_F(EngineTest, ALinkThatCannotBeUsedIsNamed) {
  add("a", {answer(200, body("a", "SUCCESS", "gs://bucket/v.mp4"))});
  fetch_ = [](const auto&) {
    return FetchFailure{.kind = FailureKind::gone, .http_status = 404, .text = "HTTP 404"};
  };
  run();
  EXPECT_EQ(notices_.back().text,
            "the answer's link cannot be used (its scheme is gs), and the gateway's own copy "
            "failed: HTTP 404");
}

// The link states no expiry: the assumed day is no proof.
TEST_F(EngineTest, AnAssumedExpiryEndsAVideoOnlyWithTwoRefusalsAnHourApart) {
  add("a", {answer(200, body("a", "SUCCESS", "https://s.example/a.mp4"))});
  clock_.jump(core::UtcTime(seconds(1780284918)) + hours(30) - clock_.utc());
  const auto run_with = [this](FailureKind kind) {
    fetch_ = [kind](const auto&) { return FetchFailure{.kind = kind, .text = "no"}; };
    ++plan_.run;
    run();
    return ledger_.video("a", 1);
  };
  EXPECT_EQ(run_with(FailureKind::refused_url), VideoState::wanted);
  EXPECT_EQ(run_with(FailureKind::transport), VideoState::wanted);
  EXPECT_EQ(run_with(FailureKind::server_error), VideoState::wanted);
  EXPECT_EQ(run_with(FailureKind::too_large), VideoState::wanted);
  EXPECT_EQ(run_with(FailureKind::gone), VideoState::wanted);
  clock_.jump(minutes(30));
  EXPECT_EQ(run_with(FailureKind::gone), VideoState::wanted) << "the first was moments ago";
  clock_.jump(minutes(31));
  EXPECT_EQ(run_with(FailureKind::transport), VideoState::wanted);
  EXPECT_EQ(tally().videos_failed, 1U);
  EXPECT_EQ(run_with(FailureKind::gone), VideoState::expired);
  EXPECT_EQ(tally().videos_expired, 1U);
}

TEST_F(EngineTest, ARefusalCountsAlsoWhenTheQueryForAFreshLinkFails) {
  add("a", {answer(200, body("a", "SUCCESS", "/v1/videos/a/content")),
            core::TransportFailure{"connect", "refused"}});
  plan_.retry.retries = 0;
  fetch_ = [](const auto&) { return FetchFailure{.kind = FailureKind::gone, .text = "404"}; };
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
  EXPECT_EQ(notices_.back().text, "404; asking for a fresh link failed");
  scripts_[kPrefix + "a"] = {{answer(200, body("a", "SUCCESS", "/v1/videos/a/content"))}, 0};
  ++plan_.run;
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::failed);
}

TEST_F(EngineTest, AnUnsupportedFileIsDownloadedOnceAndNamed) {
  add_succeeding("a");
  fetch_ = [](const auto&) {
    return FetchFailure{.kind = FailureKind::unsupported, .text = "it is a PNG picture"};
  };
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::failed);
  EXPECT_EQ(transport_.most_downloads_in_flight, 1U);
  EXPECT_EQ(notices_.back().text, "it is a PNG picture");
  EXPECT_EQ(asked("a"), 1);
}

TEST_F(EngineTest, AnErrorPageWithStatus200EndsAVideoInTheSecondRun) {
  plan_.retry.retries = 0;
  add_succeeding("a");
  fetch_ = [](const auto&) {
    return FetchFailure{.kind = FailureKind::error_page, .text = "it is an HTML page"};
  };
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
  ++plan_.run;
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::failed);
}

std::string body_of_two(const std::string& first, const std::string& second) {
  return R"({"code":"success","data":{"task_id":"a","status":"SUCCESS","result_url":")" + second +
         R"(","finish_time":1780284918,"data":{"output":{"video_url":")" + first + R"("}}}})";
}

TEST_F(EngineTest, AnotherLinkIsTriedAtOnce) {
  const std::string dead = "https://dead.example/v.mp4";
  const std::string good = "https://good.example/v.mp4";
  for (const auto kind :
       {FailureKind::transport, FailureKind::denied, FailureKind::gone, FailureKind::error_page,
        FailureKind::unsupported, FailureKind::refused_url, FailureKind::server_error}) {
    SCOPED_TRACE(core::name(kind));
    add("a", {answer(200, body_of_two(dead, good))});
    fetch_ = [&](const core::DownloadRequest& request) -> FakeTransport::FetchOutcome {
      if (request.url == dead) {
        return FetchFailure{.kind = kind, .text = "dead"};
      }
      return saved(request);
    };
    transport_.sent.clear();
    const auto begin = clock_.steady();
    ++plan_.run;
    run();
    EXPECT_EQ(transport_.count(dead), 1);
    EXPECT_EQ(transport_.count(good), 1);
    EXPECT_LE(clock_.steady() - begin, seconds(1)) << "no pause between them";
    EXPECT_EQ(asked("a"), 1);
    EXPECT_EQ(tally().videos_downloaded, 1U);
    EXPECT_EQ(tally().videos_failed, 0U);
    ledger_ = {};
  }
}

TEST_F(EngineTest, OnlyLinksThatMayStillWorkAreTriedAgain) {
  const std::string refused = "https://refused.example/v.mp4";
  const std::string flaky = "https://flaky.example/v.mp4";
  add("a", {answer(200, body_of_two(refused, flaky))});
  int tries = 0;
  fetch_ = [&](const core::DownloadRequest& request) -> FakeTransport::FetchOutcome {
    if (request.url == refused) {
      return FetchFailure{.kind = FailureKind::denied, .text = "HTTP 403"};
    }
    if (++tries < 3) {
      return FetchFailure{.kind = FailureKind::transport, .text = "cut"};
    }
    return saved(request);
  };
  run();
  EXPECT_EQ(transport_.count(refused), 1);
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::done);
}

TEST_F(EngineTest, AVideoIsWantedWhileOneOfItsLinksMayStillWork) {
  plan_.retry.retries = 0;
  const std::string expired = "https://s.example/v.mp4?Expires=1780284000&Signature=x";
  add("a", {answer(200, body_of_two(expired, "https://down.example/v.mp4"))});
  auto kind = FailureKind::transport;
  fetch_ = [&](const core::DownloadRequest& request) -> FakeTransport::FetchOutcome {
    return FetchFailure{.kind = request.url == expired ? FailureKind::denied : kind,
                        .text = request.url == expired ? "HTTP 403" : "no route"};
  };
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
  EXPECT_EQ(notices_.back().text, "no route");
  kind = FailureKind::unsupported;
  ++plan_.run;
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::expired);
  EXPECT_EQ(notices_.back().text, "the link has expired: HTTP 403");
}

TEST_F(EngineTest, AVideoThatIsCountedButHasNoLinkIsNamedAndCounted) {
  add("a", {answer(200, R"({"code":"success","data":{"task_id":"a","status":"SUCCESS",)"
                        R"("result_url":"https://s.example/1.mp4",)"
                        R"("data":{"usage":{"video_count":3}}}})")});
  run();
  EXPECT_EQ(tally().videos_downloaded, 1U);
  EXPECT_EQ(tally().videos_failed, 2U);
  ASSERT_EQ(told(core::Notice::Kind::video_failed), 1U);
  ++plan_.run;
  run();
  EXPECT_EQ(tally().videos_failed, 0U) << "told once";
}

TEST_F(EngineTest, AnUnreadableStoredLinkIsQueriedAgainAndFailsOnlyItsVideo) {
  add_succeeding("a");
  add_succeeding("b");
  add_succeeding("c");
  plan_.download = false;
  run();
  plan_.download = true;
  ledger_.lose_link("a");
  ledger_.lose_link("b");
  scripts_[kPrefix + "a"] = {{answer(200, body("a", "SUCCESS", "https://s.example/a.mp4"))}, 0};
  scripts_[kPrefix + "b"] = {{answer(200, body("b", "FAILURE"))}, 0};
  ++plan_.run;
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::done);
  EXPECT_EQ(ledger_.video("b", 1), VideoState::failed);
  EXPECT_EQ(ledger_.video("c", 1), VideoState::done);
  EXPECT_EQ(tally().videos_failed, 1U);
}

TEST_F(EngineTest, AFullDiskStopsDownloadsAndQueriesContinue) {
  plan_.download_concurrency = 1;
  plan_.concurrency = 1;
  for (int i = 0; i < 20; ++i) {
    add_succeeding("t" + std::to_string(i));
  }
  int tries = 0;
  fetch_ = [&](const auto&) {
    ++tries;
    return FetchFailure{.kind = FailureKind::disk_full, .text = "no space left"};
  };
  const auto result = run();
  EXPECT_EQ(result.disk_failure, "no space left");
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(ledger_.count(TaskState::succeeded), 20U);
  EXPECT_EQ(ledger_.video("t0", 1), VideoState::wanted);
}

TEST_F(EngineTest, TooLittleSpaceStopsOnlyDownloads) {
  plan_.download_hindrance = [] { return std::optional<std::string>("less than 1 GiB free"); };
  add_succeeding("a");
  const auto result = run();
  EXPECT_TRUE(result.downloads_hindered);
  EXPECT_TRUE(result.disk_failure.empty());
  EXPECT_EQ(ledger_.state("a"), TaskState::succeeded);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
}

TEST_F(EngineTest, AKeyThatIsRefusedForAVideoEndsTheRunIfItIsRefusedForTheTaskToo) {
  add("a", {answer(200, body("a", "SUCCESS")), answer(401, "")});
  fetch_ = [](const auto&) {
    return FetchFailure{.kind = FailureKind::unauthorised, .http_status = 401, .text = "401"};
  };
  EXPECT_EQ(run().end, RunEnd::key_rejected);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
}

// A gateway may require other permissions for its copies of the videos (gateway.md, section 11,
// 26).
TEST_F(EngineTest, AKeyThatMayNotDownloadAVideoDoesNotEndTheRun) {
  add("a", {answer(200, body("a", "SUCCESS", "/v1/videos/a/content"))});
  add_succeeding("b");
  fetch_ = [](const core::DownloadRequest& request) -> FakeTransport::FetchOutcome {
    if (request.url.starts_with("/")) {
      return FetchFailure{.kind = FailureKind::unauthorised, .http_status = 401, .text = "401"};
    }
    return saved(request);
  };
  for (plan_.run = 1; plan_.run <= 3; ++plan_.run) {
    EXPECT_EQ(run().end, RunEnd::completed);
    EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted) << "the key may get more rights";
    EXPECT_EQ(ledger_.video("b", 1), VideoState::done);
  }
}

}  // namespace
