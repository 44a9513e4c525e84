// Paths, whole answers, and whose task they are of.
#include "core/gateway/api.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>

#include "core/gateway/answer_facts.h"
#include "tests/support/parsed_answer.h"

namespace core {
namespace {

using namespace std::string_literals;
using namespace parsed;

TEST(Paths, EncodeEveryByteThatIsNotUnreserved) {
  const std::pair<const char*, const char*> cases[] = {
      {"asyntask_Az09-._~", "asyntask_Az09-._~"},
      {"sora-2:task_01k7", "sora-2%3Atask_01k7"},
      {"../../dashboard/x", "..%2F..%2Fdashboard%2Fx"},
      {"a?b#c%2e&d=e+f g", "a%3Fb%23c%252e%26d%3De%2Bf%20g"},
      {"任", "%E4%BB%BB"},
  };
  for (const auto& [id, encoded] : cases) {
    EXPECT_EQ(query_path(id_of(id)), "/v1/video/generations/"s + encoded);
    EXPECT_EQ(content_path(id_of(id)), "/v1/videos/"s + encoded + "/content");
  }
}

struct FileCase {
  const char* file;
  const char* id;
  int http_status;
  Verdict verdict;
  const char* code;
  const char* status;
  const char* progress;
};

class AnswerFiles : public testing::TestWithParam<FileCase> {};
TEST_P(AnswerFiles, MeanWhatTheTablesExpect) {
  const FileCase& expected = GetParam();
  const Answer answer = answer_of(expected.file, expected.id, expected.http_status);
  EXPECT_EQ(name(answer.verdict), name(expected.verdict)) << answer.message;
  EXPECT_EQ(answer.code, expected.code);
  EXPECT_EQ(answer.status, expected.status);
  EXPECT_EQ(answer.progress, expected.progress);
  EXPECT_EQ(answer.links.empty(), expected.verdict != Verdict::succeeded);
  if (expected.verdict != Verdict::failed) {
    EXPECT_EQ(answer.facts.fail_reason, "");
  }
}

const auto kFileName = [](const auto& parameter) {
  std::string name = parameter.param.file;
  return name.substr(0, name.find('.'));
};

INSTANTIATE_TEST_SUITE_P(
    Tasks, AnswerFiles,
    testing::Values(FileCase{"happyhorse_success.json", kHappyHorse, 200, Verdict::succeeded,
                             "success", "SUCCESS", "100%"},
                    FileCase{"happyhorse_not_start.json", kHappyHorse, 200, Verdict::unfinished,
                             "success", "NOT_START", "0%"},
                    FileCase{"happyhorse_not_start_null.json", kHappyHorse, 200,
                             Verdict::unfinished, "success", "NOT_START", "0%"},
                    FileCase{"happyhorse_in_progress.json", kHappyHorse, 200, Verdict::unfinished,
                             "success", "IN_PROGRESS", "30%"},
                    FileCase{"happyhorse_failure.json", "asyntask_Zz1hB7cQx9LmN2vKpT5rYd8WsJ4fGa0E",
                             200, Verdict::failed, "success", "FAILURE", "100%"},
                    FileCase{"happyhorse_expired.json", kHappyHorse, 200, Verdict::failed,
                             "success", "expired", "100%"},
                    FileCase{"happyhorse_unknown_status.json", kHappyHorse, 200,
                             Verdict::unrecognised, "success", "REVIEWING", "30%"},
                    FileCase{"happyhorse_status_unknown.json", kHappyHorse, 200,
                             Verdict::unrecognised, "success", "UNKNOWN", "30%"},
                    FileCase{"happyhorse_other_task.json", kHappyHorse, 200, Verdict::wrong_task,
                             "success", "SUCCESS", "100%"},
                    FileCase{"wan22_succeeded_short_id.json", "5WZH6fIngVFPrffXrECtcN", 200,
                             Verdict::succeeded, "success", "succeeded", "100%"},
                    FileCase{"seedance_in_progress.json", kSeedance, 200, Verdict::unfinished,
                             "success", "IN_PROGRESS", "50%"},
                    FileCase{"kling_failure.json", kKling, 200, Verdict::failed, "success",
                             "FAILED", "100%"},
                    FileCase{"vidu_queued.json", "task_vidu", 200, Verdict::unfinished, "success",
                             "QUEUED", "10%"},
                    FileCase{"suno_list.json", "task_suno", 200, Verdict::succeeded, "success",
                             "SUCCESS", "100%"}),
    kFileName);

INSTANTIATE_TEST_SUITE_P(
    Envelopes, AnswerFiles,
    testing::Values(
        FileCase{"envelope_b_processing.json", "task_b", 200, Verdict::unfinished, "success",
                 "processing", ""},
        FileCase{"envelope_b_success.json", "task_b", 200, Verdict::succeeded, "success",
                 "succeeded", ""},
        FileCase{"envelope_b_failed.json", "task_b", 200, Verdict::failed, "success", "failed", ""},
        FileCase{"envelope_c_processing.json", "cgt-20260312231129-7db6s", 200, Verdict::unfinished,
                 "", "processing", ""},
        FileCase{"envelope_c_success.json", "cgt-20260312231129-7db6s", 200, Verdict::succeeded, "",
                 "completed", ""},
        FileCase{"envelope_c_failed.json", "cgt-20260312231129-7db6s", 200, Verdict::failed, "",
                 "failed", ""},
        FileCase{"envelope_d_queued.json", "task_d", 200, Verdict::unfinished, "", "queued", ""},
        FileCase{"envelope_d_success.json", "task_d", 200, Verdict::succeeded, "0", "completed",
                 ""},
        FileCase{"envelope_d_failed.json", "task_d", 200, Verdict::failed, "1001", "failed", ""},
        FileCase{"envelope_e_in_progress.json", "task_e", 200, Verdict::unfinished, "",
                 "in_progress", "50"},
        FileCase{"envelope_e_success.json", "video_x", 200, Verdict::succeeded, "", "completed",
                 "100"},
        FileCase{"envelope_e_failed.json", "task_e", 200, Verdict::failed, "moderation_blocked",
                 "failed", "0"},
        FileCase{"envelope_f_success.json", "task_f", 200, Verdict::succeeded, "", "SUCCESS",
                 "100%"},
        FileCase{"envelope_f_failure.json", "task_f", 200, Verdict::failed, "", "FAILURE", "100%"}),
    kFileName);

INSTANTIATE_TEST_SUITE_P(
    Errors, AnswerFiles,
    testing::Values(
        FileCase{"error_200_data_null.json", "t", 200, Verdict::unreadable, "success", "", ""},
        FileCase{"error_200_code.json", "t", 200, Verdict::unreadable, "fail_to_fetch_task", "",
                 ""},
        FileCase{"error_200_error_object.json", "t", 200, Verdict::unreadable, "busy", "", ""},
        FileCase{"error_200_task_not_exist.json", "t", 200, Verdict::not_found, "task_not_exist",
                 "", ""},
        FileCase{"error_400_task_not_exist.json", "t", 400, Verdict::not_found, "task_not_exist",
                 "", ""},
        FileCase{"error_400_bad_request.json", "t", 400, Verdict::unexpected, "invalid_request", "",
                 ""},
        FileCase{"error_401_docs.json", "t", 401, Verdict::unauthorised, "invalid_api_key", "", ""},
        FileCase{"error_401_new_api.json", "t", 401, Verdict::unauthorised, "", "", ""},
        FileCase{"error_401_old.json", "t", 401, Verdict::unauthorised, "", "", ""},
        FileCase{"error_403_access_denied.json", "t", 403, Verdict::forbidden, "access_denied", "",
                 ""},
        FileCase{"error_403_model.json", "t", 403, Verdict::forbidden, "", "", ""},
        FileCase{"error_404_task.json", "t", 404, Verdict::not_found, "task_not_exist", "", ""},
        FileCase{"error_404_invalid_url.json", "t", 404, Verdict::invalid_url, "", "", ""},
        FileCase{"error_429_user_limit.json", "t", 429, Verdict::throttled, "", "", ""},
        FileCase{"error_429_saturated.json", "t", 429, Verdict::throttled, "upstream_saturated", "",
                 ""},
        FileCase{"error_500_get_task_failed.json", "t", 500, Verdict::server_error,
                 "get_task_failed", "", ""},
        FileCase{"error_500_panic.json", "t", 500, Verdict::server_error, "", "", ""},
        FileCase{"error_502_nginx.html", "t", 502, Verdict::server_error, "", "", ""},
        FileCase{"error_503_model_not_found.json", "t", 503, Verdict::server_error,
                 "model_not_found", "", ""},
        FileCase{"captive_portal.html", "t", 200, Verdict::unreadable, "", "", ""}),
    kFileName);

struct IdentityCase {
  const char* name;
  const char* body;
  bool ours;
};

class Identity : public testing::TestWithParam<IdentityCase> {};
TEST_P(Identity, IsExactOrNotOurs) {
  const Answer answer = parse(GetParam().body, "task_1");
  EXPECT_EQ(name(answer.verdict), name(GetParam().ours ? Verdict::succeeded : Verdict::wrong_task));
  if (GetParam().ours) {
    return;
  }
  EXPECT_EQ(answer.facts, TaskFacts{});
  EXPECT_TRUE(answer.usage.empty());
  EXPECT_TRUE(answer.links.empty());
  EXPECT_EQ(answer.status, "SUCCESS");
  EXPECT_FALSE(answer.message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Identity,
    testing::Values(
        IdentityCase{"same", R"({"data":{"task_id":"task_1","status":"SUCCESS"}})", true},
        IdentityCase{"other",
                     R"({"data":{"task_id":"task_2","status":"SUCCESS","submit_time":1780284820,
                         "result_url":"https://h/v","data":{"usage":{"duration":5}}}})",
                     false},
        IdentityCase{"other_case", R"({"data":{"task_id":"TASK_1","status":"SUCCESS"}})", false},
        IdentityCase{"longer", R"({"data":{"task_id":"task_1 ","status":"SUCCESS"}})", false},
        IdentityCase{"unnamed", R"({"data":{"status":"SUCCESS"}})", true},
        IdentityCase{"null", R"({"data":{"task_id":null,"status":"SUCCESS"}})", true},
        IdentityCase{"empty", R"({"data":{"task_id":"","status":"SUCCESS"}})", true},
        IdentityCase{"row_number", R"({"data":{"id":4711,"status":"SUCCESS"}})", true},
        IdentityCase{"row_number_beside",
                     R"({"data":{"id":4711,"task_id":"task_1","status":"SUCCESS"}})", true},
        IdentityCase{"flat_id", R"({"id":"task_1","status":"SUCCESS"})", true},
        IdentityCase{"flat_other_id", R"({"id":"task_2","status":"SUCCESS"})", false},
        IdentityCase{"flat_second_name", R"({"id":"u","task_id":"task_1","status":"SUCCESS"})",
                     true},
        IdentityCase{"flat_first_name", R"({"id":"task_1","task_id":"u","status":"SUCCESS"})",
                     true},
        IdentityCase{"flat_neither", R"({"id":"u","task_id":"v","status":"SUCCESS"})", false},
        IdentityCase{"number_for_text", R"({"task_id":5,"status":"SUCCESS"})", false},
        IdentityCase{"vendor_ids_say_nothing",
                     R"({"data":{"task_id":"task_1","status":"SUCCESS",
                         "data":{"id":"u","task_id":"v","data":{"task_id":"w"}}}})",
                     true}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(IdentityOfNumbers, AreComparedAsSent) {
  EXPECT_EQ(parse(R"({"task_id":860260753860210752,"status":"QUEUED"})", kKling).verdict,
            Verdict::unfinished);
  EXPECT_EQ(parse(R"({"task_id":8.602607538602107e17,"status":"QUEUED"})", kKling).verdict,
            Verdict::wrong_task);
}

