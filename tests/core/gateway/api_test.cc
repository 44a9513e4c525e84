#include "core/gateway/api.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "core/gateway/answer_facts.h"
#include "core/gateway/video_links.h"

namespace core {
namespace {

using namespace std::string_literals;

constexpr const char* kHappyHorse = "asyntask_Qm4T0v7yLxWc2RbnKd9ZpHs3JfEa6UgO";
constexpr const char* kSeedance = "asyntask_Se7kXo2VbR9tQyLz4WnPm1HcJ6dGuA3i";
constexpr const char* kKling = "860260753860210752";

TaskId id_of(std::string_view text) { return std::get<TaskId>(TaskId::parse(text)); }

std::string body_of(const std::string& name) {
  std::ifstream file(TEST_DATA "/answers/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Answer answer_of(const std::string& name, std::string_view id, int http_status = 200) {
  return parse_answer(http_status, body_of(name), id_of(id));
}

Answer parse(std::string_view body, std::string_view id = "t") {
  return parse_answer(200, body, id_of(id));
}

// A success in envelope A with the vendor body `data`; `more`: further members of the task.
Answer parse_success(const std::string& data, const std::string& more = "") {
  return parse(R"({"code":"success","data":{"task_id":"t","status":"SUCCESS",)" + more +
               R"("data":)" + data + "}}");
}

Answer parse_failure(const std::string& data, const std::string& more = "") {
  return parse(R"({"code":"success","data":{"task_id":"t","status":"FAILURE",)" + more +
               R"("data":)" + data + "}}");
}

std::optional<UtcTime> at(std::int64_t milliseconds) {
  return UtcTime(std::chrono::milliseconds(milliseconds));
}

std::vector<std::string> urls_of(const Answer& answer) {
  std::vector<std::string> urls;
  for (const VideoLink& link : answer.links) {
    urls.push_back(link.url);
  }
  return urls;
}

// The URLs of each video, best first.
std::vector<std::vector<std::string>> all_urls_of(const Answer& answer) {
  std::vector<std::vector<std::string>> urls;
  for (const VideoLink& link : answer.links) {
    urls.push_back({link.url});
    for (const LinkCandidate& other : link.others) {
      urls.back().push_back(other.url);
    }
  }
  return urls;
}

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

TEST(Verdicts, OfHttpStatusesWhateverTheBody) {
  const std::pair<int, Verdict> cases[] = {
      {0, Verdict::unexpected},     {100, Verdict::unexpected},   {204, Verdict::unreadable},
      {301, Verdict::unexpected},   {302, Verdict::unexpected},   {304, Verdict::unexpected},
      {400, Verdict::unexpected},   {401, Verdict::unauthorised}, {402, Verdict::unexpected},
      {403, Verdict::forbidden},    {404, Verdict::unexpected},   {408, Verdict::unexpected},
      {409, Verdict::unexpected},   {410, Verdict::unexpected},   {425, Verdict::unexpected},
      {429, Verdict::throttled},    {500, Verdict::server_error}, {502, Verdict::server_error},
      {524, Verdict::server_error}, {599, Verdict::server_error}, {600, Verdict::unexpected},
  };
  for (const auto& [http_status, verdict] : cases) {
    EXPECT_EQ(name(parse_answer(http_status, "", id_of("t")).verdict), name(verdict))
        << http_status;
    EXPECT_EQ(name(parse_answer(http_status, "<html>", id_of("t")).verdict), name(verdict))
        << http_status;
  }
}

TEST(Verdicts, ATaskInAnErrorIsIgnored) {
  const Answer answer = answer_of("happyhorse_success.json", kHappyHorse, 500);
  EXPECT_EQ(answer.verdict, Verdict::server_error);
  EXPECT_EQ(answer.facts, TaskFacts{});
  EXPECT_TRUE(answer.links.empty());
  EXPECT_TRUE(answer.usage.empty());
}

TEST(Verdicts, StatusWordsInAnyCaseAndWithBlanks) {
  const std::pair<const char*, Verdict> cases[] = {
      {"NOT_START", Verdict::unfinished},
      {"SUBMITTED", Verdict::unfinished},
      {"QUEUED", Verdict::unfinished},
      {"pending", Verdict::unfinished},
      {"preparing", Verdict::unfinished},
      {"In_Progress", Verdict::unfinished},
      {"PROCESSING", Verdict::unfinished},
      {"running", Verdict::unfinished},
      {"generating", Verdict::unfinished},
      {" Success\\t", Verdict::succeeded},
      {"succeeded", Verdict::succeeded},
      {"succeed", Verdict::succeeded},
      {"completed", Verdict::succeeded},
      {"complete", Verdict::succeeded},
      {"finished", Verdict::succeeded},
      {"FAILURE", Verdict::failed},
      {"FAILED", Verdict::failed},
      {"fail", Verdict::failed},
      {"error", Verdict::failed},
      {"cancelled", Verdict::failed},
      {"canceled", Verdict::failed},
      {"expired", Verdict::failed},
      {"UNKNOWN", Verdict::unrecognised},
      {"", Verdict::unrecognised},
      {"  ", Verdict::unrecognised},
      {"succes", Verdict::unrecognised},
      {"successful", Verdict::unrecognised},
      {"in progress", Verdict::unrecognised},
  };
  for (const auto& [word, verdict] : cases) {
    const std::string quoted = "\""s + word + "\"";
    EXPECT_EQ(name(parse(R"({"data":{"task_id":"t","status":)" + quoted + "}}").verdict),
              name(verdict))
        << word;
    EXPECT_EQ(name(parse(R"({"task_id":"t","status":)" + quoted + "}").verdict), name(verdict))
        << word;
  }
}

TEST(Verdicts, StatusesThatAreNoWordsAreUnrecognised) {
  for (const char* status : {"2", "null", "true", "[]", "{}", R"(["SUCCESS"])"}) {
    EXPECT_EQ(parse(R"({"data":{"task_id":"t","status":)"s + status + "}}").verdict,
              Verdict::unrecognised)
        << status;
  }
}

TEST(Verdicts, SuccessCodesAndErrorCodes) {
  for (const char* code : {R"("success")", R"("SUCCESS")", R"("ok")", R"("")", R"("0")", "0",
                           R"("200")", "200", "true", "null"}) {
    EXPECT_EQ(
        parse(R"({"code":)"s + code + R"(,"data":{"task_id":"t","status":"QUEUED"}})").verdict,
        Verdict::unfinished)
        << code;
  }
  for (const char* code : {R"("failed")", R"("error")", "1", "-1", "500", "false", "[]", "{}",
                           R"("successful")", R"("success, this is a very long word")"}) {
    EXPECT_EQ(
        parse(R"({"code":)"s + code + R"(,"data":{"task_id":"t","status":"QUEUED"}})").verdict,
        Verdict::unreadable)
        << code;
  }
}

TEST(Verdicts, UnknownShapes) {
  for (const char* body :
       {"[]", "{}", "5", R"("SUCCESS")", "true", R"([{"task_id":"t","status":"SUCCESS"}])",
        R"({"code":"success"})", R"({"code":"success","data":[]})",
        R"({"code":"success","data":"x"})", R"({"code":"success","data":{}})",
        R"({"code":"success","data":{"task_id":"t"}})", R"({"task_id":"t"})",
        R"({"code":0,"data":{"task_id":"t","task_status":"succeed"}})"}) {
    const Answer answer = parse(body);
    EXPECT_EQ(name(answer.verdict), name(Verdict::unrecognised)) << body;
    EXPECT_FALSE(answer.message.empty()) << body;
    EXPECT_TRUE(answer.links.empty()) << body;
  }
}

TEST(Verdicts, BodiesThatAreNoJson) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  for (const std::string& body :
       {""s, " \n"s, "<html>"s, "{"s, "null x"s, "\xFF\xFE"s, deep,
        body_of("happyhorse_success.json").substr(0, 700), body_of("happyhorse_success.json") + "x",
        R"({"data":{"status":"\xff"}})"s, std::string(9 << 20, ' ')}) {
    const Answer answer = parse(body);
    EXPECT_EQ(name(answer.verdict), name(Verdict::unreadable)) << body.substr(0, 40);
    EXPECT_FALSE(answer.message.empty()) << body.substr(0, 40);
  }
  EXPECT_EQ(parse("null").verdict, Verdict::unrecognised);
}

// If a repeated key is read, choosing one value would be a guess; elsewhere it does no harm.
TEST(Verdicts, RepeatedKeysMakeAnAnswerUnreadableOnlyIfTheyAreRead) {
  const auto success = [](const std::string& members) {
    return parse(R"({"code":"success","data":{"task_id":"t","status":"SUCCESS",)" + members + "}}");
  };
  for (const char* harmless :
       {R"("x":1,"x":2)", R"("x":{"status":1,"status":2})", R"("data":{"prompt":1,"prompt":2})",
        R"("data":{"usage":{"SR":720},"input":{"SR":1,"SR":2}})",
        R"("data":"{\"prompt\":1,\"prompt\":2}")"}) {
    EXPECT_EQ(success(harmless).verdict, Verdict::succeeded) << harmless;
  }
  for (const char* harmful :
       {R"("status":"FAILURE")", R"("status":"SUCCESS")", R"("result_url":"/a","result_url":"/b")",
        R"("quota":1,"quota":1)", R"("data":{},"data":{})",
        R"("data":{"usage":{"duration":5,"duration":5}})", R"("data":{"usage":{"x":1,"x":2}})",
        R"("data":{"output":{"video_url":"/a","video_url":"/b"}})",
        R"("data":"{\"usage\":{\"SR\":1,\"SR\":2}}")"}) {
    const Answer answer = success(harmful);
    EXPECT_EQ(name(answer.verdict), name(Verdict::unreadable)) << harmful;
    EXPECT_EQ(answer.message, "JSON with a key twice in one object");
    EXPECT_TRUE(answer.links.empty() && answer.usage.empty()) << harmful;
    EXPECT_EQ(answer.facts, TaskFacts{});
  }
  EXPECT_EQ(
      parse(R"({"code":"success","code":"success","data":{"task_id":"t","status":"SUCCESS"}})")
          .verdict,
      Verdict::unreadable);
  EXPECT_EQ(parse_answer(400, R"({"code":"task_not_exist","data":1,"data":2})", id_of("t")).verdict,
            Verdict::not_found);
  EXPECT_EQ(parse_answer(400, R"({"code":"task_not_exist","code":"other"})", id_of("t")).verdict,
            Verdict::unexpected);
  EXPECT_EQ(link_in_json(R"({"url":"/a","url":"/b"})"), std::nullopt);
  EXPECT_EQ(link_in_json(R"({"x":1,"x":2,"url":"/a"})"), "/a");
}

// simdjson threw an exception for such tokens, and every later run failed at the same task.
TEST(Verdicts, InvalidTokensAreUnreadableAnywhere) {
  for (const char* token : {"nan", "nulL", "nil", "n", "tru", "-", "1e999"}) {
    const std::string text = std::string(R"({"usage":{"duration":)") + token + "}}";
    EXPECT_EQ(
        parse(R"({"code":"success","data":{"task_id":"t","status":"SUCCESS","data":)" + text + "}}")
            .verdict,
        Verdict::unreadable)
        << token;
    // Inside a string it is an unreadable vendor body.
    std::string quoted = text;
    for (std::size_t at = 0; (at = quoted.find('"', at)) != std::string::npos; at += 2) {
      quoted.insert(at, 1, '\\');
    }
    const Answer answer = parse(
        R"({"code":"success","data":{"task_id":"t","status":"SUCCESS","data":")" + quoted + "\"}}");
    EXPECT_EQ(answer.verdict, Verdict::succeeded) << token;
    EXPECT_TRUE(answer.usage.empty());
  }
}

// The video's link expires while the word is unknown, so the video is offered; but the word decides
// no state.
TEST(Verdicts, AnUnknownWordBesideALinkOrAnEndLooksFinished) {
  const auto unknown = [](const std::string& members) {
    return parse(R"({"code":"success","data":{"task_id":"t","status":"done",)" + members + "}}");
  };
  const Answer linked = unknown(R"("result_url":"https://h/v.mp4?Expires=4102444800","x":0)");
  EXPECT_EQ(linked.verdict, Verdict::unrecognised);
  EXPECT_TRUE(linked.looks_finished);
  EXPECT_EQ(urls_of(linked), std::vector<std::string>{"https://h/v.mp4?Expires=4102444800"});
  EXPECT_EQ(linked.facts.finish_time, std::nullopt);
  const Answer ended = unknown(R"("finish_time":1780284918,"usage":{"video_count":2})");
  EXPECT_TRUE(ended.looks_finished);
  EXPECT_TRUE(ended.links.empty());
  EXPECT_EQ(ended.videos_without_link, 0);
  EXPECT_EQ(ended.facts.video_count, "");
  EXPECT_FALSE(unknown(R"("finish_time":0,"progress":"30%")").looks_finished);
  EXPECT_FALSE(unknown(R"("completed_at":1780284918,"progress":0)").looks_finished);
  EXPECT_FALSE(unknown(R"("result_url":"still waiting")").looks_finished);
  EXPECT_FALSE(parse(R"({"task_id":"t","status":"QUEUED","url":"https://h/v"})").looks_finished);
}

// A gateway may forward a vendor's answer unchanged (gateway.md, section 5).
TEST(Verdicts, AnUnknownShapeWithALinkLooksFinished) {
  struct Case {
    const char* body;
    const char* link;  // empty: it is only reported
  };
  const Case vendors[] = {
      {R"({"output":{"task_status":"SUCCEEDED","video_url":"https://h/v"},"request_id":"r"})",
       "https://h/v"},
      {R"({"output":{"task_id":"u","task_status":"SUCCEEDED","video_url":"https://h/v"}})", ""},
      {R"({"code":0,"data":{"task_id":"t","task_status":"succeed",)"
       R"("task_result":{"videos":[{"id":"v","url":"https://h/v"}]}}})",
       "https://h/v"},
      {R"({"code":0,"data":{"task_id":"u","task_status":"succeed",)"
       R"("task_result":{"videos":[{"url":"https://h/v"}]}}})",
       ""},
      {R"({"state":"success","creations":[{"id":"c","url":"https://h/v"}]})", "https://h/v"},
      {R"({"code":200,"data":{"taskId":"t","successFlag":1,"response":{"resultUrls":["https://h/v"]}}})",
       "https://h/v"},
  };
  for (const auto& [body, link] : vendors) {
    const Answer answer = parse(body);
    EXPECT_EQ(answer.verdict, Verdict::unrecognised) << body;
    EXPECT_TRUE(answer.looks_finished) << body;
    EXPECT_EQ(urls_of(answer), std::string(link).empty() ? std::vector<std::string>()
                                                         : std::vector<std::string>{link})
        << body;
  }
  for (const char* body :
       {R"({"url":"https://login.example"})", R"({"message":"hello","data":{"url":"https://h/v"}})",
        R"({"output":{"task_status":"RUNNING"}})", R"(["https://h/v"])", R"("https://h/v")"}) {
    EXPECT_FALSE(parse(body).looks_finished) << body;
    EXPECT_TRUE(parse(body).links.empty()) << body;
  }
}

TEST(Verdicts, DataBesideATaskIsItsVendorsUnlessItIsATask) {
  // The outer status wins over the vendor's.
  EXPECT_EQ(
      parse(R"({"id":"t","status":"in_progress","data":{"id":"u","status":"succeeded"}})").verdict,
      Verdict::unfinished);
  EXPECT_EQ(parse(R"({"task_id":"t","status":"queued","data":{"task_id":"u","status":"Success"}})")
                .verdict,
            Verdict::unfinished);
  EXPECT_EQ(
      parse(R"({"id":"v","status":"queued","data":{"task_id":"u","status":"Success"}})").verdict,
      Verdict::wrong_task);
  // A status of the envelope is not the task's.
  EXPECT_EQ(parse(R"({"status":"success","data":{"task_id":"t","status":"QUEUED"}})").verdict,
            Verdict::unfinished);
  EXPECT_EQ(parse(R"({"status":"success","data":{"status":"QUEUED"}})").verdict,
            Verdict::unfinished);
  EXPECT_EQ(parse(R"({"id":"x","status":"ok","data":{"task_id":"t","status":"QUEUED"}})").verdict,
            Verdict::unfinished);
}

TEST(Verdicts, InvalidUrlIsRecognisedByTypeAndBeginning) {
  const std::pair<const char*, Verdict> cases[] = {
      {R"({"error":{"type":"invalid_request_error","message":"Invalid URL (GET /x) "}})",
       Verdict::invalid_url},
      {R"({"error":{"type":"new_api_error","message":"Invalid URL (GET /x) "}})",
       Verdict::not_found},
      {R"({"error":{"type":"invalid_request_error","message":"no Invalid URL"}})",
       Verdict::not_found},
      {R"({"error":"Invalid URL"})", Verdict::not_found},
      {R"([])", Verdict::not_found},
  };
  for (const auto& [body, verdict] : cases) {
    EXPECT_EQ(name(parse_answer(404, body, id_of("t")).verdict), name(verdict)) << body;
  }
  EXPECT_EQ(parse_answer(400, cases[0].first, id_of("t")).verdict, Verdict::unexpected);
}

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

TEST(Vendors, HappyHorse) {
  const Answer answer = answer_of("happyhorse_success.json", kHappyHorse);
  TaskFacts facts;
  facts.submit_time = at(1'780'284'820'000);
  facts.start_time = at(1'780'284'824'000);
  facts.finish_time = at(1'780'284'918'000);
  facts.upstream_end_time = at(1'780'284'906'010);  // 11:35:06.010 in Beijing (T1)
  facts.action = "generate";
  facts.request_id = "20260601033340118204000AbCdEfGh";
  facts.resolution = "1080p";
  facts.ratio = "9:16";
  facts.duration_seconds = "8";
  facts.input_seconds = "0";
  facts.output_seconds = "8";
  facts.video_count = "1";
  EXPECT_EQ(answer.facts, facts);
  EXPECT_EQ(answer.usage, (std::vector<UsageMetric>{{"SR", "1080"},
                                                    {"duration", "8"},
                                                    {"input_video_duration", "0"},
                                                    {"output_video_duration", "8"},
                                                    {"ratio", "9:16"},
                                                    {"video_count", "1"}}));
  EXPECT_EQ(answer.links,
            (std::vector<VideoLink>{
                {.index = 1,
                 .url = "https://dashscope-x000.oss-accelerate.aliyuncs.com/1d/aa/20260601/0000/"
                        "v_refiner.mp4?Expires=1780371305&OSSAccessKeyId=EXAMPLE"
                        "&Signature=abc%2Bdef%3D",
                 .expires_at = at(1'780'371'305'000)}}));
  EXPECT_EQ(answer.videos_without_link, 0);
  EXPECT_EQ(answer.message, "");
}

TEST(Vendors, HappyHorseBeforeTheEnd) {
  const Answer answer = answer_of("happyhorse_not_start.json", kHappyHorse);
  TaskFacts facts;
  facts.submit_time = at(1'780'284'820'000);
  facts.action = "generate";
  facts.request_id = "20260601033340118204000AbCdEfGh";
  EXPECT_EQ(answer.facts, facts);
  EXPECT_TRUE(answer.usage.empty());
}

TEST(Vendors, HappyHorseFailure) {
  const Answer answer =
      answer_of("happyhorse_failure.json", "asyntask_Zz1hB7cQx9LmN2vKpT5rYd8WsJ4fGa0E");
  EXPECT_EQ(answer.facts.fail_reason,
            "DataInspectionFailed: Output data may contain inappropriate content.");
  EXPECT_EQ(answer.facts.finish_time, at(1'780'284'871'000));
  EXPECT_EQ(answer.facts.upstream_end_time, at(1'780'284'860'010));
  EXPECT_EQ(answer.message, "");
}

TEST(Vendors, HappyHorseCountsMoreVideosThanItLinks) {
  const Answer answer = answer_of("happyhorse_two_videos_one_link.json", kHappyHorse);
  EXPECT_EQ(answer.links.size(), 1U);
  EXPECT_EQ(answer.videos_without_link, 1);
  EXPECT_EQ(answer.facts.video_count, "2");
}

TEST(Vendors, WanOldAndNew) {
  const Answer new_form = answer_of("wan26_success.json", "asyntask_wan26");
  EXPECT_EQ(new_form.facts.duration_seconds, "5.0");
  EXPECT_EQ(new_form.facts.input_seconds, "0.0");
  EXPECT_EQ(new_form.facts.output_seconds, "5.0");
  EXPECT_EQ(new_form.facts.resolution, "720p");

  const Answer old_form = answer_of("wan25_success.json", "asyntask_wan25");
  EXPECT_EQ(old_form.facts.duration_seconds, "5");
  EXPECT_EQ(old_form.facts.output_seconds, "5");
  EXPECT_EQ(old_form.facts.ratio, "1280*720");

  const Answer text_form = answer_of("wan25_usage_text.json", "asyntask_wan25");
  EXPECT_EQ(text_form.facts.duration_seconds, "5");
  EXPECT_EQ(text_form.facts.resolution, "480p");
  EXPECT_EQ(
      text_form.usage,
      (std::vector<UsageMetric>{
          {"video_duration", "5"}, {"video_ratio", "16:9"}, {"video_count", "1"}, {"SR", "480"}}));
}

TEST(Vendors, Seedance) {
  const Answer answer = answer_of("seedance_success.json", kSeedance);
  EXPECT_EQ(answer.facts.model, "doubao-seedance-2-0-260128");
  EXPECT_EQ(answer.facts.action, "referenceGenerate");
  EXPECT_EQ(answer.facts.completion_tokens, "108900");
  EXPECT_EQ(answer.facts.total_tokens, "108900");
  EXPECT_EQ(answer.facts.super_resolution_tokens, "");
  EXPECT_EQ(answer.facts.resolution, "720p");
  EXPECT_EQ(answer.facts.output_seconds, "5");
  EXPECT_EQ(answer.facts.upstream_end_time, at(1'780'284'944'000));
  EXPECT_EQ(answer.usage, (std::vector<UsageMetric>{{"completion_tokens", "108900"},
                                                    {"tool_usage.web_search", "1"},
                                                    {"total_tokens", "108900"}}));
  // The last frame is not a video.
  EXPECT_EQ(answer.links.size(), 1U);

  const Answer running = answer_of("seedance_in_progress.json", kSeedance);
  EXPECT_EQ(running.facts.output_seconds, "");
  EXPECT_EQ(running.facts.upstream_end_time, std::nullopt);

  EXPECT_EQ(answer_of("seedance_failure.json", kSeedance).facts.fail_reason,
            "OutputVideoSensitiveContentDetected: The request failed because the output video may "
            "contain sensitive information.");
}

TEST(Vendors, SeedanceUltraHasTwoVideosAndTheResolutionOfItsTokens) {
  for (const char* file : {"seedance_ultra_success.json", "seedance_ultra_wrong_labels.json"}) {
    const Answer answer = answer_of(file, kSeedance);
    EXPECT_EQ(answer.facts.super_resolution_tokens, "245025");
    EXPECT_EQ(answer.facts.resolution, "1080p") << file;
    ASSERT_EQ(answer.links.size(), 2U);
    EXPECT_NE(answer.links[0].url.find("/e.mp4"), std::string::npos);
    EXPECT_EQ(answer.links[0].expires_at, at(1'780'371'300'000));
    EXPECT_NE(answer.links[1].url.find("/o.mp4"), std::string::npos);
    EXPECT_EQ(answer.links[1].index, 2);
    EXPECT_EQ(answer.links[1].expires_at, at(1'780'371'260'000));
    EXPECT_EQ(answer.videos_without_link, 0);
  }
}

TEST(Vendors, Kling) {
  const Answer answer = answer_of("kling_two_videos.json", kKling);
  EXPECT_EQ(urls_of(answer),
            (std::vector<std::string>{"https://v16.example/1.mp4?ksTime=6a3f0000",
                                      "https://v16.example/2.mp4?ksTime=6a3f0000"}));
  EXPECT_EQ(answer.facts.units, "3.6");
  EXPECT_EQ(answer.facts.duration_seconds, "10.082");  // of both
  EXPECT_EQ(answer.facts.output_seconds, "10.082");
  EXPECT_EQ(answer.facts.video_count, "2");
  EXPECT_EQ(answer.facts.upstream_end_time, at(1'780'284'940'496));
  EXPECT_EQ(answer.videos_without_link, 0);

  const Answer one = answer_of("kling_success.json", kKling);
  EXPECT_EQ(one.links.size(), 1U);
  EXPECT_EQ(one.usage.size(), 3U);
  EXPECT_EQ(one.usage[1], (UsageMetric{"final_balance_deduction.quota", "0.504"}));

  EXPECT_EQ(answer_of("kling_failure.json", kKling).facts.fail_reason,
            "Failure to pass the risk control system");
  EXPECT_EQ(answer_of("kling_failure_code.json", kKling).facts.fail_reason,
            "1102: Account balance not enough");
}

TEST(Vendors, Vidu) {
  const Answer answer = answer_of("vidu_success.json", "task_vidu");
  EXPECT_EQ(answer.facts.credits, "20");
  EXPECT_EQ(answer.facts.video_count, "2");
  ASSERT_EQ(answer.links.size(), 2U);
  EXPECT_NE(answer.links[1].url.find("/2.mp4"), std::string::npos);
  EXPECT_EQ(answer.links[1].expires_at, at(1'780'371'300'000));
  EXPECT_EQ(answer_of("vidu_failure.json", "task_vidu").facts.fail_reason, "AuditSubmitIllegal");
  EXPECT_EQ(answer_of("vidu_queued.json", "task_vidu").facts.model, "viduq2");
}

TEST(Vendors, HailuoAndMiniMax) {
  EXPECT_EQ(answer_of("hailuo_success.json", "task_hailuo").facts.resolution, "768p");
  EXPECT_EQ(answer_of("hailuo_failure.json", "task_hailuo").facts.fail_reason,
            "1027: output new_sensitive");

  const Answer answer = answer_of("minimax_h3_success.json", "task_h3");
  EXPECT_EQ(answer.facts.duration_seconds, "11");
  EXPECT_EQ(answer.facts.input_seconds, "5");
  EXPECT_EQ(answer.facts.output_seconds, "6");
  EXPECT_EQ(answer.facts.resolution, "1440p");
  EXPECT_EQ(answer.usage.size(), 4U);
  EXPECT_EQ(urls_of(answer), (std::vector<std::string>{"https://cdn.minimax.example/h3.mp4"}));
  EXPECT_EQ(answer_of("minimax_h3_failure.json", "task_h3").facts.fail_reason,
            "content_blocked: the prompt was refused");
}

TEST(Vendors, Jimeng) {
  const Answer answer = answer_of("jimeng_success.json", "task_jimeng");
  EXPECT_EQ(urls_of(answer), (std::vector<std::string>{"https://v.jimeng.example/x.mp4?a=1"}));
  // The link states no expiry: a day after the end.
  EXPECT_EQ(answer.links[0].expires_at, at(1'780'284'918'000 + 86'400'000));
  EXPECT_TRUE(answer.usage.empty());
  EXPECT_EQ(answer_of("jimeng_failure.json", "task_jimeng").facts.fail_reason,
            "50411: Pre Img Risk Not Pass");
}

TEST(Vendors, Sora) {
  const Answer answer = answer_of("sora_success.json", "video_69b1");
  EXPECT_EQ(answer.facts.duration_seconds, "12");
  EXPECT_EQ(answer.facts.output_seconds, "12");
  EXPECT_EQ(answer.facts.resolution, "720p");
  EXPECT_EQ(answer.facts.model, "sora-2");
  EXPECT_EQ(answer.facts.upstream_end_time, at(1'780'284'911'000));
  EXPECT_EQ(answer.usage, (std::vector<UsageMetric>{{"seconds", "12"}}));
  EXPECT_EQ(answer.links,
            (std::vector<VideoLink>{
                {.index = 1, .url = "/v1/videos/video_69b1/content", .expires_at = {}}}));
  EXPECT_EQ(answer_of("sora_failure.json", "video_69b1").facts.fail_reason,
            "moderation_blocked: Your request was blocked by our moderation system.");
  EXPECT_EQ(answer_of("sora_failure_text.json", "video_69b1").facts.fail_reason, "blocked");
}

TEST(Vendors, Veo) {
  const Answer answer = answer_of("veo_success.json", "task_veo");
  // The gateway's own path, whatever host it names (G1); the vendor's link needs the vendor's key.
  EXPECT_EQ(all_urls_of(answer),
            (std::vector<std::vector<std::string>>{
                {"/v1/videos/task_veo/content",
                 "https://generativelanguage.example/v1beta/files/f:download?alt=media"}}));
  EXPECT_EQ(answer.links[0].expires_at, std::nullopt);
  const Answer bare = answer_of("veo_no_result_url.json", "task_veo");
  EXPECT_EQ(urls_of(bare),
            (std::vector<std::string>{"https://generativelanguage.example/v1beta/files/f:download"
                                      "?alt=media"}));
  EXPECT_EQ(bare.videos_without_link, 1);  // gs:// is out of reach
  EXPECT_EQ(bare.link_failure, "its scheme is gs");
  EXPECT_EQ(answer_of("veo_failure.json", "task_veo").facts.fail_reason,
            "3: The prompt could not be submitted.");
}

TEST(Vendors, AGatewayInBetween) {
  for (const char* file : {"nested_gateway_success.json", "nested_gateway_text.json"}) {
    const Answer answer = answer_of(file, "task_outer");
    EXPECT_EQ(answer.verdict, Verdict::succeeded) << file;
    EXPECT_EQ(answer.facts.duration_seconds, "8") << file;
    EXPECT_EQ(answer.facts.upstream_end_time, at(1'780'284'906'010)) << file;
    EXPECT_EQ(answer.usage.size(), 6U) << file;
    EXPECT_EQ(answer.links.size(), 1U) << file;
    EXPECT_FALSE(answer.links[0].fallback) << file;
  }
  EXPECT_EQ(answer_of("nested_gateway_failure.json", "task_outer").facts.fail_reason,
            "no channel left");
  // The time at which the inner gateway noticed the end is not the vendor's end.
  EXPECT_EQ(answer_of("nested_gateway_failure.json", "task_outer").facts.upstream_end_time,
            std::nullopt);
}

TEST(Vendors, StockGateway) {
  const Answer answer = answer_of("stock_extra_keys_success.json", kHappyHorse);
  EXPECT_EQ(answer.facts.model, "happyhorse-1.0-t2v");
  EXPECT_EQ(answer.facts.quota, "450000");
}

TEST(Envelopes, FactsOfTheFlatOnes) {
  const Answer c = answer_of("envelope_c_success.json", "cgt-20260312231129-7db6s");
  EXPECT_EQ(c.facts.model, "doubao-seedance-1-5-pro");
  EXPECT_EQ(c.facts.submit_time, at(1'780'284'820'000));
  EXPECT_EQ(c.links[0].expires_at, at(1'780'371'260'000));

  const Answer d = answer_of("envelope_d_success.json", "task_d");
  EXPECT_EQ(d.facts.output_seconds, "5");
  EXPECT_EQ(d.facts.duration_seconds, "");  // no billable total is stated
  EXPECT_EQ(d.facts.resolution, "1080p");
  EXPECT_EQ(
      d.links,
      (std::vector<VideoLink>{{.index = 1, .url = "https://cdn.example/d.mp4", .expires_at = {}}}));
  EXPECT_EQ(answer_of("envelope_d_failed.json", "task_d").facts.fail_reason,
            "1001: prompt refused");

  const Answer e = answer_of("envelope_e_success.json", "task_e");
  EXPECT_EQ(e.facts.finish_time, at(1'780'284'911'000));
  EXPECT_EQ(e.facts.duration_seconds, "8");
  EXPECT_EQ(e.links[0].url, "https://cdn.example/e.mp4");
  EXPECT_EQ(e.links[0].expires_at, at(1'780'284'911'000 + 86'400'000));
  EXPECT_EQ(answer_of("envelope_e_failed.json", "task_e").facts.fail_reason,
            "moderation_blocked: blocked");

  const Answer f = answer_of("envelope_f_success.json", "task_f");
  EXPECT_EQ(f.facts.finish_time, at(1'780'284'911'000));
  EXPECT_EQ(
      f.links,
      (std::vector<VideoLink>{
          {.index = 1, .url = "/v1/videos/task_f/content", .expires_at = {}, .fallback = true}}));
  EXPECT_EQ(answer_of("envelope_f_failure.json", "task_f").facts.fail_reason, "no channel left");
}

TEST(Envelopes, AQueryOfEnvelopeBQueriesTheVendor) {
  const auto is_live = [](const std::string& file, const std::string& id) {
    return answer_of(file, id).live_fetch;
  };
  EXPECT_TRUE(is_live("envelope_b_processing.json", "task_b"));
  EXPECT_TRUE(is_live("envelope_b_success.json", "task_b"));
  EXPECT_TRUE(is_live("envelope_b_failed.json", "task_b"));
  EXPECT_FALSE(is_live("envelope_d_success.json", "task_d"));
  EXPECT_FALSE(is_live("veo_success.json", "task_veo")) << "its row, as the gateway polled it";
}

TEST(Links, OnlyValidLinksAreAccepted) {
  const std::pair<std::string, bool> cases[] = {
      {"https://h.example/v.mp4?x=%2B", true},
      {"http://h.example/", true},
      {"HTTPS://H.EXAMPLE/V", true},
      {"/v1/videos/x/content", true},
      {"https://h.example/视频.mp4", true},
      {"", false},
      {"/", false},
      {"//evil.example/v", false},
      {"/\\evil.example/v", false},
      {"https://", false},
      {"https:/h.example/v", false},
      {"ftp://h.example/v", false},
      {"file:///etc/passwd", false},
      {"gs://bucket/v", false},
      {"data:video/mp4;base64,AAAA", false},
      {"h.example/v.mp4", false},
      {"the result could not be stored", false},
      {"https://h.example/v failed", false},
      {" https://h.example/v", false},
      {"https://h.example/v\n", false},
      {"https://h.example/\x7f", false},
      {"https://h.example/" + std::string(kLinkBytesMax, 'x'), false},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(is_link(text), expected) << text;
  }
}

TEST(Links, FailureTextInAUrlsPlaceIsNotALink) {
  const Answer success = answer_of("stock_success_text_in_result_url.json", kHappyHorse);
  ASSERT_EQ(success.links.size(), 1U);
  EXPECT_TRUE(success.links[0].fallback);
  EXPECT_EQ(success.links[0].url, "/v1/videos/"s + kHappyHorse + "/content");
  EXPECT_EQ(success.links[0].expires_at, std::nullopt);
}

TEST(Links, AreTakenInOrderAndOnce) {
  const Answer answer = parse_success(
      R"({"data":{"task_result":{"videos":[{"url":"https://v/first-elsewhere"},{"url":"https://v/2"},
          {"url":"https://h/original"},{"url":"https://v/2"},{"watermark_url":"https://v/w"},
          {"url":"https://v/3"},7]}}})",
      R"("result_url":"https://h/first","original_result_url":"https://h/original",)");
  EXPECT_EQ(urls_of(answer), (std::vector<std::string>{"https://h/first", "https://h/original",
                                                       "https://v/2", "https://v/3"}));
  for (std::size_t i = 0; i < answer.links.size(); ++i) {
    EXPECT_EQ(answer.links[i].index, static_cast<int>(i) + 1);
  }
  // One has only a watermarked copy, one is not an object.
  EXPECT_EQ(answer.videos_without_link, 2);
}

TEST(Links, MayBeInAnObject) {
  EXPECT_EQ(urls_of(parse_success(R"({"video_url":{"url":"https://h/v"}})")),
            (std::vector<std::string>{"https://h/v"}));
  EXPECT_EQ(urls_of(parse_success("null", R"("result_url":{"url":"https://h/v"},)")),
            (std::vector<std::string>{"https://h/v"}));
}

TEST(Links, OfTheUnionOfAllShapes) {
  const char* tasks[] = {R"("result_url":"https://h/v")", R"("url":"https://h/v")",
                         R"("video_url":"https://h/v")", R"("metadata":{"url":"https://h/v"})",
                         R"("result_url":"none yet","url":"https://h/v")"};
  for (const std::string task : tasks) {
    EXPECT_EQ(urls_of(parse(R"({"task_id":"t","status":"SUCCESS",)" + task + "}")),
              (std::vector<std::string>{"https://h/v"}))
        << task;
    EXPECT_EQ(urls_of(parse(R"({"data":{"task_id":"t","status":"SUCCESS",)" + task + "}}")),
              (std::vector<std::string>{"https://h/v"}))
        << task;
  }
  const char* vendors[] = {
      R"({"output":{"video_url":"https://h/v"}})",
      R"({"content":{"video_url":"https://h/v","last_frame_url":"https://h/f"}})",
      R"({"task":{"content":{"url":"https://h/v"}}})",
      R"({"data":{"video_url":"https://h/v"}})",
      R"({"file":{"download_url":"https://h/v"}})",
      R"({"creations":[{"url":"https://h/v","cover_url":"https://h/c"}]})",
      R"({"response":{"videos":[{"uri":"https://h/v"}]}})",
      R"({"response":{"generateVideoResponse":{"generatedSamples":[{"video":{"uri":"https://h/v"}}]}}})",
  };
  for (const char* vendor : vendors) {
    EXPECT_EQ(urls_of(parse_success(vendor)), (std::vector<std::string>{"https://h/v"})) << vendor;
  }
}

TEST(Links, PathsBelongOnlyToTheGateway) {
  EXPECT_EQ(urls_of(parse_success("null", R"("result_url":"/v1/x",)")),
            (std::vector<std::string>{"/v1/x"}));
  for (const char* vendor :
       {R"({"task_id":"u","status":"SUCCESS","result_url":"/v1/videos/u/content"})",
        R"({"original_result_url":"/o"})", R"({"creations":[{"url":"/v"}]})"}) {
    EXPECT_TRUE(parse_success(vendor).links[0].fallback) << vendor;
  }
  EXPECT_EQ(urls_of(parse_success(R"({"original_result_url":"https://h/o"})")),
            (std::vector<std::string>{"https://h/o"}));
}

// In older gateways it is the only place (gateway.md, section 13).
TEST(Links, FailReasonIsTheLastResort) {
  EXPECT_EQ(urls_of(parse_success("null", R"("fail_reason":"https://h/v",)")),
            (std::vector<std::string>{"https://h/v"}));
  EXPECT_EQ(all_urls_of(parse_success(
                "null", R"("fail_reason":"https://h/old","result_url":"https://h/v",)")),
            (std::vector<std::vector<std::string>>{{"https://h/v", "https://h/old"}}));
  for (const char* text : {"see https://h/v", "/v1/videos/t/content", "https://h/v failed", "no"}) {
    EXPECT_TRUE(parse_success("null", R"("fail_reason":")"s + text + "\",").links[0].fallback)
        << text;
  }
}

struct ListCase {
  const char* name;
  const char* data;
  std::vector<std::vector<std::string>> urls;  // of each video, best first
  int without_link = 0;
};

class LinkLists : public testing::TestWithParam<ListCase> {};
TEST_P(LinkLists, GiveEachVideoAllOfItsLinks) {
  const Answer answer = parse_success(GetParam().data, R"("result_url":"https://h/1",)");
  EXPECT_EQ(all_urls_of(answer), GetParam().urls);
  EXPECT_EQ(answer.videos_without_link, GetParam().without_link);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, LinkLists,
    testing::Values(
        ListCase{"video_urls",
                 R"({"video_count":2,"video_urls":["https://h/1","https://h/2"]})",
                 {{"https://h/1"}, {"https://h/2"}}},
        ListCase{"fewer_links_than_counted",
                 R"({"video_count":3,"video_urls":["https://h/1","https://h/2"]})",
                 {{"https://h/1"}, {"https://h/2"}},
                 1},
        ListCase{"result_urls_in_a_response",
                 R"({"response":{"resultUrls":["https://h/1","https://h/2"]}})",
                 {{"https://h/1"}, {"https://h/2"}}},
        ListCase{"result_urls_in_a_text",
                 R"({"data":{"resultJson":"{\"resultUrls\":[\"https://h/1\",\"https://h/2\"]}"}})",
                 {{"https://h/1"}, {"https://h/2"}}},
        ListCase{
            "urls_in_lists",
            R"({"data":{"result":{"videos":[{"url":["https://h/1"]},{"url":["https://h/2"]}]}}})",
            {{"https://h/1"}, {"https://h/2"}}},
        ListCase{"several_urls_in_one_list",
                 R"({"result":{"videos":[{"url":["https://h/1","https://h/2"]}]}})",
                 {{"https://h/1"}, {"https://h/2"}}},
        ListCase{"outputs_of_several_types",
                 R"({"outputs":[{"type":"cover_image","url":"https://h/c"},
                     {"type":"video","url":"https://h/1","watermark_url":"https://h/w"},
                     {"type":"video","url":"https://h/2"},{"type":"audio","url":"https://h/a"}]})",
                 {{"https://h/1"}, {"https://h/2"}}},
        ListCase{"outputs_as_links",
                 R"({"outputs":["https://h/1","https://h/2","https://h/cover.JPG?x=1"]})",
                 {{"https://h/1"}, {"https://h/2"}}},
        ListCase{"outputs_that_are_no_links",
                 R"({"outputs":["a text",{"text":"b"},7]})",
                 {{"https://h/1"}}},
        ListCase{"tasks_beside_each_other",
                 R"({"code":0,"data":[{"id":"9","outputs":[{"type":"video","url":"https://h/1"}]},
                     {"id":"8","outputs":[{"type":"video","url":"https://h/2"}]}]})",
                 {{"https://h/1"}, {"https://h/2"}}},
        ListCase{"tasks_with_one_video_each",
                 R"({"data":[{"output":{"video_url":"https://h/1"}},
                     {"content":{"video_url":"https://h/2"}},{"video_url":"https://h/3"}]})",
                 {{"https://h/1"}, {"https://h/2"}, {"https://h/3"}}},
        ListCase{"one_task_with_two_outputs",
                 R"({"data":[{"id":"9","outputs":[{"type":"video","url":"https://h/1"},
                     {"type":"video","url":"https://h/2"}],"billing":[{"amount":"7"}]}]})",
                 {{"https://h/1"}, {"https://h/2"}}},
        ListCase{"a_copy_under_another_url",
                 R"({"videos":[{"url":"https://v/1"},{"url":"https://v/2"}]})",
                 {{"https://v/1", "https://h/1"}, {"https://v/2"}}},
        ListCase{"a_copy_of_the_second",
                 R"({"videos":[{"url":"https://v/1"},{"url":"https://h/1"}]})",
                 {{"https://h/1"}, {"https://v/1"}}},
        ListCase{"the_same_videos_twice",
                 R"({"videos":[{"url":"https://v/1"},{"url":"https://v/2"}],
                     "video_urls":["https://h/1","https://h/2"]})",
                 {{"https://v/1", "https://h/1"}, {"https://v/2", "https://h/2"}}},
        ListCase{"the_same_video_twice",
                 R"({"videos":[{"url":"https://h/1"},{"url":"https://h/1"}]})",
                 {{"https://h/1"}}},
        ListCase{"an_unusable_one",
                 R"({"videos":[{"url":"https://h/1"},{"url":"s3://b/2"}]})",
                 {{"https://h/1"}},
                 1},
        ListCase{"a_vendors_own",
                 R"({"output":{"video_url":"https://v/1"}})",
                 {{"https://v/1", "https://h/1"}}},
        ListCase{"an_inner_envelope",
                 R"({"metadata":{"url":"https://v/1"},"status":"completed"})",
                 {{"https://h/1", "https://v/1"}}}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

