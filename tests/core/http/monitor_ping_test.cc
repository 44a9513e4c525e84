#include "core/http/monitor_ping.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/http_server.h"

namespace {

using support::HttpReply;
using support::HttpRequest;
using support::HttpServer;
using support::reply;

TEST(MonitorPing, TheWordStandsBeforeTheQuery) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"https://m.example/uuid", "https://m.example/uuid/start"},
      {"https://m.example/uuid/", "https://m.example/uuid/start"},
      {"https://m.example/uuid?create=1", "https://m.example/uuid/start?create=1"},
      {"https://m.example/uuid/?a=/b", "https://m.example/uuid/start?a=/b"},
      {"?a", "/start?a"},
  };
  for (const auto& [url, expected] : cases) {
    EXPECT_EQ(core::ping_url(url, "start"), expected);
  }
}

TEST(MonitorPing, IsSentUntilTheMonitorTakesIt) {
  std::atomic<int> asked = 0;
  const HttpServer server([&](const HttpRequest&) {
    return ++asked == 1 ? reply(503, "busy")
           : asked == 2 ? HttpReply{.bytes = "", .after = HttpReply::After::reset}
                        : reply(200, "OK");
  });
  EXPECT_EQ(core::send_ping({.url = server.url("/uuid"), .user_agent = "reeltally-test"}), "");
  ASSERT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(server.requests().front().target, "/uuid");
  EXPECT_EQ(server.requests().front().header("user-agent"), "reeltally-test");
}

TEST(MonitorPing, GivesUpAfterThreeAttemptsAndHidesTheUrl) {
  const HttpServer server([](const HttpRequest&) { return reply(404, "no such check"); });
  EXPECT_EQ(core::send_ping({.url = server.url("/uuid")}), "HTTP 404");
  EXPECT_EQ(server.requests().size(), 3U);
  const std::string why = core::send_ping({.url = "ftp://127.0.0.1/uuid"});
  EXPECT_NE(why, "");
  EXPECT_EQ(why.find("uuid"), std::string::npos) << why;
}

TEST(MonitorPing, ARedirectIsNoSuccess) {
  const HttpServer server(
      [](const HttpRequest&) { return reply(302, "", {"Location: http://127.0.0.1/"}); });
  EXPECT_EQ(core::send_ping({.url = server.url()}), "HTTP 302");
}

TEST(MonitorPing, NamesAMissingCaFileAndNoTime) {
  const HttpServer server([](const HttpRequest&) { return reply(200, ""); });
  EXPECT_EQ(core::send_ping({.url = server.url(), .timeout = std::chrono::milliseconds(0)}),
            "it took too long");
  EXPECT_EQ(server.requests().size(), 0U);
  EXPECT_NE(core::send_ping({.url = "https://127.0.0.1:" + std::to_string(server.port()),
                             .ca_file = "/nonexistent/ca.pem"}),
            "");
}

}  // namespace
