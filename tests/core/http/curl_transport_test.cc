#include "core/http/curl_transport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"
#include "tests/core/http/transport_world.h"

namespace {

using namespace transport_world;

TEST(CurlTransportQuery, SendsTheKeyAndReturnsTheAnswer) {
  const HttpServer server([](const HttpRequest&) { return reply(200, "{\"a\":1}"); });
  CurlTransport transport(settings_for(server));
  const Completion completion = query(transport, "/v1/x");
  const auto& answer = std::get<QueryAnswer>(completion.outcome);
  EXPECT_EQ(answer.http_status, 200);
  EXPECT_EQ(answer.body, "{\"a\":1}");
  const HttpRequest request = server.requests().at(0);
  EXPECT_EQ(request.header("authorization"), "Bearer sk-secret");
  EXPECT_EQ(request.header("user-agent"), "reeltally-test");
  EXPECT_EQ(request.header("accept-encoding"), "gzip");
}

TEST(CurlTransportQuery, AKeyThatTheGatewayRepeatsIsMasked) {
  const HttpServer server([](const HttpRequest&) {
    return reply(500, "no sk-secret here", {"X-Oneapi-Request-Id: 1-sk-secret"});
  });
  TransportSettings settings = open_settings_for(server);
  settings.request_ids = true;
  Fetcher fetcher(std::move(settings));
  const Completion completion = query(fetcher.transport(), "/v1/x");
  const auto& answer = std::get<QueryAnswer>(completion.outcome);
  EXPECT_EQ(answer.request_id, "1-[key]");
  EXPECT_EQ(answer.readable_body(), "no [key] here");
  EXPECT_EQ(answer.key_in_body, "sk-secret");
  EXPECT_EQ(fetcher.failure(kContentPath).text, "HTTP 500: no [key] here");
}

TEST(CurlTransportQuery, PathsArriveByteForByte) {
  const HttpServer server([](const HttpRequest&) { return reply(200, "{}"); });
  CurlTransport transport(settings_for(server));
  const std::vector<std::string> paths = {
      "/v1/a%2Fb",  "/v1/%2e%2e/x",  "/v1/%2E%2E%2f",      "/v1/../x", "/v1/./x",
      "/v1/%C3%A4", "/v1/a%3Fb%23c", "/v1/video_%3A1~-._", "/v1/%00",  "//x"};
  for (const std::string& path : paths) {
    query(transport, path);
    EXPECT_EQ(server.requests().back().target, path);
  }
}

TEST(CurlTransportQuery, ThePathOfTheBaseUrlComesFirst) {
  const HttpServer server([](const HttpRequest&) { return reply(200, "{}"); });
  TransportSettings settings = settings_for(server);
  settings.accounts = {{server.url("/api"), "one"}, {server.url("/other/api"), "two"}};
  CurlTransport transport(std::move(settings));
  for (const int account : {0, 1, 0}) {
    transport.start(core::QueryRequest{.account = account, .path = "/v1/x"});
    wait_for(transport, 1);
  }
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].target, "/api/v1/x");
  EXPECT_EQ(requests[1].target, "/other/api/v1/x");
  EXPECT_EQ(requests[1].header("authorization"), "Bearer two");
  EXPECT_EQ(requests[2].target, "/api/v1/x");
  EXPECT_EQ(requests[2].header("authorization"), "Bearer one");
}