// For its own endpoint the gateway downloads from the vendor, at most for 60 s: the vendor's own
// link comes first.
TEST(Links, TheVendorsOwnComesBeforeTheGatewaysProxy) {
  EXPECT_EQ(all_urls_of(parse_success(R"({"id":"u","metadata":{"url":"https://v/1"}})",
                                      R"("result_url":"http://g:3000/v1/videos/t/content",)")),
            (std::vector<std::vector<std::string>>{{"https://v/1", "/v1/videos/t/content"}}));
}

TEST(Links, TheVendorsLinkOfAnEnhancedVideoIsTheOriginals) {
  EXPECT_EQ(
      all_urls_of(
          parse_success(R"({"content":{"video_url":"https://v/o"}})",
                        R"("result_url":"https://h/e","original_result_url":"https://h/o",)")),
      (std::vector<std::vector<std::string>>{{"https://h/e"}, {"https://h/o", "https://v/o"}}));
}

TEST(Links, OfThisTasksContentUseTheConfiguredGateway) {
  const TaskId id = id_of("sora-2:task_01");
  const auto url_of = [&id](const std::string& url) {
    return parse_answer(
               200, R"({"task_id":"sora-2:task_01","status":"SUCCESS","url":")" + url + "\"}", id)
        .links[0]
        .url;
  };
  const std::string own = "/v1/videos/sora-2%3Atask_01/content";
  for (const std::string url : {"https://typed-once.example/v1/videos/sora-2:task_01/content",
                                "http://127.0.0.1:3000/v1/videos/sora-2%3Atask_01/content",
                                "https://h.example/prefix/v1/videos/sora-2%3atask_01/content#x",
                                "/v1/videos/sora-2%3A%74ask_01/content"}) {
    EXPECT_EQ(url_of(url), own) << url;
  }
  EXPECT_EQ(url_of("https://h/v1/videos/sora-2:task_01/content?index=1"), own + "?index=1");
  for (const std::string url :
       {"https://h/v1/videos/another/content", "https://h/v1/videos/sora-2:task_01/content/x",
        "https://h/v1/videos/sora-2:task_01x/content", "https://h/v1/videos//content",
        "https://h/x?u=/v1/videos/sora-2:task_01/content",
        "https://h/v2/videos/sora-2:task_01/content"}) {
    EXPECT_EQ(url_of(url), url);
  }
}

TEST(Links, AreTrimmedAndTheirBlanksEncoded) {
  const std::pair<const char*, const char*> cases[] = {
      {R"( https://h/v?s=1)", "https://h/v?s=1"},
      {R"(https://h/v?s=1\n)", "https://h/v?s=1"},
      {R"(\r\n\thttps://h/v \u3000\u00a0)", "https://h/v"},
      {R"(https://h/my video 1.mp4?s=x)", "https://h/my%20video%201.mp4?s=x"},
  };
  for (const auto& [sent, expected] : cases) {
    EXPECT_EQ(urls_of(parse_success("null", R"("result_url":")"s + sent + "\",")),
              (std::vector<std::string>{expected}))
        << sent;
  }
}

TEST(Links, ThatAreUnusableAreReported) {
  const std::pair<std::string, const char*> cases[] = {
      {"gs://bucket/v", "its scheme is gs"},
      {"FTP://h/v", "its scheme is ftp"},
      {"data:video/mp4;base64,AAAA", "its scheme is data"},
      {"//h.example/v", "it names no scheme"},
      {"https://", "it names no host"},
      {R"(https://h/a\nb)", "a control character is in it"},
      {"https://h/" + std::string(kLinkBytesMax, 'x'), "it is longer than 8192 bytes"},
      {"the result could not be stored", ""},
      {"error: see docs", ""},
      {"", ""},
  };
  for (const auto& [sent, failure] : cases) {
    const Answer answer = parse_success("null", R"("result_url":")" + sent + "\",");
    ASSERT_EQ(answer.links.size(), 1U);
    EXPECT_TRUE(answer.links[0].fallback) << sent;
    EXPECT_EQ(answer.links[0].failure, failure) << sent;
    EXPECT_EQ(answer.link_failure, failure) << sent;
  }
}

TEST(Links, AKeyIsMaskedEverywhereExceptInThem) {
  const std::string key = "secret-0123456789";
  Answer answer =
      parse_success(R"({"model":"m-)" + key + R"(","usage":{"u)" + key + R"(":"v)" + key +
                        R"(","video_count":1}})",
                    R"("result_url":"https://h/)" + key + R"(.mp4","action":")" + key + "\",");
  const std::string url = answer.links[0].url;
  answer.status = std::string(40, 'x') + key.substr(0, 12);
  answer.message = "said " + key.substr(0, 10) + "…";
  hide_key(answer, key);
  EXPECT_EQ(answer.facts.model, "m-[key]");
  EXPECT_EQ(answer.facts.action, "[key]");
  EXPECT_EQ(answer.usage[0], (UsageMetric{"u[key]", "v[key]"}));
  EXPECT_EQ(answer.status, std::string(40, 'x') + "[key]");
  EXPECT_EQ(answer.message, "said [key]…");
  EXPECT_EQ(answer.links[0].url, url);
  hide_key(answer, "");
  EXPECT_EQ(answer.facts.action, "[key]");
}

