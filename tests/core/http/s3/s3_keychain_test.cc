#include "core/http/s3/s3_keychain.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/http_server.h"
#include "tests/support/manual_clock.h"
#include "tests/support/s3_server.h"

namespace {

using core::S3Keychain;
using core::S3Keys;
using Variables = std::map<std::string, std::string>;

class Chain {
 public:
  explicit Chain(Variables variables) : variables_(std::move(variables)) {}

  // "ID SECRET TOKEN", or why there are none.
  std::string keys() {
    const auto found = chain_.keys();
    const auto* keys = std::get_if<S3Keys>(&found);
    return keys == nullptr ? std::get<std::string>(found)
                           : keys->id + " " + keys->secret + " " + keys->token;
  }
  S3Keychain& operator*() { return chain_; }
  // By the servers' clock, which is this machine's.
  void set_time(std::chrono::minutes from_now) {
    clock_.jump(std::chrono::floor<std::chrono::milliseconds>(core::SystemClock().utc() + from_now -
                                                              clock_.utc()));
  }

 private:
  Variables variables_;
  support::ManualClock clock_;
  core::HttpCaller caller_{{}};
  S3Keychain chain_{caller_,
                    {.variables =
                         [this](std::string_view name) {
                           const auto found = variables_.find(std::string(name));
                           return found == variables_.end() ? std::nullopt
                                                            : std::optional(found->second);
                         },
                     .region = "us-east-1"},
                    clock_};
};

const std::pair<const std::string, std::string> kNoInstance{"AWS_EC2_METADATA_DISABLED", "true"};

TEST(S3Keychain, TheFirstSourceThatIsSetUpCounts) {
  const support::TempDir folder;
  folder.write(".aws/credentials",
               "# mine\n[default]\naws_access_key_id = FILE\naws_secret_access_key=s/+ecret=\n"
               "[ other ]\r\nAWS_ACCESS_KEY_ID=OTHER\r\naws_secret_access_key = s2\r\n"
               "aws_session_token = t2\r\n");
  folder.write(".aws/config",
               "[default]\nregion = eu-west-1\n[profile third]\nregion=ap-south-1\n"
               "aws_access_key_id=THIRD\naws_secret_access_key=s3\n");
  const std::string home = folder.path();
  struct Case {
    const char* name;
    Variables variables;
    const char* keys;
  };
  const Case cases[] = {
      {"environment",
       {{"AWS_ACCESS_KEY_ID", "ENV"},
        {"AWS_SECRET_ACCESS_KEY", "s"},
        {"AWS_SESSION_TOKEN", "t"},
        {"HOME", home}},
       "ENV s t"},
      {"half of it",
       {{"AWS_ACCESS_KEY_ID", "ENV"}, {"HOME", home}},
       "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"},
      {"file", {{"HOME", home}}, "FILE s/+ecret= "},
      {"a profile", {{"HOME", home}, {"AWS_PROFILE", "other"}}, "OTHER s2 t2"},
      {"a profile of the configuration", {{"HOME", home}, {"AWS_PROFILE", "third"}}, "THIRD s3 "},
      {"no such profile",
       {{"HOME", home}, {"AWS_PROFILE", "none"}},
       "there is no profile none (AWS_PROFILE) with keys in ~/.aws/credentials"},
      {"a file elsewhere",
       {{"AWS_SHARED_CREDENTIALS_FILE", folder.path(".aws/credentials")}},
       "FILE s/+ecret= "},
      {"an agent far away",
       {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x"}, kNoInstance},
       "the container's agent at http://example.com/x is not asked: it is neither https nor on "
       "this "
       "machine"},
      {"nothing",
       {kNoInstance},
       "there are no keys for the bucket: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a "
       "profile in ~/.aws/credentials (AWS_PROFILE), or give this machine a role"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Chain(c.variables).keys(), c.keys) << c.name;
  }
}

TEST(S3Keychain, TheRegionOfEnvironmentOrProfile) {
  const support::TempDir folder;
  folder.write(".aws/config",
               "[default]\nregion = eu-west-1\n[profile third]\nregion=ap-south-1\n");
  const auto region = [&](Variables variables) {
    return core::s3_region([&variables](std::string_view name) {
      const auto found = variables.find(std::string(name));
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  };
  EXPECT_EQ(region({}), "us-east-1");
  EXPECT_EQ(region({{"HOME", folder.path()}}), "eu-west-1");
  EXPECT_EQ(region({{"HOME", folder.path()}, {"AWS_PROFILE", "third"}}), "ap-south-1");
  EXPECT_EQ(region({{"HOME", folder.path()}, {"AWS_DEFAULT_REGION", "b"}}), "b");
  EXPECT_EQ(region({{"AWS_REGION", "a"}, {"AWS_DEFAULT_REGION", "b"}}), "a");
}

TEST(S3Keychain, KeysOfServices) {
  const support::TempDir folder;
  const std::string token = folder.write("token", "web token/+=\n");
  support::S3Server server(R"(,"credentials":{"token":"agent","web_token":"web token/+="})");
  struct Case {
    const char* name;
    Variables variables;
    std::string keys;
  };
  const std::string agent = server.url("/container");
  const Case cases[] = {
      {"web identity",
       {{"AWS_WEB_IDENTITY_TOKEN_FILE", token},
        {"AWS_ROLE_ARN", "arn:aws:iam::1:role/x y"},
        {"AWS_ENDPOINT_URL_STS", server.url()}},
       "ISSUED1 secret-canary-1 token-canary-1/+="},
      {"one that is refused",
       {{"AWS_WEB_IDENTITY_TOKEN_FILE", token},
        {"AWS_ROLE_ARN", "nobody"},
        {"AWS_ENDPOINT_URL_STS", server.url()}},
       "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE gives no keys: HTTP 403 AccessDenied"},
      {"without its file",
       {{"AWS_WEB_IDENTITY_TOKEN_FILE", folder.path("none")}, {"AWS_ROLE_ARN", "x"}},
       "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE cannot be read: " + folder.path("none")},
      {"container",
       {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", agent},
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", folder.write("agent", "agent\n")}},
       "ISSUED2 secret-canary-2 token-canary-2/+="},
      {"container without its token",
       {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", agent}},
       "the container's agent at " + agent + " gives no keys: HTTP 403"},
      {"instance",
       {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}},
       "ISSUED3 secret-canary-3 token-canary-3/+="},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Chain(c.variables).keys(), c.keys) << c.name;
  }
}

TEST(S3Keychain, KeysAreRenewedFiveMinutesBeforeTheyEnd) {
  using std::chrono::minutes;
  support::S3Server server(R"(,"credentials":{"life":3600})");
  Chain chain({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/container")}});
  const auto id = [&] { return chain.keys().substr(0, 7); };
  chain.set_time(minutes(0));
  EXPECT_EQ(id(), "ISSUED1");
  chain.set_time(minutes(54));
  EXPECT_EQ(id(), "ISSUED1");
  chain.set_time(minutes(56));
  EXPECT_EQ(id(), "ISSUED2");
  chain.set_time(minutes(0));
  const S3Keys refused = std::get<S3Keys>((*chain).keys());
  EXPECT_TRUE((*chain).renew(refused));
  const auto next = std::get<S3Keys>((*chain).keys());
  EXPECT_NE(next, refused);
  EXPECT_TRUE((*chain).renew(refused)) << "another thread was first";
  EXPECT_EQ(std::get<S3Keys>((*chain).keys()), next);
}

TEST(S3Keychain, AnAnswerWithoutKeysSaysSo) {
  const support::TempDir folder;
  const std::string token = folder.write("token", "t\n");
  const auto sts = [](const std::string& keys) {
    return "<R><AssumeRoleWithWebIdentityResult>" + keys + "</AssumeRoleWithWebIdentityResult></R>";
  };
  struct Case {
    int status = 200;
    std::string body;
    std::string of_sts;    ///< what is said; empty: not asked
    std::string of_agent;  ///< the same
  };
  const std::string none = "gives no keys: its answer has no AccessKeyId and SecretAccessKey";
  const std::vector<Case> cases{
      {.body = sts("<Credentials/>"), .of_sts = none},
      {.body = sts("<Credentials><AccessKeyId>I</AccessKeyId></Credentials>"), .of_sts = none},
      {.body = sts(""), .of_sts = "gives no keys: the answer has none"},
      {.body = "<R/>", .of_sts = "gives no keys: the answer has none"},
      {.body = "no XML", .of_sts = "gives no keys: HTTP 200", .of_agent = "is no JSON"},
      {.status = 500, .body = "{}", .of_sts = "HTTP 500", .of_agent = "HTTP 500"},
      {.body = "{}", .of_agent = none},
      {.body = R"({"AccessKeyId":"I","SecretAccessKey":""})", .of_agent = none},
  };
  for (const Case& one : cases) {
    const support::HttpServer server(
        [&](const support::HttpRequest&) { return support::reply(one.status, one.body); });
    const auto expect = [&](Variables variables, const std::string& says) {
      const std::string said = says.empty() ? "" : Chain(std::move(variables)).keys();
      EXPECT_NE(said.find(says), std::string::npos) << one.body << ": " << said;
    };
    expect({{"AWS_WEB_IDENTITY_TOKEN_FILE", token},
            {"AWS_ROLE_ARN", "x"},
            {"AWS_ENDPOINT_URL_STS", server.url()}},
           one.of_sts);
    expect({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/c")}}, one.of_agent);
  }
}

// Keys without an expiry that can be read are kept for good.
TEST(S3Keychain, OnlyAnExpiryThatIsOneCounts) {
  const std::vector<std::pair<std::string, bool>> cases{
      {"2020-01-02T03:04:05Z", true},
      {"2020-01-02T03:04:05.25Z", true},
      {"2020-01-02T03:04:05", false},
      {"2020-02-30T03:04:05Z", false},
      {"2020-01-02 03:04:05Z", false},
      {"2020-01-02T03:04", false},
      {"soon", false},
      {"", false},
  };
  for (const auto& [expiry, is_one] : cases) {
    std::atomic<int> asked = 0;
    const support::HttpServer server([&asked, expiry = expiry](const support::HttpRequest&) {
      return support::reply(200, R"({"AccessKeyId":"I)" + std::to_string(++asked) +
                                     R"(","SecretAccessKey":"s","Expiration":")" + expiry + "\"}");
    });
    Chain chain({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/c")}});
    chain.set_time(std::chrono::minutes(0));
    EXPECT_EQ(chain.keys(), "I1 s ");
    EXPECT_EQ(chain.keys(), is_one ? "I2 s " : "I1 s ") << expiry;
  }
}

TEST(S3Keychain, WhatIsSetUpByHalvesIsNamed) {
  const std::vector<std::pair<Variables, std::string>> cases{
      {{{"AWS_ACCESS_KEY_ID", "I"}}, "AWS_SECRET_ACCESS_KEY is not"},
      {{{"AWS_SECRET_ACCESS_KEY", "s"}}, "AWS_ACCESS_KEY_ID is not"},
      {{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/c"}}, "neither https nor on this"},
      {{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/c"},
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent"}},
       "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read"},
  };
  for (const auto& [variables, says] : cases) {
    const std::string said = Chain(variables).keys();
    EXPECT_NE(said.find(says), std::string::npos) << said;
  }
}

TEST(S3Keychain, AServiceThatFailsForAWhileCostsNothingUntilTheKeysEnd) {
  using std::chrono::minutes;
  std::atomic<int> status = 200;
  support::S3Server issuing(R"(,"credentials":{"life":3600})");
  core::HttpCaller caller{{}};
  const std::string keys = caller.call({.method = "GET", .url = issuing.url("/container")}).body;
  const support::HttpServer server(
      [&](const support::HttpRequest&) { return support::reply(status, keys); });
  Chain chain({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/c")}});
  chain.set_time(minutes(0));
  EXPECT_EQ(chain.keys().substr(0, 7), "ISSUED1");
  const auto held = std::get<S3Keys>((*chain).keys());
  EXPECT_NE((*chain).source(), "");
  status = 503;
  chain.set_time(minutes(56));
  EXPECT_EQ(chain.keys().substr(0, 7), "ISSUED1");
  EXPECT_FALSE((*chain).renew(held)) << "there are no others";
  chain.set_time(minutes(61));
  EXPECT_NE(chain.keys().find("gives no keys: HTTP 503"), std::string::npos);
}

}  // namespace
