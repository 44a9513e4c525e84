// Random months of tasks charged by tiers, closed, answered anew and found late, compared with an
// oracle (model_histories.h has the settings).
#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cmd/close.h"
#include "cmd/report.h"
#include "cmd/report/closed_periods.h"
#include "tests/cmd/report/model_histories.h"
#include "tests/cmd/report/tier_oracle.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/csv_table.h"
#include "tests/support/temp_dir.h"

namespace {

using tier_oracle::Line;
using tier_oracle::Oracle;
using tier_oracle::Said;

constexpr int kTierMonths = 4;  // 2026-01 …; tasks end in the first three
constexpr int kTierPlayed = 3;
constexpr int kTierSteps = 16;
constexpr unsigned kTierShards = 4;
constexpr unsigned kTierSchedules = 40;
constexpr std::int64_t kTierYear = 1'767'225'600'000;
constexpr core::UtcTime kTierNow{std::chrono::milliseconds(kTierYear + 400 * 86'400'000LL)};

// Those of tier_oracle::books().
const std::array<const char*, 4> kTierBooks = {
    "m,second,7,CNY,c1,2,,6\nm,second,3,CNY,,,9,\nm,second,0,CNY,,,0,4\n"
    "m,second,2,CNY,c1,2,6,\nm,second,5,CNY,,,4,9\n",
    "m,second,7,CNY,c1,2,,4\nm,second,4,CNY,,,7,\nm,second,0,CNY,,,0,4\n"
    "m,second,1,CNY,c1,2,4,8\nm,second,5,CNY,,,4,7\nm,second,6,CNY,c1,2,8,\n",
    "m,second,6,CNY,,,3,\nm,second,2,CNY,,,,3\nm,second,2,CNY,c1,2,6,\n"
    "m,second,5,CNY,c1,2,0,6\n",
    "m,second,4,CNY,,,,\nm,second,3,CNY,c1,2,,\n"};

// Those of tier_oracle::resale_books().
const std::array<const char*, 3> kResaleTiers = {
    "m,second,9,CNY,,5\nm,second,8,CNY,5,8\nm,second,6,CNY,8,\n", "m,second,7,CNY,,\n",
    "m,second,11,CNY,3,\nm,second,0,CNY,,3\n"};

// Where a note says that its line begins; -1: nowhere.
int start_in(const std::string& note) {
  const std::size_t after = note.find("after ");
  return after == std::string::npos ? -1 : std::stoi(note.substr(after + 6));
}

std::string tier_month(int month) { return "2026-0" + std::to_string(month + 1); }

// "t3" of an account: accounts differ, so that a filter has something to leave out.
std::string account_of(const std::string& task) { return task < "t3" ? "one" : "two"; }
bool has_contract(const std::string& task) { return (task.back() - '0') % 2 == 1; }

class TierProgram {
 public:
  explicit TierProgram(const support::TempDir& folder)
      : folder_(folder), ledger_(folder.path("tiers.db")), prices_(book(0)) {
    for (std::size_t i = 0; i < kTierBooks.size(); ++i) {
      folder.write("tiers" + std::to_string(i) + ".csv",
                   std::string("model,unit,price,currency,label:customer,round_up,from_quantity,"
                               "to_quantity\n") +
                       kTierBooks.at(i));
    }
    for (std::size_t i = 0; i < kResaleTiers.size(); ++i) {
      folder.write("resale" + std::to_string(i) + ".csv",
                   std::string("model,unit,price,currency,from_quantity,to_quantity\n") +
                       kResaleTiers.at(i));
    }
    resell(0);
  }

