// How the engine handles answers that may concern the whole run: keys and base URLs, in virtual
// time.
#include "tests/core/engine/engine_world.h"

namespace {

using namespace engine_world;

// Bodies as a stock gateway writes them.
const std::string kNoAccess =
    R"json({"error":{"code":"","message":"This token has no access to model  (request id: 2)",)json"
    R"json("type":"new_api_error"}})json";
const std::string kNotFromHere =
    R"json({"error":{"code":"access_denied","message":"您的 IP 不在令牌允许访问的列表中",)json"
    R"json("type":"new_api_error"}})json";
const std::string kInvalidToken =
    R"json({"error":{"code":"","message":"无效的令牌 (request id: 2)","type":"new_api_error"}})json";
const std::string kInvalidUrl =
    R"json({"error":{"message":"Invalid URL (GET /v1/x)","type":"invalid_request_error",)json"
    R"json("param":"","code":""}})json";
const std::string kNotExist = R"({"code":"task_not_exist","message":"task_not_exist","data":null})";
const std::string kPage = "\xEF\xBB\xBF\r\n<!doctype html><html><body>console</body></html>";

std::string usage(const std::string& model_list, const std::string& left = "500000") {
  return R"({"code":true,"data":{"expires_at":0,"model_limits":{"sora-2":true},)"
         R"("model_limits_enabled":)" +
         model_list + R"(,"name":"main","object":"token_usage","total_available":)" + left +
         R"(,"total_granted":1,"total_used":1,"unlimited_quota":false},"message":"ok"})";
}

class EngineKeyTest : public EngineTest {
 protected:
  void add_many(const std::string& prefix, int count, const FakeTransport::QueryOutcome& outcome) {
    for (int i = 0; i < count; ++i) {
      add(prefix + std::to_string(i), {outcome});
    }
  }
  void set_usage(const FakeTransport::QueryOutcome& outcome) {
    scripts_[core::kKeyUsagePath] = {{outcome}, 0};
  }
  int asked_about_key() const { return transport_.count(core::kKeyUsagePath); }
  core::RunResult next_run() {
    ++plan_.run;
    return run();
  }
};

TEST_F(EngineKeyTest, RejectedKeyEndsTheRunAndMarksNothing) {
  plan_.concurrency = 2;
  add("a", {answer(401, R"({"error":{"message":"no","type":"new_api_error","code":""}})")});
  for (int i = 0; i < 50; ++i) {
    add("t" + std::to_string(i), {answer(401, "")});
  }
  EXPECT_EQ(run().end, RunEnd::key_rejected);
  EXPECT_LE(tally().requests, 3U) << "only what was in flight";
  EXPECT_EQ(ledger_.count(TaskState::unfinished), 51U);
}

TEST_F(EngineKeyTest, ForbiddenForAllOfTheFirstTenEndsTheRun) {
  for (int i = 0; i < 50; ++i) {
    add("t" + std::to_string(i), {answer(403, R"({"error":{"message":"no access"}})")});
  }
  plan_.concurrency = 1;
  EXPECT_EQ(run().end, RunEnd::key_rejected);
  EXPECT_EQ(tally().requests, 10U);
}

TEST_F(EngineKeyTest, ForbiddenForSomeIsTheirOwnFailure) {
  add_succeeding("good");
  add("bad", {answer(403, R"({"error":{"message":"no access"}})")});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().not_answered, 1U);
}

TEST_F(EngineKeyTest, TwoForbiddenOfTwoEndTheRunOneOfOneDoesNot) {
  add("a", {answer(403, "{}")});
  EXPECT_EQ(run().end, RunEnd::completed);
  add("b", {answer(403, "{}")});
  plan_.run = 2;
  EXPECT_EQ(run().end, RunEnd::key_rejected);
}

TEST_F(EngineKeyTest, InvalidUrlForAllIsAWrongBaseUrl) {
  for (int i = 0; i < 12; ++i) {
    add("t" + std::to_string(i),
        {answer(404, R"json({"error":{"message":"Invalid URL (GET /v1/x)",)json"
                     R"json("type":"invalid_request_error","param":"","code":""}})json")});
  }
  EXPECT_EQ(run().end, RunEnd::wrong_base_url);
}

