// What an answer means for its task.
#include "core/gateway/api.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/parsed_answer.h"

namespace core {
namespace {

using namespace std::string_literals;
using namespace parsed;

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

}  // namespace
}  // namespace core
