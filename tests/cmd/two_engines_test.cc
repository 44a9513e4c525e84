// Whatever people are told of a ledger is the same, byte for byte, on SQLite and on PostgreSQL.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/audit.h"
#include "cmd/close.h"
#include "cmd/report.h"
#include "core/clock.h"
#include "core/error.h"
#include "storage/copy/copy_ledger.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/maintenance.h"
#include "storage/statements/ledger_tables.h"
#include "tests/storage/histories.h"
#include "tests/storage/runs.h"
#include "tests/support/back_end.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/ledger_dump.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_dir.h"

namespace {

constexpr core::UtcTime kNow{std::chrono::milliseconds(1'796'000'000'000)};
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kSeptember = 1'788'220'800'000;  // 2026-09-01T00:00:00Z
const std::vector<std::string> kMonths = {"2026-09", "2026-10", "2026-11"};

// When the last block is pruned, SQLite gives its number to the next block, and PostgreSQL gives it
// to none: blocks are compared by their content.
void name_blocks_by_content(support::Dump& dump) {
  std::map<std::string, std::string> contents;
  for (std::string& line : dump["answer_block"]) {
    const std::size_t number = line.find('|');
    contents[line.substr(0, number)] = line.substr(number);
    line.erase(0, number);
  }
  for (std::string& line : dump["snapshot"]) {  // its last columns: "…|block|slot|"
    const std::size_t slot = line.rfind('|', line.size() - 2);
    const std::size_t block = line.rfind('|', slot - 1) + 1;
    const auto found = contents.find(line.substr(block, slot - block));
    if (found != contents.end()) {
      line.replace(block, slot - block, found->second);
    }
  }
}

class PostgresReports : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
  }

  static void copy(const std::string& from, const std::string& to) {
    storage::copy_ledger(from, to, kNow, [](const storage::LedgerTable&, std::uint64_t) {});
  }
  std::string copy_on_server(const std::string& ledger) {
    std::string url = support::make_postgres_database();
    copy(ledger, url);
    return url;
  }
  std::string copy_in_file(const std::string& ledger) {
    std::string path = folder_.path("copy" + std::to_string(++files_) + ".db");
    copy(ledger, path);
    return path;
  }

  // The report, its manifest, and how it ended.
  std::string report(cmd::ReportOptions options, const std::string& ledger) {
    options.ledger = ledger;
    options.output = folder_.path("report");
    std::ostringstream out;
    std::string told;
    try {
      const cmd::ExitCode code = cmd::write_report(options, log_, out);
      told = std::to_string(static_cast<int>(code)) + support::read_file(options.output) +
             support::read_file(options.output + ".manifest.json");
    } catch (const core::Error& failure) {
      told = failure.what();
    }
    std::filesystem::remove(options.output);
    std::filesystem::remove(options.output + ".manifest.json");
    return told;
  }
  // The bundle, or why there is none.
  std::string audit(const std::string& month, const std::string& ledger) {
    const std::string bundle = folder_.path("bundle.tar");
    std::ostringstream out;
    try {
      static_cast<void>(cmd::audit_period({.ledger = ledger, .period = month, .output = bundle},
                                          kNow, log_, out));
      const std::string bytes = support::read_file(bundle);
      std::filesystem::remove(bundle);
      return bytes;
    } catch (const std::exception& failure) {
      return failure.what();
    }
  }
  std::string close(cmd::CloseOptions options, const std::string& ledger, bool reprice,
                    core::UtcTime now = kNow) {
    options.ledger = ledger;
    std::ostringstream out;
    try {
      const cmd::ExitCode code = reprice ? cmd::reprice_period(options, now, log_, out)
                                         : cmd::close_period(options, now, log_, out);
      return std::to_string(static_cast<int>(code)) + out.str();
    } catch (const core::Error& failure) {
      return failure.what();
    }
  }
  std::vector<cmd::ReportOptions> reports(const std::string& month) const {
    const cmd::ReportOptions plain{.ledger = "", .period = month, .prices = prices_};
    std::vector<cmd::ReportOptions> all;
    for (const char* format : {"csv", "json", "focus", "html", "xlsx"}) {
      all.push_back(plain);
      all.back().format = format;
    }
    all.push_back(plain);
    all.back().prices.clear();
    all.push_back(plain);
    all.back().by = {"label:customer", "account", "day"};
    all.push_back(plain);
    all.back().time = "submit";
    all.back().status = "success";
    all.back().account = "default";
    return all;
  }
  void expect_alike(const std::vector<std::string>& months, const std::string& ledger,
                    const std::vector<std::string>& others) {
    for (const std::string& month : months) {
      for (const cmd::ReportOptions& options : reports(month)) {
        const std::string told = report(options, ledger);
        for (const std::string& other : others) {
          EXPECT_EQ(report(options, other), told)
              << month << " " << options.format << " by " << options.by[0] << " " << other;
        }
      }
    }
  }

  static const support::BackEndMaker& back_end(const std::string& name) {
    return *std::find_if(support::back_ends().begin(), support::back_ends().end(),
                         [&](const auto& maker) { return maker.name == name; });
  }
  std::string close_between_runs(runs::Runs& runs, const cmd::CloseOptions& options, bool reprice) {
    runs.end();
    runs.clock().advance(std::chrono::hours(20));
    std::string told = close(options, runs.back_end().ledger(), reprice, runs.now());
    runs.clock().advance(std::chrono::milliseconds(1));  // the check tells by it what came later
    runs.begin_run();
    runs.work().add_pending(0);
    return told;
  }
  // Row for row, in each report, and by the checks.
  void expect_same_ledger(const std::string& ledger, const std::string& server) {
    const std::string back = copy_in_file(server);
    support::Dump expected = support::dump_of(ledger);
    support::Dump found = support::dump_of(back);
    for (support::Dump* dump : {&expected, &found}) {
      dump->erase("migration");  // made at different times
      name_blocks_by_content(*dump);
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(storage::check_ledger(back, ""), std::vector<std::string>{});
    expect_alike({"2026-06", "2026-06-01"}, ledger, {server, back});
  }

  support::TempDir folder_;
  std::string prices_ =
      folder_.write("prices.csv",
                    "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"
                    "happy*,second,,,0.90,CNY,,\n"
                    "m*,second,,,0.45,USD,,\n"
                    "seed*,mtoken,,,46,CNY,,\n");
  std::string rates_ = folder_.write("rates.csv",
                                     "date,from,to,rate,source\n"
                                     "2026-10,CNY,EUR,0.1261,bank\n2026-11,CNY,EUR,0.1277,bank\n");
  std::string other_prices_ =
      folder_.write("other.csv",
                    "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"
                    "happy*,second,,,1.10,CNY,,\n"
                    "m*,second,,,0.45,USD,,\n"
                    "seed*,mtoken,,,46,CNY,,\n");
  cmd::Log log_{{.level = cmd::LogLevel::error}};
  int files_ = 0;
};

