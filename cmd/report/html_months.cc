#include "cmd/report/html_months.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "cmd/report/html_tables.h"
#include "cmd/report/html_text.h"
#include "cmd/report/period_forecast.h"
#include "core/billing/forecast.h"

namespace cmd {
namespace {

constexpr std::size_t kYearLength = 4;  // of 2026-10-05
constexpr std::size_t kMonthAt = 5;
constexpr std::size_t kDayAt = 8;
constexpr const char* kDash = "\u2013";

std::string month_name(const std::string& day) {
  constexpr std::array<const char*, 12> kMonths{"January",   "February", "March",    "April",
                                                "May",       "June",     "July",     "August",
                                                "September", "October",  "November", "December"};
  const auto month = static_cast<std::size_t>(std::stoi(day.substr(kMonthAt, 2)));
  return kMonths.at(month - 1);
}

// "5 November"; with the year if it is another one than that of `near`.
std::string day_words(const std::string& day, const std::string& near) {
  const std::string year = day.substr(0, kYearLength);
  return std::to_string(std::stoi(day.substr(kDayAt))) + " " + month_name(day) +
         (year == near.substr(0, kYearLength) ? "" : " " + year);
}

// What two months cost in one currency, in all or of one model; none: there are no such lines.
struct Change {
  std::optional<core::Decimal> before;
  std::optional<core::Decimal> now;

  [[nodiscard]] core::Decimal difference() const {
    return now.value_or(core::Decimal()) - before.value_or(core::Decimal());
  }
  void add(const Change& more) {
    before = more.before ? before.value_or(core::Decimal()) + *more.before : before;
    now = more.now ? now.value_or(core::Decimal()) + *more.now : now;
  }
};

std::optional<core::Decimal> cost_of(const Figures& figures, const std::string& currency) {
  const auto found = figures.cost.find(currency);
  return found == figures.cost.end() ? std::nullopt : std::optional(found->second.amount);
}

core::Decimal size_of(const Change& change) {
  const core::Decimal difference = change.difference();
  return difference.is_negative() ? -difference : difference;
}

std::string with_sign(const core::Decimal& amount) {
  return (amount > core::Decimal() ? "+" : "") + rounded_text(amount);
}

// "+12.5 %"; a dash if there is nothing to compare with.
std::string percent_text(const Change& change) {
  constexpr int kHundred = 100;
  if (!change.before || !change.now || !(*change.before > core::Decimal())) {
    return kDash;
  }
  const core::Decimal percent =
      (change.difference() * core::Decimal(kHundred)).divided(*change.before, 1);
  return (percent > core::Decimal() ? "+" : "") + grouped(percent) + " %";
}

std::string change_row(const std::string& currency, const std::string& name, const Change& change) {
  const auto cell = [](const std::optional<core::Decimal>& amount) {
    return amount ? amount_cell(*amount) : number_cell(kDash);
  };
  return "<tr>" + name_cell(name) + name_cell(currency) + cell(change.before) + cell(change.now) +
         "<td class=\"n\" title=\"exactly " + change.difference().text() + "\">" +
         with_sign(change.difference()) + "</td>" + number_cell(percent_text(change)) + "</tr>\n";
}

using NamedChange = std::pair<std::string, Change>;

// The largest changes first; the rest becomes one row.
std::vector<NamedChange> model_changes(const MonthBefore& before, const ReportFigures& now,
                                       const std::string& currency) {
  std::map<std::string, Change> models;
  for (const auto& [model, figures] : before.by_model) {
    models[model].before = cost_of(figures, currency);
  }
  for (const auto& [model, figures] : now.by_model) {
    models[model].now = cost_of(figures, currency);
  }
  std::erase_if(models, [](const auto& one) { return !one.second.before && !one.second.now; });
  std::vector<NamedChange> rows(models.begin(), models.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
    return size_of(left.second) > size_of(right.second);
  });
  sum_up_rest(rows);
  return rows;
}

std::string change_table(const MonthBefore& before, const HtmlPage& page) {
  std::set<std::string> currencies;
  for (const Figures* figures : {&before.all, &std::as_const(page.figures.all)}) {
    for (const auto& [currency, sum] : figures->cost) {
      currencies.insert(currency);
    }
  }
  if (currencies.empty()) {
    return {};
  }
  std::string html = table_begin("Change since the month before", "change") +
                     title_row({"model", "currency", period_words(before.period),
                                period_words(page.period), "change", "in percent"},
                               2);
  for (const std::string& currency : currencies) {
    html += change_row(currency, "all",
                       {cost_of(before.all, currency), cost_of(page.figures.all, currency)});
    for (const auto& [model, change] : model_changes(before, page.figures, currency)) {
      html += change_row(currency, model, change);
    }
  }
  return html + kTableEnd;
}

std::string before_words(const MonthBefore& before) {
  std::string text = html_escape(title_words(before.period, before.closed));
  text += before.closed == nullptr ? ", so its figures may still change" : "";
  if (before.all.lines == 0) {
    return text + ": no task was finished in it.";
  }
  text += ": videos: " + grouped(before.all.succeeded) + ", failed: " + grouped(before.all.failed);
  if (before.all.unpriced != 0) {
    text += ", lines without a price, in no sum: " + grouped(before.all.unpriced);
  }
  return text + ".";
}

// The days of the month before that of the newest answer; none if there are none.
std::optional<core::DaysOver> days_so_far(const HtmlPage& page) {
  const core::Period& period = page.period;
  if (page.closed != nullptr || period.length != core::PeriodLength::month || !page.newest_answer ||
      *page.newest_answer >= period.end) {
    return std::nullopt;
  }
  const core::DaysOver days = core::days_over(period, *page.newest_answer, page.zone);
  return days.over > 0 ? std::optional(days) : std::nullopt;
}

Figures sum_until(const std::map<std::string, Figures>& groups, const std::string& end) {
  Figures sum;
  for (const auto& [name, figures] : groups) {
    if (end.empty() || name < end) {
      sum.add(figures);
    }
  }
  return sum;
}

std::string video_cost_row(const std::string& currency, const std::string& model,
                           const VideoCosts& costs) {
  constexpr int kPlaces = 4;
  const auto mean = [](const core::Decimal& cost, const core::Decimal& number) {
    return number_cell(
        number > core::Decimal() ? rounded_text(cost.divided(number, kPlaces), kPlaces) : kDash);
  };
  return "<tr>" + name_cell(model) + name_cell(currency) + number_cell(grouped(costs.videos)) +
         mean(costs.cost, core::Decimal(costs.videos)) + number_cell(grouped(costs.seconds)) +
         mean(costs.timed_cost, costs.seconds) + "</tr>\n";
}

}  // namespace

