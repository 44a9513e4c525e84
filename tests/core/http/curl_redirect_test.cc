// Each hop of a redirected download is checked.
#include "core/http/curl_transport.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/core/http/transport_world.h"

namespace {

using namespace transport_world;

TEST(CurlTransportRedirect, FiveHopsAndNoMore) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer server([&](const HttpRequest& request) {
    const int left = std::stoi(request.target.substr(1));
    return left == 0 ? reply(200, video)
                     : reply(302, "moved", {"Location: /" + std::to_string(left - 1)});
  });
  Fetcher fetcher(open_settings_for(server));
  EXPECT_TRUE(fetcher.saves(server.url("/5")));
  const FetchFailure failure = fetcher.failure(server.url("/6"));
  EXPECT_EQ(failure.kind, FailureKind::refused_url);
  EXPECT_EQ(failure.text, "more than five redirects");
}

// `from` on the account's own gateway leads to the link under test.
TEST(CurlTransportRedirect, SchemesAndAddressesAreCheckedAtEachHop) {
  const HttpServer target([](const HttpRequest&) { return reply(200, "secret"); });
  const std::string port = ":" + std::to_string(target.port());
  const std::vector<std::string> links = {"file:///etc/passwd",
                                          "gopher://127.0.0.1/x",
                                          "ftp://127.0.0.1/x",
                                          "data:video/mp4;base64,AAAA",
                                          "http://169.254.169.254/latest",
                                          "http://127.0.0.1" + port + "/x",
                                          "http://localhost" + port + "/x",
                                          "http://0x7f.1" + port + "/x",
                                          "http://2130706433" + port + "/x",
                                          "http://017700000001" + port + "/x",
                                          "http://0177.0.0.1" + port + "/x",
                                          "http://127.1" + port + "/x",
                                          "http://127.0.1" + port + "/x",
                                          "http://0x7f000001" + port + "/x",
                                          "http://0X7F.0.0.0x1" + port + "/x",
                                          "http://%31%32%37.0.0.1" + port + "/x",
                                          "http://LOCALHOST" + port + "/x",
                                          "http://user:pass@127.0.0.1" + port + "/x",
                                          "http://0" + port + "/x",
                                          "http://0.0.0.0" + port + "/x",
                                          "http://[::1]" + port + "/x",
                                          "http://[::]" + port + "/x",
                                          "http://[::ffff:127.0.0.1]" + port + "/x",
                                          "http://[::ffff:7f00:1]" + port + "/x",
                                          "http://[0:0:0:0:0:ffff:127.0.0.1]" + port + "/x",
                                          "http://[64:ff9b::7f00:1]" + port + "/x",
                                          "http://[2002:7f00:1::]" + port + "/x",
                                          "http://[fe80::1]" + port + "/x",
                                          "http://[fd00::1]" + port + "/x",
                                          "http://10.0.0.1" + port + "/x",
                                          "http://192.168.0.1" + port + "/x",
                                          "http://172.16.0.1" + port + "/x",
                                          "http://100.64.0.1" + port + "/x",
                                          "http://" + port + "/x",
                                          "not a link"};
  for (const std::string& link : links) {
    for (const bool by_redirect : {false, true}) {
      const HttpServer own(
          [&](const HttpRequest&) { return reply(302, "", {"Location: " + link}); });
      TransportSettings settings = settings_for(own);
      settings.allow_http = true;  // so that only the address check can refuse it
      Fetcher fetcher(std::move(settings));
      const FetchFailure failure = fetcher.failure(by_redirect ? own.url("/v") : link);
      if (by_redirect && link == "not a link") {
        EXPECT_EQ(own.connections(), 1);  // a path of the gateway: a loop
      } else {
        EXPECT_EQ(failure.kind, FailureKind::refused_url) << link << ": " << failure.text;
        EXPECT_EQ(fetcher.transport().connections_opened(), by_redirect ? 1 : 0) << link;
      }
    }
  }
  EXPECT_EQ(target.connections(), 0);
}

TEST(CurlTransportRedirect, PlainHttpNeedsPermissionExceptForTheOwnGateway) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer own([&](const HttpRequest&) { return reply(200, video); });
  const HttpServer other([&](const HttpRequest&) { return reply(200, video); });
  TransportSettings settings = settings_for(own);
  settings.allow_private_hosts = true;
  Fetcher fetcher(std::move(settings));
  EXPECT_TRUE(fetcher.saves(own.url("/v")));
  EXPECT_EQ(fetcher.failure(other.url("/v")).kind, FailureKind::refused_url);
  EXPECT_EQ(other.connections(), 0);
}

// A reused connection must not let a download avoid the address check.
TEST(CurlTransportRedirect, AnotherAccountsPrivateGatewayIsRefusedThoughItsConnectionIsOpen) {
  const HttpServer first([](const HttpRequest&) { return reply(200, "{}"); });
  const HttpServer second([](const HttpRequest&) { return reply(200, "{}"); });
  TransportSettings settings = settings_for(first);
  settings.accounts.push_back({second.url(), "two"});
  settings.allow_http = true;
  Fetcher fetcher(std::move(settings));
  fetcher.transport().start(core::QueryRequest{.account = 1, .path = "/q"});
  wait_for(fetcher.transport(), 1);
  EXPECT_EQ(fetcher.failure(second.url("/v")).kind, FailureKind::refused_url);
  EXPECT_EQ(second.requests().size(), 1U);
}

}  // namespace
