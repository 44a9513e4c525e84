// The engine in virtual time: hours of polling in milliseconds, every ending, no network, no disk.
#include "tests/core/engine_world.h"

namespace {

using namespace engine_world;

// ---- one pass

TEST_F(EngineTest, NothingToDoEndsAtOnce) {
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_TRUE(transport_.sent.empty());
}

TEST_F(EngineTest, SuccessIsRecordedAndFetched) {
  add_succeeding("a");
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.state("a"), TaskState::succeeded);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::done);
  EXPECT_EQ(tally().queried, 1U);
  EXPECT_EQ(tally().videos_downloaded, 1U);
  EXPECT_EQ(tally().video_bytes, 1000);
}

TEST_F(EngineTest, EveryTaskIsAskedOnceAndNeverTooManyAtOnce) {
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

TEST_F(EngineTest, UnfinishedIsAskedOnceWithoutWait) {
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

TEST_F(EngineTest, AnotherTasksAnswerMovesNothing) {
  add("a", {answer(200, body("somebody-else", "SUCCESS", "https://x.example/v.mp4"))});
  run();
  EXPECT_EQ(ledger_.state("a"), TaskState::unfinished);
  EXPECT_EQ(tally().not_answered, 1U);
  EXPECT_EQ(tally().errors.count("wrong_task"), 1U);
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
  for (plan_.run = 1; plan_.run <= 3; ++plan_.run) {
    EXPECT_EQ(run().end, RunEnd::completed);
    EXPECT_EQ(tally().not_answered, plan_.run < 3 ? 1U : 0U) << "run " << plan_.run;
    EXPECT_EQ(ledger_.state("a"), plan_.run < 3 ? TaskState::unfinished : TaskState::missing);
  }
  EXPECT_EQ(asked("a"), 3);
}

// ---- waiting

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
  const int tasks = static_cast<int>(core::QueryLane::kWindow) * 3;
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

TEST_F(EngineTest, AWallClockThatJumpsDelaysNoPoll) {
  plan_.wait = true;
  const int tasks = static_cast<int>(core::QueryLane::kWindow) * 2;
  for (int i = 0; i < tasks; ++i) {
    const std::string id = "t" + std::to_string(i);
    add(id, {answer(200, body(id, "IN_PROGRESS")), answer(200, body(id, "FAILURE"))});
  }
  transport_.on_query = [&](const core::QueryRequest& request) {
    if (transport_.sent.size() == core::QueryLane::kWindow) {
      clock_.jump(-hours(8760));
    }
    return next(request.path);
  };
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_LE(clock_.steady() - begin, minutes(10));
}

TEST_F(EngineTest, WaitLetsStaleTasksGo) {
  plan_.wait = true;
  plan_.stale_after = hours(2);
  add("a", {answer(200, body("a", "IN_PROGRESS"))});
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  // Its submit time lies before the world's begin.
  EXPECT_LE(clock_.steady() - begin, hours(2));
  EXPECT_EQ(ledger_.state("a"), TaskState::unfinished);
}

TEST_F(EngineTest, DeadlineCutsAndCountsWhatWasNotAsked) {
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

// ---- slowing down

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

// ---- the run as a whole

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

// ---- downloads

TEST_F(EngineTest, SoonestExpiryIsFetchedFirst) {
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

TEST_F(EngineTest, WhatTheLedgerDoesNotShowYetIsNotFetchedTwice) {
  ledger_.commit_lag = 7;
  plan_.concurrency = 2;
  plan_.download_concurrency = 2;
  for (int i = 0; i < 40; ++i) {
    add_succeeding("t" + std::to_string(i));
  }
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().videos_downloaded, 40U);
}

TEST_F(EngineTest, NoDownloadRecordsAndFetchesNothing) {
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
      return FetchFailure{.problem = FetchProblem::transport, .text = "cut"};
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
    return FetchFailure{.problem = FetchProblem::not_a_video, .text = "html"};
  };
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
  EXPECT_EQ(tally().videos_failed, 1U);
  EXPECT_EQ(told(core::Notice::Kind::video_failed), 1U);
}

TEST_F(EngineTest, ARefusedLinkIsAskedForOnceMoreAndTheFreshOneFetched) {
  add("a", {answer(200, body("a", "SUCCESS", "https://s.example/old.mp4?Expires=1")),
            answer(200, body("a", "SUCCESS", link("fresh", clock_.utc() + hours(1))))});
  fetch_ = [](const core::DownloadRequest& request) -> FakeTransport::FetchOutcome {
    if (request.url.find("old") != std::string::npos) {
      return FetchFailure{.problem = FetchProblem::denied, .http_status = 403, .text = "expired"};
    }
    return saved(request);
  };
  run();
  EXPECT_EQ(asked("a"), 2);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::done);
}

TEST_F(EngineTest, ADeadLinkIsExpiredAfterExactlyOneMoreQuery) {
  add_succeeding("a", -hours(1));
  fetch_ = [](const auto&) {
    return FetchFailure{.problem = FetchProblem::denied, .http_status = 403, .text = "HTTP 403"};
  };
  run();
  EXPECT_EQ(asked("a"), 2);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::expired);
  EXPECT_EQ(tally().videos_expired, 1U);
}

