#include "core/video/local/part_file.h"

#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/text/http_headers.h"
#include "core/video/video_check.h"
#include "tests/support/tiny_video.h"

namespace {

namespace fs = std::filesystem;
using core::FetchFailure;
using core::FetchProblem;
using core::FilePlan;
using core::NameTemplate;
using core::OutputFolder;
using core::PartFile;
using core::PromisedContent;
using core::SavedFile;
using Outcome = std::variant<SavedFile, FetchFailure>;

const std::string kEtag = "\"6B29FC40\"";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::uint64_t crc64(const std::string& bytes) {
  core::VideoCheck check({.crc64 = true});
  check.update(bytes);
  return check.finish().crc64;
}

class PartFileTest : public testing::Test {
 protected:
  PartFileTest() {
    std::string pattern = testing::TempDir() + "part_file_XXXXXX";
    base_ = mkdtemp(pattern.data());
    output_ = base_ / "videos";
    folder_ = std::make_shared<OutputFolder>(output_.string());
  }
  ~PartFileTest() override { fs::remove_all(base_); }

  FilePlan plan(const std::string& task_id, const std::string& text = "{task_id}.{ext}") const {
    FilePlan result;
    result.name_template = std::make_shared<NameTemplate>(text);
    result.fields.task_id = task_id;
    result.fields.account = "default";
    return result;
  }

  std::unique_ptr<PartFile> open(FilePlan what) const {
    auto opened = PartFile::open(folder_, std::move(what), ask_claimed_);
    if (const auto* failed = std::get_if<FetchFailure>(&opened)) {
      ADD_FAILURE() << failed->text;
      return nullptr;
    }
    return std::get<0>(std::move(opened));
  }

  FetchFailure refused(FilePlan what) const {
    auto opened = PartFile::open(folder_, std::move(what), ask_claimed_);
    const auto* failed = std::get_if<FetchFailure>(&opened);
    return failed == nullptr ? FetchFailure{} : *failed;
  }

  /// A part that holds `bytes`.
  std::unique_ptr<PartFile> download(FilePlan what, const std::string& bytes) const {
    auto part = open(std::move(what));
    EXPECT_FALSE(part->restart(kEtag, {.length = static_cast<std::int64_t>(bytes.size())}));
    EXPECT_FALSE(part->append(bytes));
    return part;
  }

  Outcome publish(FilePlan what, const std::string& bytes, const core::Claimed& claimed = {},
                  const PromisedContent& promised = {}) {
    claimed_ = claimed;
    return download(std::move(what), bytes)->publish(promised);
  }

  /// Where the video went, relative to the output folder; the failure's text otherwise.
  std::string place(const Outcome& outcome) const {
    if (const auto* failed = std::get_if<FetchFailure>(&outcome)) {
      return failed->text;
    }
    const std::string& path = std::get<SavedFile>(outcome).path;
    EXPECT_TRUE(fs::path(path).is_absolute());
    return fs::path(path).lexically_relative(output_);
  }

  /// All that is below the output folder but folders.
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(output_)) {
      if (!entry.is_directory() || entry.is_symlink()) {
        names.insert(entry.path().lexically_relative(output_));
      }
    }
    return names;
  }

  fs::path part_path(const std::string& task_id) const {
    return output_ / core::part_file_name(plan(task_id).fields);
  }
  fs::path notes_path(const std::string& task_id) const {
    return part_path(task_id).string() + ".notes";
  }

  fs::path base_;
  fs::path output_;
  std::shared_ptr<const OutputFolder> folder_;
  core::Claimed claimed_;  // may be set until a part is published
  core::Claimed ask_claimed_ = [this](const std::string& path) {
    return claimed_ && claimed_(path);
  };
};

/// Runs `body` in a child; its exit code. What it changes (user, limits, mounts) dies with it.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(body());
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool become_nobody() {
  constexpr id_t kNobody = 65534;
  return geteuid() != 0 ||
         (setgroups(0, nullptr) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
          setresuid(kNobody, kNobody, kNobody) == 0);
}

FetchProblem problem(const Outcome& outcome) {
  const auto* failed = std::get_if<FetchFailure>(&outcome);
  return failed == nullptr ? FetchProblem::transport : failed->problem;
}

// The way through.

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