TEST(CurlTransportQuery, ConnectionsAreKept) {
  const HttpServer server([](const HttpRequest& request) { return reply(200, request.target); });
  TransportSettings settings = settings_for(server);
  constexpr std::uint64_t kConcurrency = 8;
  constexpr std::uint64_t kQueries = 200;
  settings.concurrency = kConcurrency;
  CurlTransport transport(std::move(settings));
  std::uint64_t next = 0;
  const auto start = [&] {
    transport.start(core::QueryRequest{.token = next, .path = "/" + std::to_string(next)});
    ++next;
  };
  while (next < kConcurrency) {
    start();
  }
  std::map<std::uint64_t, std::string> bodies;
  while (bodies.size() < kQueries) {
    std::vector<Completion> completions;
    transport.wait(std::chrono::steady_clock::now() + kPatience, completions);
    ASSERT_FALSE(completions.empty());
    for (const Completion& completion : completions) {
      bodies[completion.token] = std::get<QueryAnswer>(completion.outcome).body;
      if (next < kQueries) {
        start();
      }
    }
  }
  for (const auto& [token, body] : bodies) {
    EXPECT_EQ(body, "/" + std::to_string(token));
  }
  EXPECT_LE(server.connections(), 8);
  EXPECT_EQ(transport.connections_opened(), server.connections());
}

TEST(CurlTransportQuery, ARedirectIsAnAnswerAndNotFollowed) {
  const HttpServer other([](const HttpRequest&) { return reply(200, "{}"); });
  const HttpServer server(
      [&](const HttpRequest&) { return reply(302, "", {"Location: " + other.url("/x")}); });
  CurlTransport transport(settings_for(server));
  EXPECT_EQ(std::get<QueryAnswer>(query(transport, "/v1/x").outcome).http_status, 302);
  EXPECT_EQ(other.connections(), 0);
}

TEST(CurlTransportQuery, DateAndRetryAfterAreRead) {
  struct Case {
    std::string value;
    std::optional<milliseconds> wanted;
  };
  const std::vector<Case> cases = {{"7", milliseconds(7000)},
                                   {"600", std::chrono::minutes(10)},
                                   {"1000000000", std::chrono::minutes(10)},
                                   {"-5", std::nullopt},
                                   {"soon", std::nullopt},
                                   {"99999999999999999999", std::chrono::minutes(10)},
                                   {"Sun, 06 Nov 1994 08:49:47 GMT", milliseconds(10'000)},
                                   {"Sun, 06 Nov 1994 09:49:37 GMT", std::chrono::minutes(10)},
                                   {"Sun, 06 Nov 1994 08:49:37 GMT", std::nullopt}};
  for (const Case& one : cases) {
    const HttpServer server([&](const HttpRequest&) {
      return reply(429, "", {"Retry-After: " + one.value, "Date: Sun, 06 Nov 1994 08:49:37 GMT"});
    });
    CurlTransport transport(settings_for(server));
    const Completion completion = query(transport, "/v1/x");
    const auto& answer = std::get<QueryAnswer>(completion.outcome);
    EXPECT_EQ(answer.http_status, 429);
    EXPECT_EQ(answer.retry_after, one.wanted) << one.value;
    ASSERT_TRUE(answer.date);
    EXPECT_EQ(answer.date->time_since_epoch(), std::chrono::seconds(784'111'777));
  }
}

TEST(CurlTransportQuery, EachAnswerHasItsOwnDate) {
  const std::vector<std::pair<std::string, std::optional<std::int64_t>>> cases = {
      {"Date: Sun, 06 Nov 1994 08:49:37 GMT", 784'111'777},
      {"Date: Sun, 06 Nov 1994 08:49:37 GMT", 784'111'777},
      {"Date: Sun, 06 Nov 1994 08:49:38 GMT", 784'111'778},
      {"Date: soon", std::nullopt},
      {"X-Date: none", std::nullopt},
      {"Date: Sun, 06 Nov 1994 08:49:38 GMT", 784'111'778}};
  std::size_t next = 0;
  const HttpServer server(
      [&](const HttpRequest&) { return reply(200, "{}", {cases.at(next).first}); });
  CurlTransport transport(settings_for(server));
  for (; next < cases.size(); ++next) {
    const Completion completion = query(transport, "/v1/x");
    const auto& date = std::get<QueryAnswer>(completion.outcome).date;
    ASSERT_EQ(date.has_value(), cases[next].second.has_value()) << next;
    if (date) {
      EXPECT_EQ(date->time_since_epoch(), std::chrono::seconds(*cases[next].second)) << next;
    }
  }
}

TEST(CurlTransportQuery, ARequestHasEachHeaderOnce) {
  const HttpServer server([](const HttpRequest&) { return reply(200, "{}"); });
  TransportSettings settings = settings_for(server);
  settings.user_agent = "reeltally/1";
  CurlTransport transport(std::move(settings));
  static_cast<void>(query(transport, "/v1/x"));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].header("user-agent"), "reeltally/1");
  EXPECT_EQ(requests[0].header("accept-encoding"), "gzip");
  EXPECT_EQ(requests[0].header("accept"), "application/json");
}

