#include "core/gateway/usage.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/text/json.h"

namespace core {
namespace {

const auto kCaseName = [](const auto& parameter) { return std::string(parameter.param.name); };

struct DecimalCase {
  const char* name;
  std::string text;
  std::string expected;
};

class PlainDecimal : public testing::TestWithParam<DecimalCase> {};
TEST_P(PlainDecimal, IsExactOrEmpty) {
  EXPECT_EQ(plain_decimal(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Taken, PlainDecimal,
    testing::Values(DecimalCase{"zero", "0", "0"}, DecimalCase{"integer", "108900", "108900"},
                    DecimalCase{"as_sent", "5.0", "5.0"}, DecimalCase{"fraction", "5.041", "5.041"},
                    DecimalCase{"below_one", "0.60", "0.60"},
                    DecimalCase{"most_digits", "123456789012345678.1234567890123456",
                                "123456789012345678.1234567890123456"},
                    DecimalCase{"exponent", "1e3", "1000"},
                    DecimalCase{"exponent_plus", "1E+3", "1000"},
                    DecimalCase{"exponent_zero", "5.0e0", "5.0"},
                    DecimalCase{"exponent_of_fraction", "1.5e1", "15"},
                    DecimalCase{"exponent_moves_within", "1.250e2", "125.0"},
                    DecimalCase{"exponent_beyond_fraction", "1.25e4", "12500"},
                    DecimalCase{"negative_exponent", "15e-1", "1.5"},
                    DecimalCase{"negative_exponent_zeros", "5e-3", "0.005"},
                    DecimalCase{"negative_exponent_exact", "123e-3", "0.123"},
                    DecimalCase{"smallest", "1e-16", "0.0000000000000001"},
                    DecimalCase{"largest", "1e17", "100000000000000000"},
                    DecimalCase{"leading_zero_goes", "0.5e1", "5"},
                    DecimalCase{"leading_zeros_go", "0.0015e3", "1.5"},
                    DecimalCase{"zero_with_exponent", "0e5", "0"},
                    DecimalCase{"exponent_with_zeros", "1e0003", "1000"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Refused, PlainDecimal,
    testing::Values(DecimalCase{"empty", "", ""}, DecimalCase{"word", "abc", ""},
                    DecimalCase{"not_a_number", "NaN", ""}, DecimalCase{"infinity", "Infinity", ""},
                    DecimalCase{"negative", "-1", ""}, DecimalCase{"minus_zero", "-0", ""},
                    DecimalCase{"plus", "+1", ""}, DecimalCase{"leading_zero", "05", ""},
                    DecimalCase{"no_integer", ".5", ""}, DecimalCase{"no_fraction", "5.", ""},
                    DecimalCase{"no_fraction_exponent", "5.e1", ""},
                    DecimalCase{"no_exponent", "5e", ""}, DecimalCase{"sign_alone", "5e-", ""},
                    DecimalCase{"unit", "5s", ""}, DecimalCase{"unit_after_exponent", "5e1s", ""},
                    DecimalCase{"blank", " 5", ""}, DecimalCase{"comma", "5,0", ""},
                    DecimalCase{"two_points", "5.0.1", ""}, DecimalCase{"hexadecimal", "0x10", ""},
                    DecimalCase{"too_many_digits", "1234567890123456789", ""},
                    DecimalCase{"too_fine", "0.12345678901234567", ""},
                    DecimalCase{"too_large_by_exponent", "1e18", ""},
                    DecimalCase{"too_fine_by_exponent", "1e-17", ""},
                    DecimalCase{"too_fine_by_exponent_2", "1.5e-16", ""},
                    DecimalCase{"huge_exponent", "1e999999999999999999", ""},
                    DecimalCase{"huge_negative_exponent", "1e-999999999999999999", ""},
                    DecimalCase{"large_exponent", "1e2000000000", ""},
                    DecimalCase{"many_digits_with_exponent", "1" + std::string(40, '0') + "e-40",
                                ""},
                    DecimalCase{"zero_with_huge_exponent", "0e99", ""}),
    kCaseName);

TEST(PlainDecimalValue, TakesNumbersAndStringsOnly) {
  JsonDocument document;
  ASSERT_EQ(document.read(R"({"n":5,"s":"5.0","b":true,"z":null,"o":{},"l":[5]})"),
            JsonFailure::none);
  EXPECT_EQ(plain_decimal(document.root()["n"]), "5");
  EXPECT_EQ(plain_decimal(document.root()["s"]), "5.0");
  for (const char* key : {"b", "z", "o", "l", "absent"}) {
    EXPECT_EQ(plain_decimal(document.root()[key]), "") << key;
  }
}

// The result for a task object with the vendor body `body`.
struct Reading {
  explicit Reading(const std::string& body) {
    EXPECT_EQ(nest.read(R"({"task_id":"t","status":"SUCCESS","data":)" + body + "}"),
              JsonFailure::none);
    const AnswerLevels levels(nest, nest.root());
    const UsageBlock block = find_usage(nest, levels);
    metrics = usage_metrics(levels, block);
    read_usage_facts(levels, block, facts);
  }
  JsonNest nest;
  std::vector<UsageMetric> metrics;
  TaskFacts facts;
};

using Metrics = std::vector<UsageMetric>;

TEST(UsageMetrics, AreEveryLeafExactAsSent) {
  const Reading reading(R"({"usage":{"SR":1080,"duration":5.0,"big":18446744073709551616,
    "text":"5.0","yes":true,"nothing":null,"empty":"","e":1e3,
    "tool_usage":{"web_search":1,"deep":{"x":[{"y":2},3]}},"none":{},"list":[]}})");
  EXPECT_EQ(reading.metrics, (Metrics{{"SR", "1080"},
                                      {"duration", "5.0"},
                                      {"big", "18446744073709551616"},
                                      {"text", "5.0"},
                                      {"yes", "true"},
                                      {"empty", ""},
                                      {"e", "1e3"},
                                      {"tool_usage.web_search", "1"},
                                      {"tool_usage.deep.x.0.y", "2"},
                                      {"tool_usage.deep.x.1", "3"}}));
}

TEST(UsageMetrics, ComeFromTheFirstLevelThatHasAny) {
  const char* bodies[] = {
      R"({"usage":{"n":1},"data":{"usage":{"n":2}}})",
      R"({"usage":null,"data":{"usage":{"n":1}}})",
      R"({"data":{"task":{"response":{"data":{"data":{"usage":{"n":1}}}}}}})",
      R"("{\"data\":\"{\\\"usage\\\":{\\\"n\\\":1}}\"}")",
      R"({"usage":"{\"n\":1}"})",
      R"({"response":{"usage":{"n":2}},"data":{"usage":{"n":1}}})",
      R"([{"usage":{"n":1}}])",
      R"({"data":[{"id":"x"},{"usage":{"n":1}}]})",
      R"({"metadata":{"usage":{"n":1}}})",
      R"({"metadata":{"usage":"{\"n\":1}"},"data":{"usage":{"n":2}}})",
      R"({"usage":{},"metadata":{"usage":{"n":1}}})",
      // An empty value does not hide another one.
      R"({"usage":{},"data":{"usage":{"n":1}}})",
      R"({"usage":[],"data":{"usage":{"n":1}}})",
      R"({"usage":"","data":{"usage":{"n":1}}})",
      R"({"usage":"{}","data":{"usage":{"n":1}}})",
      R"({"usage":{"n":null,"deep":{"x":[]}},"data":{"usage":{"n":1}}})",
      R"({"usage":{"n":0,"total":0.0,"text":"0"},"data":{"usage":{"n":1}}})",
      R"({"credits":0,"billing":[],"data":{"usage":{"n":1}}})",
  };
  for (const char* body : bodies) {
    EXPECT_EQ(Reading(body).metrics, (Metrics{{"n", "1"}})) << body;
  }
}

TEST(UsageMetrics, AreNotLookedForElsewhere) {
  const char* bodies[] = {
      "null",
      "5",
      R"("text")",
      R"({"output":{"usage":{"n":1}}})",
      R"({"data":{"data":{"data":{"data":{"data":{"data":{"usage":{"n":1}}}}}}}})",
      R"({"seconds":{"n":1}})",
  };
  for (const char* body : bodies) {
    EXPECT_EQ(Reading(body).metrics, Metrics{}) << body;
  }
}

TEST(UsageMetrics, IncludeFiguresBesideOrInsteadOfUsage) {
  EXPECT_EQ(Reading(R"({"credits":20,"usage":{"n":1}})").metrics,
            (Metrics{{"n", "1"}, {"credits", "20"}}));
  EXPECT_EQ(Reading(R"({"final_unit_deduction":"3.6",
                        "final_balance_deduction":{"quota":"0.5","list_price":"0.63"}})")
                .metrics,
            (Metrics{{"final_unit_deduction", "3.6"},
                     {"final_balance_deduction.quota", "0.5"},
                     {"final_balance_deduction.list_price", "0.63"}}));
  EXPECT_EQ(Reading(R"({"usage":{"n":0}})").metrics, (Metrics{{"n", "0"}}));
  EXPECT_EQ(Reading(R"({"billing":[{"charge_type":"unit","amount":"7"}]})").metrics,
            (Metrics{{"billing.0.charge_type", "unit"}, {"billing.0.amount", "7"}}));
  EXPECT_EQ(Reading(R"({"seconds":"12"})").metrics, (Metrics{{"seconds", "12"}}));
  EXPECT_EQ(Reading(R"({"usage":"plenty"})").metrics, (Metrics{{"usage", "plenty"}}));
  EXPECT_EQ(Reading(R"({"usage":[7]})").metrics, (Metrics{{"usage.0", "7"}}));
}