TEST_F(PartFileTest, ChecksWhatWasPromised) {
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
    std::optional<FetchProblem> problem;
    std::string says;  // the checks of a success
  };
  const std::vector<Case> cases{
      {"nothing promised", video, {}, {}, "", {}, "boxes"},
      {"all promised", video, 5000, crc64(video), md5, {}, "length crc64 md5 boxes"},
      {"MD5 alone", video, {}, {}, md5, {}, "md5 boxes"},
      {"MD5 that is none", video, {}, {}, "d41d8cd98f00b204e9800998ecf8427e", {}, "boxes"},
      {"shorter", cut, 5000, {}, "", FetchProblem::wrong_length, "4999"},
      {"longer", video + "x", 5000, {}, "", FetchProblem::wrong_length, "5001"},
      {"empty where bytes were promised", "", 5000, {}, "", FetchProblem::wrong_length, "got 0"},
      {"other CRC", video, 5000, crc64(video) + 1, "", FetchProblem::wrong_checksum, "CRC-64"},
      {"CRC 0", video, 5000, 0, "", FetchProblem::wrong_checksum, "CRC-64"},
      {"other MD5", video, {}, {}, "1B2M2Y8AsgTpgAmY7PhCfg==", FetchProblem::wrong_checksum, "MD5"},
      {"empty", "", {}, {}, "", FetchProblem::not_a_video, "empty"},
      {"empty as promised", "", 0, 0, "", FetchProblem::not_a_video, "empty"},
      {"a page", page, length(page), crc64(page), "", FetchProblem::error_page, "HTML"},
      {"XML", "<Error/>", {}, {}, "", FetchProblem::error_page, "XML"},
      {"JSON", "{\"url\":\"https://\"}", {}, {}, "", FetchProblem::error_page, "JSON"},
      {"a picture",
       "\x89PNG\r\n\x1A\n" + std::string(50, '\0'),
       {},
       {},
       "",
       FetchProblem::unsupported,
       "PNG picture"},
      {"another container",
       "FLV\x01" + std::string(50, 'x'),
       {},
       {},
       "",
       FetchProblem::unsupported,
       "Flash"},
      {"noise", std::string(50, '\x07'), {}, {}, "", FetchProblem::error_page, "no known kind"},
      {"cut, as promised", cut, 4999, crc64(cut), "", FetchProblem::not_a_video, "cut"},
  };
  int number = 0;
  for (const Case& c : cases) {
    const std::string id = std::to_string(++number);
    const Outcome outcome = publish(plan(id), c.bytes, {}, {c.length, c.crc64, std::string(c.md5)});
    if (!c.problem) {
      ASSERT_EQ(place(outcome), id + ".mp4") << c.name;
      EXPECT_EQ(std::get<SavedFile>(outcome).checks, c.says) << c.name;
      fs::remove(output_ / (id + ".mp4"));
      continue;
    }
    EXPECT_EQ(problem(outcome), *c.problem) << c.name;
    EXPECT_NE(place(outcome).find(c.says), std::string::npos) << c.name << ": " << place(outcome);
    EXPECT_EQ(files(), std::set<std::string>{}) << c.name;
  }
}

TEST_F(PartFileTest, NoCutOfAVideoIsPublished) {
  const std::string video = support::tiny_mp4(400);
  for (std::size_t size = 0; size < video.size(); ++size) {
    const Outcome outcome = publish(plan("t1"), video.substr(0, size));
    ASSERT_EQ(problem(outcome), FetchProblem::not_a_video) << size;
  }
  EXPECT_EQ(files(), std::set<std::string>{});
}

// One video's trouble: the others are still fetched.
TEST_F(PartFileTest, APartThatVanishedIsTheTroubleOfItsVideoAlone) {
  const std::string video = support::tiny_mp4(5000);
  for (const std::string replaces : {"", "t1.mp4"}) {
    if (!replaces.empty()) {
      ASSERT_EQ(place(publish(plan("t1"), video)), "t1.mp4");
    }
    core::FilePlan wanted = plan("t1");
    wanted.replaces = replaces.empty() ? "" : (output_ / replaces).string();
    auto part = open(std::move(wanted));
    ASSERT_FALSE(part->restart({}, {}));
    ASSERT_FALSE(part->append(video));
    for (const auto& entry : fs::directory_iterator(output_)) {
      if (entry.path().filename().string().starts_with('.')) {
        fs::remove(entry.path());
      }
    }
    const Outcome outcome = part->publish({});
    EXPECT_EQ(problem(outcome), FetchProblem::blocked) << place(outcome);
    EXPECT_NE(place(outcome).find("removed by another program"), std::string::npos);
  }
}

// Resuming.

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

