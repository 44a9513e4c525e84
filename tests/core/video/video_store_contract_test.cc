// The contract of every store of videos: the same cases for the fake, the local folder and a
// bucket, so that the fake stays right.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/text/http_headers.h"
#include "core/video/local/local_videos.h"
#include "core/video/s3/bucket_videos.h"
#include "core/video/video_store.h"
#include "tests/support/fake_video_store.h"
#include "tests/support/s3_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_video.h"

namespace {

using core::FetchFailure;
using FailureKind = core::FetchFailure::Kind;
using core::NotFound;
using core::PromisedContent;
using core::SavedFile;
using core::StoredFile;
using core::VideoSink;
using core::VideoStore;
using Outcome = std::variant<SavedFile, FetchFailure>;

const std::string kEtag = "\"6B29FC40\"";

// A store under test, and what other programs can do to it.
class Subject {
 public:
  virtual ~Subject() = default;
  [[nodiscard]] virtual VideoStore& store() = 0;
  // The path of a name in the store.
  [[nodiscard]] virtual std::string path(const std::string& name) const = 0;
  // Puts a file there as another program would.
  virtual void put(const std::string& path, const std::string& content) = 0;
  [[nodiscard]] virtual std::string content(const std::string& path) const = 0;

  std::function<bool(const std::string&)> claimed = [](const std::string&) { return false; };

 protected:
  [[nodiscard]] auto ask_claimed() {
    return [this](const std::string& path) { return claimed(path); };
  }
};

class FakeSubject final : public Subject {
 public:
  VideoStore& store() override { return store_; }
  std::string path(const std::string& name) const override {
    return support::FakeVideoStore::kRoot + name;
  }
  void put(const std::string& path, const std::string& content) override {
    store_.put(path, content);
  }
  std::string content(const std::string& path) const override {
    return store_.content(path).value_or("");
  }

 private:
  support::FakeVideoStore store_{ask_claimed()};
};

class FolderSubject final : public Subject {
 public:
  VideoStore& store() override { return store_; }
  std::string path(const std::string& name) const override { return folder_.path(name); }
  void put(const std::string& path, const std::string& content) override {
    std::ofstream(path, std::ios::binary) << content;
  }
  std::string content(const std::string& path) const override { return support::read_file(path); }

 private:
  support::TempDir folder_;
  core::LocalVideos store_{std::make_shared<core::OutputFolder>(folder_.path()), ask_claimed()};
};

// One server for all cases, each under a prefix of its own.
support::S3Server& s3_server() {
  static support::S3Server server;
  return server;
}

class BucketSubject final : public Subject {
 public:
  VideoStore& store() override { return store_; }
  std::string path(const std::string& name) const override { return place_.root() + name; }
  // As a run of reeltally would: without its hash an object is never adopted.
  void put(const std::string& path, const std::string& content) override {
    s3_server().put(core::parse_s3_url(path)->key, content, true);
  }
  std::string content(const std::string& path) const override {
    std::string text;
    static_cast<void>(world_->client().get(
        *core::parse_s3_url(path), [&] { text.clear(); },
        [&](std::string_view piece) {
          text += piece;
          return true;
        }));
    return text;
  }

 private:
  static std::string next_prefix() {
    static int number = 0;
    return "case " + std::to_string(++number) + "/";
  }

  support::TempDir parts_;
  std::unique_ptr<support::S3World> world_ = std::make_unique<support::S3World>(s3_server());
  core::S3Place place_{"videos", next_prefix()};
  core::BucketVideos store_{
      std::shared_ptr<core::S3Client>(std::shared_ptr<void>(), &world_->client()), place_,
      std::make_shared<core::OutputFolder>(parts_.path()), ask_claimed()};
};

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Subject>()> make;
};

class VideoStoreContract : public testing::TestWithParam<Kind> {
 protected:
  [[nodiscard]] VideoStore& store() { return subject_->store(); }
  [[nodiscard]] std::string path(const std::string& name) const { return subject_->path(name); }