TEST(UsageMetrics, HaveLimitsAndNeverShortenAFigure) {
  std::string many = "{\"usage\":{\"n\":{";
  for (std::size_t i = 0; i < 2 * kUsageMetricsMax; ++i) {
    many += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  }
  EXPECT_EQ(Reading(many + "}},\"credits\":1}").metrics.size(), kUsageMetricsMax);

  const std::string long_name(kUsageNameBytesMax + 1, 'k');
  const std::string long_value(kUsageValueBytesMax + 1, 'v');
  EXPECT_EQ(
      Reading(R"({"usage":{")" + long_name + R"(":1,"v":")" + long_value + R"(","n":1}})").metrics,
      (Metrics{{"n", "1"}}));
}

TEST(UsageFacts, BillableTotalInputAndClipAreDifferentThings) {
  const TaskFacts facts = Reading(R"({"usage":{"SR":720,"duration":13.24,"input_video_duration":8.2,
                  "output_video_duration":5.04,"ratio":"16:9","video_count":1}})")
                              .facts;
  EXPECT_EQ(facts.duration_seconds, "13.24");
  EXPECT_EQ(facts.input_seconds, "8.2");
  EXPECT_EQ(facts.output_seconds, "5.04");
  EXPECT_EQ(facts.resolution, "720p");
  EXPECT_EQ(facts.ratio, "16:9");
  EXPECT_EQ(facts.video_count, "1");
}

