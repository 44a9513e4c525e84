// The links of videos in an answer.
#include "core/gateway/api.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/gateway/answer_facts.h"
#include "core/gateway/video_links.h"
#include "tests/support/parsed_answer.h"

namespace core {
namespace {

using namespace std::string_literals;
using namespace parsed;

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

}  // namespace
}  // namespace core