TEST_F(PartFileTest, WhatCannotBeResumedIsNotKept) {
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

TEST_F(PartFileTest, DoubtfulNotesMeanStartingAnew) {
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
  EXPECT_EQ(failed.problem, FetchProblem::blocked);
  EXPECT_NE(failed.text.find("another run"), std::string::npos) << failed.text;
  EXPECT_NE(open(plan("t2")), nullptr);
  part.reset();
  EXPECT_NE(open(plan("t1")), nullptr);
}

TEST_F(PartFileTest, APublishedPartIsNoLongerTheObjects) {
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

// Names that are taken.

TEST_F(PartFileTest, NeverReplacesAForeignFile) {
  write(output_ / "t1.mp4", "mine");
  write(output_ / "t1-2.mp4", "mine too");
  EXPECT_EQ(place(publish(plan("t1"), support::tiny_mp4(300))), "t1-3.mp4");
  EXPECT_EQ(read(output_ / "t1.mp4"), "mine");
  EXPECT_EQ(read(output_ / "t1-2.mp4"), "mine too");
}

TEST_F(PartFileTest, NeverReplacesOrFollowsWhatIsNoFile) {
  const fs::path outside = base_ / "outside";
  write(outside, "precious");
  fs::create_symlink(outside, output_ / "a.mp4");
  fs::create_symlink(base_ / "nowhere", output_ / "b.mp4");
  ASSERT_EQ(mkfifo((output_ / "c.mp4").c_str(), 0600), 0);
  fs::create_directory(output_ / "d.mp4");
  fs::create_hard_link(outside, output_ / "e.mp4");
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    EXPECT_EQ(place(publish(plan(id), support::tiny_mp4(300))), std::string(id) + "-2.mp4");
  }
  EXPECT_EQ(read(outside), "precious");
  EXPECT_FALSE(fs::exists(base_ / "nowhere"));
  EXPECT_TRUE(fs::is_symlink(output_ / "a.mp4") && fs::is_symlink(output_ / "b.mp4"));
  EXPECT_TRUE(fs::is_fifo(output_ / "c.mp4") && fs::is_directory(output_ / "d.mp4"));
}

TEST_F(PartFileTest, TwoVideosOfOneNameGetTwoFiles) {
  const std::string video = support::tiny_mp4(300);
  EXPECT_EQ(place(publish(plan("a:b"), video)), "a_b.mp4");
  EXPECT_EQ(place(publish(plan("a_b"), video)), "a_b-2.mp4") << "though the bytes are equal";
  FilePlan second = plan("a_b");
  second.fields.index = 2;
  EXPECT_EQ(place(publish(second, video)), "a_b-2-2.mp4");
}

TEST_F(PartFileTest, EightThreadsNeverShareAName) {
  constexpr int kThreads = 8;
  constexpr int kEach = 12;
  const std::string video = support::tiny_mp4(300);
  std::vector<std::vector<std::string>> places(kThreads);
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      while (!go) {
        std::this_thread::yield();
      }
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        places[static_cast<std::size_t>(t)].push_back(
            place(publish(plan(id, "new/{account}/clip.{ext}"), video)));
      }
    });
  }
  go = true;
  std::set<std::string> distinct;
  for (std::size_t t = 0; t < threads.size(); ++t) {
    threads[t].join();
    distinct.insert(places[t].begin(), places[t].end());
  }
  EXPECT_EQ(distinct.size(), std::size_t{kThreads} * kEach);
  EXPECT_EQ(files(), distinct);
}

TEST_F(PartFileTest, AClaimedNameIsLeftAloneEvenWhenFree) {
  const auto claimed = [&](const std::string& path) { return path == output_ / "t1.mp4"; };
  EXPECT_EQ(place(publish(plan("t1"), support::tiny_mp4(300), claimed)), "t1-2.mp4");
  EXPECT_FALSE(fs::exists(output_ / "t1.mp4"));
}

TEST_F(PartFileTest, ALedgerThatFailsLeavesThePart) {
  const std::string video = support::tiny_mp4(300);
  auto part = download(plan("t1"), video);
  const auto broken = [](const std::string&) -> bool { throw core::Error("ledger"); };
  claimed_ = broken;
  EXPECT_THROW(static_cast<void>(part->publish({})), core::Error);
  claimed_ = {};
  part.reset();
  auto again = open(plan("t1"));
  EXPECT_EQ(again->size(), 300);
  EXPECT_EQ(place(again->publish({})), "t1.mp4");
}

// Adoption and replacement.

