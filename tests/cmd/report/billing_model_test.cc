// Random histories of tasks and closed periods, compared with an oracle that is independent of the
// code: three rules decide the content of every report (design.md B5, B6, B8, B10). A thousand
// histories, unless model_histories.h is told another number.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "cmd/close.h"
#include "cmd/report.h"
#include "core/billing/billing_source.h"
#include "core/billing/reports.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/database.h"
#include "tests/cmd/report/billing_oracle.h"
#include "tests/cmd/report/model_histories.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/csv_table.h"
#include "tests/support/temp_dir.h"

namespace {

using billing_oracle::is_contract;
using billing_oracle::kPrice;
using billing_oracle::Line;
using billing_oracle::Oracle;
using billing_oracle::Said;

constexpr int kTasks = 5;
constexpr int kMonths = 6;  // 2026-01 …; events happen in the first four
constexpr int kPlayed = 4;
constexpr int kSteps = 14;
constexpr int kPricesEnd = 6;
constexpr unsigned kShards = 4;  // tests that run in parallel

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::array<int, kMonths> kDayOfYear{0, 31, 59, 90, 120, 151};
constexpr std::int64_t kYear2026 = 1'767'225'600'000;
constexpr core::UtcTime kMuchLater{std::chrono::milliseconds(kYear2026 + 400 * kDayMs)};

std::string month_name(int month) { return "2026-0" + std::to_string(month + 1); }

class Program {
 public:
  explicit Program(const support::TempDir& folder)
      : folder_(folder), ledger_(folder.path("ledger.db")), prices_(price_file(kPrice)) {
    for (int rate = 1; rate < kPricesEnd; ++rate) {
      std::string rows = "date,from,to,rate\n";
      for (int month = 0; month < kMonths; ++month) {
        rows += month_name(month) + ",CNY,EUR," + std::to_string(rate) + "\n";
      }
      folder.write("rates" + std::to_string(rate) + ".csv", rows);
    }
    change_rate(1);
    for (int price = 1; price < kPricesEnd; ++price) {
      folder.write("resale" + std::to_string(price) + ".csv",
                   "model,unit,price,currency,input_seconds\nm,input_second," +
                       std::to_string(price) + ",CNY,>0\n");
    }
    change_resale(1);
    for (int price = 1; price < kPricesEnd; ++price) {
      const std::string one = std::to_string(price);
      folder.write("prices" + one + ".csv",
                   "model,unit,price,currency,label:customer,account,action,ratio,resolution,"
                   "minimum,round_up,discount,note\n"
                   "m,second," +
                       one + ",CNY,,,,,,,,,\nm,second," + std::to_string(2 * price) +
                       ",CNY,c1,,,,,4,2,50%,contract\nm,task," + one +
                       ",CNY,,,omni*,,,,,,\nm,quota," + one +
                       ",CNY,c1,,,,1080*,,,,\nm,label:want," + one + ",CNY,,studio,,9:1?,,,2,,\n");
    }
  }

  void copy_from(const std::string& empty_ledger) {
    change_resale(1);
    change_rate(1);
    answers_.reset();
    model_histories::begin_anew(ledger_, empty_ledger);
    answers_ = std::make_unique<support::BillingLedger>(ledger_);
  }

  void say(int task, const Said& said, int step) {
    answers_->record(
        {.account = account_of(task),
         .id = "t" + std::to_string(task),
         .state = said.succeeded ? core::TaskState::succeeded : core::TaskState::failed,
         .facts = {.finish_time = support::utc(begin_of(said.month) + task * 1000),
                   .model = "m",
                   .action = task == 2 ? "omniGenerate" : "",
                   .resolution = task == 3 ? "1080p" : "720p",
                   .ratio = task == 4 ? "9:16" : "",
                   .duration_seconds = std::to_string(said.seconds),
                   .input_seconds = std::to_string(said.seconds),
                   .quota = std::to_string(1'000'000 * said.seconds)},
         .labels = labels_of(task),
         .observed_at = kYear2026,
         .body = "answer " + std::to_string(step)});
  }

