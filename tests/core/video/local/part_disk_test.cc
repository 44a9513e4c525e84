// The disk fails, the machine crashes, or the kernel is old.
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
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <vector>

#include "tests/core/video/local/part_world.h"

namespace {

using namespace part_world;

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
              if (!failed || failed->kind != FailureKind::disk_full) {
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
      if (!failed || failed->kind != FailureKind::disk_full) {
        return 3;
      }
    }
    if (!files().empty()) {
      return 4;  // a part that cannot be resumed frees its space
    }
    for (const char* inode : {"a", "b", "c"}) {
      write(output_ / inode, "");
    }
    return refused(plan("t2")).kind == FailureKind::disk_full ? 0 : 5;
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
              if (failed.kind != FailureKind::disk ||
                  failed.text.find(output_) == std::string::npos ||
                  failed.text.find("Permission denied") == std::string::npos) {
                return 3;
              }
              const FetchFailure nested = refused(plan("t1", "new/{task_id}"));
              return nested.kind == FailureKind::disk ? 0 : 4;
            }),
            0);
}

TEST_F(PartFileTest, ARemovedFolderSendsNoFileElsewhere) {
  const std::string video = support::tiny_mp4(300);
  auto part = download(plan("t1"), video);
  fs::rename(output_, base_ / "moved");
  fs::create_directory(output_);
  const auto outcome = part->publish({});
  ASSERT_TRUE(std::holds_alternative<FetchFailure>(outcome)) << "its recorded path would be untrue";
  EXPECT_EQ(std::get<FetchFailure>(outcome).kind, FailureKind::disk);
  EXPECT_NE(std::get<FetchFailure>(outcome).text.find(output_), std::string::npos);
  EXPECT_TRUE(fs::exists(base_ / "moved/t1.mp4")) << "the folder is held, not its name";
  for (const char* text : {"{task_id}.{ext}", "new/{task_id}.{ext}"}) {
    EXPECT_EQ(refused(plan("t2", text)).kind, FailureKind::disk) << text;
  }
  fs::remove_all(base_ / "moved");
  EXPECT_EQ(refused(plan("t3")).kind, FailureKind::disk);
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
  EXPECT_EQ(kind(part->publish({})), FailureKind::blocked);
  EXPECT_EQ(files(), std::set<std::string>{});
}

// The machine crashes, or its kernel is old.

// From now on, in this process, a system call is not made: `action` happens instead.
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

// The published file is the checked one, whatever happened to the part's name meanwhile.
TEST_F(PartFileTest, ARemovedOrReplacedPartFailsOnlyItsVideo) {
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
                    return kind(outcome) == FailureKind::blocked ? 0 : 3;
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

TEST_F(PartFileTest, WhereverARunDiesTheNextOneMakesOneCompleteFile) {
  struct Step {
    const char* name;
    int call;
    bool after_sync;  // from the sync of the part on
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
              return kind(part->publish({})) == FailureKind::disk ? 0 : 3;
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
              return kind(outcome) == FailureKind::disk ? 0 : 3;
            }),
            0);
  EXPECT_EQ(files(), std::set<std::string>{"t1.mp4"});
  EXPECT_EQ(place(publish(plan("t1"), video)), "t1.mp4") << "adopted";
}

TEST_F(PartFileTest, AnAdoptedFileIsSyncedBeforeThePartIsRemoved) {
  const std::string video = support::tiny_mp4(5000);
  write(output_ / "t1.mp4", video);
  EXPECT_EQ(in_child([&] {
              auto part = download(plan("t1"), video);
              claimed_ = [](const auto&) { return !replace_call(SYS_fsync, fails_with(EIO)); };
              return kind(part->publish({})) == FailureKind::disk ? 0 : 3;
            }),
            0);
  EXPECT_EQ(open(plan("t1"))->size(), 5000);
}

TEST_F(PartFileTest, DiskFailureWhilePublishingKeepsThePart) {
  struct Case {
    int call;
    int error;
    FailureKind kind;
  };
  const std::vector<Case> cases{{SYS_pread64, EIO, FailureKind::disk},
                                {SYS_linkat, ENOSPC, FailureKind::disk_full},
                                {SYS_linkat, EDQUOT, FailureKind::disk_full},
                                {SYS_linkat, EROFS, FailureKind::disk}};
  const std::string video = support::tiny_mp4(5000);
  for (const Case& c : cases) {
    EXPECT_EQ(in_child([&] {
                auto part = download(plan("t1"), video);
                if (!replace_call(c.call, fails_with(c.error))) {
                  return 2;
                }
                return kind(part->publish({})) == c.kind ? 0 : 3;
              }),
              0)
        << c.error;
    EXPECT_EQ(open(plan("t1"))->size(), 5000) << c.error;
  }
}

TEST_F(PartFileTest, OldKernelsAndSimpleFileSystemsWorkToo) {
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
      if (refused(plan("c", text)).kind != FailureKind::blocked) {
        return 4;
      }
    }
    fs::create_symlink(base_ / "outside", part_path("d"));
    return refused(plan("d")).kind == FailureKind::blocked ? 0 : 5;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(read(output_ / "a.mp4"), "mine");
  EXPECT_TRUE(fs::is_empty(base_ / "elsewhere"));
  EXPECT_FALSE(fs::exists(base_ / "outside"));
}

TEST_F(PartFileTest, AFileSystemWithoutHardLinksWorksToo) {
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
