// Reasons, times and messages in an answer.
#include "core/gateway/api.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "core/gateway/answer_facts.h"
#include "tests/support/parsed_answer.h"

namespace core {
namespace {

using namespace std::string_literals;
using namespace parsed;

// gateway.md G9: the outer reason comes first. The vendor's text stands alone if the outer one is
// only "task failed", or a part of it.
TEST(FailReason, IsTheOuterOneAndTheVendorsCause) {
  struct Case {
    const char* data;
    const char* vendor;  // the text of the vendor's body; empty: none
  };
  const Case cases[] = {
      {"null", ""},
      {R"("text")", ""},
      {"{}", ""},
      {R"({"output":{"code":"C","message":"m"}})", "C: m"},
      {R"({"output":{"code":"C"}})", "C"},
      {R"({"output":{"message":"m"}})", "m"},
      {R"({"code":"C","message":"m"})", "C: m"},
      {R"({"code":0,"message":"SUCCEED"})", ""},
      {R"({"code":10000,"message":"Success"})", ""},
      {R"({"error":{"code":"C","message":"m"}})", "C: m"},
      {R"({"error":"text"})", "text"},
      {R"({"error":null,"err_code":"E"})", "E"},
      {R"({"err_code":"0"})", ""},
      {R"({"base_resp":{"status_code":0,"status_msg":"success"}})", ""},
      {R"({"base_resp":{"status_code":5,"status_msg":"m"}})", "5: m"},
      {R"({"code":1,"message":"m","data":{"task_status_msg":""}})", "1: m"},
      {R"({"code":"success","data":{"fail_reason":"inner"}})", "inner"},
      {R"({"task":{"error":{"code":"C","message":"m"}}})", "C: m"},
      {R"([{"error":{"code":"C","message":"m"}}])", "C: m"},
      {R"({"error":"  ","err_code":"E"})", "E"},
      {R"({"code":0,"data":[{"status":"failed","message":" m "}]})", "m"},
      {R"({"code":0,"data":[{"status":"succeeded","message":"fine"}]})", ""},
      {R"({"fail_reason":{"code":"C","message":"m"}})", "C: m"},
  };
  for (const auto& [data, vendor] : cases) {
    const std::string inner = vendor;
    EXPECT_EQ(parse_failure(data, R"("fail_reason":"",)").facts.fail_reason, inner) << data;
    EXPECT_EQ(parse_failure(data, R"("fail_reason":"timed out",)").facts.fail_reason,
              inner.empty() ? "timed out" : "timed out (upstream: " + inner + ")")
        << data;
  }
  const std::string two = R"({"code":1,"message":"first","data":{"task_status_msg":"inner"}})";
  EXPECT_EQ(parse_failure(two, R"("fail_reason":"",)").facts.fail_reason,
            "1: first (upstream: inner)");
  EXPECT_EQ(parse_failure(two, R"("fail_reason":"timed out",)").facts.fail_reason,
            "timed out (upstream: inner)");
}

TEST(FailReason, RepeatsNothing) {
  struct Case {
    const char* outer;
    const char* message;  // the vendor's, under the code C7
    const char* reason;
  };
  const Case cases[] = {
      {"", "blocked", "C7: blocked"},
      {"task failed", "blocked", "C7: blocked"},
      {"Task failed.", "blocked", "C7: blocked"},
      {"FAILED", "blocked", "C7: blocked"},
      {"failed", "", "C7"},
      {"blocked", "blocked", "C7: blocked"},
      {"was blocked by rule 5", "blocked", "was blocked by rule 5 (upstream: C7: blocked)"},
      {"task failed, code: C7 , message: blocked.", "blocked", "C7: blocked"},
      {"given up, code: C7, message: blocked", "blocked", "given up, code: C7, message: blocked"},
      {"", "C7", "C7"},
      {"C7: blocked", "blocked", "C7: blocked"},
      {"任务超时（10分钟）", "internal", "任务超时（10分钟） (upstream: C7: internal)"},
  };
  for (const auto& [outer, message, reason] : cases) {
    const std::string data = std::string(R"({"error":{"code":"C7","message":")") + message + "\"}}";
    const std::string fields = std::string(R"("fail_reason":")") + outer + "\",";
    EXPECT_EQ(parse_failure(data, fields).facts.fail_reason, reason) << outer;
  }
  EXPECT_EQ(parse_failure("null", R"("fail_reason":"task failed",)").facts.fail_reason,
            "task failed");
  EXPECT_EQ(parse_failure(R"({"error":"error"})", R"("fail_reason":"late",)").facts.fail_reason,
            "late");
  // The same letters inside another word are not a repetition.
  EXPECT_EQ(parse_failure(R"({"error":"block"})", R"("fail_reason":"blocked",)").facts.fail_reason,
            "blocked (upstream: block)");
  // A link is not a reason (T2).
  EXPECT_EQ(parse_failure(R"({"error":"e1"})", R"("fail_reason":"https://h/v",)").facts.fail_reason,
            "e1");
  // The reason of an inner gateway that gave up also comes before the vendor's older one.
  EXPECT_EQ(
      parse_failure(R"({"code":"success","data":{"fail_reason":"late","data":{"error":"stale"}}})",
                    R"("fail_reason":"task failed",)")
          .facts.fail_reason,
      "late (upstream: stale)");
}

TEST(FailReason, IsTheFirstInformativeTextOfTheGateway) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("error":"failed","fail_reason":"out of credits",)", "out of credits"},
      {R"("fail_reason":"   ","result_url":"blocked",)", "blocked"},
      {R"("fail_reason":{"code":"C","message":"m"},)", "C: m"},
      {R"("fail_reason":42,)", "42"},
      {R"("error":true,"fail_reason":" late\n",)", "late"},
      {R"("error":"error","fail_reason":"",)", "error"},
  };
  for (const auto& [fields, reason] : cases) {
    EXPECT_EQ(parse_failure("null", fields).facts.fail_reason, reason) << fields;
  }
  EXPECT_EQ(parse_failure(R"({"error":"real"})", R"("fail_reason":"  ",)").facts.fail_reason,
            "real");
}

TEST(FailReason, IsTheGatewaysWhenTheVendorIsSilent) {
  EXPECT_EQ(answer_of("happyhorse_timeout_failure.json", kHappyHorse).facts.fail_reason,
            "任务超时（1440分钟）");
  EXPECT_EQ(answer_of("stock_failure_no_reason.json", kHappyHorse).facts.fail_reason, "");
  EXPECT_EQ(answer_of("envelope_b_failed.json", "task_b").facts.fail_reason,
            "500: generation failed");
  EXPECT_EQ(parse_failure("null", R"("result_url":"https://h/v?k=SECRET",)").facts.fail_reason, "");
}

TEST(FailReason, NamesExpiryAsSuch) {
  EXPECT_EQ(answer_of("happyhorse_expired.json", kHappyHorse).facts.fail_reason, "expired");
  EXPECT_EQ(
      parse(R"({"task_id":"t","status":"Expired","fail_reason":"too late"})").facts.fail_reason,
      "expired: too late");
}

TEST(FailReason, GivesNoSecretAway) {
  for (const char* file :
       {"stock_failure_text_in_result_url.json", "stock_failure_copy_in_result_url.json"}) {
    const std::string reason = answer_of(file, kHappyHorse).facts.fail_reason;
    EXPECT_EQ(reason.find("SECRET"), std::string::npos) << reason;
    EXPECT_EQ(reason.find("user:pw"), std::string::npos) << reason;
    EXPECT_NE(reason.find("https://up.example/"), std::string::npos) << reason;
  }
}

TEST(FailReason, IsHarmlessAndBounded) {
  EXPECT_EQ(parse_failure("null", R"("fail_reason":"\u001b[31m\nred\u202e",)").facts.fail_reason,
            "\\x1b[31m\\x0ared\\u202e");
  const std::string huge = R"("fail_reason":")" + std::string(1'000'000, 'x') + "\",";
  EXPECT_LE(parse_failure("null", huge).facts.fail_reason.size(), 500U);
  EXPECT_LE(
      parse(R"({"task_id":"t","status":"expired",)" + huge + R"("x":0})").facts.fail_reason.size(),
      510U);
}

TEST(FailReason, BelongsToFailuresOnly) {
  EXPECT_EQ(
      parse_success(R"({"error":{"message":"m"}})", R"("fail_reason":"f",)").facts.fail_reason, "");
}

TEST(Quantities, OfAFailureStayMetrics) {
  const Answer answer = parse_failure(R"({"usage":{"duration":5,"completion_tokens":7}})");
  EXPECT_EQ(answer.facts, TaskFacts{});
  EXPECT_EQ(answer.usage.size(), 2U);
}

TEST(Times, ZeroAndNonsenseAreUnknown) {
  const Answer answer =
      parse_success("null", R"("submit_time":-5,"start_time":0,"finish_time":"soon",)");
  TaskFacts facts;
  facts.video_count = "1";  // the gateway's own copy
  EXPECT_EQ(answer.facts, facts);
  const Answer gap = answer_of("happyhorse_success_start_zero.json", kHappyHorse);
  EXPECT_EQ(gap.facts.start_time, std::nullopt);
  EXPECT_EQ(gap.facts.finish_time, std::nullopt);
  EXPECT_EQ(gap.facts.upstream_end_time, at(1'780'284'906'010));
}

struct TimeCase {
  const char* json;
  std::optional<std::int64_t> milliseconds;
};

TEST(Times, InAllTheirForms) {
  const TimeCase cases[] = {
      {"1780284820", 1'780'284'820'000},
      {"\"1780284820\"", 1'780'284'820'000},
      {"1780284820.0", 1'780'284'820'000},
      {"1780284820.1619", 1'780'284'820'161},
      {"1780284820.5", 1'780'284'820'500},
      {"1.78028482e9", 1'780'284'820'000},
      {"1780284820161", 1'780'284'820'161},
      {"\"1780284820161\"", 1'780'284'820'161},
      {"0", {}},
      {"-1", {}},
      {"1e99", {}},
      {"946684799", {}},
      {"946684800", 946'684'800'000},
      {"999999999999999999", {}},
      {"null", {}},
      {"true", {}},
      {"[]", {}},
      {"\"\"", {}},
      {"\"2026-06-01T03:33:40Z\"", 1'780'284'820'000},
      {"\"2026-06-01t03:33:40z\"", 1'780'284'820'000},
      {"\"2026-06-01 11:33:40.300+08:00\"", 1'780'284'820'300},
      {"\"2026-06-01 11:33:40.3004567+0800\"", 1'780'284'820'300},
      {"\"2026-05-31T22:33:40-05:00\"", 1'780'284'820'000},
      {"\"2026-06-01 03:33:40\"", {}},
      {"\"2026-06-01\"", {}},
      {"\"2026-06-01T03:33Z\"", {}},
      {"\"2026-06-01T03:33:40Zx\"", {}},
      {"\"2026-06-01T03:33:40+8\"", {}},
      {"\"2026-06-01T03:33:40 08:00\"", {}},
      {"\"2026-06-01T03:33:40+08:0x\"", {}},
      {"\"2026/06/01T03:33:40Z\"", {}},
      {"\"2026-13-01T03:33:40Z\"", {}},
      {"\"2026-02-30T03:33:40Z\"", {}},
      {"\"2026-06-01T24:33:40Z\"", {}},
      {"\"2026-06-01T03:60:40Z\"", {}},
      {"\"2026-06-01T03:33:61Z\"", {}},
      {"\"1970-01-01T00:00:00Z\"", {}},
      {"\"0x1A\"", {}},
  };
  for (const TimeCase& time : cases) {
    JsonDocument document;
    ASSERT_EQ(document.read("["s + time.json + "]"), JsonFailure::none) << time.json;
    const auto read = read_time(document.root().first_child());
    EXPECT_EQ(read, time.milliseconds ? at(*time.milliseconds) : std::nullopt) << time.json;
  }
}

TEST(Times, AVendorsEndMayCarryAZone) {
  EXPECT_EQ(parse_success(R"({"output":{"end_time":"2026-06-01T03:35:06.010Z"}})")
                .facts.upstream_end_time,
            at(1'780'284'906'010));
  EXPECT_EQ(parse_success(R"({"output":{"end_time":""},"updated_at":1780284906})")
                .facts.upstream_end_time,
            at(1'780'284'906'000));
}

TEST(Caps, CutBetweenCharacters) {
  const std::string x62(62, 'x');
  const Answer answer =
      parse(R"({"task_id":"t","status":")" + x62 + R"(任务","progress":")" + std::string(100, '9') +
            R"(","model":")" + std::string(500, 'm') + "\"}");
  EXPECT_EQ(answer.status, x62);
  EXPECT_EQ(answer.progress, std::string(64, '9'));
  EXPECT_LE(answer.facts.model.size(), 128U);
  EXPECT_EQ(parse(R"({"code":")" + std::string(100, 'c') + R"("})").code, std::string(64, 'c'));
}

TEST(Names, ArePrintableWithoutSecrets) {
  struct Case {
    std::string sent;
    std::string shown;
  };
  const Case cases[] = {{"happyhorse-1.0", "happyhorse-1.0"},
                        {"disk-Task-1", "disk-Task-1"},
                        {"kling/v1_pro", "kling/v1_pro"},
                        {"a\u202eb", "a\\u202eb"},
                        {"sk-abcdefghijklmnop", "sk-…"},
                        {"x/SK-abcdefghijklmnop", "x/SK-…"},
                        {"Bearer abcdefghijklmnop", "Bearer …"},
                        {"https://h/a?Signature=x", "https://h/a"},
                        {"a?Signature=x", "a?…"},
                        {"Signature=x", "Signature=…"}};
  for (const Case& one : cases) {
    const std::string body =
        R"({"code":"success","data":{"task_id":"t","status":"SUCCESS","action":")" + one.sent +
        R"("}})";
    EXPECT_EQ(parse(body).facts.action, one.shown) << one.sent;
  }
}

