// Which tasks the engine queries again, and when, in virtual time.
#include <stdexcept>

#include "core/error.h"
#include "tests/core/engine/engine_world.h"

namespace {

using namespace engine_world;

std::string ended(const std::string& id, const std::string& status, core::UtcTime finish) {
  const auto at = std::chrono::floor<seconds>(finish).time_since_epoch().count();
  const std::string url =
      status == "SUCCESS" ? R"("result_url":"https://s.example/)" + id + R"(.mp4",)" : "";
  return R"({"code":"success","message":"","data":{"task_id":")" + id + R"(",)" + url +
         R"("status":")" + status + R"(","submit_time":1780284820,"finish_time":)" +
         std::to_string(at) + R"(,"quota":500000,"data":null}})";
}

std::string live(const std::string& id, const std::string& status) {
  return R"({"code":"success","message":"","data":{"error":null,"format":"mp4","metadata":null,)"
         R"("status":")" +
         status + R"(","task_id":")" + id + R"(","url":""}})";
}

class EngineWaitTest : public EngineTest {
 protected:
  std::vector<core::SteadyTime> times_of(const std::string& id) const {
    std::vector<core::SteadyTime> times;
    for (const auto& sent : transport_.sent) {
      if (sent.what == kPrefix + id) {
        times.push_back(sent.when);
      }
    }
    return times;
  }
  core::RunResult next_run() {
    ++plan_.run;
    return run();
  }
};

TEST_F(EngineWaitTest, AnAnswerSoonAfterTheEndIsQueriedOnceMoreAndItsVideoDownloaded) {
  plan_.wait = true;
  const auto finish = clock_.utc() - seconds(5);
  for (const std::string status : {"SUCCESS", "FAILURE"}) {
    add(status, {answer(200, ended(status, status, finish))});
  }
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  for (const std::string status : {"SUCCESS", "FAILURE"}) {
    const auto times = times_of(status);
    ASSERT_EQ(times.size(), 2U) << status;
    EXPECT_GE(times[1] - begin, seconds(25)) << status;
    EXPECT_LE(times[1] - begin, seconds(26)) << status;
  }
  EXPECT_EQ(tally().succeeded, 1U) << "a task, not an answer";
  EXPECT_EQ(tally().failed, 1U);
  EXPECT_EQ(tally().queried, 2U);
  const auto fetched = std::find_if(transport_.sent.begin(), transport_.sent.end(),
                                    [](const auto& one) { return one.is_download; });
  ASSERT_NE(fetched, transport_.sent.end());
  EXPECT_LE(fetched->when - begin, seconds(1));
  plan_.wait = false;
  next_run();
  EXPECT_EQ(asked("SUCCESS"), 2) << "settled";
}

TEST_F(EngineWaitTest, WithoutWaitTheNextRunQueriesOnceMore) {
  add("a", {answer(200, ended("a", "SUCCESS", clock_.utc() - seconds(2)))});
  run();
  EXPECT_EQ(asked("a"), 1);
  clock_.advance(minutes(5));
  next_run();
  EXPECT_EQ(asked("a"), 2);
  EXPECT_EQ(tally().succeeded, 1U);
  clock_.advance(minutes(5));
  next_run();
  EXPECT_EQ(asked("a"), 2);
}

TEST_F(EngineWaitTest, AFinishTimeInTheFutureOrAWrongClockCausesNoEndlessQueries) {
  add("future", {answer(200, ended("future", "SUCCESS", clock_.utc() + hours(24 * 365)))});
  add("slow_clock", {answer(200, ended("slow_clock", "FAILURE", clock_.utc() + hours(3)))});
  for (int i = 0; i < 5; ++i) {
    next_run();
    clock_.advance(minutes(5));
  }
  EXPECT_EQ(asked("future"), 2);
  EXPECT_EQ(asked("slow_clock"), 2);
}

TEST_F(EngineWaitTest, TheAnswersOwnDateDecidesItsAge) {
  auto early = answer(200, ended("a", "SUCCESS", clock_.utc() - hours(1)));
  early.date = clock_.utc() - hours(1) + seconds(3);  // our clock is an hour fast
  auto late = answer(200, ended("b", "SUCCESS", clock_.utc() - seconds(1)));
  late.date = clock_.utc() + minutes(2);  // and here it is slow
  add("a", {early});
  add("b", {late});
  run();
  clock_.advance(minutes(1));
  next_run();
  EXPECT_EQ(asked("a"), 2);
  EXPECT_EQ(asked("b"), 1);
}

TEST_F(EngineWaitTest, AnUnsettledTaskThatIsNotAnsweredStaysUnsettled) {
  add("a", {answer(200, ended("a", "SUCCESS", clock_.utc())), answer(500, ""), answer(500, ""),
            answer(200, ended("a", "SUCCESS", clock_.utc()))});
  plan_.retry.retries = 1;
  run();
  clock_.advance(minutes(1));
  next_run();
  EXPECT_EQ(tally().not_answered, 1U);
  EXPECT_EQ(ledger_.state("a"), TaskState::succeeded);
  next_run();
  EXPECT_EQ(asked("a"), 4);
  next_run();
  EXPECT_EQ(asked("a"), 4);
}

