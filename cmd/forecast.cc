#include "cmd/forecast.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "cmd/report/closed_periods.h"
#include "cmd/report/forecast_table.h"
#include "cmd/report/period_forecast.h"
#include "core/error.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;
using Part = PeriodForecast::Part;

std::string period_name(const Settings& settings, core::UtcTime now) {
  if (!settings.arguments().empty()) {
    return settings.arguments().front();
  }
  return core::TimeZone(settings.text("tz")).day(now).substr(0, core::kMonthLength);
}

ReportOptions options_of(const Settings& settings, core::UtcTime now) {
  return {
      .ledger = ledger_path(settings),
      .period = period_name(settings, now),
      .zone = settings.text("tz"),
      .account = settings.given_text("account").value_or(""),
      .by = settings.list("by"),
      .prices = settings.given_text("prices").value_or(""),
      .quota_per_unit = settings.count("quota-per-unit"),
      .round = rounding_of(settings),
      .labels = settings.is_given("label") ? settings.list("label") : std::vector<std::string>()};
}

void require_open(const ReportPlan& plan, const core::ClosedPeriod* closed) {
  if (closed != nullptr) {
    throw core::UsageError(plan.period.name +
                           " is closed, so its cost is no estimate; see it with `reeltally report "
                           "--period " +
                           plan.period.name + "`");
  }
  if (!plan.prices) {
    throw core::UsageError("a forecast is about money; add --prices FILE");
  }
  std::string unfit = plan.keys.empty() ? "task" : "";
  for (const GroupKey& key : plan.keys) {
    const bool is_fit = key.kind != GroupKey::Kind::day && key.kind != GroupKey::Kind::month &&
                        key.kind != GroupKey::Kind::status;
    unfit = is_fit ? unfit : key.name;
  }
  if (!unfit.empty()) {
    throw core::UsageError("--by " + unfit +
                           " cannot be used for a forecast; use model, action, resolution, "
                           "account or label:NAME");
  }
}

std::pair<Json, Json> amounts_of(const Part& part, const core::DaysOver& days) {
  Json so_far = Json::object();
  Json by_end = Json::object();
  for (const auto& [currency, sum] : part.cost) {
    const auto estimate = core::estimate(sum, days, estimate_places(currency));
    so_far[currency] = exact_number(sum.so_far);
    by_end[currency] = estimate ? exact_number(*estimate) : Json();
  }
  return {std::move(so_far), std::move(by_end)};
}

void print_part(const ReportPlan& plan, const PeriodForecast& forecast,
                const std::vector<std::string>* keys, const Part& part, std::ostream& out) {
  auto [so_far, by_end] = amounts_of(part, forecast.days);
  Json json{{"type", keys != nullptr ? "forecast" : "forecast_total"},
            {"period", plan.period.name},
            {"tz", plan.zone.name()},
            {"days", forecast.days.all},
            {"days_over", forecast.days.over}};
  for (std::size_t i = 0; keys != nullptr && i < keys->size(); ++i) {
    json[plan.keys.at(i).name] = keys->at(i).empty() ? Json() : Json(keys->at(i));
  }
  json["tasks"] = part.tasks;
  json["unpriced"] = part.unpriced;
  json["so_far"] = std::move(so_far);
  json["estimate"] = std::move(by_end);
  print_json(out, json);
}

std::string name_of(const std::vector<std::string>& keys) {
  constexpr std::size_t kShownMax = 100;
  std::string name;
  for (const std::string& key : keys) {
    name += (name.empty() ? "" : ", ") + (key.empty() ? "(none)" : core::printable(key, kShownMax));
  }
  return name;
}

std::string title_of(const ReportPlan& plan) {
  std::string title;
  for (const GroupKey& key : plan.keys) {
    title += (title.empty() ? "" : ", ") + key.name;
  }
  std::transform(title.begin(), title.end(), title.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return title;
}

void say_basis(const ReportPlan& plan, const PeriodForecast& forecast, const Part& total,
               Log& log) {
  const core::DaysOver& days = forecast.days;
  log.note(plan.period.name + " in " + plan.zone.name() + ": " + std::to_string(days.over) +
           " of " + format_count(static_cast<std::uint64_t>(days.all), "day") +
           (days.over == 1 || days.all == 1 ? " is over" : " are over") +
           (days.over == 0 ? ", so there is no estimate yet" : ""));
  if (total.unpriced > 0) {
    log.warning("no cost in " + format_count(static_cast<std::uint64_t>(total.unpriced), "line") +
                ", so the forecast does not include them; `reeltally report --check --period " +
                plan.period.name + "` names them");
  }
}

}  // namespace

ExitCode forecast(const Settings& settings, Log& log, std::ostream& out) {
  const core::UtcTime now = core::SystemClock().utc();
  const ReportOptions options = options_of(settings, now);
  ReportPlan plan(options);
  core::Reports reports(storage::open_billing_source(options.ledger));
  plan.choose_account(reports.source().accounts());
  require_open(plan, plan.adopt(reports.closed_periods(), log));
  require_unchanged_periods(reports, plan.query);
  const PeriodForecast forecast = forecast_period(plan, reports);
  const Part total = forecast.total();
  if (settings.flag("json")) {
    for (const auto& [keys, part] : forecast.parts) {
      print_part(plan, forecast, &keys, part, out);
    }
    print_part(plan, forecast, nullptr, total, out);
  } else {
    ForecastTable table(terminal_columns(STDOUT_FILENO, settings.environment()));
    for (const auto& [keys, part] : forecast.parts) {
      table.add(name_of(keys), part, forecast.days);
    }
    table.add("total", total, forecast.days);
    table.print(title_of(plan), out);
  }
  say_basis(plan, forecast, total, log);
  return ExitCode::ok;
}

}  // namespace cmd