// design.md, H2, H3, H8, H11, H12.
TEST(CurlTransportQuery, EveryFailureOfAServerIsSurvived) {
  struct Fault {
    std::string name;
    HttpReply reply;
    std::string kind;  // empty: an answer
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  std::string flood = ok;
  for (int i = 0; i < 2000; ++i) {
    flood += "X-" + std::to_string(i) + ": " + std::string(1000, 'a') + "\r\n";
  }
  using namespace std::string_literals;
  const std::vector<Fault> faults = {
      {"rst_head", {"", After::reset}, "connection"},
      {"rst_mid", {ok + "Content-Length: 1000000\r\n\r\nxxx", After::reset}, "connection"},
      {"short_cl", {ok + "Content-Length: 1000\r\n\r\nxxx", After::close}, "connection"},
      {"long_body", {ok + "Content-Length: 5\r\n\r\nxxxxxxxxxxxx", After::close}, ""},
      {"chunk_cut",
       {ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nwo", After::close},
       "connection"},
      {"chunk_bad",
       {ok + "Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n", After::close},
       "connection"},
      {"negative_cl", {ok + "Content-Length: -5\r\n\r\nhello", After::close}, "protocol"},
      {"two_cl",
       {ok + "Content-Length: 5\r\nContent-Length: 9\r\n\r\nhello", After::close},
       "connection"},
      {"header_flood", {flood, After::close}, "too_large"},
      {"slow", {ok + "Content-Length: 100\r\n\r\nx", After::hold}, "timeout"},
      {"silent", {"", After::hold}, "timeout"},
      {"http_0.9", {"garbage no headers\r\n", After::close}, "protocol"},
      {"nul_header", {ok + "X-A: a\0b\r\nContent-Length: 2\r\n\r\nok"s, After::close}, "protocol"},
      {"nothing", {"", After::close}, "connection"},
      {"bad_gzip", reply(200, "no gzip at all", {"Content-Encoding: gzip"}), "protocol"},
      {"endless", {ok + "\r\n" + std::string(1 << 20, 'x'), After::close, 100}, "too_large"},
      {"empty", reply(204, ""), ""},
  };
  for (const Fault& fault : faults) {
    const HttpServer server([&](const HttpRequest& request) {
      return request.target == "/fine" ? reply(200, "{}") : fault.reply;
    });
    TransportSettings settings = settings_for(server);
    settings.query_timeout = milliseconds(fault.kind == "timeout" ? 200 : 10'000);
    CurlTransport transport(std::move(settings));
    const Completion completion = query(transport, "/fault");
    const auto* failure = std::get_if<TransportFailure>(&completion.outcome);
    EXPECT_EQ(failure != nullptr ? failure->kind : "", fault.kind) << fault.name;
    EXPECT_TRUE(failure == nullptr || !failure->text.empty()) << fault.name;
    const Completion next = query(transport, "/fine");
    ASSERT_TRUE(std::holds_alternative<QueryAnswer>(next.outcome)) << fault.name;
    EXPECT_EQ(std::get<QueryAnswer>(next.outcome).http_status, 200) << fault.name;
  }
}

TEST(CurlTransportQuery, AGzipBombStopsAtTheLimit) {
  // 64 MiB of zeros, by `gzip -9`.
  const std::string bomb = support::read_file(std::string(TEST_DATA) + "/bomb.gz");
  ASSERT_FALSE(bomb.empty());
  const HttpServer server(
      [&](const HttpRequest&) { return reply(200, bomb, {"Content-Encoding: gzip"}); });
  CurlTransport transport(settings_for(server));
  const Completion completion = query(transport, "/v1/x");
  ASSERT_TRUE(std::holds_alternative<TransportFailure>(completion.outcome));
  EXPECT_EQ(std::get<TransportFailure>(completion.outcome).kind, "too_large");
}

// Several large answers, plain and compressed: those without room are requested again until all
// have arrived.
TEST(CurlTransportQuery, LargeAnswersShareTheirRoom) {
  const std::string bomb = support::read_file(std::string(TEST_DATA) + "/zeros-7mib.gz");
  const std::string plain = reply(200, std::string(7 << 20, 'x')).bytes;
  for (const HttpReply& large : {HttpReply{plain}, reply(200, bomb, {"Content-Encoding: gzip"})}) {
    const HttpServer server([&](const HttpRequest& request) {
      return request.target == "/small" ? reply(200, std::string(60'000, 'y')) : large;
    });
    TransportSettings settings = settings_for(server);
    constexpr int kAtOnce = 12;
    settings.concurrency = kAtOnce;
    CurlTransport transport(std::move(settings));
    std::set<std::uint64_t> left;
    for (std::uint64_t token = 0; token < kAtOnce; ++token) {
      left.insert(token);
      transport.start({.token = token, .path = token % 4 == 0 ? "/small" : "/large"});
    }
    std::size_t most = 0;
    int refused = 0;
    std::vector<std::uint64_t> again;  // requested again once another answer has left room
    const auto until = std::chrono::steady_clock::now() + 16 * kPatience;  // 30 s with tsan
    while (!left.empty() && std::chrono::steady_clock::now() < until) {
      std::vector<Completion> completions;
      transport.wait(until, completions);
      std::size_t bytes = 0;
      for (const Completion& one : completions) {
        if (const auto* answer = std::get_if<QueryAnswer>(&one.outcome)) {
          bytes += answer->body.size();
          left.erase(one.token);
          continue;
        }
        EXPECT_EQ(std::get<TransportFailure>(one.outcome).kind, TransportFailure::kNoRoom);
        EXPECT_NE(one.token % 4, 0U) << "small answers always have room";
        ++refused;
        again.push_back(one.token);
      }
      if (bytes > 0 || again.size() == left.size()) {
        for (const std::uint64_t token : std::exchange(again, {})) {
          transport.start({.token = token, .path = "/large"});
        }
      }
      most = std::max(most, bytes);
    }
    EXPECT_TRUE(left.empty());
    EXPECT_GT(refused, 0);
    EXPECT_LE(most, CurlTransport::kBodyBytesMax + CurlTransport::kBodyBytesMax / 8);
  }
}

TEST(CurlTransportQuery, ALongTimeoutAllowsALongSilence) {
  using std::chrono::seconds;
  EXPECT_EQ(core::TransportSettings{}.query_silence(), seconds(30));
  EXPECT_EQ(core::TransportSettings{.query_timeout = seconds(5)}.query_silence(), seconds(30));
  EXPECT_EQ(core::TransportSettings{.query_timeout = seconds(600)}.query_silence(), seconds(300));
}

TEST(CurlTransportQuery, NoServerAndNoName) {
  std::string dead;
  {
    const HttpServer server([](const HttpRequest&) { return reply(200, ""); });
    dead = server.url();
  }
  TransportSettings settings = some_settings();
  settings.accounts = {
      {dead, "k"}, {"http://no-such-host.invalid", "k"}, {"https" + dead.substr(4), "k"}};
  CurlTransport transport(std::move(settings));
  EXPECT_EQ(std::get<TransportFailure>(query(transport, "/x").outcome).kind, "connect");
  transport.start(core::QueryRequest{.account = 1, .path = "/x"});
  EXPECT_EQ(std::get<TransportFailure>(wait_for(transport, 1).front().outcome).kind, "dns");
}

TEST(CurlTransportQuery, ATlsFailureHintsAtClockAndCertificates) {
  const HttpServer no_tls([](const HttpRequest&) { return reply(200, ""); });
  TransportSettings settings = some_settings();
  settings.query_timeout = std::chrono::seconds(2);
  settings.accounts = {{"https" + no_tls.url().substr(4), "k"}};
  settings.ca_file = "/nonexistent/ca.pem";
  CurlTransport transport(std::move(settings));
  const Completion completion = query(transport, "/x");
  EXPECT_EQ(std::get<TransportFailure>(completion.outcome).kind, "tls");
  EXPECT_NE(std::get<TransportFailure>(completion.outcome).text.find("clock"), std::string::npos);
}

TEST(CurlTransportQuery, AnInvalidBaseUrlIsRefused) {
  TransportSettings settings = some_settings();
  settings.accounts = {{"http://a b/", "k"}};
  EXPECT_THROW(CurlTransport{std::move(settings)}, core::UsageError);
}

TEST(CurlTransportLoop, WakeFromAnotherThreadEndsTheWait) {
  const HttpServer server([](const HttpRequest&) { return reply(200, ""); });
  CurlTransport transport(settings_for(server));
  auto waker = std::async(std::launch::async, [&] { transport.wake(); });
  std::vector<Completion> completions;
  const auto begin = std::chrono::steady_clock::now();
  transport.wait(begin + kPatience, completions);
  EXPECT_LT(std::chrono::steady_clock::now(), begin + kPatience / 2);
  EXPECT_TRUE(completions.empty());
}

TEST(CurlTransportLoop, WaitEndsAtItsTime) {
  const HttpServer server([](const HttpRequest&) { return HttpReply{"", After::hold}; });
  CurlTransport transport(settings_for(server));
  transport.start(core::QueryRequest{.path = "/x"});
  std::vector<Completion> completions;
  const auto until = std::chrono::steady_clock::now() + milliseconds(50);
  transport.wait(until, completions);
  EXPECT_GE(std::chrono::steady_clock::now(), until);
  EXPECT_TRUE(completions.empty());
}

TEST(CurlTransportLoop, AbortDropsWhatRunsAndLeavesTheTransportUsable) {
  const HttpServer server([](const HttpRequest& request) {
    return request.target == "/fine" ? reply(200, "{}") : HttpReply{"", After::hold};
  });
  Fetcher fetcher(open_settings_for(server));
  for (int i = 0; i < 20; ++i) {
    fetcher.transport().start(core::QueryRequest{.path = "/hold"});
  }
  fetcher.start(server.url("/video"), "video");
  std::vector<Completion> completions;
  fetcher.transport().wait(std::chrono::steady_clock::now() + milliseconds(50), completions);
  fetcher.transport().abort();
  fetcher.transport().wait(std::chrono::steady_clock::now() + milliseconds(20), completions);
  EXPECT_TRUE(completions.empty());
  EXPECT_TRUE(std::holds_alternative<QueryAnswer>(query(fetcher.transport(), "/fine").outcome));
}

TEST(CurlTransportLoop, ManyStartsAndStopsEnd) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer server([&](const HttpRequest& request) {
    return request.target.substr(0, 2) == "/v" ? reply(200, video) : reply(200, "{}");
  });
  auto done = std::async(std::launch::async, [&] {
    for (int round = 0; round < 30; ++round) {
      Fetcher fetcher(open_settings_for(server));
      for (int i = 0; i < 8; ++i) {
        fetcher.transport().start(core::QueryRequest{.path = "/q"});
        fetcher.start(server.url("/v" + std::to_string(i)), std::to_string(i));
      }
      std::vector<Completion> completions;
      for (int i = 0; i < round; ++i) {
        fetcher.transport().wait(std::chrono::steady_clock::now() + milliseconds(2), completions);
      }
      if (round % 2 == 0) {
        fetcher.transport().abort();
      }
    }
  });
  ASSERT_EQ(done.wait_for(std::chrono::seconds(60)), std::future_status::ready);
}

}  // namespace
