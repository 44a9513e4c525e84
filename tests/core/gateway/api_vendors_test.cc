// What the answers of each vendor say.
#include "core/gateway/api.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/parsed_answer.h"

namespace core {
namespace {

using namespace std::string_literals;
using namespace parsed;

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

}  // namespace
}  // namespace core