  static core::FilePlan plan(const std::string& task_id, const std::string& replaces = "",
                             const std::string& text = "{task_id}.{ext}") {
    core::FilePlan result{.name_template = std::make_shared<const core::NameTemplate>(text),
                          .replaces = replaces};
    result.fields.task_id = task_id;
    return result;
  }

  std::unique_ptr<VideoSink> open(core::FilePlan what) {
    auto opened = store().open(std::move(what));
    if (const auto* failure = std::get_if<FetchFailure>(&opened)) {
      ADD_FAILURE() << failure->text;
      return nullptr;
    }
    return std::get<std::unique_ptr<VideoSink>>(std::move(opened));
  }

  static void fill(VideoSink& sink, const std::string& bytes, const std::string& validator = "") {
    EXPECT_FALSE(sink.restart(validator, {.length = static_cast<std::int64_t>(bytes.size())}));
    EXPECT_FALSE(sink.append(bytes));
  }

  Outcome save(core::FilePlan what, const std::string& bytes,
               const PromisedContent& promised = {}) {
    const auto sink = open(std::move(what));
    fill(*sink, bytes);
    return sink->publish(promised);
  }

  static std::string path_of(const Outcome& outcome) {
    const auto* failure = std::get_if<FetchFailure>(&outcome);
    return failure == nullptr ? std::get<SavedFile>(outcome).path : failure->text;
  }

  std::set<std::string> listed() {
    std::set<std::string> paths;
    store().list([&](const std::string& path) { paths.insert(path); });
    return paths;
  }

  std::unique_ptr<Subject> subject_ = GetParam().make();
  const std::string video_ = support::tiny_mp4(1000);
  const std::string other_ = support::tiny_mp4(1000, 2);
};

TEST_P(VideoStoreContract, APublishedVideoIsFoundListedAndHashed) {
  const Outcome outcome = save(plan("t1"), video_, {.length = 1000});
  ASSERT_EQ(path_of(outcome), path("t1.mp4"));
  const auto& saved = std::get<SavedFile>(outcome);
  EXPECT_EQ(saved.bytes, 1000);
  EXPECT_EQ(saved.checks, "length boxes");
  EXPECT_EQ(subject_->content(saved.path), video_);
  EXPECT_TRUE(store().holds(saved.path));
  const auto found = store().find(saved.path);
  ASSERT_TRUE(std::holds_alternative<StoredFile>(found));
  EXPECT_EQ(std::get<StoredFile>(found).bytes, 1000);
  EXPECT_TRUE(std::get<StoredFile>(found).is_regular);
  const auto hash = store().sha256_of(saved.path);
  ASSERT_TRUE(hash.has_value());
  EXPECT_EQ(core::hex(*hash), saved.sha256);
  EXPECT_EQ(listed(), std::set<std::string>{saved.path});
}

TEST_P(VideoStoreContract, AMissingFileIsReportedAsMissing) {
  const auto found = store().find(path("none.mp4"));
  ASSERT_TRUE(std::holds_alternative<NotFound>(found));
  EXPECT_EQ(std::get<NotFound>(found), NotFound::missing);
  EXPECT_FALSE(store().sha256_of(path("none.mp4")).has_value());
  EXPECT_TRUE(listed().empty());
}

TEST_P(VideoStoreContract, IdentityDistinguishesFiles) {
  ASSERT_EQ(path_of(save(plan("a"), video_)), path("a.mp4"));
  ASSERT_EQ(path_of(save(plan("b"), video_)), path("b.mp4"));
  const auto identity = [this](const std::string& name) {
    return std::get<StoredFile>(store().find(path(name))).identity;
  };
  EXPECT_EQ(identity("a.mp4"), identity("a.mp4"));
  EXPECT_NE(identity("a.mp4"), identity("b.mp4")) << "of the same bytes";
}

