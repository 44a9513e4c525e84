#include "core/http/curl_transport.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/video/local/local_videos.h"
#include "tests/support/http_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_video.h"

namespace {

using core::Completion;
using core::CurlTransport;
using core::FetchFailure;
using FailureKind = core::FetchFailure::Kind;
using core::QueryAnswer;
using core::SavedFile;
using core::TransportFailure;
using core::TransportSettings;
using std::chrono::milliseconds;
using support::HttpReply;
using support::HttpRequest;
using support::HttpServer;
using support::reply;
using After = HttpReply::After;

constexpr std::chrono::seconds kPatience{20};  // a transfer that never ends fails the test
constexpr std::size_t kVideoBytes = 200'000;

TransportSettings some_settings() {
  return {.concurrency = 32,
          .download_concurrency = 8,
          .connect_timeout = std::chrono::seconds(10),
          .query_timeout = std::chrono::seconds(60),
          .stall_timeout = std::chrono::seconds(60),
          .video_bytes_max = std::int64_t{4} << 30};
}

TransportSettings settings_for(const HttpServer& server) {
  TransportSettings settings = some_settings();
  settings.accounts = {{server.url(), "sk-secret"}};
  settings.user_agent = "reeltally-test";
  settings.query_timeout = std::chrono::seconds(10);
  settings.stall_timeout = std::chrono::seconds(1);
  return settings;
}

std::vector<Completion> wait_for(CurlTransport& transport, std::size_t count) {
  std::vector<Completion> completions;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (completions.size() < count && std::chrono::steady_clock::now() < until) {
    transport.wait(until, completions);
  }
  EXPECT_EQ(completions.size(), count);
  completions.resize(count);
  return completions;
}

Completion query(CurlTransport& transport, const std::string& path) {
  transport.start(core::QueryRequest{.token = 7, .account = 0, .path = path});
  Completion completion = wait_for(transport, 1).front();
  EXPECT_EQ(completion.token, 7U);
  return completion;
}

constexpr const char* kContentPath = "/v1/videos/video/content";

// A transport with an output folder.
class Fetcher {
 public:
  explicit Fetcher(TransportSettings settings) {
    settings.publisher_threads = 2;
    transport_.emplace(std::move(settings));
  }

  Completion fetch(const std::string& url, const std::string& id = "video") {
    start(url, id);
    return wait_for(*transport_, 1).front();
  }
  void start(const std::string& url, const std::string& id) {
    static const auto kName =
        std::make_shared<const core::NameTemplate>(core::NameTemplate::kDefault);
    core::FilePlan plan{.name_template = kName};
    plan.fields.task_id = id;
    core::DownloadRequest request;
    request.token = 9;
    request.url = url;
    request.content_path = kContentPath;
    request.sink = std::get<std::unique_ptr<core::VideoSink>>(videos_.open(std::move(plan)));
    transport_->start(std::move(request));
  }
  FetchFailure failure(const std::string& url) {
    Completion completion = fetch(url);
    if (auto* failure = std::get_if<FetchFailure>(&completion.outcome)) {
      return *failure;
    }
    ADD_FAILURE() << url << " was saved";
    return {};
  }
  std::string video() const { return support::read_file(folder_.path("video.mp4")); }
  bool saves(const std::string& url) {
    Completion completion = fetch(url);
    if (const auto* failure = std::get_if<FetchFailure>(&completion.outcome)) {
      ADD_FAILURE() << core::name(failure->kind) << ": " << failure->text;
    }
    return std::holds_alternative<SavedFile>(completion.outcome);
  }
  CurlTransport& transport() { return *transport_; }
  const support::TempDir& folder() const { return folder_; }

 private:
  support::TempDir folder_;
  core::LocalVideos videos_{std::make_shared<core::OutputFolder>(folder_.path()), nullptr};
  std::optional<CurlTransport> transport_;
};

TransportSettings open_settings_for(const HttpServer& server) {
  TransportSettings settings = settings_for(server);
  settings.allow_http = true;
  settings.allow_private_hosts = true;
  return settings;
}

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

TEST(CurlTransportDownload, SavesTheVideo) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer server([&](const HttpRequest&) { return reply(200, video); });
  Fetcher fetcher(open_settings_for(server));
  EXPECT_TRUE(fetcher.saves(server.url("/v?Signature=a%2Fb&x=%7E..%2F../y")));
  EXPECT_EQ(fetcher.video(), video);
  EXPECT_EQ(fetcher.transport().bytes_received(), static_cast<std::int64_t>(video.size()));
  EXPECT_EQ(server.requests().at(0).target, "/v?Signature=a%2Fb&x=%7E..%2F../y");
  EXPECT_EQ(server.requests().at(0).header("accept-encoding"), "");
}

