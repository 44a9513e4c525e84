// Bytes are received, resumed, checked and published.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "core/text/http_headers.h"
#include "tests/core/video/local/part_world.h"

namespace {

using namespace part_world;

TEST_F(PartFileTest, PublishesACheckedVideo) {
  const std::string video = support::tiny_mp4(5000);
  auto part = download(plan("t1"), video);
  EXPECT_EQ(files(),
            (std::set<std::string>{part_path("t1").filename(), notes_path("t1").filename()}));
  PromisedContent promised{5000, crc64(video), "JfnnlDI7RTiF9RgfG2JNCw"};
  const Outcome outcome = part->publish(promised);
  ASSERT_EQ(place(outcome), "t1.mp4");
  const auto& saved = std::get<SavedFile>(outcome);
  EXPECT_EQ(saved.bytes, 5000);
  EXPECT_EQ(saved.checks, "length crc64 boxes");
  core::Sha256 hash;
  hash.update(video);
  EXPECT_EQ(saved.sha256, core::hex(hash.finish()));
  EXPECT_EQ(read(saved.path), video);
  EXPECT_EQ(files(), std::set<std::string>{"t1.mp4"});
}

TEST_F(PartFileTest, TheExtensionIsThatOfTheContent) {
  EXPECT_EQ(place(publish(plan("a"), support::tiny_mov(300))), "a.mov");
  EXPECT_EQ(place(publish(plan("b"), support::tiny_webm(300))), "b.webm");
  EXPECT_EQ(place(publish(plan("c", "{ext}/{task_id}.{ext}"), support::tiny_webm(300))),
            "webm/c.webm");
  EXPECT_EQ(place(publish(plan("d", "{task_id}"), support::tiny_mp4(300))), "d");
}

TEST_F(PartFileTest, MakesFoldersOnlyForItself) {
  const mode_t before = umask(0);
  const Outcome outcome =
      publish(plan("t1", "{account}/{model}/{task_id}.{ext}"), support::tiny_mp4(300));
  umask(before);
  EXPECT_EQ(place(outcome), "default/_/t1.mp4");
  struct stat status {};
  for (const char* made : {"", "default", "default/_"}) {
    ASSERT_EQ(stat((output_ / made).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U) << made;
  }
  ASSERT_EQ(stat((output_ / "default/_/t1.mp4").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(PartFileTest, ChecksPromises) {
  const std::string video = support::tiny_mp4(5000);
  const std::string page = "<html>sorry</html>";
  const std::string cut = video.substr(0, 4999);
  core::VideoCheck check({.md5 = true});
  check.update(video);
  const std::string md5 = check.finish().md5_base64;
  const auto length = [](const std::string& bytes) {
    return static_cast<std::int64_t>(bytes.size());
  };
  struct Case {
    const char* name;
    std::string bytes;
    std::optional<std::int64_t> length;
    std::optional<std::uint64_t> crc64;
    std::string_view md5;
    std::optional<FailureKind> kind;
    std::string says;  // the checks of a success
  };
  const std::vector<Case> cases{
      {"nothing promised", video, {}, {}, "", {}, "boxes"},
      {"all promised", video, 5000, crc64(video), md5, {}, "length crc64 md5 boxes"},
      {"MD5 alone", video, {}, {}, md5, {}, "md5 boxes"},
      {"MD5 that is none", video, {}, {}, "d41d8cd98f00b204e9800998ecf8427e", {}, "boxes"},
      {"shorter", cut, 5000, {}, "", FailureKind::wrong_length, "4999"},
      {"longer", video + "x", 5000, {}, "", FailureKind::wrong_length, "5001"},
      {"empty where bytes were promised", "", 5000, {}, "", FailureKind::wrong_length, "got 0"},
      {"other CRC", video, 5000, crc64(video) + 1, "", FailureKind::wrong_checksum, "CRC-64"},
      {"CRC 0", video, 5000, 0, "", FailureKind::wrong_checksum, "CRC-64"},
      {"other MD5", video, {}, {}, "1B2M2Y8AsgTpgAmY7PhCfg==", FailureKind::wrong_checksum, "MD5"},
      {"empty", "", {}, {}, "", FailureKind::not_a_video, "empty"},
      {"empty as promised", "", 0, 0, "", FailureKind::not_a_video, "empty"},
      {"a page", page, length(page), crc64(page), "", FailureKind::error_page, "HTML"},
      {"XML", "<Error/>", {}, {}, "", FailureKind::error_page, "XML"},
      {"JSON", "{\"url\":\"https://\"}", {}, {}, "", FailureKind::error_page, "JSON"},
      {"a picture",
       "\x89PNG\r\n\x1A\n" + std::string(50, '\0'),
       {},
       {},
       "",
       FailureKind::unsupported,
       "PNG picture"},
      {"another container",
       "FLV\x01" + std::string(50, 'x'),
       {},
       {},
       "",
       FailureKind::unsupported,
       "Flash"},
      {"noise", std::string(50, '\x07'), {}, {}, "", FailureKind::error_page, "unknown kind"},
      {"cut, as promised", cut, 4999, crc64(cut), "", FailureKind::not_a_video, "cut"},
  };
  int number = 0;
  for (const Case& c : cases) {
    const std::string id = std::to_string(++number);
    const Outcome outcome = publish(plan(id), c.bytes, {}, {c.length, c.crc64, std::string(c.md5)});
    if (!c.kind) {
      ASSERT_EQ(place(outcome), id + ".mp4") << c.name;
      EXPECT_EQ(std::get<SavedFile>(outcome).checks, c.says) << c.name;
      fs::remove(output_ / (id + ".mp4"));
      continue;
    }
    EXPECT_EQ(kind(outcome), *c.kind) << c.name;
    EXPECT_NE(place(outcome).find(c.says), std::string::npos) << c.name << ": " << place(outcome);
    EXPECT_EQ(files(), std::set<std::string>{}) << c.name;
  }
}

TEST_F(PartFileTest, NoCutOfAVideoIsPublished) {
  const std::string video = support::tiny_mp4(400);
  for (std::size_t size = 0; size < video.size(); ++size) {
    const Outcome outcome = publish(plan("t1"), video.substr(0, size));
    ASSERT_EQ(kind(outcome), FailureKind::not_a_video) << size;
  }
  EXPECT_EQ(files(), std::set<std::string>{});
}

TEST_F(PartFileTest, ResumesUnderAStrongValidator) {
  const std::string video = support::tiny_mp4(5000);
  const PromisedContent kPromised{5000, crc64(video), "JfnnlDI7RTiF9RgfG2JNCw=="};
  {
    auto part = open(plan("t1"));
    EXPECT_EQ(part->size(), 0);
    ASSERT_FALSE(part->restart(kEtag, kPromised));
    ASSERT_FALSE(part->append(video.substr(0, 1000)));
    ASSERT_FALSE(part->append(video.substr(1000, 2000)));
    EXPECT_EQ(part->size(), 3000);
  }
  auto part = open(plan("t1"));
  EXPECT_EQ(part->size(), 3000);
  EXPECT_EQ(part->validator(), kEtag);
  EXPECT_EQ(part->promised(), kPromised);
  ASSERT_FALSE(part->append(video.substr(3000)));
  EXPECT_EQ(place(part->publish({5000, crc64(video), ""})), "t1.mp4");
  EXPECT_EQ(read(output_ / "t1.mp4"), video);
  EXPECT_EQ(files(), std::set<std::string>{"t1.mp4"});
}

TEST_F(PartFileTest, BytesThatCannotBeResumedAreNotKept) {
  std::string too_long(core::kEtagBytesMax + 1, 'x');
  too_long.front() = too_long.back() = '"';
  const std::string validators[] = {"",       "W/\"weak\"",     "bare",       "\"",    "\"\"",
                                    "\"open", "\"two\nlines\"", "\"bell\a\"", too_long};
  for (const std::string& validator : validators) {
    auto part = open(plan("t1"));
    ASSERT_FALSE(part->restart(validator, {.length = 5000}));
    ASSERT_FALSE(part->append("bytes"));
    EXPECT_EQ(part->size(), 0) << validator;
    EXPECT_EQ(part->validator(), "") << validator;
    part.reset();
    EXPECT_EQ(files(), std::set<std::string>{}) << validator;
  }
  open(plan("t2")).reset();
  EXPECT_EQ(files(), std::set<std::string>{}) << "nothing came at all";
}

TEST_F(PartFileTest, RestartForgetsTheBytesAndTheirValidator) {
  download(plan("t1"), "old bytes").reset();
  {
    auto part = open(plan("t1"));
    ASSERT_EQ(part->size(), 9);
    ASSERT_FALSE(part->restart("\"other\"", {}));
    EXPECT_EQ(part->size(), 0);
    ASSERT_FALSE(part->append("new"));
  }
  auto part = open(plan("t1"));
  EXPECT_EQ(part->size(), 3);
  EXPECT_EQ(part->validator(), "\"other\"");
  EXPECT_EQ(part->promised(), PromisedContent{});
  EXPECT_EQ(read(part_path("t1")), "new");
}

TEST_F(PartFileTest, DoubtfulNotesCauseAFreshStart) {
  const std::string video = support::tiny_mp4(300);
  download(plan("t1"), video).reset();
  const std::string good = read(notes_path("t1"));
  ASSERT_NE(good.find(kEtag), std::string::npos);
  ASSERT_FALSE(folder_->boot_id().empty());
  std::string other_boot = good;
  other_boot.replace(good.find(folder_->boot_id()), 1, "X");
  std::string other_total = good;
  other_total.replace(good.find("\n300\n"), 5, "\n299\n");
  std::string no_total = good;
  no_total.replace(good.find("\n300\n"), 5, "\n-30\n");
  std::string odd_crc = good;
  odd_crc.replace(good.find("\n300\n"), 6, "\n300\nx\n");
  std::string odd_md5 = good;
  odd_md5.replace(good.find("\n300\n"), 7, "\n300\n\nx\n");
  const std::string bad[] = {"",         "end\n",     good + "more\n",
                             other_boot, other_total, no_total,
                             odd_crc,    odd_md5,     std::string(100000, 'x')};
  for (const std::string& notes : bad) {
    write(part_path("t1"), video);
    write(notes_path("t1"), notes);
    auto part = open(plan("t1"));
    EXPECT_EQ(part->size(), 0) << notes.substr(0, 200);
    EXPECT_EQ(read(part_path("t1")), "") << notes.substr(0, 200);
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    write(part_path("t1"), video);
    write(notes_path("t1"), good.substr(0, size));
    ASSERT_EQ(open(plan("t1"))->size(), 0) << size;
  }
  write(part_path("t1"), video);
  write(notes_path("t1"), good);
  EXPECT_EQ(open(plan("t1"))->size(), 300);
  fs::remove(notes_path("t1"));
  EXPECT_EQ(open(plan("t1"))->size(), 0);
}

TEST_F(PartFileTest, APartHasOneHolder) {
  auto part = open(plan("t1"));
  const FetchFailure failed = refused(plan("t1"));
  EXPECT_EQ(failed.kind, FailureKind::blocked);
  EXPECT_NE(failed.text.find("another run"), std::string::npos) << failed.text;
  EXPECT_NE(open(plan("t2")), nullptr);
  part.reset();
  EXPECT_NE(open(plan("t1")), nullptr);
}

TEST_F(PartFileTest, APublishedPartIsNoLongerTouched) {
  auto first = download(plan("t1"), support::tiny_mp4(300));
  ASSERT_EQ(place(first->publish({})), "t1.mp4");
  auto second = download(plan("t1"), support::tiny_mp4(301));
  first.reset();
  EXPECT_TRUE(fs::exists(part_path("t1")));
  EXPECT_EQ(place(second->publish({})), "t1-2.mp4");
}

TEST_F(PartFileTest, AKilledHolderLeavesBytesAndNoLock) {
  const std::string video = support::tiny_mp4(5000);
  EXPECT_EQ(in_child([&] {
              auto part = download(plan("t1"), video.substr(0, 4000));
              raise(SIGKILL);
              return 0;
            }),
            1000 + SIGKILL);
  auto part = open(plan("t1"));
  EXPECT_EQ(part->size(), 4000);
  ASSERT_FALSE(part->append(video.substr(4000)));
  EXPECT_EQ(place(part->publish({5000, crc64(video), ""})), "t1.mp4");
}

}  // namespace
