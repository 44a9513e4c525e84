#include "storage/sqlite/lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "storage/ledger_error.h"
#include "tests/storage/entries.h"
#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using storage::LedgerBusy;
using storage::Lock;

// A process that holds the lock until it is told to end, or is killed.
class Holder {
 public:
  explicit Holder(const std::string& ledger) {
    EXPECT_EQ(pipe(held_), 0);
    EXPECT_EQ(pipe(end_), 0);
    child_ = fork();
    if (child_ == 0) {
      close(end_[1]);
      const Lock lock(ledger, milliseconds(0));
      char byte = 'h';
      static_cast<void>(write(held_[1], &byte, 1) + read(end_[0], &byte, 1));
      _exit(0);
    }
    char byte = 0;
    EXPECT_EQ(read(held_[0], &byte, 1), 1);
  }
  ~Holder() {
    kill_it();
    for (const int one : {held_[0], held_[1], end_[0], end_[1]}) {
      close(one);
    }
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  void let_go() { static_cast<void>(write(end_[1], "x", 1) + 1); }
  void kill_it() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
      child_ = 0;
    }
  }
  [[nodiscard]] pid_t process() const { return child_; }

 private:
  int held_[2]{};
  int end_[2]{};
  pid_t child_ = 0;
};

class LockTest : public testing::Test {
 protected:
  support::TempDir folder_;
  std::string ledger_ = folder_.path("ledger.db");
};

TEST_F(LockTest, ASecondRunIsRefusedWithTheHolderNamed) {
  const Holder holder(ledger_);
  const std::string process = "process " + std::to_string(holder.process()) + " on ";
  try {
    const Lock lock(ledger_, milliseconds(0));
    FAIL() << "locked twice";
  } catch (const LedgerBusy& busy) {
    EXPECT_NE(std::string(busy.what()).find(process), std::string::npos) << busy.what();
  }
  EXPECT_EQ(storage::lock_holder(ledger_).rfind(process, 0), 0U);
}

TEST_F(LockTest, TheKernelReleasesTheLockOfARunThatDies) {
  Holder holder(ledger_);
  holder.kill_it();
  EXPECT_NO_THROW(Lock(ledger_, milliseconds(0)));
  EXPECT_EQ(storage::lock_holder(ledger_), "");
}

TEST_F(LockTest, AWaitLastsUntilTheHolderIsDone) {
  Holder holder(ledger_);
  std::thread waiter([this] { EXPECT_NO_THROW(Lock(ledger_, std::chrono::minutes(1))); });
  holder.let_go();
  waiter.join();
}

TEST_F(LockTest, AWaitEnds) {
  const Holder holder(ledger_);
  EXPECT_THROW(Lock(ledger_, milliseconds(100)), LedgerBusy);
}

TEST_F(LockTest, AWaitIsEndedByASignal) {
  const Holder holder(ledger_);
  int stop[2];
  ASSERT_EQ(pipe(stop), 0);
  ASSERT_EQ(write(stop[1], "s", 1), 1);
  EXPECT_THROW(Lock(ledger_, std::chrono::minutes(1), stop[0]), core::Stopped);
  close(stop[0]);
  close(stop[1]);
}

TEST_F(LockTest, AFreeLockCanBeTakenRepeatedly) {
  for (int i = 0; i < 3; ++i) {
    const Lock lock(ledger_, milliseconds(0));
  }
  EXPECT_EQ(storage::lock_holder(ledger_), "");
}

// `doctor` must not make a run of cron believe that another run is in progress.
TEST_F(LockTest, AQueryOfTheHolderRefusesNobody) {
  { const Lock lock(ledger_, milliseconds(0)); }
  std::jthread looker([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      static_cast<void>(storage::lock_holder(ledger_));
    }
  });
  for (int i = 0; i < 200; ++i) {
    EXPECT_NO_THROW(Lock(ledger_, milliseconds(0)));
  }
}

TEST_F(LockTest, TheFileAndItsFolderArePrivateAndNoChildInheritsThem) {
  const mode_t before = umask(0);
  const std::string deep = folder_.path("a/b/ledger.db");
  const Lock lock(deep, milliseconds(0));
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat((deep + ".lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  for (const char* folder : {"a", "a/b"}) {
    ASSERT_EQ(stat(folder_.path(folder).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U) << folder;
  }
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(entry, gone) == deep + ".lock") {
      EXPECT_NE(fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC, 0);
    }
  }
}

TEST_F(LockTest, AHolderWithoutANameIsStillOne) {
  const Lock lock(ledger_, milliseconds(0));
  fs::resize_file(ledger_ + ".lock", 0);
  EXPECT_EQ(storage::lock_holder(ledger_), "somebody");
  try {
    const Lock other(ledger_, milliseconds(0));
    FAIL();
  } catch (const LedgerBusy& busy) {
    EXPECT_EQ(std::string(busy.what()).find('('), std::string::npos) << busy.what();
  }
}

TEST_F(LockTest, ALinkInItsPlaceIsRefused) {
  entries::write_file(folder_.path("precious"), "precious");
  fs::create_symlink(folder_.path("precious"), ledger_ + ".lock");
  EXPECT_THROW(Lock(ledger_, milliseconds(0)), core::Error);
  EXPECT_EQ(support::read_file(folder_.path("precious")), "precious");
}

TEST_F(LockTest, AFileThatItCreatedIsRemovedUnlessTheLedgerIsInUse) {
  const std::string path = ledger_ + ".lock";
  { const Lock lock(ledger_, milliseconds(0)); }
  EXPECT_FALSE(fs::exists(path));
  {
    Lock lock(ledger_, milliseconds(0));
    lock.keep();
  }
  EXPECT_TRUE(fs::exists(path));
  { const Lock lock(ledger_, milliseconds(0)); }
  EXPECT_TRUE(fs::exists(path)) << "it was there before";
}

TEST_F(LockTest, ARemovedFileIsNoticed) {
  const std::string path = ledger_ + ".lock";
  {
    const Lock lock(ledger_, milliseconds(0));
    EXPECT_NO_THROW(lock.require_in_place());
    fs::remove(path);
    EXPECT_THROW(lock.require_in_place(), core::Error);
    const Lock other(ledger_, milliseconds(0));
    EXPECT_THROW(lock.require_in_place(), core::Error);
    EXPECT_NO_THROW(other.require_in_place());
  }
  EXPECT_FALSE(fs::exists(path));
}

// Failing starts remove their file while others wait for it: two processes never hold the lock.
TEST_F(LockTest, RemovingTheFileNeverAllowsTwoHolders) {
  constexpr int kStarts = 300;
  std::atomic<int> inside = 0;
  std::atomic<int> met = 0;
  const auto start_again_and_again = [&] {
    for (int i = 0; i < kStarts; ++i) {
      const Lock lock(ledger_, std::chrono::minutes(1));
      met += inside.fetch_add(1);
      std::this_thread::yield();
      --inside;
    }
  };
  std::vector<std::thread> starts;
  for (int i = 0; i < 3; ++i) {
    starts.emplace_back(start_again_and_again);
  }
  for (std::thread& one : starts) {
    one.join();
  }
  EXPECT_EQ(met, 0);
  EXPECT_FALSE(fs::exists(ledger_ + ".lock"));
}

TEST_F(LockTest, AMissingLedgerHasNoHolder) {
  EXPECT_EQ(storage::lock_holder(folder_.path("no/ledger.db")), "");
}

}  // namespace
