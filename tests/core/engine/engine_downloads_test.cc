// Downloads of the engine in virtual time.
#include "tests/core/engine/engine_world.h"

namespace {

using namespace engine_world;

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