TEST_F(PostgresReports, TellTheSameOfOldLedgers) {
  for (int version = 1; version <= 9; ++version) {
    SCOPED_TRACE(version);
    const std::string ledger = folder_.path("v" + std::to_string(version) + ".db");
    SQLite::Database(ledger, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec(support::read_file(TEST_DATA "/ledgers/v" + std::to_string(version) + ".sql"));
    static_cast<void>(storage::migrate_ledger(ledger, kNow, false));
    const std::string server = copy_on_server(ledger);
    expect_alike({"2026-10"}, ledger, {server, copy_in_file(server)});
  }
}

// Fills a ledger with tasks of three months: two accounts that share some, ties, open tasks, tasks
// without a finish time, and texts of many scripts.
class RandomLedger {
 public:
  RandomLedger(const std::string& path, std::uint32_t seed) : answers_(path), random_(seed) {}

  void add_tasks(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "t" + std::to_string(below(90));
      const std::string account = one_of<std::string>({"default", "default", "second"});
      if (!known_.insert(account + id).second) {
        continue;
      }
      const std::int64_t finish = kSeptember + below(91 * 24) * kHourMs;
      using enum core::TaskState;
      const std::vector<core::TaskState> kStates = {unfinished, succeeded, succeeded, succeeded,
                                                    succeeded,  failed,    failed,    missing};
      const core::TaskState state = one_of(kStates);
      core::TaskFacts facts{
          .model = one_of<std::string>({"happyhorse", "m1", "seedance", "", "ünknown"}),
          .duration_seconds = one_of<std::string>({"5.0", "8", ""}),
          .completion_tokens = one_of<std::string>({"108900", ""})};
      if (below(2) == 0) {
        facts.submit_time = support::utc(finish - kHourMs);
      }
      if ((state == succeeded || state == failed) && below(6) > 0) {
        facts.finish_time = support::utc(finish);
      }
      answers_.record({.account = account,
                       .id = id,
                       .state = state,
                       .facts = facts,
                       .labels = one_of<core::Labels>(
                           {{{"customer", "A, B"}}, {{"customer", "客户"}, {"team", "x"}}, {}}),
                       .observed_at = finish + kHourMs});
    }
  }
  std::int64_t below(std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random_);
  }
  template <typename Value>
  Value one_of(const std::vector<Value>& values) {
    return values[static_cast<std::size_t>(below(static_cast<std::int64_t>(values.size())))];
  }

 private:
  support::BillingLedger answers_;
  std::mt19937 random_;
  std::set<std::string> known_;
};