TEST_F(EngineWaitTest, AnUnsettledTaskIsNeitherUnqueriedNorNotAnsweredAtTheDeadline) {
  plan_.wait = true;
  plan_.deadline = seconds(10);
  add("a", {answer(200, ended("a", "SUCCESS", clock_.utc()))});
  EXPECT_EQ(run().end, RunEnd::deadline);
  EXPECT_EQ(tally().unasked + tally().not_answered, 0U);
}

TEST_F(EngineWaitTest, ALiveFetchIsQueriedOnceAMinuteAtMost) {
  plan_.wait = true;
  plan_.poll_interval = seconds(1);
  plan_.deadline = minutes(10);
  add("veo", {answer(200, live("veo", "processing")), answer(500, ""),
              answer(200, live("veo", "processing")), answer(429, ""),
              core::TransportFailure{"timeout", "late"}, answer(200, live("veo", "processing"))});
  add("wan", {answer(200, body("wan", "IN_PROGRESS"))});
  run();
  const auto times = times_of("veo");
  ASSERT_GE(times.size(), 6U);
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 1], minutes(1)) << i;
  }
  EXPECT_GT(asked("wan"), 400) << "others keep to the interval";
}

TEST_F(EngineWaitTest, ALiveFetchOfThePreviousRunIsNotQueriedForAMinute) {
  add("veo", {answer(200, live("veo", "processing"))});
  run();
  clock_.advance(seconds(30));
  EXPECT_EQ(next_run().end, RunEnd::completed);
  EXPECT_EQ(asked("veo"), 1) << "the next run is early enough";
  EXPECT_EQ(tally().unasked + tally().not_answered, 0U);
  clock_.advance(seconds(31));
  next_run();
  EXPECT_EQ(asked("veo"), 2);
  clock_.advance(seconds(20));
  plan_.wait = true;
  plan_.deadline = seconds(45);
  next_run();
  EXPECT_EQ(asked("veo"), 3) << "a run that waits asks when the minute is over";
  const auto times = times_of("veo");
  EXPECT_GE(times[2] - times[1], minutes(1));
}

TEST_F(EngineWaitTest, ARefusedVideoOfALiveFetchWaitsForItsMinute) {
  const std::string done =
      R"({"code":"success","message":"","data":{"error":null,"format":"mp4","metadata":null,)"
      R"("status":"succeeded","task_id":"veo","url":"https://s.example/veo.mp4"}})";
  add("veo", {answer(200, done)});
  fetch_ = [](const auto&) {
    return FetchFailure{.kind = FailureKind::denied, .http_status = 403, .text = "HTTP 403"};
  };
  run();
  const auto times = times_of("veo");
  ASSERT_EQ(times.size(), 2U);
  EXPECT_GE(times[1] - times[0], minutes(1));
}

TEST_F(EngineWaitTest, AWaitingRunOutlivesFailures) {
  plan_.wait = true;
  plan_.retry.retries = 2;
  add("a", {answer(200, body("a", "IN_PROGRESS"))});
  add("b", {answer(200, body("b", "FAILURE"))});
  const auto begin = clock_.steady();
  const auto good = transport_.on_query;
  transport_.on_query = [&, good](const core::QueryRequest& request) {
    if (clock_.steady() - begin < hours(2)) {
      return FakeTransport::QueryOutcome(answer(502, "bad gateway"));
    }
    return clock_.steady() - begin < hours(3)
               ? good(request)
               : FakeTransport::QueryOutcome(answer(200, body("a", "FAILURE")));
  };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.count(TaskState::failed), 2U);
  EXPECT_EQ(tally().not_answered, 0U);
  EXPECT_EQ(told(core::Notice::Kind::not_answered), 0U);
  EXPECT_EQ(tally().queried, 2U);
}

TEST_F(EngineWaitTest, TasksInTroubleAtTheDeadlineAreNotAnswered) {
  plan_.wait = true;
  plan_.retry.retries = 1;
  plan_.poll_interval = seconds(15);
  plan_.deadline = minutes(10);
  add("a", {core::TransportFailure{"connect", "refused"}});
  add("b", {answer(200, body("b", "IN_PROGRESS")), answer(500, "")});
  add("c", {answer(200, body("c", "FAILURE"))});
  EXPECT_EQ(run().end, RunEnd::deadline);
  EXPECT_GT(asked("a"), 20) << "at each interval";
  EXPECT_EQ(tally().not_answered, 2U);
  EXPECT_EQ(tally().unasked, 0U);
  EXPECT_EQ(told(core::Notice::Kind::not_answered), 2U) << "each by name, and once";
  plan_.deadline.reset();
  plan_.wait = false;
  next_run();
  EXPECT_EQ(tally().not_answered, 2U) << "without --wait as ever";
}