TEST_P(VideoStoreContract, AListingInOrderNamesTheSameFiles) {
  for (const char* name : {"b", "a", "Z", "c/d"}) {
    save(plan(name, "", std::string(name) + ".{ext}"), video_);
  }
  const auto listing = store().in_order();
  if (listing == nullptr) {
    return;  // `find` costs next to nothing
  }
  std::vector<std::string> paths;
  while (const auto file = listing->next()) {
    paths.push_back(file->path);
    EXPECT_EQ(file->bytes, 1000);
  }
  EXPECT_EQ(paths, (std::vector<std::string>{path("Z.mp4"), path("a.mp4"), path("b.mp4"),
                                             path("c/d.mp4")}));
}

TEST_P(VideoStoreContract, HoldsOnlyItsOwnPaths) {
  EXPECT_TRUE(store().holds(path("x.mp4")));
  EXPECT_TRUE(store().holds(path("folder/x.mp4")));
  EXPECT_FALSE(store().holds("/elsewhere/x.mp4"));
  EXPECT_FALSE(store().holds(path("../x.mp4")));
  EXPECT_FALSE(store().holds(""));
}

TEST_P(VideoStoreContract, TheContentDecidesTheExtension) {
  EXPECT_EQ(path_of(save(plan("a"), support::tiny_mov(300))), path("a.mov"));
  EXPECT_EQ(path_of(save(plan("b", "", "{ext}/{task_id}.{ext}"), support::tiny_webm(300))),
            path("webm/b.webm"));
}

TEST_P(VideoStoreContract, BytesThatAreNotAsPromisedAreRemoved) {
  struct Case {
    const char* name;
    std::string bytes;
    PromisedContent promised;
    FailureKind kind;
  };
  const std::vector<Case> cases = {
      {"shorter", video_.substr(0, 999), {.length = 1000}, FailureKind::wrong_length},
      {"another CRC-64", video_, {.crc64 = 1}, FailureKind::wrong_checksum},
      {"another MD5",
       video_,
       {.md5_base64 = "1B2M2Y8AsgTpgAmY7PhCfg=="},
       FailureKind::wrong_checksum},
      {"cut", video_.substr(0, 999), {}, FailureKind::not_a_video},
      {"empty", "", {}, FailureKind::not_a_video},
      {"a page", "<html>", {}, FailureKind::error_page},
      {"a picture", "\x89PNG\r\n\x1A\n" + std::string(50, '\0'), {}, FailureKind::unsupported},
  };
  for (const Case& c : cases) {
    {
      const auto sink = open(plan("t1"));
      fill(*sink, c.bytes, kEtag);
      const Outcome outcome = sink->publish(c.promised);
      ASSERT_TRUE(std::holds_alternative<FetchFailure>(outcome)) << c.name;
      EXPECT_EQ(std::get<FetchFailure>(outcome).kind, c.kind) << c.name;
    }
    EXPECT_TRUE(listed().empty()) << c.name;
    EXPECT_EQ(open(plan("t1"))->size(), 0) << c.name;
  }
}

TEST_P(VideoStoreContract, ALaterSinkResumesBytesWithAStrongValidator) {
  const PromisedContent promised{.length = 1000, .crc64 = 7, .md5_base64 = ""};
  {
    const auto sink = open(plan("t1"));
    EXPECT_EQ(sink->size(), 0);
    EXPECT_FALSE(sink->restart(kEtag, promised));
    EXPECT_FALSE(sink->append(video_.substr(0, 400)));
    EXPECT_EQ(sink->size(), 400);
  }
  EXPECT_TRUE(listed().empty()) << "what is under way is no file of the store's";
  const auto sink = open(plan("t1"));
  EXPECT_EQ(sink->size(), 400);
  EXPECT_EQ(sink->validator(), kEtag);
  EXPECT_EQ(sink->promised(), promised);
  EXPECT_FALSE(sink->append(video_.substr(400)));
  EXPECT_EQ(path_of(sink->publish({.length = 1000})), path("t1.mp4"));
  EXPECT_EQ(subject_->content(path("t1.mp4")), video_);
}

