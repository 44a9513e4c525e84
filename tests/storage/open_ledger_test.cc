// What commands that know no back end ask of a ledger: who writes it, and that nobody does.
#include "storage/open_ledger.h"

#include <gtest/gtest.h>

#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "storage/ledger_error.h"
#include "storage/postgres/server_error.h"
#include "storage/sqlite/lock.h"
#include "tests/storage/runs.h"
#include "tests/support/temp_dir.h"

namespace {

using std::chrono::milliseconds;

class OpenLedger : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  // A run that is at work, until `end_run`; `cmd` takes the lock of a file.
  void begin_run() {
    runs_.run_with({"a"});
    if (GetParam().name == "sqlite") {
      lock_.emplace(ledger(), milliseconds(0));
    }
  }
  void end_run() {
    lock_.reset();
    runs_.end();
  }
  std::string ledger() { return runs_.back_end().ledger(); }

  runs::Runs runs_{GetParam()};
  std::optional<storage::Lock> lock_;
};

INSTANTIATE_TEST_SUITE_P(All, OpenLedger, testing::ValuesIn(runs::stored_back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(OpenLedger, NamesTheWriterWhileThereIsOne) {
  begin_run();
  EXPECT_NE(storage::ledger_writer(ledger()), "");
  end_run();
  EXPECT_EQ(storage::ledger_writer(ledger()), "");
}

TEST_P(OpenLedger, IsHeldOnlyWhileNoRunIsAtWork) {
  begin_run();
  try {
    const storage::LedgerHold hold(ledger(), milliseconds(0));
    ADD_FAILURE() << "held beside a run";
  } catch (const storage::LedgerBusy& busy) {
    EXPECT_NE(std::string(busy.what()).find(storage::ledger_writer(ledger())), std::string::npos)
        << busy.what();
  }
  EXPECT_THROW(storage::LedgerHold(ledger(), milliseconds(300)), storage::LedgerBusy) << "waited";
  end_run();
  EXPECT_NO_THROW(storage::LedgerHold(ledger(), milliseconds(0)));
}

TEST(OpenLedgerFile, IsHeldByOneAtATime) {
  support::TempDir folder;
  const auto made = support::sqlite_back_end(folder.path("ledger.db"));
  static_cast<void>(made->open_work_list());
  const storage::LedgerHold hold(folder.path("ledger.db"), milliseconds(0));
  EXPECT_THROW(storage::LedgerHold(folder.path("ledger.db"), milliseconds(0)), storage::LedgerBusy);
}

TEST(OpenLedgerFile, IsNotMadeByAHold) {
  support::TempDir folder;
  EXPECT_THROW(storage::LedgerHold(folder.path("none.db"), milliseconds(0)),
               storage::LedgerUnreadable);
  EXPECT_FALSE(std::filesystem::exists(folder.path("none.db")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path(""))) << "no lock either";
}

// Whoever waits for a server sees that it is away; all others, that the ledger cannot be read.
TEST(OpenLedgerOnAServer, ThatIsAwayCannotBeRead) {
  const std::string away = "postgresql://user@127.0.0.1:1/ledger";
  const std::vector<void (*)(const std::string&)> ways{
      [](const std::string& ledger) { static_cast<void>(storage::open_ledger_reader(ledger)); },
      [](const std::string& ledger) { static_cast<void>(storage::open_billing_source(ledger)); },
      [](const std::string& ledger) { static_cast<void>(storage::open_dashboard(ledger)); },
      [](const std::string& ledger) { static_cast<void>(storage::ledger_writer(ledger)); },
      [](const std::string& ledger) { storage::LedgerHold(ledger, milliseconds(0)); }};
  for (const auto& way : ways) {
    try {
      way(away);
      ADD_FAILURE();
    } catch (const storage::LedgerUnreadable& unreadable) {
      EXPECT_THROW(std::rethrow_if_nested(unreadable), storage::ConnectionLost);
    }
  }
}

TEST(OpenLedgerVersion, IsThatOfTheLibrary) {
  EXPECT_EQ(storage::back_end_version().rfind("3.", 0), 0U) << storage::back_end_version();
}

}  // namespace