  void submit(int task, int month) {
    const std::int64_t at = begin_of(month) + task * 1000;
    answers_->record({.account = account_of(task),
                      .id = "t" + std::to_string(task),
                      .state = core::TaskState::unfinished,
                      .facts = {.submit_time = support::utc(at), .model = "m"},
                      .labels = labels_of(task),
                      .observed_at = at});
  }

  void close(int month) {
    std::ostringstream out;
    ASSERT_EQ(cmd::close_period({.ledger = ledger_,
                                 .period = month_name(month),
                                 .prices = prices_,
                                 .round = core::Rounding{},
                                 .rates = rates_,
                                 .billing_currency = "EUR",
                                 .resale = resale_,
                                 .force = true,
                                 .write_off_stale = true,
                                 .stale_after = std::chrono::hours(36)},
                                kMuchLater, log_, out),
              cmd::ExitCode::ok);
  }
  [[nodiscard]] std::vector<int> written_off(int month) const {
    core::Reports reports(storage::open_billing_source(ledger_));
    std::vector<int> tasks;
    for (const core::ClosedPeriod& closed : reports.closed_periods()) {
      if (closed.period.name != month_name(month)) {
        continue;
      }
      for (const core::TaskName& task : reports.source().written_off(closed)) {
        tasks.push_back(std::stoi(task.task_id.substr(1)));
      }
    }
    std::sort(tasks.begin(), tasks.end());
    return tasks;
  }

  void reprice(int month, int price, cmd::ExitCode expected) {
    std::ostringstream out;
    ASSERT_EQ(cmd::reprice_period(
                  {.ledger = ledger_, .period = month_name(month), .prices = price_file(price)},
                  kMuchLater, log_, out),
              expected);
  }

  // A closing that dies after some lines.
  void die_while_closing(int month, int lines) const {
    core::Reports reports(storage::open_billing_source(ledger_));
    const core::TimeZone utc("UTC");
    const core::Period period = core::parse_period(month_name(month), utc);
    const auto closing = reports.source().close({.period = period, .zone = "UTC"}, kMuchLater);
    reports.each_exact_line({.begin = period.begin, .end = period.end}, {}, utc,
                            [&](const core::ReportLine& line) {
                              if (lines-- > 0) {
                                closing->add(line);
                              }
                            });
  }

  std::string report(int month) {
    std::ostringstream out;
    cmd::write_report({.ledger = ledger_,
                       .period = month_name(month),
                       .prices = prices_,
                       .rates = rates_,
                       .billing_currency = "EUR",
                       .resale = resale_},
                      log_, out);
    return out.str();
  }

  void change_rate(int rate) { rates_ = folder_.path("rates" + std::to_string(rate) + ".csv"); }

  void change_resale(int price) {
    resale_ = folder_.path("resale" + std::to_string(price) + ".csv");
  }

  // The costs of the year's months, from a report that sums them up.
  std::map<std::string, int> costs_by_month() {
    std::ostringstream out;
    cmd::write_report({.ledger = ledger_, .period = "2026", .by = {"month"}, .prices = prices_},
                      log_, out);
    std::map<std::string, int> costs;
    for (auto& row : support::csv_table(out.str())) {
      costs[row["month"]] += std::stoi(row["cost"]);
    }
    return costs;
  }

 private:
  static core::Labels labels_of(int task) {
    if (task == 4) {
      return {{"want", "3"}};
    }
    return is_contract(task) ? core::Labels{{"customer", "c1"}} : core::Labels{};
  }
  static std::string account_of(int task) { return task == 4 ? "studio" : "default"; }
  static std::int64_t begin_of(int month) {
    return kYear2026 + kDayOfYear.at(static_cast<std::size_t>(month)) * kDayMs;
  }
  [[nodiscard]] std::string price_file(int price) const {
    return folder_.path("prices" + std::to_string(price) + ".csv");
  }

  const support::TempDir& folder_;
  std::string ledger_;
  std::unique_ptr<support::BillingLedger> answers_;
  std::string prices_;
  std::string rates_;
  std::string resale_;
  cmd::Log log_{{.level = cmd::LogLevel::error, .fd = silent()}};