TEST(Messages, ArePrintableWithoutSecrets) {
  const Answer portal = answer_of("captive_portal.html", "t");
  EXPECT_EQ(portal.message.find('\x1b'), std::string::npos);
  EXPECT_NE(portal.message.find("<!DOCTYPE html>"), std::string::npos);

  EXPECT_EQ(parse_answer(429, "", id_of("t")).message, "an empty body");
  EXPECT_EQ(answer_of("error_401_docs.json", "t", 401).message, "Invalid API key provided.");
  EXPECT_EQ(parse_answer(500, R"({"error":"plain"})", id_of("t")).message, "plain");
  EXPECT_EQ(parse_answer(500, "{}", id_of("t")).message, "");

  const std::string leaky = R"({"message":"GET https://u:SECRET1@h/?k=SECRET2 with Bearer )"
                            R"(SECRET3SECRET and sk-SECRET4SECRET"})";
  const Answer answer = parse_answer(500, leaky, id_of("t"));
  EXPECT_EQ(answer.message.find("SECRET"), std::string::npos) << answer.message;

  const std::string long_text = R"({"message":")" + std::string(10'000, 'x') + "\"}";
  EXPECT_LE(parse_answer(500, long_text, id_of("t")).message.size(), kMessageBytesMax);
}

TEST(Messages, ALongTextIsCutBetweenCharacters) {
  std::string text = "x";
  for (int i = 0; i < 100; ++i) {
    text += "任";
  }
  EXPECT_EQ(for_people(text, 10), "x任任…");
}

}  // namespace
}  // namespace core
