#include "core/http/s3/s3_client.h"
#include "core/files/sha256.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/s3_server.h"

namespace {

using core::S3Client;
using core::S3Failure;
using core::S3Object;
using support::S3Server;
using support::S3World;
using Kind = S3Failure::Kind;
using Json = nlohmann::json;

constexpr std::size_t kPart = std::size_t{5} << 20U;

template <typename Value>
std::string told(const std::variant<Value, S3Failure>& result) {
  const auto* failure = std::get_if<S3Failure>(&result);
  return failure == nullptr ? "ok" : failure->text;
}

template <typename Value>
Kind kind(const std::variant<Value, S3Failure>& result) {
  const auto* failure = std::get_if<S3Failure>(&result);
  EXPECT_NE(failure, nullptr);
  return failure == nullptr ? Kind::stopped : failure->kind;
}

core::S3Content content(const std::string& text) {
  return {.body = {.text = text}, .sha256 = core::sha256_hex(text)};
}

S3Object object(const std::string& key) { return {"videos", key}; }

S3Client::Result<S3Client::Done> create(S3Client& client, const std::string& key,
                                        const std::string& text) {
  return client.put(object(key), content(text), core::sha256_hex(text), {.create_only = true});
}

std::string read(S3Client& client, const std::string& key) {
  std::string text;
  const auto got = client.get(
      object(key), [&] { text.clear(); },
      [&](std::string_view piece) {
        text += piece;
        return true;
      });
  return std::holds_alternative<S3Failure>(got) ? told(got) : text;
}

TEST(S3Client, AnObjectIsWrittenOnceFoundAndRead) {
  S3Server server;
  S3World world(server);
  S3Client& client = world.client();
  const std::string key = "of every kind \xC3\xA4+=@$&,;:'()*!~#?%/x..mp4";
  ASSERT_EQ(told(create(client, key, "body")), "ok");
  EXPECT_EQ(kind(create(client, key, "other")), Kind::taken);
  const auto head = client.head(object(key));
  ASSERT_EQ(told(head), "ok");
  const auto& facts = std::get<core::ObjectFacts>(head);
  EXPECT_EQ(facts.bytes, 4);
  EXPECT_EQ(facts.sha256, core::sha256_hex("body"));
  EXPECT_GT(facts.changed_at, core::UtcTime(std::chrono::hours(24)));
  EXPECT_EQ(read(client, key), "body");
  EXPECT_EQ(kind(client.head(object("none"))), Kind::absent);
  EXPECT_EQ(told(client.put(object(key), content("new"), "", {.if_match = facts.etag})), "ok");
  EXPECT_EQ(kind(client.put(object(key), content("no"), "", {.if_match = facts.etag})),
            Kind::taken);
  EXPECT_EQ(read(client, key), "new");
  EXPECT_EQ(Json::parse(server.state())["objects"]["videos"][key]["meta"]["x-amz-storage-class"],
            "STANDARD")
      << "headers of the user's are passed on";
}

TEST(S3Client, EveryDialectAndAddressing) {
  struct Case {
    core::CreateOnly way;
    core::S3Addressing addressing;
  };
  for (const Case& c : {Case{core::CreateOnly::oss, core::S3Addressing::host},
                        Case{core::CreateOnly::cos, core::S3Addressing::host},
                        Case{core::CreateOnly::gcs, core::S3Addressing::path}}) {
    S3Server server(R"(,"dialect":")" + std::string(core::name(c.way)) + '"');
    S3World world(server, c.way, S3World::usual_keys(), c.addressing);
    EXPECT_EQ(told(create(world.client(), "a b", "1")), "ok") << core::name(c.way);
    EXPECT_EQ(kind(create(world.client(), "a b", "2")), Kind::taken) << core::name(c.way);
    const auto head = world.client().head(object("a b"));
    ASSERT_EQ(told(head), "ok") << core::name(c.way);
    EXPECT_EQ(std::get<core::ObjectFacts>(head).sha256, core::sha256_hex("1"));
  }
}

TEST(S3Client, ListsAllPagesInTheOrderOfBytes) {
  S3Server server(R"(,"page":2)");
  S3World world(server);
  for (const char* key : {"p/b", "p/a&b <c>", "p/\xC3\xA4", "p/Z", "q", "p/c/d+ e"}) {
    server.put(key, "12", false);
  }
  std::vector<std::string> keys;
  std::string after;
  do {
    auto listed = world.client().list({"videos", "p/"}, after);
    ASSERT_EQ(told(listed), "ok");
    for (const auto& one : std::get<core::ObjectPage>(listed).objects) {
      keys.push_back(one.key);
      EXPECT_EQ(one.bytes, 2);
    }
    after = std::get<core::ObjectPage>(listed).next;
  } while (!after.empty());
  EXPECT_EQ(keys, (std::vector<std::string>{"p/Z", "p/a&b <c>", "p/b", "p/c/d+ e", "p/\xC3\xA4"}));
}

TEST(S3Client, PartsAreListedCompletedAndAborted) {
  S3Server server(R"(,"page":1)");
  S3World world(server);
  S3Client& client = world.client();
  const std::string large(kPart, 'a');
  const std::string small = "end";
  const auto begun = client.begin_upload(object("k"), core::sha256_hex("whole"));
  ASSERT_EQ(told(begun), "ok");
  const std::string id = std::get<std::string>(begun);
  std::vector<core::UploadedPart> parts;
  for (const std::string* text : {&large, &small}) {
    auto sent =
        client.upload_part(object("k"), id, static_cast<int>(parts.size()) + 1, content(*text));
    ASSERT_EQ(told(sent), "ok");
    parts.push_back(std::get<core::UploadedPart>(sent));
  }
  const auto listed = client.parts(object("k"), id);
  ASSERT_EQ(told(listed), "ok");
  const auto& found = std::get<std::vector<core::UploadedPart>>(listed);
  ASSERT_EQ(found.size(), 2U) << "over two pages";
  EXPECT_EQ(found[0].bytes, static_cast<std::int64_t>(kPart));
  EXPECT_EQ(found[1].etag, parts[1].etag);
  const auto other = client.begin_upload(object("k2"), "");
  const auto uploads = client.uploads(object("k"));
  ASSERT_EQ(told(uploads), "ok");
  EXPECT_EQ(std::get<std::vector<std::string>>(uploads), std::vector<std::string>{id})
      << "of this very key";
  EXPECT_EQ(told(client.complete(object("k"), id, parts, {.create_only = true})), "ok");
  EXPECT_EQ(std::get<core::ObjectFacts>(client.head(object("k"))).sha256,
            core::sha256_hex("whole"));
  EXPECT_EQ(kind(client.parts(object("k"), id)), Kind::absent);
  EXPECT_EQ(told(client.abort(object("k2"), std::get<std::string>(other))), "ok");
  EXPECT_EQ(told(client.abort(object("k2"), std::get<std::string>(other))), "ok") << "gone already";
}

TEST(S3Client, WhatPassesIsTriedAgain) {
  for (const char* fault : {"503", "500", "409", "cut", "spoil"}) {
    S3Server server;
    S3World world(server);
    server.fault(R"({"op":"PutObject","times":2,"kind":")" + std::string(fault) + R"("})");
    EXPECT_EQ(told(create(world.client(), "k", std::string(300'000, 'x'))), "ok") << fault;
    EXPECT_EQ(server.count("PutObject"), 3) << fault;
    EXPECT_EQ(read(world.client(), "k").size(), 300'000U) << fault;
  }
}

TEST(S3Client, ALostAnswerLooksLikeATakenName) {
  S3Server server;
  S3World world(server);
  server.fault(R"({"op":"PutObject","kind":"cut-after"})");
  EXPECT_EQ(kind(create(world.client(), "k", "x")), Kind::taken);
}

TEST(S3Client, AnErrorInASuccessIsAnError) {
  S3Server server;
  S3World world(server);
  S3Client& client = world.client();
  const std::string id = std::get<std::string>(client.begin_upload(object("k"), ""));
  const auto part = client.upload_part(object("k"), id, 1, content("x"));
  server.fault(R"({"op":"CompleteMultipartUpload","kind":"error-in-200"})");
  EXPECT_EQ(told(client.complete(object("k"), id, {std::get<core::UploadedPart>(part)}, {})), "ok");
  EXPECT_EQ(server.count("CompleteMultipartUpload"), 2);
}

TEST(S3Client, ItGivesUpAndSaysWhy) {
  S3Server server;
  S3World world(server);
  server.fault(R"({"op":"PutObject","times":5,"kind":"503"})");
  const auto failed = create(world.client(), "k", "x");
  EXPECT_EQ(kind(failed), Kind::passing);
  EXPECT_EQ(told(failed), "s3://videos/k: HTTP 503 SlowDown (SlowDown)");
  EXPECT_EQ(server.count("PutObject"), 5) << "one try and four retries";
  server.fault(R"({"op":"HeadObject","kind":"403"})");
  EXPECT_EQ(kind(world.client().head(object("k"))), Kind::refused);
  S3World stranger(server, core::CreateOnly::if_none_match,
                   {{"AWS_ACCESS_KEY_ID", S3Server::kKeyId}, {"AWS_SECRET_ACCESS_KEY", "wrong"}});
  const auto refused = create(stranger.client(), "k", "x");
  EXPECT_EQ(kind(refused), Kind::refused);
  EXPECT_EQ(told(refused), "s3://videos/k: HTTP 403 SignatureDoesNotMatch (SignatureDoesNotMatch)");
  EXPECT_EQ(kind(world.client().put({"elsewhere", "k"}, content("x"), "", {})), Kind::refused);
  EXPECT_EQ(kind(create(world.client(), std::string(1025, 'k'), "x")), Kind::name);
}

TEST(S3Client, AStopEndsTheWaiting) {
  S3Server server;
  S3World world(server);
  server.fault(R"({"op":"PutObject","times":99,"kind":"503"})");
  world.stop = true;
  EXPECT_EQ(kind(create(world.client(), "k", "x")), Kind::stopped);
}

TEST(S3Client, AnExpiredKeyIsRenewedOnce) {
  S3Server server(R"(,"credentials":{"token":"of the agent"})");
  S3World world(server, core::CreateOnly::if_none_match,
                {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/container")},
                 {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "of the agent"}});
  ASSERT_EQ(told(create(world.client(), "a", "x")), "ok");
  server.post(R"({"expire":true})");
  EXPECT_EQ(told(create(world.client(), "b", "x")), "ok") << "with new keys";
  server.post(R"({"expire":true})");
  EXPECT_EQ(told(world.client().head(object("b"))), "ok") << "HEAD has no body that says why";
  S3World fixed(server);
  server.fault(R"({"op":"PutObject","times":9,"kind":"expired"})");
  const auto failed = create(fixed.client(), "c", "x");
  EXPECT_EQ(kind(failed), Kind::refused) << "keys of the environment cannot be renewed";
  EXPECT_EQ(told(failed), "s3://videos/c: HTTP 400 ExpiredToken (ExpiredToken)");
}

}  // namespace