  // Runs a command whose refusal is expected.
  static int silent() {
    static const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd;
  }
};

std::vector<Line> parse(const std::string& report) {
  std::vector<Line> lines;
  for (auto& row : support::csv_table(report)) {
    lines.emplace_back(std::stoi(row["task_id"].substr(1)), std::stoi(row["cost"]),
                       std::stoi(row["billing_cost"]), std::stoi(row["resale"]),
                       !row["adjusts"].empty());
    EXPECT_EQ(std::stoi(row["margin"]), std::stoi(row["resale"]) - std::stoi(row["cost"]));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

class History {
 public:
  History(Program& program, unsigned seed) : program_(program), random_(seed) {}

  void play() {
    for (int step = 0; step < kSteps; ++step) {
      switch (pick(10)) {
        case 0:
          close(pick(kPlayed));
          break;
        case 1:
          die(pick(kPlayed));
          break;
        case 2:
          reprice(pick(kPlayed), 1 + pick(kPricesEnd - 1));
          break;
        case 3:
          submit(pick(kTasks), pick(kPlayed));
          break;
        case 4:
          change_rate(1 + pick(kPricesEnd - 1));
          break;
        case 5:
          change_resale(1 + pick(kPricesEnd - 1));
          break;
        default:
          say(pick(kTasks), step);
      }
    }
    check();
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void say(int task, int step) {
    const Said said{.month = pick(kPlayed), .succeeded = pick(4) != 0, .seconds = 1 + pick(3)};
    known_.insert(task);
    program_.say(task, said, step);
    oracle_.say(task, said);
    trace_ << "t" << task << " of " << month_name(said.month) << " costs "
           << said.cost(task, kPrice) << "; ";
  }
  void submit(int task, int month) {
    if (known_.insert(task).second) {
      program_.submit(task, month);
      oracle_.submit(task, month);
      trace_ << "t" << task << " submitted in " << month_name(month) << "; ";
    }
  }
  void reprice(int month, int price) {
    const bool closed = oracle_.is_closed(month);
    program_.reprice(month, price, closed ? cmd::ExitCode::ok : cmd::ExitCode::partly);
    if (closed) {
      oracle_.reprice(month, price);
      trace_ << month_name(month) << " at " << price << " a second; ";
    }
  }
  void change_rate(int rate) {
    program_.change_rate(rate);
    oracle_.change_rate(rate);
    trace_ << "rate " << rate << "; ";
  }
  void change_resale(int price) {
    program_.change_resale(price);
    oracle_.change_resale(price);
    trace_ << "resale " << price << "; ";
  }
  void close(int month) {
    program_.close(month);
    if (!oracle_.is_closed(month)) {
      EXPECT_EQ(program_.written_off(month), oracle_.unfinished(month)) << trace_.str();
      oracle_.close(month);
      golden_[month] = program_.report(month);
    }
    trace_ << "close " << month_name(month) << "; ";
  }
  void die(int month) {
    if (!oracle_.is_closed(month)) {
      program_.die_while_closing(month, pick(3));
      trace_ << "die while closing " << month_name(month) << "; ";
    }
  }

  void check() {
    std::map<std::string, int> costs;
    int total = 0;
    for (int month = 0; month < kMonths; ++month) {
      const std::string report = program_.report(month);
      const std::vector<Line> lines = parse(report);
      EXPECT_EQ(lines, oracle_.lines(month)) << month_name(month) << ": " << trace_.str();
      if (golden_.contains(month)) {
        EXPECT_EQ(report, golden_[month]) << trace_.str();
      }
      for (const Line& line : lines) {
        costs[month_name(month)] += std::get<1>(line);
        total += std::get<1>(line);
      }
    }
    EXPECT_EQ(program_.costs_by_month(), costs) << trace_.str();
    EXPECT_EQ(total, oracle_.total()) << trace_.str();
  }

  Program& program_;
  std::mt19937 random_;
  Oracle oracle_;
  std::set<int> known_;  // tasks
  std::map<int, std::string> golden_;
  std::ostringstream trace_;
};

class BillingModel : public testing::TestWithParam<unsigned> {};

TEST_P(BillingModel, EveryReportFollowsFromTheAnswers) {
  model_histories::play<Program, History>(
      {.shard = GetParam(), .shards = kShards, .usual_histories = 1000, .usual_seed = 20261124});
}

INSTANTIATE_TEST_SUITE_P(Shards, BillingModel, testing::Range(0U, kShards));

}  // namespace