TEST(UsageFacts, TakeOnlyNumbers) {
  const TaskFacts facts =
      Reading(R"({"usage":{"duration":"abc","total_seconds":"NaN","input_video_duration":-1,
                  "completion_tokens":1e30,"total_tokens":null,"super_resolution_tokens":"",
                  "video_count":true,"SR":0,"ratio":7},
                  "credits":"free","final_unit_deduction":[3]})")
          .facts;
  EXPECT_EQ(facts, TaskFacts{});
}

TEST(UsageFacts, ExpandExponents) {
  EXPECT_EQ(Reading(R"({"usage":{"completion_tokens":1.089e5}})").facts.completion_tokens,
            "108900");
}

TEST(UsageFacts, ADurationBesideCreditsIsTheRequestedOne) {
  const TaskFacts facts = Reading(R"({"credits":20,"duration":8})").facts;
  EXPECT_EQ(facts.credits, "20");
  EXPECT_EQ(facts.duration_seconds, "");
  EXPECT_EQ(facts.output_seconds, "");
}

TEST(UsageFacts, CreditsAndUnitsAreReadFromTheUsageToo) {
  EXPECT_EQ(Reading(R"({"usage":{"credits":20}})").facts.credits, "20");
  EXPECT_EQ(Reading(R"({"credits":"8","usage":{"credits":20}})").facts.credits, "8");
  const Reading zero(R"({"credits":0,"usage":{"credits":20}})");
  EXPECT_EQ(zero.facts.credits, "20") << "a zero hides no figure";
  EXPECT_EQ(zero.metrics, (Metrics{{"credits", "20"}}));
  EXPECT_EQ(Reading(R"({"credits":0,"usage":{"credits":0}})").facts.credits, "0");
  EXPECT_EQ(Reading(R"({"final_unit_deduction":"0","billing":[{"charge_type":"unit","amount":7}]})")
                .facts.units,
            "7");
  EXPECT_EQ(Reading(R"({"final_unit_deduction":"0"})").facts.units, "0");
  const auto units = [](const std::string& billing) {
    return Reading(R"({"billing":)" + billing + "}").facts.units;
  };
  EXPECT_EQ(units(R"([{"charge_type":"unit","amount":"7"}])"), "7");
  EXPECT_EQ(units(R"([{"charge_type":"unit","amount":"3.5"},{"charge_type":"unit","amount":4}])"),
            "7.5");
  EXPECT_EQ(units(R"([{"charge_type":"money","amount":"9"},{"charge_type":"unit","amount":"4"}])"),
            "4");
  EXPECT_EQ(units(R"([{"charge_type":"unit","amount":"7"},{"charge_type":"unit"}])"), "");
  EXPECT_EQ(units(R"([{"charge_type":"money","amount":"9"}])"), "");
}