TEST_P(VideoStoreContract, NothingIsResumedWithoutAStrongValidator) {
  const std::string longest = '"' + std::string(core::kEtagBytesMax - 2, 'x') + '"';
  const std::string too_long = '"' + std::string(core::kEtagBytesMax - 1, 'x') + '"';
  for (const std::string& validator : {std::string(), std::string("W/\"x\""), std::string("x"),
                                       too_long, std::string("\"a\nb\"")}) {
    {
      const auto sink = open(plan("t1"));
      fill(*sink, video_, validator);
      EXPECT_EQ(sink->size(), 0) << validator;
    }
    EXPECT_EQ(open(plan("t1"))->size(), 0) << validator;
  }
  { fill(*open(plan("t1")), video_, longest); }
  EXPECT_EQ(open(plan("t1"))->size(), 1000);
}

TEST_P(VideoStoreContract, RestartDropsTheBytes) {
  const auto sink = open(plan("t1"));
  fill(*sink, other_, kEtag);
  fill(*sink, video_, "\"next\"");
  EXPECT_EQ(sink->size(), 1000);
  EXPECT_EQ(sink->validator(), "\"next\"");
  ASSERT_EQ(path_of(sink->publish({})), path("t1.mp4"));
  EXPECT_EQ(subject_->content(path("t1.mp4")), video_);
}

TEST_P(VideoStoreContract, DiscardRemovesResumableBytes) {
  { fill(*open(plan("t1")), video_, kEtag); }
  { fill(*open(plan("t2")), video_, kEtag); }
  store().discard(plan("t1"));
  EXPECT_EQ(open(plan("t1"))->size(), 0);
  EXPECT_EQ(open(plan("t2"))->size(), 1000) << "another video's";
}

TEST_P(VideoStoreContract, AVideoHasOneSinkAtATime) {
  auto sink = open(plan("t1"));
  auto second = store().open(plan("t1"));
  ASSERT_TRUE(std::holds_alternative<FetchFailure>(second));
  EXPECT_EQ(std::get<FetchFailure>(second).kind, FailureKind::blocked);
  EXPECT_NE(open(plan("t2")), nullptr) << "another video's";
  sink.reset();
  EXPECT_NE(open(plan("t1")), nullptr);
}

TEST_P(VideoStoreContract, AClaimTakesThePartFromItsHolder) {
  auto stopped = open(plan("t1"));
  fill(*stopped, other_, kEtag);
  auto claimed = plan("t1");
  claimed.is_claimed = true;
  auto sink = open(claimed);
  EXPECT_EQ(sink->size(), 0) << "the bytes of another writer";
  ASSERT_FALSE(sink->restart(kEtag, {.length = 1000}));
  ASSERT_FALSE(sink->append(video_.substr(0, 400)));
  const auto refused = stopped->publish({.length = 1000});
  ASSERT_TRUE(std::holds_alternative<FetchFailure>(refused));
  EXPECT_EQ(std::get<FetchFailure>(refused).kind, FailureKind::blocked)
      << std::get<FetchFailure>(refused).text;
  stopped.reset();
  ASSERT_FALSE(sink->append(video_.substr(400)));
  ASSERT_EQ(path_of(sink->publish({.length = 1000})), path("t1.mp4"));
  EXPECT_EQ(subject_->content(path("t1.mp4")), video_);
  EXPECT_EQ(listed(), std::set<std::string>{path("t1.mp4")});
}