TEST_F(PartFileTest, AdoptsTheSameBytesOfARunThatDied) {
  const std::string video = support::tiny_mp4(300);
  write(output_ / "t1.mp4", video);
  struct stat before {};
  ASSERT_EQ(stat((output_ / "t1.mp4").c_str(), &before), 0);
  EXPECT_EQ(place(publish(plan("t1"), video)), "t1.mp4");
  struct stat after {};
  ASSERT_EQ(stat((output_ / "t1.mp4").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(files(), std::set<std::string>{"t1.mp4"});
}

TEST_F(PartFileTest, AdoptsOnlyWhatIsNobodyElses) {
  const std::string video = support::tiny_mp4(300);
  std::string other = video;
  other.back() = static_cast<char>(other.back() ^ 1);
  write(output_ / "bytes.mp4", other);
  EXPECT_EQ(place(publish(plan("bytes"), video)), "bytes-2.mp4");

  write(output_ / "claimed.mp4", video);
  const auto claimed = [&](const std::string& path) { return path == output_ / "claimed.mp4"; };
  EXPECT_EQ(place(publish(plan("claimed"), video, claimed)), "claimed-2.mp4");

  write(base_ / "outside", video);
  fs::create_hard_link(base_ / "outside", output_ / "linked.mp4");
  EXPECT_EQ(place(publish(plan("linked"), video)), "linked-2.mp4");

  fs::create_symlink(base_ / "outside", output_ / "symbolic.mp4");
  EXPECT_EQ(place(publish(plan("symbolic"), video)), "symbolic-2.mp4");

  write(output_ / "second.mp4", "foreign");
  write(output_ / "second-2.mp4", video);
  EXPECT_EQ(place(publish(plan("second"), video)), "second-2.mp4");
}

TEST_F(PartFileTest, ReplacesTheLedgersOwnFileAlone) {
  const std::string video = support::tiny_mp4(300);
  const auto with = [&](const fs::path& replaces) {
    FilePlan result = plan("t1");
    result.replaces = replaces;
    return result;
  };
  write(output_ / "t1.mp4", "foreign");
  write(output_ / "t1-2.mp4", "cut");
  EXPECT_EQ(place(publish(with(output_ / "t1-2.mp4"), video)), "t1-2.mp4") << "another size";
  EXPECT_EQ(read(output_ / "t1-2.mp4"), video);
  EXPECT_EQ(read(output_ / "t1.mp4"), "foreign");

  fs::remove(output_ / "t1-2.mp4");
  EXPECT_EQ(place(publish(with(output_ / "t1-2.mp4"), video)), "t1-2.mp4") << "it was missing";

  EXPECT_EQ(place(publish(with(output_ / "older/t1.mp4"), video)), "older/t1.mp4")
      << "its folder was missing";
  EXPECT_EQ(files(), (std::set<std::string>{"older/t1.mp4", "t1-2.mp4", "t1.mp4"}));
}

TEST_F(PartFileTest, TheLedgersClaimOnAVideosOwnPathDoesNotHinderIt) {
  // The ledger answers for all its videos, this one included.
  const auto claimed = [&](const std::string& path) { return path == output_ / "t1.mp4"; };
  FilePlan what = plan("t1");
  what.replaces = output_ / "t1.mp4";
  EXPECT_EQ(place(publish(what, support::tiny_mp4(300), claimed)), "t1.mp4") << "missing";
  write(output_ / "t1.mp4", "cut");
  EXPECT_EQ(place(publish(what, support::tiny_mp4(300), claimed)), "t1.mp4") << "another size";
  EXPECT_EQ(place(publish(plan("t1"), support::tiny_mp4(301), claimed)), "t1-2.mp4");
  EXPECT_EQ(files(), (std::set<std::string>{"t1-2.mp4", "t1.mp4"}));
}

TEST_F(PartFileTest, ReplacesNothingElse) {
  const std::string video = support::tiny_mp4(300);
  write(base_ / "outside.mp4", "outside");
  fs::create_directory(base_ / "videos2");
  write(base_ / "videos2/x.mp4", "sibling");
  fs::create_directory(output_ / "folder.mp4");
  fs::create_symlink(base_ / "outside.mp4", output_ / "link.mp4");
  fs::create_symlink(base_, output_ / "up");
  write(output_ / "old.webm", "another container");
  const fs::path not_replaced[] = {
      base_ / "outside.mp4",        output_ / "../outside.mp4",
      base_ / "videos2/x.mp4",      output_ / "folder.mp4",
      output_ / "link.mp4",         output_ / "up/outside.mp4",
      output_ / "old.webm",         output_,
      output_.string() + "//x.mp4", "relative.mp4",
      output_ / "t0.mp4",
  };
  EXPECT_EQ(place(publish(plan("t0"), video)), "t0.mp4") << "this run's own, not recorded yet";
  int number = 0;
  for (const fs::path& path : not_replaced) {
    const std::string id = std::to_string(++number);
    FilePlan what = plan(id);
    what.replaces = path;
    EXPECT_EQ(place(publish(what, support::tiny_mp4(301))), id + ".mp4") << path;
  }
  EXPECT_EQ(read(base_ / "outside.mp4"), "outside");
  EXPECT_EQ(read(base_ / "videos2/x.mp4"), "sibling");
  EXPECT_EQ(read(output_ / "old.webm"), "another container");
  EXPECT_EQ(read(output_ / "t0.mp4"), video);
}

// What is planted where the part should be.

TEST_F(PartFileTest, APlantedPartIsNeverFollowed) {
  const fs::path outside = base_ / "outside";
  write(outside, "precious");
  const auto expect_refused = [&](const char* what) {
    const FetchFailure failed = refused(plan("t1"));
    EXPECT_EQ(failed.problem, FetchProblem::blocked) << what;
    EXPECT_NE(failed.text.find(part_path("t1")), std::string::npos) << what << failed.text;
    EXPECT_EQ(read(outside), "precious") << what;
    fs::remove(part_path("t1"));
  };
  fs::create_symlink(outside, part_path("t1"));
  expect_refused("symbolic link");
  fs::create_symlink(base_ / "nowhere", part_path("t1"));
  expect_refused("dangling link");
  EXPECT_FALSE(fs::exists(base_ / "nowhere"));
  ASSERT_EQ(mkfifo(part_path("t1").c_str(), 0600), 0);
  expect_refused("FIFO");
  fs::create_directory(part_path("t1"));
  expect_refused("folder");
  EXPECT_NE(open(plan("t1")), nullptr);
}

TEST_F(PartFileTest, AHardLinkAsPartLosesOnlyItsName) {
  const std::string video = support::tiny_mp4(300);
  const fs::path outside = base_ / "outside";
  write(outside, "precious");
  fs::create_hard_link(outside, part_path("t1"));
  EXPECT_EQ(place(publish(plan("t1"), video)), "t1.mp4");
  EXPECT_EQ(read(outside), "precious");
  EXPECT_EQ(read(output_ / "t1.mp4"), video);
}

TEST_F(PartFileTest, PlantedNotesAreNeverFollowed) {
  const fs::path outside = base_ / "outside";
  download(plan("t1"), "bytes").reset();
  fs::rename(notes_path("t1"), outside);
  const std::string notes = read(outside);
  fs::create_symlink(outside, notes_path("t1"));
  EXPECT_EQ(open(plan("t1"))->size(), 0);
  fs::create_symlink(outside, notes_path("t1"));
  download(plan("t1"), "bytes").reset();
  EXPECT_EQ(read(outside), notes);
  EXPECT_FALSE(fs::is_symlink(notes_path("t1")));
  EXPECT_EQ(open(plan("t1"))->size(), 5);

  fs::remove(notes_path("t1"));
  fs::create_directory(notes_path("t1"));
  auto part = open(plan("t1"));
  const auto failed = part->restart(kEtag, {.length = 5});
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->problem, FetchProblem::blocked);
}

TEST_F(PartFileTest, ALinkedFolderIsNeverEntered) {
  fs::create_directory(base_ / "elsewhere");
  fs::create_directory_symlink(base_ / "elsewhere", output_ / "default");
  fs::create_directories(output_ / "inside/deeper");
  fs::create_directory_symlink("inside", output_ / "link");
  write(output_ / "file", "");
  for (const char* text : {"default/{task_id}", "default/deeper/{task_id}", "link/{task_id}",
                           "link/deeper/{task_id}", "file/{task_id}"}) {
    const FetchFailure failed = refused(plan("t1", text));
    EXPECT_EQ(failed.problem, FetchProblem::blocked) << text;
    EXPECT_NE(failed.text.find(output_), std::string::npos) << failed.text;
  }
  EXPECT_TRUE(fs::is_empty(base_ / "elsewhere") && fs::is_empty(output_ / "inside/deeper"));
}

// The disk fails.

TEST_F(PartFileTest, AFileSizeLimitIsAFullDisk) {
  EXPECT_EQ(in_child([&] {
              signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{4096, 4096};
              setrlimit(RLIMIT_FSIZE, &limit);
              auto part = open(plan("t1"));
              if (part->restart(kEtag, {.length = 10000})) {
                return 2;
              }
              const auto failed = part->append(std::string(10000, 'x'));
              if (!failed || failed->problem != FetchProblem::disk_full) {
                return 3;
              }
              return failed->text.find("t1") != std::string::npos && part->size() == 4096 ? 0 : 4;
            }),
            0);
  EXPECT_EQ(open(plan("t1"))->size(), 4096) << "what fitted can be resumed";
}

TEST_F(PartFileTest, AFullFileSystemIsAFullDisk) {
  const int code = in_child([&] {
    constexpr int kNotAllowed = 99;
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return kNotAllowed;
    }
    if (mount("tmpfs", output_.c_str(), "tmpfs", 0, "size=64k,nr_inodes=4") != 0) {
      return kNotAllowed;
    }
    folder_ = std::make_shared<OutputFolder>(output_.string());
    {
      auto part = open(plan("t1"));
      if (part->restart("", {})) {
        return 2;
      }
      const auto failed = part->append(std::string(100000, 'x'));
      if (!failed || failed->problem != FetchProblem::disk_full) {
        return 3;
      }
    }
    if (!files().empty()) {
      return 4;  // what cannot be resumed gives its room back
    }
    for (const char* inode : {"a", "b", "c"}) {
      write(output_ / inode, "");
    }
    return refused(plan("t2")).problem == FetchProblem::disk_full ? 0 : 5;
  });
  if (code == 99) {
    GTEST_SKIP() << "no mount namespace here";
  }
  EXPECT_EQ(code, 0);
}

