// Downloads over a CurlTransport: endings, limits, resumption.
#include "core/http/curl_transport.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/core/http/transport_world.h"

namespace {

using namespace transport_world;

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

}  // namespace