TEST(Links, AnOriginalAloneStandsForTheVideo) {
  const Answer answer = parse_success(R"({"usage":{"video_count":1}})",
                                      R"("original_result_url":"https://h/original",)");
  EXPECT_EQ(urls_of(answer), (std::vector<std::string>{"https://h/original"}));
  EXPECT_FALSE(answer.links[0].fallback);
  EXPECT_EQ(answer.videos_without_link, 0);
}

TEST(Links, AFirstVideoWithoutUrlLeavesItToTheGateway) {
  const Answer answer = parse_success(R"({"creations":[{},{"url":"https://h/2"}]})");
  EXPECT_EQ(urls_of(answer), (std::vector<std::string>{"/v1/videos/t/content", "https://h/2"}));
  EXPECT_EQ(answer.videos_without_link, 0);
}

TEST(Links, AreLimited) {
  std::string list;
  for (std::size_t i = 0; i < kLinksMax + 5; ++i) {
    list += (i == 0 ? "" : ",") + R"({"url":"https://h/)"s + std::to_string(i) + "\"}";
  }
  const Answer answer = parse_success(R"({"creations":[)" + list + "]}");
  EXPECT_EQ(answer.links.size(), kLinksMax);
  EXPECT_EQ(answer.videos_without_link, 5);
}

TEST(Links, InvalidCountsAreIgnored) {
  const std::pair<const char*, int> cases[] = {{"3", 2}, {"3.0", 2},  {"\"3\"", 2},   {"3.5", 0},
                                               {"0", 0}, {"1001", 0}, {"\"many\"", 0}};
  for (const auto& [count, without_link] : cases) {
    EXPECT_EQ(parse_success(R"({"usage":{"video_count":)"s + count + "}}",
                            R"("result_url":"https://h/v",)")
                  .videos_without_link,
              without_link)
        << count;
  }
}

TEST(Links, ExpireADayAfterTheEndUnlessTheyStateOtherwise) {
  const auto expiry = [](const std::string& url, const std::string& times,
                         const std::string& data = "null") {
    return parse_success(data, R"("result_url":")" + url + "\"," + times).links[0].expires_at;
  };
  const std::string finish = R"("finish_time":1780284918,)";
  EXPECT_EQ(expiry("https://h/v", finish), at(1'780'371'318'000));
  EXPECT_EQ(expiry("https://h/v?Expires=1780300000", finish), at(1'780'300'000'000));
  EXPECT_EQ(expiry("https://h/v", ""), std::nullopt);
  EXPECT_EQ(expiry("https://h/v", "", R"({"updated_at":1780284900})"), at(1'780'371'300'000));
  EXPECT_EQ(expiry("https://h/v", finish, R"({"updated_at":1780284900})"), at(1'780'371'318'000));
  EXPECT_TRUE(
      parse_success("null", R"("result_url":"https://h/v",)" + finish).links[0].expiry_assumed);
  EXPECT_FALSE(parse_success("null", R"("result_url":"https://h/v?Expires=1780300000",)" + finish)
                   .links[0]
                   .expiry_assumed);
  EXPECT_EQ(expiry("/v1/videos/t/content", finish), std::nullopt);
  EXPECT_EQ(expiry("https://g/v1/videos/t/content?x=1", finish), std::nullopt);
  EXPECT_EQ(expiry("https://g/v1/tasks/t/artifacts/video/content?access=x", finish), std::nullopt);
  EXPECT_EQ(expiry("https://g?x=/v1/videos/t/content", finish), at(1'780'371'318'000));
}

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
