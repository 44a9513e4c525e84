#include "cmd/report/html_days.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/report/html_text.h"
#include "core/domain/time_zone.h"

namespace cmd {
namespace {

// A longer period is shown by month, and a very long one without empty months.
constexpr std::chrono::hours kDaysMax(24 * 93);
constexpr std::chrono::hours kEmptyMonthsMax(24 * 3660);
constexpr std::chrono::hours kHalfDay(12);  // every local day is longer
constexpr std::size_t kMonthAndDayAt = 5;   // of 2026-10-05
constexpr std::size_t kDaysOfMonthMax = 31;
constexpr std::size_t kSeriesMax = 6;  // the last one has all other models if there are more
const std::vector<PartStyle> kSeriesStyles{{"good"},
                                           {"s2", Texture::rising},
                                           {"s3", Texture::upright},
                                           {"s4", Texture::level},
                                           {"s5", Texture::falling},
                                           {"s6", Texture::crossed}};
const std::vector<PartStyle> kTaskStyles{{"good"}, {"bad", Texture::rising}};

// A day, or a month.
struct Span {
  Figures figures;
  ModelCosts costs;
};
using Spans = std::map<std::string, Span>;

bool is_by_month(const core::Period& period) { return period.end - period.begin > kDaysMax; }

// Includes those without tasks.
Spans spans_of(const HtmlPage& page) {
  const core::Period& period = page.period;
  const auto name = [by_month = is_by_month(period)](const std::string& day) {
    return by_month ? day.substr(0, core::kMonthLength) : day;
  };
  Spans spans;
  for (core::UtcTime time = period.begin;
       period.end - period.begin < kEmptyMonthsMax && time < period.end; time += kHalfDay) {
    spans[name(page.zone.day(time))];
  }
  for (const auto& [day, one] : page.figures.by_day) {
    spans[name(day)].figures.add(one);
  }
  for (const auto& [day, currencies] : page.figures.model_costs) {
    for (const auto& [currency, models] : currencies) {
      for (const auto& [model, cost] : models) {
        spans[name(day)].costs[currency][model] += cost;
      }
    }
  }
  return spans;
}

// The parts of each bar.
struct Series {
  std::string name;
  core::Decimal cost;
};

// The series of each model of a currency. The dearest models have their own.
struct ModelSeries {
  std::vector<Series> series;
  std::map<std::string, std::size_t> of_model;
};

ModelSeries model_series(const Spans& spans, const std::string& currency) {
  std::map<std::string, core::Decimal> totals;
  for (const auto& [name, span] : spans) {
    const auto found = span.costs.find(currency);
    if (found == span.costs.end()) {
      continue;
    }
    for (const auto& [model, cost] : found->second) {
      totals[model] += cost;
    }
  }
  std::vector<std::pair<std::string, core::Decimal>> models(totals.begin(), totals.end());
  std::stable_sort(models.begin(), models.end(),
                   [](const auto& left, const auto& right) { return left.second > right.second; });
  ModelSeries made;
  const bool all_fit = models.size() <= kSeriesMax;
  for (const auto& [model, cost] : models) {
    const bool own = all_fit || made.series.size() < kSeriesMax - 1;
    if (own) {
      made.series.push_back({model.empty() ? "no model" : model, cost});
    } else if (made.series.size() < kSeriesMax) {
      made.series.push_back(
          {std::to_string(models.size() + 1 - kSeriesMax) + " other models", cost});
    } else {
      made.series.back().cost += cost;
    }
    made.of_model[model] = made.series.size() - 1;
  }
  return made;
}

// "all 12.30 CNY: kling-v3 8.00, vidu 4.30", and the parts of a bar.
void add_costs(const Span& span, const std::string& currency, const ModelSeries& models, Bar& bar) {
  std::vector<core::Decimal> parts(models.series.size());
  if (const auto found = span.costs.find(currency); found != span.costs.end()) {
    for (const auto& [model, cost] : found->second) {
      parts[models.of_model.at(model)] += cost;
    }
  }
  bar.title += cost_text(span.figures, currency) + " " + currency;
  const char* separator = " (";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    bar.parts.push_back(length_of(parts[i]));
    if (!parts[i].is_zero()) {
      bar.title.append(separator).append(models.series[i].name);
      bar.title.append(" ").append(rounded_text(parts[i]));
      separator = ", ";
    }
  }
  bar.title += std::string_view(separator) == " (" ? "" : ")";
  if (span.figures.unpriced != 0) {
    bar.title += ", lines without a price: " + grouped(span.figures.unpriced);
  }
}

// What a chart shows of the spans.
class DayCharts {
 public:
  DayCharts(const HtmlPage& page, Spans spans)
      : spans_(std::move(spans)),
        what_(is_by_month(page.period) ? "month" : "day"),
        // 2026-10, 05, or 10-05 if there are several months.
        name_begin_(is_by_month(page.period)          ? 0
                    : spans_.size() > kDaysOfMonthMax ? kMonthAndDayAt
                                                      : core::kMonthLength + 1) {}