TEST_F(EngineWaitTest, AnUnansweredTaskIsGivenUpWhenItIsStale) {
  plan_.wait = true;
  plan_.stale_after = hours(2);
  add("a", {answer(500, "")});
  const auto begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_GE(clock_.steady() - begin, hours(2));
  EXPECT_LE(clock_.steady() - begin, hours(2) + minutes(10));
  EXPECT_EQ(tally().not_answered, 1U);
}

TEST_F(EngineWaitTest, UnansweredTasksMakeRoomForOthers) {
  plan_.wait = true;
  plan_.retry.retries = 0;
  plan_.download = false;
  plan_.rate = 1000;
  const int bad = static_cast<int>(core::TaskWindow::kTasksMax) + 1000;
  for (int i = 0; i < bad; ++i) {
    const std::string id = "bad" + std::to_string(i);
    add(id,
        {answer(409, ""), core::TransportFailure{"cut", "cut"}, answer(200, body(id, "FAILURE"))});
  }
  add_succeeding("good");
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.count(TaskState::failed), static_cast<std::size_t>(bad));
  EXPECT_EQ(ledger_.state("good"), TaskState::succeeded);
  EXPECT_EQ(tally().queried, static_cast<std::uint64_t>(bad) + 1) << "each task once";
  EXPECT_EQ(tally().not_answered, 0U);
}

TEST_F(EngineWaitTest, AnExceptionForOneAnswerFailsOnlyItsTask) {
  for (const std::string id : {"a", "bad", "c"}) {
    add_succeeding(id);
  }
  const core::TaskKey bad = 2;
  ledger_.before_append = [](const core::Entry& entry) {
    const auto* heard = std::get_if<core::AnswerEntry>(&entry);
    if (heard != nullptr && heard->task == bad) {
      throw std::length_error("a text that is too long");
    }
  };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.count(TaskState::succeeded), 2U);
  EXPECT_EQ(ledger_.state("bad"), TaskState::unfinished);
  EXPECT_EQ(tally().not_answered, 1U);
  EXPECT_EQ(tally().errors.at("unexpected"), 1U);
  const auto named = std::find_if(notices_.begin(), notices_.end(), [](const auto& one) {
    return one.kind == core::Notice::Kind::not_answered;
  });
  ASSERT_NE(named, notices_.end());
  EXPECT_EQ(named->task_id, "bad");
  EXPECT_NE(named->text.find("a text that is too long"), std::string::npos);
  ledger_.before_append = {};
  next_run();
  EXPECT_EQ(ledger_.state("bad"), TaskState::succeeded) << "the next run asks again";
}

TEST_F(EngineWaitTest, AnAnswerThatCannotBeRecordedFailsOnlyItsTask) {
  plan_.download = false;
  for (const std::string id : {"a", "bad", "c"}) {
    add_succeeding(id);
  }
  ledger_.unrecordable = [](const core::Entry& entry) {
    const auto* heard = std::get_if<core::AnswerEntry>(&entry);
    return heard != nullptr && heard->task == 2 ? "no room for its name" : "";
  };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.count(TaskState::succeeded), 2U);
  EXPECT_EQ(tally().not_answered, 1U);
  EXPECT_EQ(tally().errors.at("unexpected"), 1U);
  const auto named = std::find_if(notices_.begin(), notices_.end(), [](const auto& one) {
    return one.kind == core::Notice::Kind::not_answered;
  });
  ASSERT_NE(named, notices_.end());
  EXPECT_EQ(named->task_id, "bad");
  EXPECT_NE(named->text.find("no room for its name"), std::string::npos);
  ledger_.unrecordable = {};
  next_run();
  EXPECT_EQ(ledger_.state("bad"), TaskState::succeeded) << "the next run asks again";
}

TEST_F(EngineWaitTest, ATaskThatWaitsOutlivesAnAnswerThatCannotBeRecorded) {
  plan_.wait = true;
  plan_.download = false;
  add("a", {answer(200, body("a", "QUEUED")), answer(200, body("a", "FAILURE"))});
  int heard = 0;
  ledger_.unrecordable = [&heard](const core::Entry&) { return ++heard == 1 ? "bad luck" : ""; };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.state("a"), TaskState::failed);
  EXPECT_EQ(tally().not_answered, 0U);
  EXPECT_EQ(tally().errors.at("unexpected"), 1U);
}

TEST_F(EngineWaitTest, AVideoThatCannotBeRecordedIsNotCountedAsDownloaded) {
  add_succeeding("a");
  ledger_.unrecordable = [](const core::Entry& entry) {
    return std::holds_alternative<core::VideoEntry>(entry) ? "no room for its path" : "";
  };
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().videos_downloaded, 0U);
  EXPECT_EQ(tally().video_bytes, 0);
  EXPECT_EQ(tally().videos_failed, 1U);
  EXPECT_EQ(ledger_.video("a", 1), core::VideoState::wanted);
}

TEST_F(EngineWaitTest, AFailureOfTheLedgerEndsTheRun) {
  add_succeeding("a");
  ledger_.before_append = [](const auto&) { throw core::Error("the disk is gone"); };
  EXPECT_THROW(run(), core::Error);
}

}  // namespace