std::string period_words(const core::Period& period) {
  return period.length == core::PeriodLength::month
             ? month_name(period.name) + " " + period.name.substr(0, kYearLength)
             : period.name;
}

std::string title_words(const core::Period& period, const core::ClosedPeriod* closed) {
  return period_words(period) +
         (closed == nullptr
              ? ", still open"
              : ", closed on " +
                    day_words(core::TimeZone(closed->zone).day(closed->closed_at), period.name));
}

std::string change_section(const HtmlPage& page) {
  if (!page.before) {
    return {};
  }
  return section("Change since the month before", "",
                 "<p class=\"soft\" id=\"before\">" + before_words(*page.before) + "</p>\n" +
                     change_table(*page.before, page));
}

std::string estimate_section(const HtmlPage& page) {
  const std::optional<core::DaysOver> days = days_so_far(page);
  if (!days) {
    return {};
  }
  const Figures so_far = sum_until(page.figures.by_day, page.zone.day(*page.newest_answer));
  const Figures adjustments = sum_until(page.figures.by_closed_period, "");
  const std::string number = std::to_string(days->over);
  const std::string of_month = std::to_string(days->all);
  std::string html =
      "<p class=\"soft\">The newest answer is of " +
      html_escape(page.zone.text(*page.newest_answer)) + ". The cost of the days before it, ÷ " +
      number + " × " + of_month +
      (page.figures.by_closed_period.empty() ? "" : ", and the adjustments once") +
      "; never less than what is there already. Lines without a price are not in it.</p>\n" +
      table_begin("Estimate", "estimate") +
      title_row({"", "days so far", "all " + of_month + " days"});
  const auto row = [&html](const std::string& name, const std::string& one,
                           const std::string& month) {
    html += "<tr>" + name_cell(name) + number_cell(one) + number_cell(month) + "</tr>\n";
  };
  constexpr auto kNone = core::Decimal();
  for (const auto& [currency, sum] : page.figures.all.cost) {
    const core::PeriodCost cost{.so_far = sum.amount,
                                .days_over = cost_of(so_far, currency).value_or(kNone),
                                .corrections = cost_of(adjustments, currency).value_or(kNone)};
    row(currency, rounded_text(cost.days_over),
        rounded_text(core::estimate(cost, *days, estimate_places(currency)).value_or(kNone)));
  }
  const core::PeriodCost videos{.so_far = core::Decimal(page.figures.all.succeeded),
                                .days_over = core::Decimal(so_far.succeeded),
                                .corrections = core::Decimal(adjustments.succeeded)};
  row("videos", grouped(so_far.succeeded),
      grouped(core::estimate(videos, *days, 0).value_or(kNone)));
  return section("Estimate for the whole month",
                 "if its other days are like the " + number + " whole days so far",
                 html + kTableEnd);
}

std::string video_cost_section(const ReportFigures& figures) {
  if (figures.video_costs.empty()) {
    return {};
  }
  std::string html =
      table_begin("Cost of a video", "video-costs") +
      title_row({"model", "currency", "videos", "per video", "seconds", "per second"}, 2);
  for (const auto& [currency, models] : figures.video_costs) {
    VideoCosts all;
    std::vector<std::pair<std::string, VideoCosts>> rows(models.begin(), models.end());
    std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
      return left.second.cost > right.second.cost;
    });
    for (const auto& [model, costs] : rows) {
      all.add(costs);
    }
    html += video_cost_row(currency, "all", all);
    for (std::size_t i = 0; i < std::min(rows.size(), kRowsMax); ++i) {
      html += video_cost_row(currency, rows[i].first, rows[i].second);
    }
  }
  return section("Cost per video and per second",
                 "of videos with a price; per second only of those whose billable length is known",
                 html + kTableEnd);
}

}  // namespace cmd