  [[nodiscard]] std::string costs(const std::string& currency) const {
    const ModelSeries models = model_series(spans_, currency);
    std::vector<Bar> bars;
    for (const auto& [name, span] : spans_) {
      add_costs(span, currency, models, bars.emplace_back(empty_bar(name)));
    }
    const std::string title = "Cost by " + what_;
    std::string html =
        column_chart(bars, {.label = title + " in " + currency + ", stacked by model",
                            .unit = currency,
                            .styles = kSeriesStyles}) +
        "<ul class=\"key\">";
    for (std::size_t i = 0; i < models.series.size(); ++i) {
      const Series& one = models.series[i];
      html += key_entry(kSeriesStyles.at(i), html_escape(one.name), rounded_text(one.cost));
    }
    const auto top = std::max_element(spans_.begin(), spans_.end(), [&](auto& one, auto& other) {
      return cost_length(one.second.figures, currency) <
             cost_length(other.second.figures, currency);
    });
    // Corrections may make a day, or all days, negative.
    const std::string most = cost_length(top->second.figures, currency) > 0
                                 ? "up to " + cost_text(top->second.figures, currency)
                                 : "";
    return section(title + ", " + html_escape(currency), most, html + "</ul>\n");
  }

  [[nodiscard]] std::string tasks(const HtmlPage& page, const TableColumns& columns) const {
    std::vector<Bar> bars;
    Figures all;
    std::int64_t most = 0;
    for (const auto& [name, span] : spans_) {
      const Figures& one = span.figures;
      Bar& bar = bars.emplace_back(empty_bar(name));
      bar.parts = {static_cast<double>(one.succeeded), static_cast<double>(one.failed)};
      bar.title += "videos: " + grouped(one.succeeded) + ", failed: " + grouped(one.failed);
      most = std::max(most, one.tasks());
      all.add(one);
    }
    const std::string title = "Tasks by " + what_;
    return section(title, most > 0 ? "up to " + grouped(most) : "",
                   column_chart(bars, {.label = title, .unit = "tasks", .styles = kTaskStyles}) +
                       "<ul class=\"key\">" +
                       key_entry(kTaskStyles.front(), "videos", grouped(all.succeeded)) +
                       key_entry(kTaskStyles.back(), "failed", grouped(all.failed)) + "</ul>\n" +
                       table(page.figures, columns));
  }

 private:
  [[nodiscard]] Bar empty_bar(const std::string& name) const {
    return {.name = name.substr(name_begin_), .title = name + ": ", .parts = {}};
  }

  [[nodiscard]] std::string table(const ReportFigures& figures, const TableColumns& columns) const {
    std::string html = "<details><summary>As a table</summary>" +
                       table_begin("By " + what_, "days") + header_row(what_, columns);
    for (const auto& [name, span] : spans_) {
      html += table_row(name, span.figures, columns);
    }
    if (!figures.by_closed_period.empty()) {
      Figures adjustments;
      for (const auto& [name, one] : figures.by_closed_period) {
        adjustments.add(one);
      }
      html += table_row("adjustments", adjustments, columns);
    }
    return html + kTableEnd + "</details>\n";
  }

  Spans spans_;
  std::string what_;
  std::size_t name_begin_;
};

}  // namespace

std::string day_sections(const HtmlPage& page, const TableColumns& columns) {
  Spans spans = spans_of(page);
  if (spans.empty()) {  // only adjustments, in many years
    return {};
  }
  const DayCharts charts(page, std::move(spans));
  std::string html;
  for (const std::string& currency : columns.money) {
    html += charts.costs(currency);
  }
  return html + charts.tasks(page, columns);
}

}  // namespace cmd
