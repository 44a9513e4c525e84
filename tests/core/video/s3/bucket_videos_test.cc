// What the bucket adds to the contract of a store: faults of the service, uploads in parts that a
// later run goes on with, and names that others have taken.
#include "core/video/s3/bucket_videos.h"
#include "core/files/sha256.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/video/s3/upload_note.h"
#include "tests/support/s3_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_video.h"

namespace {

using core::BucketVideos;
using core::FetchFailure;
using core::SavedFile;
using support::S3Server;
using support::S3World;
using Json = nlohmann::json;
using Outcome = std::variant<SavedFile, FetchFailure>;

constexpr std::int64_t kPartBytes = std::int64_t{5} << 20U;
const std::string kEtag = "\"6B29FC40\"";

std::string told(const Outcome& outcome) {
  const auto* failure = std::get_if<FetchFailure>(&outcome);
  return failure == nullptr ? std::get<SavedFile>(outcome).path : failure->text;
}

class BucketVideosTest : public testing::Test {
 protected:
  explicit BucketVideosTest(const std::string& scenario = "",
                            core::CreateOnly way = core::CreateOnly::if_none_match)
      : server_(scenario), world_(server_, way) {}

  Outcome save(const std::string& task_id, const std::string& bytes,
               const std::string& name = "{task_id}.{ext}") {
    core::FilePlan plan{.name_template = std::make_shared<const core::NameTemplate>(name),
                        .fields = {},
                        .replaces = {}};
    plan.fields.task_id = task_id;
    auto opened = store_.open(std::move(plan));
    if (auto* failure = std::get_if<FetchFailure>(&opened)) {
      return std::move(*failure);
    }
    auto& sink = std::get<std::unique_ptr<core::VideoSink>>(opened);
    if (sink->size() == 0) {
      EXPECT_FALSE(sink->restart(kEtag, {.length = static_cast<std::int64_t>(bytes.size())}));
      EXPECT_FALSE(sink->append(bytes));
    }
    EXPECT_EQ(sink->size(), static_cast<std::int64_t>(bytes.size()));
    return sink->publish({});
  }