TEST(CurlTransportDownload, TheKeyIsSentOnlyToTheTasksOwnContent) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer own([&](const HttpRequest&) { return reply(200, video); });
  const std::string port = std::to_string(own.port());
  TransportSettings settings = open_settings_for(own);
  settings.accounts = {{own.url("/team"), "sk-secret"}};
  Fetcher fetcher(std::move(settings));
  const std::map<std::string, bool> links = {
      {kContentPath, true},
      {own.url("/team") + kContentPath, true},
      {own.url("/team") + kContentPath + "?index=1", true},
      {own.url("/team") + kContentPath + "/", false},
      {own.url("/team/v1/videos/other/content"), false},
      {own.url("/team/v1/other/../videos/video/content"), false},
      {own.url("/other") + kContentPath, false},
      {own.url(kContentPath), false},
      {"/v1/videos/other/content", false},
      {own.url("/v"), false},
      {"http://localhost:" + port + "/team" + kContentPath, false},
      {"http://user@127.0.0.1:" + port + "/team" + kContentPath, false},
  };
  for (const auto& [link, with_key] : links) {
    EXPECT_TRUE(fetcher.saves(link)) << link;
    const std::string sent = own.requests().back().header("authorization");
    EXPECT_EQ(sent.find("sk-secret") != std::string::npos, with_key) << link;
  }
}

TEST(CurlTransportDownload, TheKeyFollowsNoAnswer) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  std::string back;
  const HttpServer other(
      [&](const HttpRequest&) { return reply(302, "", {"Location: " + back + "/page"}); });
  const HttpServer own([&](const HttpRequest& request) {
    return request.target == kContentPath ? reply(302, "", {"Location: " + other.url("/v")})
           : request.target == "/near"    ? reply(302, "", {"Location: " + back + "/page"})
                                          : reply(403, "the page of a customer");
  });
  back = own.url();
  Fetcher fetcher(open_settings_for(own));
  for (const std::string& link :
       {std::string(kContentPath), other.url("/v"), own.url("/near"), own.url("/page")}) {
    const FetchFailure failure = fetcher.failure(link);
    EXPECT_EQ(failure.text, "HTTP 403") << "neither printed nor kept";
    EXPECT_EQ(own.requests().back().target, "/page");
    EXPECT_EQ(own.requests().back().header("authorization"), "");
  }
  for (const HttpRequest& request : other.requests()) {
    EXPECT_EQ(request.header("authorization"), "");
  }
}

TEST(CurlTransportDownload, ALinkInJsonIsFollowed) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer other([&](const HttpRequest&) { return reply(200, video); });
  const HttpServer own([&](const HttpRequest&) {
    return reply(200, "{\"video_url\":\"" + other.url("/v") + "\"}",
                 {"Content-Type: application/json"});
  });
  Fetcher fetcher(open_settings_for(own));
  EXPECT_TRUE(fetcher.saves(kContentPath));
  fetcher.failure(own.url("/content"));
  EXPECT_EQ(other.requests().size(), 1U) << "no other page of the gateway names links";
  EXPECT_EQ(other.requests().at(0).header("authorization"), "");
}

