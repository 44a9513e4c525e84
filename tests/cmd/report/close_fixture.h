// A ledger of October 2026, which the functions behind the command line close and report.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>

#include "cmd/cli/exit_code.h"
#include "cmd/close.h"
#include "cmd/report.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/csv_table.h"
#include "tests/support/temp_dir.h"
#include "tests/support/thawed_lines.h"

namespace close_fixture {

inline constexpr std::int64_t kDayMs = 86'400'000;
inline constexpr std::int64_t kOctober = 1'790'812'800'000;  // 2026-10-01T00:00:00Z
inline constexpr std::int64_t kNovember = kOctober + 31 * kDayMs;
inline constexpr core::UtcTime kNow{std::chrono::milliseconds(kNovember + 20 * kDayMs)};

inline const std::string kPrices =
    "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"
    "m,second,,,0.90,CNY,,\n";

class CloseFixture : public testing::Test {
 protected:
  CloseFixture() { prices_ = folder_.write("prices.csv", kPrices); }

  void add(const std::string& id, std::int64_t finish, const std::string& seconds, int state = 1) {
    answers_.record({.id = id,
                     .state = static_cast<core::TaskState>(state),
                     .facts = {.submit_time = support::utc(finish),
                               .finish_time = support::utc(finish),
                               .model = "m",
                               .duration_seconds = seconds},
                     .observed_at = kOctober});
  }
  // A further answer, and what it says otherwise than the one before.
  void answer(const std::string& id, int state, const core::TaskFacts& changes,
              const std::string& body) {
    answers_.record({.id = id,
                     .state = static_cast<core::TaskState>(state),
                     .facts = changes,
                     .observed_at = kNovember,
                     .body = body});
  }
  // As somebody who changes closed lines.
  void alter(const std::string& change) const {
    SQLite::Database database(ledger_, SQLite::OPEN_READWRITE);
    support::thaw_lines(database);
    database.exec(change);
  }
  cmd::ExitCode close(const std::string& period, bool force = false) {
    return call(cmd::close_period, options(period, force));
  }
  cmd::ExitCode reprice(const std::string& period, const std::string& rows, bool force = false) {
    cmd::CloseOptions options = this->options(period, force);
    options.prices = book(rows);
    return call(cmd::reprice_period, options);
  }
  [[nodiscard]] cmd::CloseOptions options(const std::string& period, bool force = false) const {
    return {.ledger = ledger_,
            .period = period,
            .zone = zone_,
            .prices = prices_,
            .force = force,
            .stale_after = std::chrono::hours(36),
            .json = json_};
  }
  // Keeps the messages of the command.
  cmd::ExitCode call(cmd::ExitCode (*command)(const cmd::CloseOptions&, core::UtcTime, cmd::Log&,
                                              std::ostream&),
                     const cmd::CloseOptions& options) {
    std::ostringstream out;
    cmd::Log log{{.level = cmd::LogLevel::note}};
    testing::internal::CaptureStderr();
    try {
      const cmd::ExitCode code = command(options, kNow, log, out);
      told_ = testing::internal::GetCapturedStderr();
      said_ = out.str();
      return code;
    } catch (...) {
      told_ = testing::internal::GetCapturedStderr();
      throw;
    }
  }
  // A price book with these rows: "m,second,,,2,CNY,,\n".
  [[nodiscard]] std::string book(const std::string& rows) const {
    return folder_.write("book.csv",
                         "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n" + rows);
  }
  [[nodiscard]] bool told(const std::string& text) const {
    return told_.find(text) != std::string::npos;
  }
  std::string report(const std::string& period, const std::string& zone = "") {
    std::ostringstream out;
    cmd::write_report({.ledger = ledger_, .period = period, .zone = zone, .prices = prices_}, log_,
                      out);
    return out.str();
  }
  // "task cost adjusts?" of each line of a report.
  std::string costs(const std::string& period) {
    std::string all;
    for (auto& row : support::csv_table(report(period))) {
      all += row["task_id"] + " " + row["cost"] + (row["adjusts"].empty() ? "" : "*") + "\n";
    }
    return all;
  }

  support::TempDir folder_;
  std::string ledger_ = folder_.path("ledger.db");
  support::BillingLedger answers_{ledger_};
  std::string prices_;
  std::string zone_;
  bool json_ = false;
  std::string said_;  // on standard output
  std::string told_;  // on standard error
  cmd::Log log_{{.level = cmd::LogLevel::error}};
};

}  // namespace close_fixture