TEST_F(PartFileTest, AFolderWithoutPermissionIsNamed) {
  fs::permissions(base_, fs::perms(0755));
  fs::permissions(output_, fs::perms(0555));
  EXPECT_EQ(in_child([&] {
              if (!become_nobody()) {
                return 2;
              }
              const OutputFolder readable(output_.string());
              const FetchFailure failed = refused(plan("t1"));
              if (failed.problem != FetchProblem::disk ||
                  failed.text.find(output_) == std::string::npos ||
                  failed.text.find("Permission denied") == std::string::npos) {
                return 3;
              }
              const FetchFailure nested = refused(plan("t1", "new/{task_id}"));
              return nested.problem == FetchProblem::disk ? 0 : 4;
            }),
            0);
}

TEST_F(PartFileTest, AFolderThatIsGoneTakesNoFileElsewhere) {
  const std::string video = support::tiny_mp4(300);
  auto part = download(plan("t1"), video);
  fs::rename(output_, base_ / "moved");
  fs::create_directory(output_);
  const auto outcome = part->publish({});
  ASSERT_TRUE(std::holds_alternative<FetchFailure>(outcome)) << "its recorded path would be untrue";
  EXPECT_EQ(std::get<FetchFailure>(outcome).problem, FetchProblem::disk);
  EXPECT_NE(std::get<FetchFailure>(outcome).text.find(output_), std::string::npos);
  EXPECT_TRUE(fs::exists(base_ / "moved/t1.mp4")) << "the folder is held, not its name";
  for (const char* text : {"{task_id}.{ext}", "new/{task_id}.{ext}"}) {
    EXPECT_EQ(refused(plan("t2", text)).problem, FetchProblem::disk) << text;
  }
  fs::remove_all(base_ / "moved");
  EXPECT_EQ(refused(plan("t3")).problem, FetchProblem::disk);
  EXPECT_TRUE(fs::is_empty(output_));
}

