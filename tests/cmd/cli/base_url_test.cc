#include "cmd/cli/base_url.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace {

std::string check(std::string_view url, bool allow_http) {
  try {
    return cmd::check_base_url(url, allow_http, "--base-url");
  } catch (const core::UsageError& error) {
    return std::string("refused: ") + error.what();
  }
}

TEST(BaseUrl, Accepted) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"https://www.anyfast.ai", "https://www.anyfast.ai"},
      {"https://www.anyfast.ai/", "https://www.anyfast.ai"},
      {"https://www.anyfast.ai/v1", "https://www.anyfast.ai"},
      {"https://www.anyfast.ai//v1//", "https://www.anyfast.ai"},
      {"https://gw.example/proxy/v1", "https://gw.example/proxy"},
      {"https://gw.example/proxy/v10", "https://gw.example/proxy/v10"},
      {"HTTPS://WWW.Example:8443/Path", "https://www.example:8443/Path"},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
      {"http://localhost:1/v1", "http://localhost:1"},
      {"http://[::1]:8080/", "http://[::1]:8080"},
      {"https://[2001:db8::1]", "https://[2001:db8::1]"},
  };
  for (const auto& [url, expected] : cases) {
    EXPECT_EQ(check(url, false), expected);
  }
}

TEST(BaseUrl, PlainHttpOnlyOnRequest) {
  for (const char* url : {"http://gw.example", "http://10.0.0.1", "http://127.0.0.1.evil.example",
                          "http://localhost.evil.example", "http://0x7f.1", "http://127.1"}) {
    EXPECT_NE(check(url, false).find("--allow-http"), std::string::npos) << url;
    EXPECT_EQ(check(url, true), url);
  }
}

TEST(BaseUrl, Refused) {
  const std::vector<std::pair<std::string, const char*>> cases{
      {"", "must begin with https://"},        {"www.anyfast.ai", "must begin with https://"},
      {"ftp://x", "must begin with https://"}, {"file:///etc/passwd", "must begin with https://"},
      {"https://", "no valid host"},           {"https:///v1", "no valid host"},
      {"https://:80", "no valid host"},        {"https://a_b!c", "no valid host"},
      {"https://[::1", "no valid host"},       {"https://h:", "no valid port"},
      {"https://h:0", "no valid port"},        {"https://h:65536", "no valid port"},
      {"https://h:x", "no valid port"},        {"https://user:secret@h", "user name"},
      {"https://h/?a=1", "query or fragment"}, {"https://h/#a", "query or fragment"},
      {"https://h\\x", "backslash"},           {"https://h/ x", "a blank"},
      {"https://h\r\nX: 1", "a blank"},        {"https://h\xC3\xA9", "non-ASCII"},
  };
  for (const auto& [url, message] : cases) {
    const std::string answer = check(url, true);
    EXPECT_EQ(answer.find("refused: the base URL of --base-url"), 0U) << url << answer;
    EXPECT_NE(answer.find(message), std::string::npos) << url << ": " << answer;
    EXPECT_EQ(answer.find("secret"), std::string::npos);
  }
}

TEST(BaseUrl, LoopbackHosts) {
  for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "[::1]"}) {
    EXPECT_TRUE(cmd::is_loopback_host(host)) << host;
  }
  for (const char* host : {"", "127.0.0", "127.0.0.256", "127.0.0.1.", "127.0.0.1.2", "127.a.0.1",
                           "128.0.0.1", "[::2]", "localhost.", "127...1"}) {
    EXPECT_FALSE(cmd::is_loopback_host(host)) << host;
  }
}

}  // namespace