TEST(CurlTransportDownload, StatusesBecomeKindsOfFailure) {
  struct Case {
    int status;
    FailureKind own;
    FailureKind foreign;
  };
  const std::vector<Case> cases = {
      {401, FailureKind::unauthorised, FailureKind::denied},
      {403, FailureKind::denied, FailureKind::denied},
      {404, FailureKind::gone, FailureKind::gone},
      {410, FailureKind::gone, FailureKind::gone},
      {418, FailureKind::other_status, FailureKind::other_status},
      {429, FailureKind::throttled, FailureKind::throttled},
      {500, FailureKind::server_error, FailureKind::server_error},
      {503, FailureKind::server_error, FailureKind::server_error},
      {304, FailureKind::other_status, FailureKind::other_status},
  };
  for (const Case& one : cases) {
    const auto answer = [&](const HttpRequest&) {
      return reply(one.status, one.status == 304 ? "" : "see https://h/p?Signature=SECRET \x1b[2J",
                   {"Retry-After: 3", "Date: Sun, 06 Nov 1994 08:49:37 GMT"});
    };
    const HttpServer own(answer);
    const HttpServer foreign(answer);
    Fetcher fetcher(open_settings_for(own));
    const FetchFailure failure = fetcher.failure(kContentPath);
    EXPECT_EQ(failure.kind, one.own) << one.status;
    EXPECT_EQ(failure.http_status, one.status);
    EXPECT_EQ(failure.retry_after, milliseconds(3000));
    EXPECT_TRUE(failure.date);
    EXPECT_EQ(failure.text.find("SECRET"), std::string::npos) << failure.text;
    EXPECT_EQ(failure.text.find('\x1b'), std::string::npos);
    EXPECT_EQ(fetcher.failure(foreign.url("/v")).kind, one.foreign) << one.status;
  }
}

// The gateway's own statement about a video counts; that of a proxy before it or a store behind it
// does not (gateway.md, section 6 and G7).
TEST(CurlTransportDownload, TheGatewaysOwnErrorIsDistinguishedFromOthers) {
  struct Case {
    int status;
    const char* body;
    bool by_gateway;
  };
  const std::vector<Case> cases{
      {404, R"({"error":{"message":"Task not found","type":"invalid_request_error"}})", true},
      {500, R"({"error":{"message":"Failed to retrieve channel information"}})", true},
      {502, R"({"error":{"message":"Upstream service returned status 401"}})", true},
      {502, R"({"error":{"message":"Upstream service returned status 403"}})", true},
      {502, R"({"error":{"message":"Upstream service returned status 503"}})", false},
      {502, R"({"error":{"message":"Upstream service returned status 429"}})", false},
      {400, R"({"error":"Task is not completed yet"})", true},
      {502, "<html>Bad Gateway</html>", false},
      {503, "", false},
      {500, R"({"message":"no error here"})", false},
  };
  for (const Case& one : cases) {
    const auto answer = [&one](const HttpRequest&) { return reply(one.status, one.body); };
    const HttpServer own(answer);
    const HttpServer foreign(answer);
    Fetcher fetcher(open_settings_for(own));
    EXPECT_EQ(fetcher.failure(kContentPath).by_gateway, one.by_gateway) << one.body;
    EXPECT_FALSE(fetcher.failure(foreign.url("/v")).by_gateway) << one.body;
  }
}

TEST(CurlTransportDownload, AnExpiredLinkOfGooglesStoreIsARefusal) {
  const HttpServer store([](const HttpRequest& request) {
    return reply(400, request.target == "/old"
                          ? "<?xml version='1.0'?><Error><Code>ExpiredToken</Code></Error>"
                          : "<Error><Code>InvalidArgument</Code></Error>");
  });
  Fetcher fetcher(open_settings_for(store));
  EXPECT_EQ(fetcher.failure(store.url("/old")).kind, FailureKind::denied);
  EXPECT_EQ(fetcher.failure(store.url("/other")).kind, FailureKind::other_status);
}

TEST(CurlTransportDownload, AFileThatIsNotAVideoIsNotKept) {
  const HttpServer server([](const HttpRequest& request) {
    return request.target == "/json"
               ? reply(200, "{\"error\":\"no\"}", {"Content-Type: application/json"})
               : reply(200, request.target == "/empty" ? "" : "<html>sorry</html>");
  });
  Fetcher fetcher(open_settings_for(server));
  for (const char* path : {"/html", "/json"}) {
    EXPECT_EQ(fetcher.failure(server.url(path)).kind, FailureKind::error_page) << path;
  }
  EXPECT_EQ(fetcher.failure(server.url("/empty")).kind, FailureKind::not_a_video);
  EXPECT_TRUE(std::filesystem::is_empty(fetcher.folder().path()));
}