  void copy_from(const std::string& empty_ledger) {
    resell(0);
    answers_.reset();
    model_histories::begin_anew(ledger_, empty_ledger);
    answers_ = std::make_unique<support::BillingLedger>(ledger_);
  }
  void say(const std::string& task, const Said& said, int step) {
    const core::UtcTime month =
        core::parse_period(tier_month(said.month()), core::TimeZone("UTC")).begin;
    answers_->record(
        {.account = account_of(task),
         .id = task,
         .state = said.succeeded ? core::TaskState::succeeded : core::TaskState::failed,
         .facts = {.finish_time = month + std::chrono::seconds(said.at % 1000),
                   .model = "m",
                   .duration_seconds = std::to_string(said.seconds)},
         .labels = said.contract ? core::Labels{{"customer", "c1"}} : core::Labels{},
         .observed_at = kTierYear,
         .body = "answer " + std::to_string(step)});
  }
  void resell(std::size_t book) {
    resale_ = folder_.path("resale" + std::to_string(book) + ".csv");
  }
  void close(int month) {
    std::ostringstream out;
    ASSERT_EQ(cmd::close_period({.ledger = ledger_,
                                 .period = tier_month(month),
                                 .prices = prices_,
                                 .resale = resale_,
                                 .force = true,
                                 .stale_after = std::chrono::hours(36)},
                                kTierNow, log_, out),
              cmd::ExitCode::ok);
  }
  void reprice(int month, std::size_t book) {
    std::ostringstream out;
    ASSERT_EQ(cmd::reprice_period(
                  {.ledger = ledger_, .period = tier_month(month), .prices = this->book(book)},
                  kTierNow, log_, out),
              cmd::ExitCode::ok);
  }
  std::vector<Line> lines(cmd::ReportOptions options) {
    std::vector<Line> lines;
    for (auto& row : support::csv_table(text(std::move(options)), '|')) {
      lines.emplace_back(row["task_id"], std::stoi(row["cost"]), start_in(row["cost_note"]),
                         std::stoi(row["resale"]), start_in(row["resale_note"]),
                         !row["adjusts"].empty());
      EXPECT_EQ(std::stoi(row["margin"]), std::stoi(row["resale"]) - std::stoi(row["cost"]));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  // Costs and resale by account.
  std::map<std::string, std::pair<int, int>> sums(int month) {
    std::map<std::string, std::pair<int, int>> sums;
    for (auto& row :
         support::csv_table(text({.period = tier_month(month), .by = {"account"}}), '|')) {
      auto& [cost, resale] = sums[row["account"]];
      cost += std::stoi(row["cost"]);
      resale += row["resale"].empty() ? 0 : std::stoi(row["resale"]);  // of failures alone
    }
    return sums;
  }
  [[nodiscard]] std::vector<std::string> faults() const {
    return cmd::check_closed_periods(ledger_);
  }

 private:
  std::string text(cmd::ReportOptions options) {
    options.ledger = ledger_;
    options.prices = prices_;
    options.resale = resale_;
    options.delimiter = "|";
    std::ostringstream out;
    cmd::write_report(options, log_, out);
    return out.str();
  }
  [[nodiscard]] std::string book(std::size_t number) const {
    return folder_.path("tiers" + std::to_string(number) + ".csv");
  }
  static int silent_tiers() {
    static const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd;
  }

  const support::TempDir& folder_;
  std::string ledger_;
  std::string prices_;
  std::string resale_;
  std::unique_ptr<support::BillingLedger> answers_;
  cmd::Log log_{{.level = cmd::LogLevel::error, .fd = silent_tiers()}};
};

class TierHistory {
 public:
  TierHistory(TierProgram& program, unsigned seed) : program_(program), random_(seed) {}

  void play() {
    for (int step = 0; step < kTierSteps; ++step) {
      if (below(5) == 0) {
        close(below(kTierPlayed));
      } else if (below(6) == 0) {
        reprice(below(kTierPlayed), static_cast<std::size_t>(below(kTierBooks.size())));
      } else if (below(8) == 0) {
        resell(static_cast<std::size_t>(below(kResaleTiers.size())));
      } else {
        say("t" + std::to_string(below(6)), step);
      }
    }
    for (int month = 0; month < kTierMonths; ++month) {
      check(month);
    }
    EXPECT_TRUE(program_.faults().empty()) << trace_.str();
  }

 private:
  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }

  void say(const std::string& task, int step) {
    // Few instants, so that tasks share them.
    const Said said{.at = below(kTierPlayed) * 1000 + below(3),
                    .succeeded = below(4) != 0,
                    .contract = has_contract(task),
                    .seconds = below(7)};
    program_.say(task, said, step);
    oracle_.say(task, said);
    trace_ << task << (said.succeeded ? " of " : " failed at ") << said.at << " takes "
           << said.seconds << "; ";
  }
  void close(int month) {
    program_.close(month);
    if (!oracle_.is_closed(month)) {
      oracle_.close(month);
    }
    trace_ << "close " << tier_month(month) << "; ";
  }
  void reprice(int month, std::size_t book) {
    if (oracle_.is_closed(month)) {
      program_.reprice(month, book);
      oracle_.reprice(month, book);
      trace_ << tier_month(month) << " by book " << book << "; ";
    }
  }
  void resell(std::size_t book) {
    program_.resell(book);
    oracle_.resell(book);
    trace_ << "resale book " << book << "; ";
  }
  void check(int month) {
    const std::vector<Line> expected = oracle_.lines(month);
    EXPECT_EQ(program_.lines({.period = tier_month(month)}), expected)
        << tier_month(month) << ": " << trace_.str();
    std::map<std::string, std::pair<int, int>> sums;
    for (const Line& line : expected) {
      auto& [cost, resale] = sums[account_of(std::get<0>(line))];
      cost += std::get<1>(line);
      resale += std::get<3>(line);
    }
    EXPECT_EQ(program_.sums(month), sums) << tier_month(month) << ": " << trace_.str();
    // A part of the month, so that a history takes less time.
    const std::string account = below(2) == 0 ? "one" : "two";
    if (!sums.contains(account)) {
      return;  // the ledger may not know it
    }
    std::vector<Line> own;
    std::copy_if(expected.begin(), expected.end(), std::back_inserter(own),
                 [&](const Line& line) { return account_of(std::get<0>(line)) == account; });
    EXPECT_EQ(program_.lines({.period = tier_month(month), .account = account}), own)
        << tier_month(month) << " of " << account << ": " << trace_.str();
  }

  TierProgram& program_;
  std::mt19937 random_;
  Oracle oracle_;
  std::ostringstream trace_;
};

class TierBillingModel : public testing::TestWithParam<unsigned> {};

TEST_P(TierBillingModel, EveryPlaceFollowsFromTheAnswers) {
  model_histories::play<TierProgram, TierHistory>({.shard = GetParam(),
                                                   .shards = kTierShards,
                                                   .usual_histories = kTierSchedules,
                                                   .usual_seed = 20261128});
}

INSTANTIATE_TEST_SUITE_P(Shards, TierBillingModel, testing::Range(0U, kTierShards));

}  // namespace