TEST(Reuse, OneAnswerLeavesNothingForTheNext) {
  const std::string success = body_of("happyhorse_success.json");
  const Answer first = parse_answer(200, success, id_of(kHappyHorse));
  for (const char* between : {"kling_two_videos.json", "captive_portal.html",
                              "wan25_usage_text.json", "error_200_data_null.json"}) {
    (void)parse_answer(200, body_of(between), id_of("x"));
    const Answer again = parse_answer(200, success, id_of(kHappyHorse));
    EXPECT_EQ(again.facts, first.facts) << between;
    EXPECT_EQ(again.usage, first.usage) << between;
    EXPECT_EQ(again.links, first.links) << between;
  }
}

TEST(Reuse, ThreadsDoNotDisturbEachOther) {
  const std::string success = body_of("happyhorse_success.json");
  const std::string kling = body_of("kling_two_videos.json");
  const auto read_many = [](const std::string& body, const char* id, std::size_t links) {
    bool same = true;
    for (int i = 0; i < 500; ++i) {
      same = same && parse_answer(200, body, id_of(id)).links.size() == links;
    }
    return same;
  };
  bool other_is_right = false;
  std::thread other([&] { other_is_right = read_many(kling, kKling, 2); });
  const bool own_is_right = read_many(success, kHappyHorse, 1);
  other.join();
  EXPECT_TRUE(own_is_right);
  EXPECT_TRUE(other_is_right);
}

TEST(Hostile, EveryCutAndEveryChangedByteIsSurvived) {
  for (const char* file : {"seedance_ultra_success.json", "wan25_usage_text.json"}) {
    const std::string body = body_of(file);
    const TaskId id = id_of(kSeedance);
    for (std::size_t i = 0; i < body.size(); ++i) {
      EXPECT_EQ(parse_answer(200, body.substr(0, i), id).verdict, Verdict::unreadable);
      for (const char c : {'\0', '"', '{', '9', '\xFF'}) {
        std::string changed = body;
        changed[i] = c;
        const Answer answer = parse_answer(200, changed, id);
        EXPECT_LE(answer.links.size(), 2U);
        EXPECT_LE(answer.message.size(), kMessageBytesMax);
      }
    }
  }
}

}  // namespace
}  // namespace core
