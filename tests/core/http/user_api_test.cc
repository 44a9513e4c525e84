// The gateway's lists for a user: what is sent, what is asked again, and what each refusal says.
#include "core/http/user_api.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tests/support/http_server.h"

namespace {

using support::HttpReply;
using support::HttpRequest;
using support::HttpServer;
using support::reply;

constexpr const char* kToken = "user-token";

std::string page(const std::string& items, int number, int total = 3) {
  return R"({"success":true,"data":{"items":[)" + items + R"(],"total":)" + std::to_string(total) +
         R"(,"page":)" + std::to_string(number) + R"(,"page_size":2}})";
}

std::string path_of(std::int64_t number) { return "/api/task/self?p=" + std::to_string(number); }

// Retries at once, so that no test waits.
core::UserApi api_for(const std::string& url, std::int64_t user_id, int retries = 2,
                      std::function<bool()> stop = {}) {
  core::HttpCallerSettings caller;
  caller.stop = std::move(stop);
  core::UserApiTerms terms;
  terms.retry = {.retries = retries,
                 .first_delay_max = std::chrono::milliseconds(0),
                 .delay_max = std::chrono::milliseconds(0)};
  terms.retry_after_max = std::chrono::seconds(0);
  return {{.base_url = url, .token = kToken, .user_id = user_id}, std::move(caller), terms};
}

TEST(UserApi, ReadsEachPageToTheEnd) {
  const HttpServer server([](const HttpRequest& request) {
    return reply(200, request.target.ends_with("p=1") ? page(R"({"id":1},{"id":2})", 1)
                                                      : page(R"({"id":3})", 2));
  });
  core::UserApi api = api_for(server.url(), 42);
  std::string ids;
  api.each(path_of, [&ids](core::JsonValue item) { ids += item["id"].scalar(); });
  EXPECT_EQ(ids, "123");
  EXPECT_EQ(api.requests(), 2U);
  EXPECT_EQ(api.retries(), 0U);
  const HttpRequest first = server.requests().front();
  EXPECT_EQ(first.header("authorization"), std::string("Bearer ") + kToken);
  EXPECT_EQ(first.header("new-api-user"), "42");
}

TEST(UserApi, StopsWhereTheVisitorDoes) {
  const HttpServer server(
      [](const HttpRequest&) { return reply(200, page(R"({"id":1},{"id":2})", 1)); });
  core::UserApi api = api_for(server.url(), 0);
  api.each_page(path_of, [](const core::UserListPage&, std::string_view) { return false; });
  EXPECT_EQ(api.requests(), 1U);
  EXPECT_EQ(server.requests().front().header("new-api-user"), "") << "no user was named";
}

TEST(UserApi, AsksAgainWhatPasses) {
  const std::vector<HttpReply> faults{reply(429, "", {"Retry-After: 3600"}),
                                      reply(500, "oops"),
                                      reply(408, ""),
                                      reply(200, "{\"succ"),
                                      {.bytes = "", .after = HttpReply::After::reset}};
  for (const HttpReply& fault : faults) {
    std::atomic<int> asked = 0;
    const HttpServer server([&](const HttpRequest&) {
      return ++asked == 1 ? fault : reply(200, page(R"({"id":1})", 1, 1));
    });
    core::UserApi api = api_for(server.url(), 0);
    core::UserListPage read;
    EXPECT_NO_THROW(static_cast<void>(api.read(path_of(1), read))) << fault.bytes;
    EXPECT_EQ(api.retries(), 1U) << fault.bytes;
  }
}

struct Refusal {
  std::string what;
  HttpReply answer;
  std::int64_t user_id = 0;
  std::vector<std::string> says;
};

TEST(UserApi, SaysWhatIsWrongAndWhatToDo) {
  const std::vector<Refusal> cases{
      {"no more attempts", reply(503, R"({"message":"busy"})"), 0, {"HTTP 503", "try again later"}},
      {"a refused token",
       reply(401, R"({"success":false,"message":"bad user-token"})"),
       0,
       {"refuses the user access token (HTTP 401)", "--user-id, which many gateways need"}},
      {"another user's token", reply(403, "{}"), 7, {"(HTTP 403)", "check --user-id"}},
      {"no such list", reply(404, "{}"), 0, {"this gateway has no such list"}},
      {"a web page", reply(200, "<!doctype html><html></html>"), 0, {"has no such list"}},
      {"other JSON", reply(200, R"({"success":true,"data":[]})"), 0, {"check --base-url"}},
      {"another page", reply(200, page("", 9)), 0, {"page 9 for page 1", "try again later"}},
  };
  for (const Refusal& one : cases) {
    const HttpServer server([&](const HttpRequest&) { return one.answer; });
    core::UserApi api = api_for(server.url(), one.user_id, 0);
    try {
      api.each(path_of, [](core::JsonValue) {});
      ADD_FAILURE() << one.what;
    } catch (const core::Error& error) {
      const std::string text = error.what();
      for (const std::string& word : one.says) {
        EXPECT_NE(text.find(word), std::string::npos) << one.what << ": " << text;
      }
      EXPECT_EQ(text.find(kToken), std::string::npos) << "a secret: " << text;
      EXPECT_EQ(text.find("?p="), std::string::npos) << text;
    }
  }
}

TEST(UserApi, TellsARefusedTokenFromAListThatCannotBeRead) {
  const HttpServer server([](const HttpRequest& request) {
    return reply(request.target.starts_with("/none") ? 404 : 401, "{}");
  });
  core::UserApi api = api_for(server.url(), 0, 0);
  core::UserListPage read;
  EXPECT_THROW(static_cast<void>(api.read("/none", read)), core::ListUnreadable);
  EXPECT_THROW(static_cast<void>(api.read("/x", read)), core::Refused);
}

TEST(UserApi, ASignalEndsTheRequestAndThePauseBeforeTheNext) {
  std::atomic<bool> stopped = false;
  const HttpServer server([&](const HttpRequest& request) -> HttpReply {
    stopped = true;
    if (request.target == "/hangs") {
      return {.bytes = "", .after = HttpReply::After::hold};
    }
    return reply(500, "");
  });
  core::UserApi api = api_for(server.url(), 0, 1, [&] { return stopped.load(); });
  core::UserListPage read;
  EXPECT_THROW(static_cast<void>(api.read("/hangs", read)), core::Stopped);
  stopped = false;
  EXPECT_THROW(static_cast<void>(api.read("/fails", read)), core::Stopped);
  EXPECT_EQ(api.retries(), 0U);
}

}  // namespace
