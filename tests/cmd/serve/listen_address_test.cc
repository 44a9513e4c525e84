#include "cmd/serve/listen_address.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace {

std::string read(std::string_view text) {
  try {
    const cmd::ListenAddress address = cmd::parse_listen_address(text);
    return address.text() + (address.is_loopback() ? "" : " far");
  } catch (const core::UsageError&) {
    return "refused";
  }
}

TEST(ListenAddress, IsAnAddressAndAPort) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"127.0.0.1:8090", "127.0.0.1:8090"},
      {"127.8.0.1:0", "127.8.0.1:0"},
      {"localhost:80", "127.0.0.1:80"},
      {"[::1]:8090", "[::1]:8090"},
      {"0.0.0.0:8090", "0.0.0.0:8090 far"},
      {"[::]:65535", "[::]:65535 far"},
      {"10.0.0.7:1", "10.0.0.7:1 far"},
      {"[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1 far"},
      {"127.0.0.1:65536", "refused"},
      {"127.0.0.1:", "refused"},
      {"127.0.0.1", "refused"},
      {"127.0.0.1:-1", "refused"},
      {"127.0.0.1:8o", "refused"},
      {"127.1:80", "refused"},
      {":8090", "refused"},
      {"8090", "refused"},
      {"[::1]", "refused"},
      {"[::1]8090", "refused"},
      {"[::1", "refused"},
      {"[]:1", "refused"},
      {"[127.0.0.1]:1", "refused"},
      {"::1:8090", "refused"},
      {"example.com:80", "refused"},
      {"", "refused"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(read(text), expected) << text;
  }
}

TEST(ListenAddress, OnlyLoopbackNamesAreThisMachine) {
  for (const char* host : {"localhost", "LocalHost:1", "127.0.0.1", "127.0.0.1:8090", "127.9.9.9",
                           "[::1]", "[::1]:65535", "localhost:"}) {
    EXPECT_TRUE(cmd::names_this_machine(host)) << host;
  }
  for (const char* host :
       {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1.",
        "127.1", "2130706433", "0x7f000001", "[::2]", "[::1]x", "[::1", "::1", "10.0.0.1",
        "localhost:http", "localhost:99999", "127.0.0.1:1:2", "localhost@evil"}) {
    EXPECT_FALSE(cmd::names_this_machine(host)) << host;
  }
}

}  // namespace