TEST(CurlTransportDownload, TheSizeLimitHolds) {
  const HttpServer server([](const HttpRequest& request) {
    return request.target == "/claim"
               ? HttpReply{"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nx", After::hold}
               : HttpReply{"HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 20, 'x'), After::close, 50};
  });
  TransportSettings settings = open_settings_for(server);
  settings.video_bytes_max = 3'000'000;
  Fetcher fetcher(std::move(settings));
  EXPECT_EQ(fetcher.failure(server.url("/claim")).kind, FailureKind::too_large);
  EXPECT_EQ(fetcher.transport().bytes_received(), 0);
  EXPECT_EQ(fetcher.failure(server.url("/endless")).kind, FailureKind::too_large);
  EXPECT_LE(fetcher.transport().bytes_received(), 4'000'000);
}

TEST(CurlTransportDownload, CutsAndStallsAreTransportFailures) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nxxx";
  const std::map<std::string, HttpReply> faults = {
      {"/cut", {head, After::close}},
      {"/reset", {head, After::reset}},
      {"/stall", {head, After::hold}},
      {"/silent", {"", After::hold}},
      {"/nothing", {"", After::close}},
      {"/chunk_bad",
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n", After::close}},
  };
  const HttpServer server([&](const HttpRequest& request) { return faults.at(request.target); });
  Fetcher fetcher(open_settings_for(server));
  for (const auto& fault : faults) {
    EXPECT_EQ(fetcher.failure(server.url(fault.first)).kind, FailureKind::transport) << fault.first;
  }
}

TEST(CurlTransportDownload, AnErrorWhosePageBreaksOffIsStillAnError) {
  const HttpServer server([](const HttpRequest&) {
    return HttpReply{"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\nno", After::close};
  });
  Fetcher fetcher(open_settings_for(server));
  const FetchFailure failure = fetcher.failure(server.url("/v"));
  EXPECT_EQ(failure.kind, FailureKind::denied) << failure.text;
}

TEST(CurlTransportDownload, ABodyLongerThanPromisedIsNotACompleteVideo) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer server([&](const HttpRequest&) {
    return HttpReply{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + video, After::close};
  });
  Fetcher fetcher(open_settings_for(server));
  EXPECT_EQ(fetcher.failure(server.url("/v")).kind, FailureKind::not_a_video);
}

TEST(CurlTransportDownload, TheRateIsShared) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer server([&](const HttpRequest&) { return reply(200, video); });
  TransportSettings settings = open_settings_for(server);
  settings.limit_rate = 1'000'000;
  Fetcher fetcher(std::move(settings));
  const auto begin = std::chrono::steady_clock::now();
  for (const char* id : {"a", "b", "c"}) {
    fetcher.start(server.url("/v"), id);
  }
  for (const Completion& completion : wait_for(fetcher.transport(), 3)) {
    EXPECT_TRUE(std::holds_alternative<SavedFile>(completion.outcome));
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(500));
  EXPECT_LE(std::chrono::steady_clock::now() - begin, milliseconds(3000));
}

// Bytes that may be on a kept-alive connection before the next request.
const std::string kStray = reply(200, "{\"stray\":1}").bytes;

TEST(CurlTransportStray, BytesOnAnIdleConnectionAreNoAnswer) {
  const std::map<std::string, std::string> strays = {
      {"an answer", kStray},         {"401", reply(401, "{}").bytes},
      {"408", reply(408, "").bytes}, {"a part of one", "HTTP/1.1 200 OK\r\n"},
      {"a blank line", "\r\n"},      {"two", kStray + kStray},
  };
  for (const auto& [name, stray] : strays) {
    SCOPED_TRACE(name);
    const HttpServer server([](const HttpRequest& request) { return reply(200, request.target); });
    CurlTransport transport(settings_for(server));
    query(transport, "/1");
    server.say(stray);
    const Completion completion = query(transport, "/2");
    ASSERT_TRUE(std::holds_alternative<QueryAnswer>(completion.outcome));
    EXPECT_EQ(std::get<QueryAnswer>(completion.outcome).body, "/2");
    EXPECT_FALSE(std::get<QueryAnswer>(completion.outcome).kept_connection);
    EXPECT_EQ(server.connections(), 2);
    EXPECT_EQ(server.requests().size(), 2U) << "a stale connection costs no request";
  }
}

