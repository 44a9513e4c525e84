#include "core/http/s3/s3_keychain.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <variant>

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

}  // namespace