  [[nodiscard]] std::string sha256_in_bucket(const std::string& key) {
    return Json::parse(server_.state())["objects"]["videos"]["pre/" + key].value("sha256", "");
  }
  [[nodiscard]] std::size_t uploads() { return Json::parse(server_.state())["uploads"].size(); }
  [[nodiscard]] std::size_t local_files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      ++count;
    }
    return count;
  }
  void fault(const std::string& op, const std::string& kind, int times = 1, int part = 0) {
    Json json{{"op", op}, {"kind", kind}, {"times", times}};
    if (part > 0) {
      json["part"] = part;
    }
    server_.fault(json.dump());
  }

  support::TempDir folder_;
  S3Server server_;
  S3World world_;
  BucketVideos store_{std::shared_ptr<core::S3Client>(std::shared_ptr<void>(), &world_.client()),
                      {"videos", "pre/"},
                      std::make_shared<core::OutputFolder>(folder_.path()),
                      {},
                      {.put_bytes_max = 100'000, .part_bytes = kPartBytes}};
  const std::string small_ = support::tiny_mp4(50'000);
  const std::string large_ = support::tiny_mp4(2 * kPartBytes + 1'000);  // three parts
};

TEST_F(BucketVideosTest, ALargeVideoGoesInParts) {
  const Outcome outcome = save("t", large_);
  ASSERT_EQ(told(outcome), "s3://videos/pre/t.mp4");
  EXPECT_EQ(sha256_in_bucket("t.mp4"), core::sha256_hex(large_));
  EXPECT_EQ(std::get<SavedFile>(outcome).sha256, core::sha256_hex(large_));
  EXPECT_EQ(server_.count("UploadPart"), 3);
  EXPECT_EQ(server_.count("PutObject"), 0);
  EXPECT_EQ(uploads(), 0U);
  EXPECT_EQ(local_files(), 0U);
}

TEST_F(BucketVideosTest, WhatPassesLeavesNoTrace) {
  int nth = 0;
  const auto check = [&](const std::string& bytes, const std::string& what) {
    const std::string task = "t" + std::to_string(++nth);
    EXPECT_EQ(told(save(task, bytes)), "s3://videos/pre/" + task + ".mp4") << what;
    EXPECT_EQ(sha256_in_bucket(task + ".mp4"), core::sha256_hex(bytes)) << what;
    EXPECT_EQ(uploads(), 0U) << what;
    EXPECT_EQ(local_files(), 0U) << what;
  };
  for (const char* kind : {"503", "500", "409", "412", "cut", "cut-after", "spoil"}) {
    fault("PutObject", kind);
    check(small_, std::string("PutObject ") + kind);
  }
  for (const int part : {1, 2, 3}) {
    for (const char* kind : {"503", "cut", "cut-after"}) {
      fault("UploadPart", kind, 1, part);
      check(large_, std::string("part ") + std::to_string(part) + " " + kind);
    }
  }
  for (const char* op : {"CreateMultipartUpload", "CompleteMultipartUpload"}) {
    for (const char* kind : {"503", "cut"}) {
      fault(op, kind);
      check(large_, std::string(op) + " " + kind);
    }
  }
  for (const char* kind : {"409", "412", "cut-after", "error-in-200"}) {
    fault("CompleteMultipartUpload", kind);
    check(large_, std::string("CompleteMultipartUpload ") + kind);
  }
}

TEST_F(BucketVideosTest, ALaterTryGoesOnWithTheUpload) {
  fault("UploadPart", "503", 5, 2);
  const Outcome failed = save("t", large_);
  ASSERT_TRUE(std::holds_alternative<FetchFailure>(failed)) << told(failed);
  EXPECT_EQ(std::get<FetchFailure>(failed).kind, FetchFailure::Kind::transport);
  EXPECT_EQ(told(failed), "cannot write s3://videos/pre/t.mp4: HTTP 503 SlowDown (SlowDown)");
  EXPECT_EQ(uploads(), 1U);
  const int before = server_.count("UploadPart");
  ASSERT_EQ(told(save("t", large_)), "s3://videos/pre/t.mp4");
  EXPECT_EQ(server_.count("UploadPart") - before, 2) << "the first part is there";
  EXPECT_EQ(sha256_in_bucket("t.mp4"), core::sha256_hex(large_));
  EXPECT_EQ(uploads(), 0U);
  EXPECT_EQ(local_files(), 0U);
}

TEST_F(BucketVideosTest, AnUploadThatOthersAbortedBeginsAnew) {
  fault("UploadPart", "503", 5, 2);
  ASSERT_TRUE(std::holds_alternative<FetchFailure>(save("t", large_)));
  const auto ids = world_.client().uploads({"videos", "pre/t.mp4"});
  static_cast<void>(world_.client().abort({"videos", "pre/t.mp4"},
                                          std::get<std::vector<std::string>>(ids).front()));
  ASSERT_EQ(told(save("t", large_)), "s3://videos/pre/t.mp4");
  EXPECT_EQ(sha256_in_bucket("t.mp4"), core::sha256_hex(large_));
  EXPECT_EQ(local_files(), 0U);
}

TEST_F(BucketVideosTest, UploadsOfDeadRunsAreAborted) {
  auto& client = world_.client();
  for (const char* key : {"pre/t.mp4", "pre/t.mp4", "pre/t.mp4.json"}) {
    ASSERT_TRUE(std::holds_alternative<std::string>(client.begin_upload({"videos", key}, "")));
  }
  ASSERT_EQ(told(save("t", large_)), "s3://videos/pre/t.mp4");
  EXPECT_EQ(uploads(), 1U) << "that of another key stays";
}

TEST_F(BucketVideosTest, AForeignObjectIsLeftAlone) {
  server_.put("pre/t.mp4", "theirs", false);
  EXPECT_EQ(told(save("t", small_)), "s3://videos/pre/t-2.mp4");
  EXPECT_EQ(told(save("u", large_, "t.{ext}")), "s3://videos/pre/t-3.mp4");
  EXPECT_EQ(server_.count("UploadPart"), 3) << "a large video is not sent in vain";
  EXPECT_EQ(sha256_in_bucket("t.mp4"), core::sha256_hex("theirs"));
}

TEST_F(BucketVideosTest, WhatIsNotToBePassesToTheUser) {
  fault("PutObject", "403");
  const Outcome refused = save("t", small_);
  ASSERT_TRUE(std::holds_alternative<FetchFailure>(refused));
  EXPECT_EQ(std::get<FetchFailure>(refused).kind, FetchFailure::Kind::disk);
  EXPECT_EQ(told(refused),
            "cannot write s3://videos/pre/t.mp4: HTTP 403 AccessDenied (AccessDenied)");
  EXPECT_EQ(local_files(), 2U) << "the part and its notes, for the next run";
  const std::string parts(190, 'x');
  const Outcome too_long = save(
      "t2", small_, parts + "/" + parts + "/" + parts + "/" + parts + "/" + parts + "/" + parts);
  ASSERT_TRUE(std::holds_alternative<FetchFailure>(too_long));
  EXPECT_EQ(std::get<FetchFailure>(too_long).kind, FetchFailure::Kind::blocked);
}

TEST_F(BucketVideosTest, HiddenObjectsAreNotListed) {
  for (const char* key : {"pre/.reeltally-create-only", "pre/folder/", "pre/folder/.x", "pre/a.mp4",
                          "pre/folder/b.mp4", "elsewhere/c.mp4"}) {
    server_.put(key, "x", false);
  }
  std::vector<std::string> paths;
  store_.list([&](const std::string& path) { paths.push_back(path); });
  EXPECT_EQ(paths,
            (std::vector<std::string>{"s3://videos/pre/a.mp4", "s3://videos/pre/folder/b.mp4"}));
}

class BucketWithoutConditions : public BucketVideosTest {
 protected:
  BucketWithoutConditions() : BucketVideosTest(R"(,"dialect":"none")", core::CreateOnly::none) {}
};

TEST_F(BucketWithoutConditions, NamesAreLookedForBefore) {
  server_.put("pre/t.mp4", "theirs", false);
  EXPECT_EQ(told(save("t", small_)), "s3://videos/pre/t-2.mp4");
  EXPECT_EQ(sha256_in_bucket("t.mp4"), core::sha256_hex("theirs"));
}

TEST(CreateOnlyProbe, FindsWhatTheBucketKnows) {
  struct Case {
    const char* dialect;
    std::optional<core::CreateOnly> wanted;
    const char* found;  // or the beginning of why not
  };
  using enum core::CreateOnly;
  for (const Case& c : std::vector<Case>{{"if-none-match", {}, "if-none-match"},
                                         {"oss", {}, "oss"},
                                         {"cos", {}, "cos"},
                                         {"gcs", gcs, "gcs"},
                                         {"oss", oss, "oss"},
                                         {"none", none, "none"},
                                         {"none", {}, "the bucket s3://videos/pre/ replaces"},
                                         {"oss", if_none_match, "the bucket s3://videos/pre/"}}) {
    S3Server server(R"(,"dialect":")" + std::string(c.dialect) + '"');
    S3World world(server, c.wanted == gcs ? gcs : if_none_match);
    // Twice: the second time the object is there already.
    for (int i = 0; i < 2; ++i) {
      std::string found;
      try {
        core::find_create_only(world.client(), {"videos", "pre/"}, c.wanted);
        found = core::name(world.client().settings().create_only);
      } catch (const core::UsageError& error) {
        found = error.what();
      }
      EXPECT_EQ(found.rfind(c.found, 0), 0U) << c.dialect << ": " << found;
    }
  }
}

TEST(CreateOnlyProbe, SaysWhyTheBucketCannotBeWritten) {
  S3Server server;
  S3World world(server, core::CreateOnly::if_none_match,
                {{"AWS_ACCESS_KEY_ID", "nobody"}, {"AWS_SECRET_ACCESS_KEY", "x"}});
  try {
    core::find_create_only(world.client(), {"videos", "pre/"}, {});
    ADD_FAILURE();
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("InvalidAccessKeyId"), std::string::npos);
  }
}

TEST(UploadNote, IsReadAsWritten) {
  const core::UploadNote note{
      .object = {"videos", "a b/c"}, .sha256 = "00ff", .part_bytes = 5, .upload = "id/+="};
  const std::string text = core::upload_note_text(note);
  const auto read = core::parse_upload_note(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->object.url(), "s3://videos/a b/c");
  EXPECT_EQ(read->sha256, "00ff");
  EXPECT_EQ(read->part_bytes, 5);
  EXPECT_EQ(read->upload, "id/+=");
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(core::parse_upload_note(text.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(core::parse_upload_note(text + "more\n").has_value());
}

}  // namespace