// Random closings and price books, and tasks that come late, done to both.
TEST_F(PostgresReports, BillTheSameWhateverIsClosed) {
  constexpr std::uint32_t kSeeds = 2;
  for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const std::string ledger = folder_.path("random" + std::to_string(seed) + ".db");
    RandomLedger random(ledger, seed);
    for (int round = 0; round < 2; ++round) {
      random.add_tasks(40);
      const std::string server = copy_on_server(ledger);
      for (int step = 0; step < 3; ++step) {
        const bool reprice = random.below(3) == 0;
        cmd::CloseOptions options{
            .ledger = "",
            .period = kMonths[static_cast<std::size_t>(random.below(2))],
            .prices = reprice || random.below(2) == 0
                          ? random.one_of<std::string>({prices_, other_prices_})
                          : "",
            .force = random.below(3) > 0,
            .write_off_stale = random.below(2) == 0,
            .stale_after = std::chrono::hours(random.below(200))};
        if (!reprice && !options.prices.empty() && random.below(2) == 0) {
          options.round = core::Rounding{};
          options.rates = rates_;
          options.billing_currency = "EUR";
          options.resale = other_prices_;
        }
        const std::string told = close(options, ledger, reprice);
        EXPECT_EQ(close(options, server, reprice), told);
      }
      const std::string back = copy_in_file(server);
      EXPECT_EQ(storage::check_ledger(back, ""), storage::check_ledger(ledger, ""));
      expect_alike(kMonths, ledger, {server, back});
      for (const std::string& month : kMonths) {
        EXPECT_TRUE(audit(month, server) == audit(month, ledger)) << month;
      }
    }
  }
}

// What happens to a ledger in a month, done to both: runs, answers, downloads, what people do
// between runs, and closings. REELTALLY_HISTORIES: how many.
TEST_F(PostgresReports, RandomHistoriesLeaveTheSameLedger) {
  const std::vector<std::string> kDays = {"2026-06-01", "2026-06-02", "2026-06"};
  constexpr int kSteps = 30;
  const char* many = std::getenv("REELTALLY_HISTORIES");
  const unsigned histories = many == nullptr ? 3 : static_cast<unsigned>(std::stoul(many));
  for (unsigned seed = runs::first_seed(); seed < runs::first_seed() + histories; ++seed) {
    SCOPED_TRACE("REELTALLY_SEED=" + std::to_string(seed));
    runs::Histories steps(seed);
    std::mt19937 random(seed);
    runs::Runs file(back_end("sqlite"));
    runs::Runs server(back_end("postgres"));
    for (int number = 0; number < kSteps; ++number) {
      const runs::Step step = number == 0 ? steps.begin_list() : steps.next(file);
      step.play(file);
      step.play(server);
      if (random() % 6 == 0) {
        const cmd::CloseOptions options{.ledger = "",
                                        .period = kDays[random() % 3],
                                        .prices = random() % 2 == 0 ? prices_ : other_prices_,
                                        .force = random() % 3 > 0,
                                        .write_off_stale = random() % 2 == 0,
                                        .stale_after = std::chrono::hours(random() % 50)};
        const bool reprice = random() % 4 == 0;
        EXPECT_EQ(close_between_runs(server, options, reprice),
                  close_between_runs(file, options, reprice));
      }
    }
    for (runs::Runs* runs : {&file, &server}) {
      runs::Histories::forget_all().play(*runs);
    }
    expect_same_ledger(file.back_end().ledger(), server.back_end().ledger());
  }
}

}  // namespace