TEST_F(EngineTest, TheServersClockDecidesWhatIsExpired) {
  add_succeeding("a", hours(1));
  fetch_ = [this](const auto&) {
    return FetchFailure{.problem = FetchProblem::denied,
                        .http_status = 403,
                        .text = "HTTP 403",
                        .date = clock_.utc() + hours(2)};
  };
  run();
  EXPECT_EQ(ledger_.video("a", 1), VideoState::expired);
}

// A store may say 403 or 404 of a video that it does not show everywhere yet.
TEST_F(EngineTest, RefusedBeforeExpiryGetsOneMoreRun) {
  for (const auto problem : {FetchProblem::denied, FetchProblem::gone}) {
    const std::string id(core::name(problem));
    add_succeeding(id, hours(20));
    fetch_ = [problem](const auto&) {
      return FetchFailure{.problem = problem, .http_status = 403, .text = "refused"};
    };
    ++plan_.run;
    run();
    EXPECT_EQ(ledger_.video(id, 1), VideoState::wanted) << id;
    EXPECT_TRUE(transport_.discarded.empty()) << "what came so far may be resumed";
    ++plan_.run;
    run();
    EXPECT_EQ(ledger_.video(id, 1), VideoState::failed) << id;
    EXPECT_EQ(std::exchange(transport_.discarded, {}), std::vector<std::string>{id});
  }
}

// The gateway hides a dead link behind its own, which has no expiry, as 502 (api.md, section 6).
TEST_F(EngineTest, ALinkOfUnknownLifeIsNotTriedForEver) {
  for (const auto problem : {FetchProblem::server_error, FetchProblem::transport}) {
    const std::string id(core::name(problem));
    add(id, {answer(200, body(id, "SUCCESS", "/v1/videos/" + id + "/content"))});
    fetch_ = [problem](const auto&) {
      return FetchFailure{.problem = problem, .http_status = 502, .text = "HTTP 502"};
    };
    const core::UtcTime finished{seconds(1780284918)};
    for (const auto& [age, dead] : {std::pair{hours(1), false},
                                    {hours(2), false},
                                    {hours(24 * 6), false},
                                    {hours(24 * 8), true}}) {
      clock_.jump(finished + age - clock_.utc());
      ++plan_.run;
      run();
      const bool expired = dead && problem != FetchProblem::transport;
      EXPECT_EQ(ledger_.video(id, 1), expired ? VideoState::expired : VideoState::wanted)
          << id << ' ' << age.count();
    }
  }
}

TEST_F(EngineTest, SuccessWithoutALinkTriesTheGatewayAndIsThenLeftAlone) {
  add("a", {answer(200, body("a", "SUCCESS"))});
  fetch_ = [](const core::DownloadRequest& request) {
    EXPECT_EQ(request.url, "/v1/videos/a/content");
    return FetchFailure{.problem = FetchProblem::gone, .http_status = 404, .text = "HTTP 404"};
  };
  run();
  EXPECT_EQ(ledger_.state("a"), TaskState::succeeded);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::failed);
}

TEST_F(EngineTest, AFullDiskStopsDownloadsAndQueriesGoOn) {
  plan_.download_concurrency = 1;
  plan_.concurrency = 1;
  for (int i = 0; i < 20; ++i) {
    add_succeeding("t" + std::to_string(i));
  }
  int tries = 0;
  fetch_ = [&](const auto&) {
    ++tries;
    return FetchFailure{.problem = FetchProblem::disk_full, .text = "no space left"};
  };
  const auto result = run();
  EXPECT_EQ(result.disk_failure, "no space left");
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(ledger_.count(TaskState::succeeded), 20U);
  EXPECT_EQ(ledger_.video("t0", 1), VideoState::wanted);
}

TEST_F(EngineTest, ShortSpaceHindersDownloadsOnly) {
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
    return FetchFailure{.problem = FetchProblem::unauthorised, .http_status = 401, .text = "401"};
  };
  EXPECT_EQ(run().end, RunEnd::key_rejected);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
}

// A gateway may want other rights for its copies of the videos (api.md, section 11, 26).
TEST_F(EngineTest, AKeyThatMayNotFetchAVideoIsNoReasonToEndTheRun) {
  add("a", {answer(200, body("a", "SUCCESS", "/v1/videos/a/content"))});
  add_succeeding("b");
  fetch_ = [](const core::DownloadRequest& request) -> FakeTransport::FetchOutcome {
    if (request.url.starts_with("/")) {
      return FetchFailure{.problem = FetchProblem::unauthorised, .http_status = 401, .text = "401"};
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