TEST(UsageFacts, ListedClipsAreAddedUpExactly) {
  const auto seconds = [](const std::string& list) {
    const TaskFacts facts = Reading(R"({"task_result":{"videos":)" + list + "}}").facts;
    EXPECT_EQ(facts.duration_seconds, facts.output_seconds);
    return facts.duration_seconds;
  };
  EXPECT_EQ(seconds(R"([{"duration":"5.041"},{"duration":"10.041"}])"), "15.082");
  EXPECT_EQ(seconds(R"([{"duration":"5.0"}])"), "5.0");
  EXPECT_EQ(seconds(R"([{"duration":"0.1"},{"duration":0.2},{"duration":1e1}])"), "10.3");
  EXPECT_EQ(seconds(R"([{"video":{"duration":5}},{"video":{"duration":5}}])"), "10");
  // If one clip states no length, the sum is unknown, not smaller.
  EXPECT_EQ(seconds(R"([{"duration":"5.041"},{"url":"https://h/2"}])"), "");
  EXPECT_EQ(seconds(R"([{"url":"https://h/1"},{"duration":"5.041"}])"), "");
  EXPECT_EQ(seconds(R"([{"duration":"5.041"},{"duration":"-1"}])"), "");
  EXPECT_EQ(seconds(R"([{"duration":"900000000000000000"},{"duration":"900000000000000000"}])"),
            "");
  EXPECT_EQ(Reading(R"({"usage":{"duration":9},"videos":[{"duration":5},{"duration":5}]})")
                .facts.duration_seconds,
            "9");
}

TEST(UsageFacts, OutputsThatAreNoVideosHaveNoLengthOfVideo) {
  EXPECT_EQ(Reading(R"({"outputs":[{"type":"audio","duration":"5.1"},)"
                    R"({"type":"video","duration":"5.1"},{"type":"cover_image"}]})")
                .facts.output_seconds,
            "5.1");
}

TEST(UsageFacts, ZeroIsNotACountOfVideos) {
  EXPECT_EQ(Reading(R"({"usage":{"video_count":0,"duration":5}})").facts.video_count, "");
  EXPECT_EQ(Reading(R"({"video_count":2,"usage":{"video_count":0}})").facts.video_count, "2");
}

TEST(UsageFacts, AreReadFromMetadataAsTextToo) {
  EXPECT_EQ(Reading(R"({"metadata":"{\"usage\":{\"total_tokens\":7}}"})").facts.total_tokens, "7");
}

TEST(UsageFacts, AreReadWithoutUsageToo) {
  const TaskFacts facts =
      Reading(R"({"data":{"resolution":"720p","ratio":"16:9","duration":8}})").facts;
  EXPECT_EQ(facts.resolution, "720p");
  EXPECT_EQ(facts.ratio, "16:9");
  EXPECT_EQ(facts.duration_seconds, "");
  EXPECT_EQ(Reading(R"({"metadata":{"ratio":"9:16"}})").facts.ratio, "9:16");
  EXPECT_EQ(Reading(R"({"aspect_ratio":"1:1"})").facts.ratio, "1:1");
  EXPECT_EQ(Reading(R"({"video_count":2})").facts.video_count, "2");
  EXPECT_EQ(Reading(R"([{"outputs":[{"duration":"5.1"},{"duration":"5"}]}])").facts.output_seconds,
            "10.1");
}

struct TierCase {
  const char* body;
  const char* generated;
  const char* delivered;
};
TEST(UsageFacts, SuperResolutionKeepsBothTiers) {
  const TierCase cases[] = {
      {R"({"usage":{"super_resolution_tokens":9},"resolution":"720p","super_resolution":"4k"})",
       "720p", "2160p"},
      {R"({"usage":{"super_resolution_tokens":245025,"completion_tokens":108900},
           "super_resolution":"1080p","duration":5,"framespersecond":24})",
       "720p", "1080p"},
      {R"({"usage":{"super_resolution_tokens":9},"super_resolution":"1080p"})", "", "1080p"},
      {R"({"usage":{"completion_tokens":9},"resolution":"720p","super_resolution":"4k"})", "",
       "720p"},
  };
  for (const TierCase& one : cases) {
    const TaskFacts facts = Reading(one.body).facts;
    EXPECT_EQ(facts.generation_resolution, one.generated) << one.body;
    EXPECT_EQ(facts.resolution, one.delivered) << one.body;
  }
}

TEST(UsageFacts, AnAutomaticDurationIsUnknown) {
  const TaskFacts facts =
      Reading(R"({"usage":{"completion_tokens":1},"duration":-1,"resolution":"720P"})").facts;
  EXPECT_EQ(facts.duration_seconds, "");
  EXPECT_EQ(facts.resolution, "720p");
}

struct ResolutionCase {
  const char* name;
  const char* body;
  const char* expected;
};

class Resolution : public testing::TestWithParam<ResolutionCase> {};
TEST_P(Resolution, IsOneWordForATier) {
  EXPECT_EQ(Reading(GetParam().body).facts.resolution, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Resolution,
    testing::Values(
        ResolutionCase{"number", R"({"usage":{"SR":1080}})", "1080p"},
        ResolutionCase{"number_with_point", R"({"usage":{"SR":720.0}})", "720p"},
        ResolutionCase{"number_in_string", R"({"usage":{"SR":"480"}})", "480p"},
        ResolutionCase{"label_upper_case", R"({"usage":{"SR":"1080P"}})", "1080p"},
        ResolutionCase{"label_4k", R"({"usage":{"n":1},"resolution":"4K"})", "2160p"},
        ResolutionCase{"label_2k", R"({"usage":{"n":1},"resolution":"2K"})", "1440p"},
        ResolutionCase{"label_8k", R"({"resolution":"8k"})", "4320p"},
        ResolutionCase{"within_usage", R"({"usage":{"resolution":"720P"}})", "720p"},
        ResolutionCase{"further_in", R"({"usage":{"n":1},"data":{"resolution":"480p"}})", "480p"},
        ResolutionCase{"metadata", R"({"metadata":{"resolution":"2K"}})", "1440p"},
        ResolutionCase{"metadata_size", R"({"metadata":{"size":"1280x720"}})", "720p"},
        ResolutionCase{"listed_video",
                       R"({"creations":[{"video":{"resolution":{"width":1280,"height":720}}}]})",
                       "720p"},
        ResolutionCase{"listed_video_sides", R"({"videos":[{"width":1080,"height":1920}]})",
                       "1080p"},
        ResolutionCase{"fraction", R"({"usage":{"SR":720.5}})", ""},
        ResolutionCase{"absurd", R"({"usage":{"SR":1000000}})", ""},
        ResolutionCase{"label_before_size", R"({"usage":{"SR":720,"size":"1920*1080"}})", "720p"},
        ResolutionCase{"size", R"({"usage":{"size":"1280*720"}})", "720p"},
        ResolutionCase{"size_portrait", R"({"usage":{"size":"1080*1920"}})", "1080p"},
        ResolutionCase{"size_square", R"({"usage":{"size":"960*960"}})", "720p"},
        ResolutionCase{"size_square_large", R"({"usage":{"size":"1440x1440"}})", "1080p"},
        ResolutionCase{"size_480", R"({"usage":{"size":"832*480"}})", "480p"},
        ResolutionCase{"size_between_tiers", R"({"usage":{"size":"1366*768"}})", "768p"},
        ResolutionCase{"size_in_label", R"({"usage":{"n":1},"resolution":"1280x720"})", "720p"},
        ResolutionCase{"label_with_x", R"({"usage":{"n":1},"resolution":"Max"})", "max"},
        ResolutionCase{"size_half", R"({"usage":{"size":"1280*"}})", ""},
        ResolutionCase{"size_zero", R"({"usage":{"size":"0*720"}})", ""},
        ResolutionCase{"size_zero_height", R"({"usage":{"size":"720*0"}})", ""},
        ResolutionCase{"size_negative", R"({"usage":{"size":"-1280*-720"}})", ""},
        ResolutionCase{"size_huge", R"({"usage":{"size":"99999999999*720"}})", ""},
        ResolutionCase{"size_text", R"({"usage":{"size":"big"}})", ""},
        ResolutionCase{"sora", R"({"seconds":"12","size":"720x1280"})", "720p"},
        ResolutionCase{"hailuo", R"({"video_width":1920,"video_height":1080})", "1080p"},
        ResolutionCase{"ultra_label",
                       R"({"usage":{"super_resolution_tokens":245025},"resolution":"720p",
                           "super_resolution":"1080p"})",
                       "1080p"},
        ResolutionCase{"ultra_tokens_beat_labels",
                       R"({"usage":{"super_resolution_tokens":245025},"resolution":"720p",
                           "super_resolution":"720p","duration":5,"framespersecond":24})",
                       "1080p"},
        ResolutionCase{"ultra_tokens_fit_nothing",
                       R"({"usage":{"super_resolution_tokens":7},"resolution":"720p",
                           "super_resolution":"1080p","duration":5,"framespersecond":24})",
                       "1080p"},
        ResolutionCase{"ultra_without_label",
                       R"({"usage":{"super_resolution_tokens":7},"resolution":"720p"})", "720p"},
        ResolutionCase{"no_ultra_without_tokens",
                       R"({"usage":{"completion_tokens":7},"resolution":"720p",
                           "super_resolution":"1080p"})",
                       "720p"}),
    kCaseName);

TEST(AnswerLevels, StopsAtItsLimit) {
  // Three ways down at each of six depths: more objects than levels are kept.
  std::string body = "{}";
  for (int i = 0; i < 5; ++i) {
    const std::string inner = body;
    body = R"({"data":)";
    body.append(inner).append(R"(,"task":)").append(inner).append("}");
  }
  JsonNest nest;
  ASSERT_EQ(nest.read(body), JsonFailure::none);
  const AnswerLevels levels(nest, nest.root());
  EXPECT_EQ(levels.end() - levels.begin(), static_cast<int>(AnswerLevels::kLevelsMax));
}

TEST(VideoList, SkipsEmptyOnes) {
  JsonNest nest;
  ASSERT_EQ(nest.read(R"({"videos":[],"creations":"x","data":{"task_result":{"videos":[1,2]}}})"),
            JsonFailure::none);
  EXPECT_EQ(video_list(AnswerLevels(nest, nest.root())).first_child().scalar(), "1");
  ASSERT_EQ(nest.read(R"({"videos":[]})"), JsonFailure::none);
  EXPECT_FALSE(video_list(AnswerLevels(nest, nest.root())).exists());
}

}  // namespace
}  // namespace core