TEST(CurlTransportStray, BytesAfterThePreviousAnswerAreNoAnswer) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n/1\r\n0\r\n\r\n";
  // Larger than one read of libcurl.
  const std::string large = reply(200, std::string(5000, 's')).bytes;
  for (const std::string& first :
       {reply(200, "/1").bytes, chunked, reply(204, "").bytes, reply(200, "").bytes}) {
    for (const std::string& stray : {kStray, large + kStray}) {
      const HttpServer server([&](const HttpRequest& request) {
        return request.target == "/1" ? HttpReply{first + stray} : reply(200, request.target);
      });
      CurlTransport transport(settings_for(server));
      query(transport, "/1");
      for (const char* path : {"/2", "/3"}) {
        const Completion completion = query(transport, path);
        ASSERT_TRUE(std::holds_alternative<QueryAnswer>(completion.outcome)) << first;
        EXPECT_EQ(std::get<QueryAnswer>(completion.outcome).body, path) << first;
      }
    }
  }
}

TEST(CurlTransportStray, AnIdleConnectionThatWasClosedCostsNoAttempt) {
  const HttpServer server([](const HttpRequest& request) { return reply(200, request.target); });
  CurlTransport transport(settings_for(server));
  query(transport, "/1");
  server.hang_up();
  EXPECT_EQ(std::get<QueryAnswer>(query(transport, "/2").outcome).body, "/2");
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(CurlTransportStray, AReusedConnectionIsReported) {
  const HttpServer server([](const HttpRequest& request) { return reply(200, request.target); });
  CurlTransport transport(settings_for(server));
  EXPECT_FALSE(std::get<QueryAnswer>(query(transport, "/1").outcome).kept_connection);
  EXPECT_TRUE(std::get<QueryAnswer>(query(transport, "/2").outcome).kept_connection);
  transport.start(core::QueryRequest{.path = "/3", .fresh_connection = true});
  const Completion fresh = wait_for(transport, 1).front();
  EXPECT_FALSE(std::get<QueryAnswer>(fresh.outcome).kept_connection);
  EXPECT_EQ(server.connections(), 2);
}

TEST(CurlTransportStray, A408IsABrokenConnectionAndNoAnswer) {
  const HttpServer server([](const HttpRequest&) { return reply(408, "{}"); });
  Fetcher fetcher(open_settings_for(server));
  const Completion completion = query(fetcher.transport(), "/1");
  ASSERT_TRUE(std::holds_alternative<TransportFailure>(completion.outcome));
  EXPECT_EQ(std::get<TransportFailure>(completion.outcome).kind, "connection");
  EXPECT_EQ(fetcher.failure(server.url("/v")).kind, FailureKind::transport);
}

TEST(CurlTransportStray, AnAnswerBeforeTheRequestIsABrokenConnection) {
  const HttpServer server([](const HttpRequest& request) { return reply(200, request.target); });
  CurlTransport transport(settings_for(server));
  transport.start(core::QueryRequest{.path = "/1"});
  std::vector<Completion> completions;
  // Connects; the request is sent only in the next turn.
  transport.wait(std::chrono::steady_clock::now() - milliseconds(1), completions);
  ASSERT_TRUE(completions.empty());
  while (server.connections() == 0) {
    std::this_thread::yield();
  }
  server.say(kStray);
  const Completion completion = wait_for(transport, 1).front();
  ASSERT_TRUE(std::holds_alternative<TransportFailure>(completion.outcome));
  EXPECT_EQ(std::get<TransportFailure>(completion.outcome).kind, "connection");
  EXPECT_TRUE(server.requests().empty());
}

// The answer may have been sent before the request, and have arrived after it.
TEST(CurlTransportStray, ARefusalOverAReusedConnectionIsConfirmedOverANewOne) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const HttpServer server([&](const HttpRequest& request) {
    const bool stray = request.target == "/2" && server.connections() == 1;
    return stray || request.target == "/dead" ? reply(403, "no") : reply(200, video);
  });
  Fetcher fetcher(open_settings_for(server));
  EXPECT_TRUE(fetcher.saves(server.url("/1")));
  EXPECT_TRUE(fetcher.saves(server.url("/2")));
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(fetcher.failure(server.url("/dead")).kind, FailureKind::denied);
  EXPECT_LE(server.requests().size(), 5U);
}

TEST(CurlTransportStray, AnotherVideoOnAnIdleConnectionIsNotTaken) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const std::string stray = reply(200, support::tiny_mp4(kVideoBytes / 2)).bytes;
  bool with_answer = false;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply answer = reply(200, video);
    answer.bytes += with_answer && request.target == "/1" ? stray : "";
    return answer;
  });
  for (const bool at_once : {false, true}) {
    with_answer = at_once;
    Fetcher fetcher(open_settings_for(server));
    EXPECT_TRUE(std::holds_alternative<SavedFile>(fetcher.fetch(server.url("/1"), "1").outcome));
    if (!at_once) {
      server.say(stray);
    }
    EXPECT_TRUE(fetcher.saves(server.url("/2")));
    EXPECT_EQ(fetcher.video(), video);
  }
}

