#include "core/gateway/key_standing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using core::KeyStanding;
using Kind = core::KeyStanding::Kind;

// As a stock gateway writes it.
std::string usage(const std::string& fields) {
  return R"({"code":true,"data":{"name":"main","object":"token_usage","total_granted":0,)"
         R"("total_used":20002826,)" +
         fields + R"(},"message":"ok"})";
}
const std::string kUnlimited =
    R"("expires_at":0,"model_limits":{},"model_limits_enabled":false,"total_available":-20002826,)"
    R"("unlimited_quota":true)";
const std::string kError =
    R"json({"error":{"code":"","message":"Invalid token (request id: 2)",)json"
    R"json("type":"new_api_error"}})json";

TEST(KeyStanding, OfAnUnlimitedKey) {
  const KeyStanding key = core::read_key_standing(200, usage(kUnlimited));
  EXPECT_EQ(key.kind, Kind::known);
  EXPECT_EQ(key.expires_at, std::nullopt);
  EXPECT_TRUE(key.unlimited);
  EXPECT_FALSE(key.has_model_list);
  EXPECT_FALSE(key.is_used_up()) << "whatever is left";
}

TEST(KeyStanding, OfALimitedKey) {
  const KeyStanding key = core::read_key_standing(
      200, usage(R"("expires_at":1795705250,"model_limits":{"wan2.6-t2v":true,"sora-2":true},)"
                 R"("model_limits_enabled":true,"total_available":0,"unlimited_quota":false)"));
  EXPECT_EQ(key.kind, Kind::known);
  EXPECT_EQ(key.expires_at, core::UtcTime(std::chrono::seconds(1'795'705'250)));
  EXPECT_FALSE(key.is_expired(core::UtcTime(std::chrono::seconds(1'795'705'249))));
  EXPECT_TRUE(key.is_expired(core::UtcTime(std::chrono::seconds(1'795'705'250))));
  EXPECT_TRUE(key.is_used_up());
  EXPECT_TRUE(key.has_model_list);
  EXPECT_EQ(key.models, "wan2.6-t2v, sora-2");
}

TEST(KeyStanding, OfIncompleteAnswers) {
  struct Case {
    std::string name;
    int http_status;
    std::string body;
    Kind kind;
  };
  const std::vector<Case> cases{
      {"no such address", 404, "<html>404</html>", Kind::unknown},
      {"no such address as JSON", 404, kError, Kind::unknown},
      {"a web page", 200, "<!doctype html><html></html>", Kind::unknown},
      {"a redirect", 301, R"(<a href="/api/usage/token/">Moved Permanently</a>.)", Kind::unknown},
      {"an error", 500, kError, Kind::unknown},
      {"throttled", 429, "", Kind::unknown},
      {"another kind of object", 200, R"({"data":{"total_available":"many"}})", Kind::unknown},
      {"a list", 200, "[1]", Kind::unknown},
      {"an unknown key", 401, kError, Kind::no_key},
      {"a proxy that wants a password", 401, "<html>401</html>", Kind::unknown},
      {"a banned user", 403, kError, Kind::user_out},
      {"a firewall", 403, "denied", Kind::unknown}};
  for (const Case& one : cases) {
    EXPECT_EQ(core::read_key_standing(one.http_status, one.body).kind, one.kind) << one.name;
  }
}

TEST(KeyStanding, OddNumbersAreNoReasonToRejectAKey) {
  for (const std::string expiry : {"-1", "0", "1e30", "\"soon\"", "null", "99999999999999999"}) {
    const KeyStanding key = core::read_key_standing(
        200, usage(R"("unlimited_quota":false,"total_available":1.5,"expires_at":)" + expiry));
    EXPECT_EQ(key.expires_at, std::nullopt) << expiry;
    EXPECT_FALSE(key.is_used_up()) << expiry;
  }
}

TEST(WhyRejected, NamesTheCauseAndWhatToDo) {
  const core::UtcTime now{std::chrono::seconds(1'795'705'250)};
  const core::Rejection unauthorised{.http_status = 401, .message = "Invalid token"};
  const core::Rejection forbidden{.http_status = 403, .message = "every task was forbidden"};
  const core::Rejection address{.http_status = 403, .access_denied = true, .message = "IP"};
  const KeyStanding good{.kind = Kind::known, .left = "5"};
  KeyStanding expired = good;
  expired.expires_at = now - std::chrono::hours(1);
  KeyStanding used_up = good;
  used_up.left = "-3";
  struct Case {
    KeyStanding key;
    core::Rejection rejection;
    std::string said;
  };
  const std::vector<Case> cases{
      {{}, unauthorised, "Invalid token; check the key, its quota"},
      {{.kind = Kind::no_key}, unauthorised, "does not know the key (HTTP 401)"},
      {{.kind = Kind::user_out}, forbidden, "user may not use the gateway (HTTP 403)"},
      {expired, unauthorised, "it expired at 2026-11-26T14:00:50+00:00"},
      {used_up, unauthorised, "its quota is used up"},
      {good, unauthorised, "it is disabled"},
      {good, address, "this machine's address"},
      {good, forbidden, "the key itself is valid"}};
  for (const Case& one : cases) {
    EXPECT_NE(core::why_rejected(one.key, one.rejection, now).find(one.said), std::string::npos)
        << core::why_rejected(one.key, one.rejection, now);
  }
}

}  // namespace