TEST_F(EngineKeyTest, WithAListOfModelsAForbiddenIdIsNotFound) {
  set_usage(answer(200, usage("true")));
  add_many("t", 30, answer(403, kNoAccess));
  for (plan_.run = 1; plan_.run <= 3; go_to_next_run()) {
    EXPECT_EQ(run().end, RunEnd::completed);
    EXPECT_EQ(tally().not_answered, plan_.run < 3 ? 30U : 0U);
    EXPECT_EQ(asked_about_key(), plan_.run) << "once a run";
    EXPECT_EQ(told(core::Notice::Kind::flagged), static_cast<std::size_t>(plan_.run));
  }
  EXPECT_EQ(ledger_.count(TaskState::missing), 30U);
  EXPECT_EQ(ledger_.snapshots(), 90U);
}

TEST_F(EngineKeyTest, AllInFlightWaitForTheAnswerAboutTheKey) {
  set_usage(answer(200, usage("true")));
  plan_.concurrency = 200;
  add_many("t", 200, answer(403, kNoAccess));
  for (plan_.run = 1; plan_.run <= 3; go_to_next_run()) {
    EXPECT_EQ(run().end, RunEnd::completed);
  }
  EXPECT_EQ(ledger_.count(TaskState::missing), 200U);
}

TEST_F(EngineKeyTest, AForbiddenIdAmongGoodOnesIsNotFoundToo) {
  set_usage(answer(200, usage("true")));
  for (int i = 0; i < 15; ++i) {
    add_succeeding("good" + std::to_string(i));
  }
  add("bad", {answer(403, kNoAccess)});
  for (plan_.run = 1; plan_.run <= 3; go_to_next_run()) {
    EXPECT_EQ(run().end, RunEnd::completed);
  }
  EXPECT_EQ(ledger_.state("bad"), TaskState::missing);
}

TEST_F(EngineKeyTest, ATaskThatTheGatewayKnewIsForbiddenAndNeverMissing) {
  set_usage(answer(200, usage("true")));
  add("a", {answer(200, body("a", "IN_PROGRESS")), answer(403, kNoAccess)});
  add_succeeding("b");
  for (plan_.run = 1; plan_.run <= 5; go_to_next_run()) {
    EXPECT_EQ(run().end, RunEnd::completed);
  }
  EXPECT_EQ(ledger_.state("a"), TaskState::unfinished);
  EXPECT_EQ(tally().not_answered, 1U);
}

TEST_F(EngineKeyTest, AnAddressThatIsNotAllowedIsNoUnknownId) {
  set_usage(answer(200, usage("true")));
  add_many("t", 12, answer(403, kNotFromHere));
  const auto result = run();
  EXPECT_EQ(result.end, RunEnd::key_rejected);
  EXPECT_NE(result.reason.find("this machine's address"), std::string::npos) << result.reason;
}

TEST_F(EngineKeyTest, WithoutAListOfModelsAllForbiddenEndsTheRunAndSaysWhatIsKnown) {
  set_usage(answer(200, usage("false")));
  plan_.concurrency = 1;
  add_many("t", 50, answer(403, kNoAccess));
  const auto result = run();
  EXPECT_EQ(result.end, RunEnd::key_rejected);
  EXPECT_NE(result.reason.find("key itself is valid"), std::string::npos) << result.reason;
  EXPECT_EQ(tally().requests, 10U);
  EXPECT_EQ(asked_about_key(), 1);
  EXPECT_EQ(ledger_.count(TaskState::unfinished), 50U);
}

TEST_F(EngineKeyTest, WithoutThatEndpointTheFirstTenAnswersDecide) {
  for (const FakeTransport::QueryOutcome& none :
       {FakeTransport::QueryOutcome(answer(404, "<html>")),
        FakeTransport::QueryOutcome(answer(200, kPage)),
        FakeTransport::QueryOutcome(answer(500, "")),
        FakeTransport::QueryOutcome(core::TransportFailure{"timeout", "late"})}) {
    set_usage(none);
    add_many("t" + std::to_string(plan_.run), 12, answer(403, kNoAccess));
    const auto result = run();
    EXPECT_EQ(result.end, RunEnd::key_rejected);
    EXPECT_NE(result.reason.find("HTTP 403"), std::string::npos) << result.reason;
    ++plan_.run;
  }
  EXPECT_EQ(ledger_.count(TaskState::missing), 0U);
}

TEST_F(EngineKeyTest, ARejectedKeyIsQueriedOnceAndNothingElseMeanwhile) {
  set_usage(answer(200, usage("false", "0")));
  plan_.concurrency = 4;
  transport_.latency = seconds(2);
  add_many("t", 40, answer(401, kInvalidToken));
  const auto result = run();
  EXPECT_EQ(result.end, RunEnd::key_rejected);
  EXPECT_NE(result.reason.find("its quota is used up"), std::string::npos) << result.reason;
  EXPECT_EQ(tally().requests, 4U);
  EXPECT_EQ(asked_about_key(), 1);
  EXPECT_EQ(ledger_.snapshots(), 4U) << "those answers are kept";
}