TEST_F(PartFileTest, AFolderMayMoveWithTheLinkThatLeadsToIt) {
  fs::rename(output_, base_ / "disk1");
  fs::create_directory_symlink(base_ / "disk1", output_);
  folder_ = std::make_shared<OutputFolder>(output_.string());
  auto part = download(plan("t1"), support::tiny_mp4(300));
  fs::rename(base_ / "disk1", base_ / "disk2");
  fs::remove(output_);
  fs::create_directory_symlink(base_ / "disk2", output_);
  EXPECT_TRUE(std::holds_alternative<SavedFile>(part->publish({})));
  EXPECT_TRUE(fs::exists(output_ / "t1.mp4"));
}

TEST_F(PartFileTest, APartChangedByOthersIsNotPublished) {
  const std::string video = support::tiny_mp4(300);
  auto part = download(plan("t1"), video);
  fs::resize_file(part_path("t1"), 200);
  EXPECT_EQ(problem(part->publish({})), FetchProblem::blocked);
  EXPECT_EQ(files(), std::set<std::string>{});
}

// The machine fails, or is old.

/// From now on, in this process, a system call does not happen: `action` instead.
bool replace_call(int number, std::uint32_t action) {
  const auto nr = static_cast<std::uint32_t>(number);
  std::array<sock_filter, 4> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

std::uint32_t fails_with(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

// What is published is what was checked, whatever became of the part's name meanwhile.
TEST_F(PartFileTest, APartThatVanishedOrChangedHandsIsOneVideosFailure) {
  const std::string video = support::tiny_mp4(5000);
  const std::string others = support::tiny_mp4(6000);
  for (const bool without_links : {false, true}) {
    for (const bool recorded : {false, true}) {
      for (const bool replaced : {false, true}) {
        SCOPED_TRACE(testing::Message() << without_links << recorded << replaced);
        write(output_ / "old.mp4", "the ledger's own");
        FilePlan what = plan("t1");
        what.replaces = recorded ? (output_ / "old.mp4").string() : "";
        EXPECT_EQ(in_child([&] {
                    auto part = download(what, video);
                    fs::remove(part_path("t1"));
                    if (replaced) {
                      write(part_path("t1"), others);
                    }
                    if (without_links && !replace_call(SYS_linkat, fails_with(EPERM))) {
                      return 2;
                    }
                    const Outcome outcome = part->publish({});
                    return problem(outcome) == FetchProblem::blocked ? 0 : 3;
                  }),
                  0);
        EXPECT_EQ(read(output_ / "old.mp4"), "the ledger's own");
        EXPECT_FALSE(fs::exists(output_ / "t1.mp4"));
        EXPECT_FALSE(fs::exists(notes_path("t1"))) << "they would make others' bytes ours";
        EXPECT_EQ(read(part_path("t1")), replaced ? others : "") << "not ours to remove";
        fs::remove(part_path("t1"));
      }
    }
  }
}

TEST_F(PartFileTest, WhereverARunDiesTheNextMakesOneWholeFile) {
  struct Step {
    const char* name;
    int call;
    bool after_sync;  // from the moment on when the part has been synced
  };
  const Step steps[] = {
      {"reading back", SYS_pread64, false},    {"sync of the part", SYS_fsync, false},
      {"new name", SYS_linkat, false},         {"removal of the notes", SYS_unlinkat, true},
      {"sync of the folder", SYS_fsync, true},
  };
  const std::string video = support::tiny_mp4(5000);
  for (const Step& step : steps) {
    EXPECT_EQ(in_child([&] {
                auto part = download(plan("t1", "{account}/{task_id}.{ext}"), video);
                const auto die = [&] { return replace_call(step.call, SECCOMP_RET_KILL_PROCESS); };
                if (!step.after_sync && !die()) {
                  return 2;
                }
                claimed_ = [&](const auto&) { return step.after_sync && !die(); };
                static_cast<void>(part->publish({5000, crc64(video), ""}));
                return 3;
              }),
              1000 + SIGSYS)
        << step.name;
    const Outcome outcome = publish(plan("t1", "{account}/{task_id}.{ext}"), video);
    EXPECT_EQ(place(outcome), "default/t1.mp4") << step.name;
    EXPECT_EQ(read(output_ / "default/t1.mp4"), video) << step.name;
    EXPECT_EQ(files(), std::set<std::string>{"default/t1.mp4"}) << step.name;
    fs::remove_all(output_ / "default");
  }
}

TEST_F(PartFileTest, AFailedSyncIsAFailureAndItsBytesAreNotResumed) {
  const std::string video = support::tiny_mp4(5000);
  EXPECT_EQ(in_child([&] {
              auto part = download(plan("t1"), video);
              if (!replace_call(SYS_fsync, fails_with(EIO))) {
                return 2;
              }
              return problem(part->publish({})) == FetchProblem::disk ? 0 : 3;
            }),
            0);
  EXPECT_EQ(files(), std::set<std::string>{part_path("t1").filename()});
  EXPECT_EQ(open(plan("t1"))->size(), 0);
}

TEST_F(PartFileTest, AFailedSyncOfTheFolderIsAFailure) {
  const std::string video = support::tiny_mp4(5000);
  EXPECT_EQ(in_child([&] {
              auto part = download(plan("t1"), video);
              claimed_ = [](const auto&) { return !replace_call(SYS_fsync, fails_with(EIO)); };
              const auto outcome = part->publish({});
              return problem(outcome) == FetchProblem::disk ? 0 : 3;
            }),
            0);
  EXPECT_EQ(files(), std::set<std::string>{"t1.mp4"});
  EXPECT_EQ(place(publish(plan("t1"), video)), "t1.mp4") << "adopted";
}

TEST_F(PartFileTest, DiskTroubleWhilePublishingKeepsThePart) {
  struct Case {
    int call;
    int error;
    FetchProblem problem;
  };
  const std::vector<Case> cases{{SYS_pread64, EIO, FetchProblem::disk},
                                {SYS_linkat, ENOSPC, FetchProblem::disk_full},
                                {SYS_linkat, EDQUOT, FetchProblem::disk_full},
                                {SYS_linkat, EROFS, FetchProblem::disk}};
  const std::string video = support::tiny_mp4(5000);
  for (const Case& c : cases) {
    EXPECT_EQ(in_child([&] {
                auto part = download(plan("t1"), video);
                if (!replace_call(c.call, fails_with(c.error))) {
                  return 2;
                }
                return problem(part->publish({})) == c.problem ? 0 : 3;
              }),
              0)
        << c.error;
    EXPECT_EQ(open(plan("t1"))->size(), 5000) << c.error;
  }
}

TEST_F(PartFileTest, OldKernelsAndPlainFileSystemsServeToo) {
  const std::string video = support::tiny_mp4(300);
  fs::create_directory(base_ / "elsewhere");
  fs::create_directory_symlink(base_ / "elsewhere", output_ / "link");
  write(output_ / "a.mp4", "mine");
  const int code = in_child([&] {
    if (!replace_call(SYS_openat2, fails_with(ENOSYS)) ||
        !replace_call(SYS_renameat2, fails_with(EINVAL)) ||
        !replace_call(SYS_flock, fails_with(EOPNOTSUPP)) ||
        !replace_call(SYS_sync_file_range, fails_with(ENOSYS))) {
      return 2;
    }
    if (place(publish(plan("a"), video)) != "a-2.mp4" ||
        place(publish(plan("b", "x/y/{task_id}.{ext}"), video)) != "x/y/b.mp4") {
      return 3;
    }
    for (const char* text : {"link/{task_id}", "link/z/{task_id}"}) {
      if (refused(plan("c", text)).problem != FetchProblem::blocked) {
        return 4;
      }
    }
    fs::create_symlink(base_ / "outside", part_path("d"));
    return refused(plan("d")).problem == FetchProblem::blocked ? 0 : 5;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(read(output_ / "a.mp4"), "mine");
  EXPECT_TRUE(fs::is_empty(base_ / "elsewhere"));
  EXPECT_FALSE(fs::exists(base_ / "outside"));
}

TEST_F(PartFileTest, AFileSystemWithoutHardLinksServesToo) {
  const std::string video = support::tiny_mp4(300);
  write(output_ / "a.mp4", "mine");
  fs::create_symlink(base_ / "outside", output_ / "b.mp4");
  const auto without_links = [this](auto body) {
    return in_child([&] {
      return replace_call(SYS_renameat2, fails_with(EINVAL)) &&
                     replace_call(SYS_linkat, fails_with(EPERM))
                 ? body()
                 : 2;
    });
  };
  EXPECT_EQ(without_links([&] {
              return place(publish(plan("a"), video)) == "a-2.mp4" &&
                             place(publish(plan("b"), video)) == "b-2.mp4" &&
                             place(publish(plan("c"), video)) == "c.mp4"
                         ? 0
                         : 3;
            }),
            0);
  EXPECT_EQ(without_links([&] {
              auto part = download(plan("d"), video);
              return replace_call(SYS_renameat, fails_with(EIO)) &&
                             std::holds_alternative<FetchFailure>(part->publish({}))
                         ? 0
                         : 3;
            }),
            0);
  EXPECT_FALSE(fs::exists(output_ / "d.mp4")) << "no empty file stays behind";
  EXPECT_EQ(read(output_ / "a.mp4"), "mine");
  EXPECT_EQ(read(output_ / "c.mp4"), video);
  EXPECT_FALSE(fs::exists(base_ / "outside"));
}

TEST_F(PartFileTest, AHardLinkLeftByAKilledRunIsAdopted) {
  const std::string video = support::tiny_mp4(300);
  EXPECT_EQ(in_child([&] {
              auto part = download(plan("t1"), video);
              return replace_call(SYS_renameat2, fails_with(EINVAL)) &&
                             replace_call(SYS_unlinkat, SECCOMP_RET_KILL_PROCESS) &&
                             place(part->publish({})).empty()
                         ? 2
                         : 3;
            }),
            1000 + SIGSYS);
  EXPECT_EQ(fs::hard_link_count(output_ / "t1.mp4"), 2U);
  EXPECT_EQ(place(publish(plan("t1"), video)), "t1.mp4");
  EXPECT_EQ(files(), std::set<std::string>{"t1.mp4"});
}

}  // namespace
