#include "core/gateway/link_expiry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace core {
namespace {

const auto kCaseName = [](const auto& parameter) { return std::string(parameter.param.name); };

struct ExpiryCase {
  const char* name;
  std::string url;
  std::optional<std::int64_t> seconds;
};

class LinkExpiry : public testing::TestWithParam<ExpiryCase> {};
TEST_P(LinkExpiry, IsReadFromTheQuery) {
  const auto expiry = link_expiry(GetParam().url);
  ASSERT_EQ(expiry.has_value(), GetParam().seconds.has_value());
  if (expiry) {
    EXPECT_EQ(expiry->time_since_epoch(), std::chrono::seconds(*GetParam().seconds));
  }
}

std::string with(const std::string& query) { return "https://h.example/v.mp4?" + query; }

constexpr std::int64_t kDate = 1'780'284'860;  // 20260601T033420Z

INSTANTIATE_TEST_SUITE_P(
    Families, LinkExpiry,
    testing::Values(
        ExpiryCase{"oss_v1", with("Expires=1780371305&OSSAccessKeyId=E&Signature=abc%2Bdef%3D"),
                   1'780'371'305},
        ExpiryCase{"cloudfront", with("Policy=x&Expires=1780371305"), 1'780'371'305},
        ExpiryCase{"oss_v2",
                   with("x-oss-signature-version=OSS2&x-oss-expires=1780371305&x-oss-signature=x"),
                   1'780'371'305},
        ExpiryCase{"oss_v2_with_date",
                   with("x-oss-signature-version=OSS2&x-oss-expires=1780371305"
                        "&x-oss-date=20260601T033420Z"),
                   1'780'371'305},
        ExpiryCase{"oss_v4",
                   with("x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=20260601T033420Z"
                        "&x-oss-expires=3600"),
                   kDate + 3600},
        ExpiryCase{"s3_v4", with("X-Amz-Date=20260601T033420Z&X-Amz-Expires=604800"),
                   kDate + 604'800},
        ExpiryCase{"tos_v4", with("X-Tos-Date=20260601T033420Z&X-Tos-Expires=86400"),
                   kDate + 86'400},
        ExpiryCase{"kling", with("ksTime=6a031ed2"), 0x6a031ed2},
        ExpiryCase{"kling_upper_case", with("KSTIME=6A031ED2"), 0x6a031ed2},
        ExpiryCase{"gcs_v4",
                   with("X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Date=20260601T033420Z"
                        "&X-Goog-Expires=3600&X-Goog-Signature=00"),
                   kDate + 3600},
        ExpiryCase{"obs", with("X-Obs-Date=20260601T033420Z&X-Obs-Expires=2592000"),
                   kDate + 2'592'000},
        ExpiryCase{"obs_absolute", with("AccessKeyId=E&Expires=1780371305&Signature=x"),
                   1'780'371'305},
        ExpiryCase{"azure", with("sv=2022-11-02&se=2026-06-01T03%3A34%3A20Z&sr=b&sp=r&sig=x%3D"),
                   kDate},
        ExpiryCase{"azure_minutes", with("se=2026-06-01T03:34Z&sig=x"), kDate - 20},
        ExpiryCase{"azure_fraction", with("se=2026-06-01T03:34:20.0000000Z&sig=x"), kDate},
        ExpiryCase{"azure_day", with("se=2026-06-01&sig=x"), kDate - 3 * 3600 - 34 * 60 - 20},
        ExpiryCase{"x_expires", with("a=1&x-expires=1780371305&x-signature=x%2B"), 1'780'371'305},
        ExpiryCase{"aliyun_cdn",
                   with("auth_key=1780371305-477b3bbc253f467b8def6711128c7bec-0-"
                        "80cd3862d699b7118eed99103f2a3a4f"),
                   1'780'371'305},
        ExpiryCase{"tencent_live",
                   with("txSecret=0123456789abcdef0123456789abcdef&txTime=6A031ED2"), 0x6a031ed2},
        ExpiryCase{"tencent_vod",
                   with("t=6a031ed2&us=r4nd0m&sign=0123456789abcdef0123456789abcdef"), 0x6a031ed2},
        ExpiryCase{"cos",
                   with("q-sign-algorithm=sha1&q-ak=E&q-sign-time=1780284860;1780371260"
                        "&q-key-time=1780284860;1780371260&q-signature=x"),
                   1'780'371'260},
        ExpiryCase{"cos_encoded", with("q-sign-time=1780284860%3B1780371260"), 1'780'371'260},
        ExpiryCase{"bos",
                   with("authorization=bce-auth-v1%2Faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%2F"
                        "2026-06-01T03%3A34%3A20Z%2F2592000%2F%2F"
                        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
                   kDate + 2'592'000},
        ExpiryCase{"bos_plain",
                   with("authorization=bce-auth-v1/ak/2026-06-01T03:34:20Z/1800/host/00"),
                   kDate + 1800},
        ExpiryCase{"qiniu", with("e=1780371305&token=AK:c2lnbg=="), 1'780'371'305},
        ExpiryCase{"lower_case", with("x-amz-date=20260601T033420Z&x-amz-expires=60"), kDate + 60},
        ExpiryCase{"soonest_of_two", with("Expires=1780371305&ksTime=6a031ed2"), 0x6a031ed2},
        ExpiryCase{"relative", "/v.mp4?Expires=1780371305", 1'780'371'305}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Garbage, LinkExpiry,
    testing::Values(
        ExpiryCase{"percent_encoded", with("%45xpires=17803%37%31305"), 1'780'371'305},
        ExpiryCase{"first_of_two_counts", with("Expires=1780371305&Expires=1"), 1'780'371'305},
        ExpiryCase{"first_of_two_is_garbage", with("Expires=x&Expires=1780371305"), {}},
        ExpiryCase{"empty_pairs", with("&&=&Expires=1780371305&"), 1'780'371'305},
        ExpiryCase{"before_fragment", with("Expires=1780371305#x&Expires=1"), 1'780'371'305},
        ExpiryCase{"in_fragment", with("a=1#Expires=1780371305"), {}},
        ExpiryCase{"in_fragment_alone", "https://h.example/#?Expires=1780371305", {}},
        ExpiryCase{"in_another_url", with("u=https%3A%2F%2Fx%2F%3Fa%26Expires%3D1780371305"), {}},
        ExpiryCase{"no_query", "https://h.example/Expires=1780371305", {}},
        ExpiryCase{"empty", "", {}}, ExpiryCase{"only_mark", "?", {}},
        ExpiryCase{"no_value", with("Expires"), {}}, ExpiryCase{"no_digits", with("Expires="), {}},
        ExpiryCase{"negative", with("Expires=-1780371305"), {}},
        ExpiryCase{"duration_in_absolute", with("Expires=86400"), {}},
        ExpiryCase{"milliseconds", with("Expires=1780371305000"), {}},
        ExpiryCase{"overflow", with("Expires=99999999999999999999"), {}},
        ExpiryCase{"endless", with("Expires=" + std::string(100'000, '1')), {}},
        ExpiryCase{"trailing_text", with("Expires=1780371305s"), {}},
        ExpiryCase{"decimal_point", with("Expires=1780371305.5"), {}},
        ExpiryCase{"stray_percent", with("Expires=1780371305%"), {}},
        ExpiryCase{"stray_percent_hex", with("Expires=1780371305%zz"), {}},
        ExpiryCase{"nul", with("Expires=1780371305%00"), {}},
        ExpiryCase{"kling_not_hex", with("ksTime=xyz"), {}},
        ExpiryCase{"azure_without_signature", with("se=2026-06-01T03:34:20Z"), {}},
        ExpiryCase{"azure_local_time", with("se=2026-06-01T03:34:20&sig=x"), {}},
        ExpiryCase{"azure_no_moment", with("se=2026-06-01T03:34:xxZ&sig=x"), {}},
        ExpiryCase{"azure_seconds_of_event_hub", with("se=1780371305&sig=x"), {}},
        ExpiryCase{"aliyun_cdn_alone", with("auth_key=1780371305"), {}},
        ExpiryCase{"aliyun_cdn_text", with("auth_key=abc-0-0-x"), {}},
        ExpiryCase{"tencent_time_of_signing", with("t=1780371305&sign=0123"), {}},
        ExpiryCase{"a_hex_t_alone", with("t=6a031ed2"), {}},
        ExpiryCase{"tencent_live_without_secret", with("txTime=6A031ED2"), {}},
        ExpiryCase{"cos_without_end", with("q-sign-time=1780284860"), {}},
        ExpiryCase{"cos_without_start", with("q-sign-time=;1780371260"), {}},
        ExpiryCase{"bos_for_ever",
                   with("authorization=bce-auth-v1/ak/2026-06-01T03:34:20Z/-1/host/0"),
                   {}},
        ExpiryCase{"bos_cut", with("authorization=bce-auth-v1/ak/2026-06-01T03:34:20Z"), {}},
        ExpiryCase{"another_authorization", with("authorization=Bearer/ak/2026-06-01/60/"), {}},
        ExpiryCase{"qiniu_without_token", with("e=1780371305"), {}},
        ExpiryCase{"gcs_too_long", with("X-Goog-Date=20260601T033420Z&X-Goog-Expires=604801"), {}},
        ExpiryCase{"obs_absolute_in_duration",
                   with("X-Obs-Date=20260601T033420Z&X-Obs-Expires=1780371305"),
                   {}},
        ExpiryCase{"oss_duration_without_date", with("x-oss-expires=3600"), {}},
        ExpiryCase{"date_without_duration", with("X-Amz-Date=20260601T033420Z"), {}},
        ExpiryCase{"duration_without_date", with("X-Tos-Expires=86400"), {}},
        ExpiryCase{"duration_zero", with("X-Tos-Date=20260601T033420Z&X-Tos-Expires=0"), {}},
        ExpiryCase{
            "duration_too_long", with("X-Tos-Date=20260601T033420Z&X-Tos-Expires=604801"), {}},
        ExpiryCase{"absolute_in_duration",
                   with("X-Amz-Date=20260601T033420Z&X-Amz-Expires=1780371305"),
                   {}},
        ExpiryCase{"date_short", with("X-Amz-Date=20260601T0334Z&X-Amz-Expires=60"), {}},
        ExpiryCase{"date_without_t", with("X-Amz-Date=20260601 033420Z&X-Amz-Expires=60"), {}},
        ExpiryCase{"date_without_z", with("X-Amz-Date=20260601T033420X&X-Amz-Expires=60"), {}},
        ExpiryCase{"date_letters", with("X-Amz-Date=2026060aT033420Z&X-Amz-Expires=60"), {}},
        ExpiryCase{"date_30_february", with("X-Amz-Date=20260230T033420Z&X-Amz-Expires=60"), {}},
        ExpiryCase{"date_25_hours", with("X-Amz-Date=20260601T253420Z&X-Amz-Expires=60"), {}},
        ExpiryCase{"date_60_minutes", with("X-Amz-Date=20260601T036020Z&X-Amz-Expires=60"), {}},
        ExpiryCase{"date_61_seconds", with("X-Amz-Date=20260601T033461Z&X-Amz-Expires=60"), {}},
        ExpiryCase{"date_long_ago", with("X-Amz-Date=19700101T000000Z&X-Amz-Expires=60"), {}},
        ExpiryCase{"one_broken_one_good", with("X-Amz-Date=x&X-Amz-Expires=60&Expires=1780371305"),
                   1'780'371'305}),
    kCaseName);

}  // namespace
}  // namespace core