TEST(CurlTransportHeaders, AreCappedWithTheTrailers) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const std::string line = "X: " + std::string(3900, 'y') + "\r\n";
  const auto repeated = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
      all += text;
    }
    return all;
  };
  const auto chunked = [](const std::string& body, const std::string& trailers) {
    std::array<char, 16> size{};
    std::snprintf(size.data(), size.size(), "%zx", body.size());
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size.data()) +
           "\r\n" + body + "\r\n0\r\n" + trailers;
  };
  struct Case {
    std::string name;
    std::function<HttpReply(const std::string& body)> answer;
    bool fits;
  };
  const std::vector<Case> cases = {
      {"many trailers",
       [&](const std::string& body) {
         return HttpReply{chunked(body, repeated(line, 60) + "\r\n")};
       },
       true},
      {"too many trailers",
       [&](const std::string& body) {
         return HttpReply{chunked(body, repeated(line, 2000)), After::close};
       },
       false},
      {"many short trailers",
       [&](const std::string& body) {
         return HttpReply{chunked(body, repeated("X: y\r\n", 20'000)), After::close};
       },
       false},
      {"many headers",
       [&](const std::string& body) { return reply(200, body, {repeated(line, 60) + "X: z"}); },
       true},
      {"interim answers",
       [&](const std::string& body) {
         HttpReply answer = reply(200, body);
         answer.bytes.insert(0, repeated("HTTP/1.1 103 Early Hints\r\n" + line + "\r\n", 80));
         return answer;
       },
       false},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const HttpServer server([&](const HttpRequest& request) {
      return one.answer(request.target == "/v" ? video : "{}");
    });
    Fetcher fetcher(open_settings_for(server));
    const Completion asked = query(fetcher.transport(), "/q");
    EXPECT_EQ(std::holds_alternative<QueryAnswer>(asked.outcome), one.fits);
    const Completion fetched = fetcher.fetch(server.url("/v"));
    EXPECT_EQ(std::holds_alternative<SavedFile>(fetched.outcome), one.fits);
    if (!one.fits) {
      EXPECT_EQ(std::get<TransportFailure>(asked.outcome).kind, "too_large");
      EXPECT_EQ(std::get<FetchFailure>(fetched.outcome).kind, FailureKind::transport);
      EXPECT_EQ(std::get<FetchFailure>(fetched.outcome).text,
                "the headers are larger than 256 KiB");
    }
  }
}

class CurlTransportResume : public ::testing::Test {
 protected:
  // Sends the first half, then the connection breaks; the test's handler answers from then on.
  HttpReply answer(const HttpRequest& request) {
    if (first_) {
      first_ = false;
      return {"HTTP/1.1 200 OK\r\n" + promise_ + "ETag: " + etag_ + "\r\nContent-Length: " +
                  std::to_string(video_.size()) + "\r\n\r\n" + video_.substr(0, kHalf),
              After::close};
    }
    return later_(request);
  }
  HttpReply partial(std::size_t from, const std::string& range, const std::string& etag) const {
    return reply(206, video_.substr(from), {"ETag: " + etag, "Content-Range: " + range});
  }
  std::string range_from(std::size_t from) const {
    return "bytes " + std::to_string(from) + "-" + std::to_string(video_.size() - 1) + "/" +
           std::to_string(video_.size());
  }
  // Returns the outcome, and how many requests the second attempt needed.
  std::size_t resumed(std::function<HttpReply(const HttpRequest&)> later) {
    later_ = std::move(later);
    Fetcher fetcher(open_settings_for(server_));
    EXPECT_EQ(fetcher.failure(server_.url("/v")).kind, FailureKind::transport);
    EXPECT_TRUE(fetcher.saves(server_.url("/v")));
    EXPECT_EQ(fetcher.video(), video_);
    return server_.requests().size() - 1;
  }

  static constexpr std::size_t kHalf = kVideoBytes / 2;
  const std::string video_ = support::tiny_mp4(kVideoBytes);
  std::string etag_ = "\"v1\"";
  std::string promise_;  // a header of the first answer
  std::atomic<bool> first_ = true;
  std::function<HttpReply(const HttpRequest&)> later_;
  HttpServer server_{[this](const HttpRequest& request) { return answer(request); }};
};

TEST(CurlTransportDownload, AnUnrequestedPartIsNoVideoUnlessItIsComplete) {
  const std::string video = support::tiny_mp4(kVideoBytes);
  const std::string size = std::to_string(video.size());
  const std::string last = std::to_string(video.size() - 1);
  std::string range;
  const HttpServer server([&](const HttpRequest&) {
    return reply(206, video, {"Content-Range: " + range, "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA=="});
  });
  Fetcher fetcher(open_settings_for(server));
  for (const std::string& part :
       {"bytes 0-" + last + "/" + size + "1", "bytes 1-" + size + "/" + size + "1", std::string(),
        "bytes 0-" + last + "/*"}) {
    range = part;
    const FetchFailure failure = fetcher.failure(server.url("/v"));
    EXPECT_EQ(failure.kind, FailureKind::other_status) << part;
    EXPECT_NE(failure.text.find("HTTP 206: a part"), std::string::npos) << failure.text;
  }
  range = "bytes 0-" + last + "/" + size;
  EXPECT_TRUE(fetcher.saves(server.url("/v")));
  EXPECT_EQ(fetcher.video(), video);
}

TEST_F(CurlTransportResume, ContinuesWhereItStopped) {
  EXPECT_EQ(resumed([&](const HttpRequest&) { return partial(kHalf, range_from(kHalf), etag_); }),
            1U);
  EXPECT_EQ(server_.requests().at(1).header("range"), "bytes=100000-");
  EXPECT_EQ(server_.requests().at(1).header("if-range"), "\"v1\"");
}

TEST_F(CurlTransportResume, PromisesAboutTheWholeObjectStillCount) {
  promise_ = "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
  later_ = [&](const HttpRequest&) { return partial(kHalf, range_from(kHalf), etag_); };
  Fetcher fetcher(open_settings_for(server_));
  EXPECT_EQ(fetcher.failure(server_.url("/v")).kind, FailureKind::transport);
  EXPECT_EQ(fetcher.failure(server_.url("/v")).kind, FailureKind::wrong_checksum);
}

TEST_F(CurlTransportResume, ACompleteAnswerStartsAgain) {
  EXPECT_EQ(resumed([&](const HttpRequest&) { return reply(200, video_); }), 1U);
}

TEST_F(CurlTransportResume, WithoutAStrongValidatorNothingIsResumed) {
  etag_ = "W/\"v1\"";
  EXPECT_EQ(resumed([&](const HttpRequest&) { return reply(200, video_); }), 1U);
  EXPECT_EQ(server_.requests().at(1).header("range"), "");
}

TEST_F(CurlTransportResume, AnythingElseIsDownloadedFromTheStart) {
  const std::map<std::string, std::function<HttpReply()>> wrong = {
      {"another etag", [&] { return partial(kHalf, range_from(kHalf), "\"v2\""); }},
      {"another start", [&] { return partial(kHalf - 1, range_from(kHalf - 1), etag_); }},
      {"another total", [&] { return partial(kHalf, "bytes 100000-199999/200001", etag_); }},
      {"no range", [&] { return reply(206, video_, {"ETag: " + etag_}); }},
      {"garbage", [&] { return partial(kHalf, "bytes x-y/z", etag_); }},
      {"416", [&] { return reply(416, "no", {"Content-Range: bytes */200000"}); }},
  };
  for (const auto& [name, make] : wrong) {
    SCOPED_TRACE(name);
    first_ = true;
    const std::size_t before = server_.requests().size();
    const auto& made = make;
    EXPECT_EQ(resumed([&](const HttpRequest& request) {
                return request.header("range").empty() ? reply(200, video_) : made();
              }),
              before + 2);
  }
}

TEST_F(CurlTransportResume, AServerThatNeverSendsTheWholeIsTriedOnce) {
  later_ = [&](const HttpRequest&) { return partial(kHalf, range_from(kHalf), "\"v2\""); };
  Fetcher fetcher(open_settings_for(server_));
  fetcher.failure(server_.url("/v"));
  EXPECT_NE(fetcher.failure(server_.url("/v")).kind, FailureKind::disk);
  EXPECT_EQ(server_.requests().size(), 3U);
}

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
