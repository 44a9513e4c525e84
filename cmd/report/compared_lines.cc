#include "cmd/report/compared_lines.h"

#include <utility>

#include "cmd/cli/ledger_name.h"
#include "cmd/report/closed_periods.h"
#include "storage/open_ledger.h"

namespace cmd {

ReportOptions compared_period(const Settings& settings) {
  return {.ledger = ledger_path(settings),
          .period = settings.given_text("period").value_or(""),
          .from = settings.given_text("from").value_or(""),
          .to = settings.given_text("to").value_or(""),
          .zone = settings.is_given("tz") ? settings.text("tz") : "",
          .time = settings.text("time")};
}

bool names_a_period(const ReportOptions& options) {
  return !options.period.empty() || !options.from.empty() || !options.to.empty();
}

void cover_all_time(ReportOptions& options) {
  options.from = "2000-01-01";  // no task is older than the gateway
  options.to = "9999-12-31";
}

ComparedLines::ComparedLines(ReportOptions options, std::string account, Log& log)
    : options_(std::move(options)),
      plan_(options_),
      reports_(storage::open_billing_source(options_.ledger)),
      account_(std::move(account)) {
  plan_.adopt(reports_.closed_periods(), log);
  require_unchanged_periods(reports_, plan_.query);
}

bool ComparedLines::choose_account() {
  const auto accounts = reports_.source().accounts();
  const auto account = accounts.find(account_);
  if (account == accounts.end()) {
    return false;
  }
  plan_.query.account = account->second;
  return true;
}

}  // namespace cmd