TEST_F(EngineKeyTest, ALowRateOnlyDelaysTheQueryAboutTheKey) {
  set_usage(answer(200, usage("false", "0")));
  plan_.rate = 1;
  add("a", {answer(401, kInvalidToken)});
  const auto begin = clock_.steady();
  const auto result = run();
  EXPECT_NE(result.reason.find("its quota is used up"), std::string::npos) << result.reason;
  EXPECT_GE(clock_.steady() - begin, seconds(1)) << "at most so many in any second";
}

TEST_F(EngineKeyTest, AnUnknownKeyIsReportedAsUnknown) {
  set_usage(answer(401, kInvalidToken));
  add("a", {answer(401, kInvalidToken)});
  const auto result = run();
  EXPECT_EQ(result.end, RunEnd::key_rejected);
  EXPECT_NE(result.reason.find("does not know the key"), std::string::npos) << result.reason;
}

TEST_F(EngineKeyTest, AnInvalidUrlAmongGoodOnesIsAnIdThatIsNotFound) {
  add("a/b", {answer(404, kInvalidUrl)});  // answered first; later answers decide its meaning
  scripts_[kPrefix + "a%2Fb"] = scripts_.at(kPrefix + "a/b");
  add("good", {answer(200, body("good", "IN_PROGRESS"))});
  for (plan_.run = 1; plan_.run <= 3; go_to_next_run()) {
    plan_.concurrency = 1;
    EXPECT_EQ(run().end, RunEnd::completed);
    EXPECT_EQ(tally().not_answered, plan_.run < 3 ? 1U : 0U);
  }
  EXPECT_EQ(ledger_.state("a/b"), TaskState::missing);
  EXPECT_EQ(ledger_.snapshots(), 6U);
}

TEST_F(EngineKeyTest, AnInvalidUrlBesideAnUnknownIdIsNotFoundToo) {
  add("x", {answer(404, kInvalidUrl)});
  add("y", {answer(400, kNotExist)});
  for (plan_.run = 1; plan_.run <= 3; go_to_next_run()) {
    EXPECT_EQ(run().end, RunEnd::completed);
  }
  EXPECT_EQ(ledger_.count(TaskState::missing), 2U);
}

TEST_F(EngineKeyTest, OnlyInvalidUrlsDecideNothingAboutIds) {
  add("a", {answer(404, kInvalidUrl)});
  for (plan_.run = 1; plan_.run <= 4; go_to_next_run()) {
    EXPECT_EQ(run().end, RunEnd::completed) << "one answer is too few to blame the base URL";
    EXPECT_EQ(tally().not_answered, 1U);
  }
  EXPECT_EQ(ledger_.snapshots(), 4U) << "each is recorded all the same";
  add("b", {answer(404, kInvalidUrl)});
  EXPECT_EQ(run().end, RunEnd::wrong_base_url);
  EXPECT_EQ(ledger_.count(TaskState::unfinished), 2U);
}

TEST_F(EngineKeyTest, WebPagesForAllAreAWrongBaseUrl) {
  add_many("t", 12, answer(200, kPage));
  const auto result = run();
  EXPECT_EQ(result.end, RunEnd::wrong_base_url);
  EXPECT_LE(tally().requests, 12U) << "no retries to come to that";
  EXPECT_NE(result.reason.find("web page"), std::string::npos) << result.reason;
}

TEST_F(EngineKeyTest, FewerThanTenPagesDecideOnlyIfTheyAreAllAnswersAndAtLeastTwo) {
  plan_.retry.retries = 0;
  add("a", {answer(200, kPage)});
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().not_answered, 1U);
  add("b", {answer(200, kPage)});
  EXPECT_EQ(next_run().end, RunEnd::wrong_base_url);
  add("c", {answer(200, body("c", "IN_PROGRESS"))});
  EXPECT_EQ(next_run().end, RunEnd::completed);
  EXPECT_EQ(tally().not_answered, 2U);
}

TEST_F(EngineKeyTest, AWebPageForSomeIsAskedAgain) {
  add("a", {answer(200, kPage), answer(200, body("a", "FAILURE"))});
  add_succeeding("b");
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.state("a"), TaskState::failed);
}

}  // namespace