TEST_P(VideoStoreContract, ExistingFilesAreNotReplaced) {
  subject_->put(path("t1.mp4"), "somebody else's");
  EXPECT_EQ(path_of(save(plan("t1"), video_)), path("t1-2.mp4"));
  EXPECT_EQ(subject_->content(path("t1.mp4")), "somebody else's");
  EXPECT_EQ(path_of(save(plan("t2", "", "t1.{ext}"), video_)), path("t1-3.mp4"))
      << "of the same bytes, but another video's";
}

TEST_P(VideoStoreContract, ClaimedNamesAreLeftFree) {
  subject_->claimed = [&](const std::string& name) { return name == path("t1.mp4"); };
  EXPECT_EQ(path_of(save(plan("t1"), video_)), path("t1-2.mp4"));
  EXPECT_EQ(listed(), std::set<std::string>{path("t1-2.mp4")});
}

TEST_P(VideoStoreContract, ExceptionsOfTheLedgerPassThrough) {
  const auto sink = open(plan("t1"));
  fill(*sink, video_);
  subject_->claimed = [](const std::string&) -> bool { throw core::Error("the ledger broke"); };
  EXPECT_THROW(static_cast<void>(sink->publish({})), core::Error);
  EXPECT_TRUE(listed().empty());
}

TEST_P(VideoStoreContract, AnUnrecordedFileOfTheSameBytesIsAdopted) {
  subject_->put(path("t1.mp4"), video_);
  EXPECT_EQ(path_of(save(plan("t1"), video_)), path("t1.mp4"));
  EXPECT_EQ(listed(), std::set<std::string>{path("t1.mp4")});
  subject_->put(path("t2.mp4"), video_);
  subject_->claimed = [&](const std::string& name) { return name == path("t2.mp4"); };
  EXPECT_EQ(path_of(save(plan("t2"), video_)), path("t2-2.mp4")) << "another video's";
}

TEST_P(VideoStoreContract, TheRecordedFileIsReplaced) {
  subject_->put(path("old.mp4"), other_);
  subject_->claimed = [&](const std::string& name) { return name == path("old.mp4"); };
  EXPECT_EQ(path_of(save(plan("t1", path("old.mp4")), video_)), path("old.mp4"));
  EXPECT_EQ(subject_->content(path("old.mp4")), video_);
  EXPECT_EQ(path_of(save(plan("t2", path("gone.mp4")), video_)), path("gone.mp4")) << "taken again";
  EXPECT_EQ(path_of(save(plan("t3", path("old.mp4")), support::tiny_webm(300))), path("t3.webm"))
      << "another container's extension";
  EXPECT_EQ(path_of(save(plan("t4", "/elsewhere/t4.mp4"), video_)), path("t4.mp4"))
      << "not in this store";
}

TEST_P(VideoStoreContract, AFileBesideAVideoReplacesOnlyItsOwnKind) {
  const auto write = [&](const std::string& text) {
    store().write_beside(
        {.path = path("t1.mp4.json"), .text = text, .may_replace = [](std::string_view content) {
           return content.starts_with("ours");
         }});
  };
  write("ours 1");
  EXPECT_EQ(subject_->content(path("t1.mp4.json")), "ours 1");
  write("ours 2");
  EXPECT_EQ(subject_->content(path("t1.mp4.json")), "ours 2");
  subject_->put(path("t1.mp4.json"), "theirs");
  try {
    write("ours 3");
    ADD_FAILURE() << "it was replaced";
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find(path("t1.mp4.json")), std::string::npos);
  }
  EXPECT_EQ(subject_->content(path("t1.mp4.json")), "theirs");
  EXPECT_EQ(listed(), std::set<std::string>{path("t1.mp4.json")}) << "nothing else is left";
}

INSTANTIATE_TEST_SUITE_P(
    Stores, VideoStoreContract,
    testing::Values(Kind{"Fake", [] { return std::make_unique<FakeSubject>(); }},
                    Kind{"LocalFolder", [] { return std::make_unique<FolderSubject>(); }},
                    Kind{"Bucket", [] { return std::make_unique<BucketSubject>(); }}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
