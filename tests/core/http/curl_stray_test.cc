// Bytes that belong to no request, and headers without end.
#include "core/http/curl_transport.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tests/core/http/transport_world.h"

namespace {

using namespace transport_world;

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

}  // namespace
