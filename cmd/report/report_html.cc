#include "cmd/report/report_html.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/report/html_text.h"

namespace cmd {
namespace {

constexpr std::size_t kRowsMax = 12;  // of a table; one more row sums up the rest
// A longer period is shown by month, and a very long one without empty months.
constexpr std::chrono::hours kDaysMax(24 * 93);
constexpr std::chrono::hours kEmptyMonthsMax(24 * 3660);
constexpr std::size_t kYearLength = 4;  // of 2026-10-05
constexpr std::size_t kDaysOfMonthMax = 31;

constexpr std::string_view kStyle = R"css(
:root{--ink:#1b1f24;--soft:#667080;--line:#e3e7ec;--paper:#fff;--card:#f7f8fa;--good:#2f6f8f;--bad:#d08b3a;--warn:#9a3b1f}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaee;--soft:#98a2b0;--line:#2c333c;--paper:#14181d;--card:#1b2027;--good:#6db3d2;--bad:#e0a458;--warn:#f0906d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.75rem;line-height:1.2;margin:0}
h2{font-size:1.05rem;margin:2.25rem 0 .75rem}
h2 .soft{font-weight:400;font-size:.85rem}
p{margin:.25rem 0}
.soft,caption,th{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.75rem;margin:1.5rem 0 0;padding:0}
.card{background:var(--card);border-radius:.6rem;padding:.8rem 1rem;min-width:0}
.card dt{color:var(--soft);font-size:.85rem}
.card dd{margin:0;font-size:1.45rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.card small{display:block;color:var(--soft);font-size:.8rem;font-weight:400}
.warn{color:var(--warn)}
svg.columns{width:100%;height:auto;max-height:14rem;display:block;overflow:visible}
svg text{font-size:9px;text-anchor:middle;fill:var(--soft)}
svg .good{fill:var(--good)} svg .bad{fill:var(--bad)}
svg .axis{stroke:var(--line)}
svg line.tick{stroke:var(--line);stroke-dasharray:2 3}
svg text.tick{text-anchor:end}
svg.bar{width:100%;height:.5rem;display:block}
.key{font-size:.85rem;color:var(--soft)}
.key i{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin:0 .35em 0 .9em}
.key i.good{background:var(--good)} .key i.bad{background:var(--bad)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:500;font-size:.85rem}
th,td{padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
td.n,th.n{text-align:right;white-space:nowrap}
td.b{width:22%;min-width:4rem}
td:first-child{overflow-wrap:break-word;min-width:6.5rem;max-width:18rem}
@media(max-width:34rem){th,td{font-size:.85rem;padding-right:.5rem}td.b,th.b{display:none}td:first-child{overflow-wrap:anywhere}svg text{font-size:18px}}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--soft);font-size:.85rem}
footer{margin-top:2.5rem;color:var(--soft);font-size:.85rem}
.hash{overflow-wrap:anywhere;font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.8rem}
@page{margin:18mm 15mm;@bottom-right{content:counter(page) " / " counter(pages);font-size:9pt}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--card:#fff;--good:#2f6f8f;--bad:#d08b3a;--warn:#9a3b1f}
body{font-size:10pt}main{max-width:none;padding:0}.card{border:1px solid var(--line)}
*{print-color-adjust:exact}svg,tr,.card,section{break-inside:avoid}h2{break-after:avoid}.scroll{overflow:visible}}
)css";

// Only for lengths in a drawing; the amounts beside it are exact.
double length_of(const core::Decimal& amount) { return std::stod(amount.text()); }

double cost_length(const Figures& figures, const std::string& currency) {
  const auto found = figures.cost.find(currency);
  return found == figures.cost.end() ? 0 : length_of(found->second.amount);
}

// Rounded to cents for readers; the exact amount is in the title.
std::string rounded_text(const core::Decimal& amount) {
  constexpr int kCents = 2;
  std::string text = grouped(amount.rounded(kCents));
  const std::size_t point = text.find('.');
  if (point == std::string::npos) {
    return text + ".00";
  }
  return text.append(point + 1 + kCents - text.size(), '0');
}

std::string cost_text(const Figures& figures, const std::string& currency) {
  const auto found = figures.cost.find(currency);
  return found == figures.cost.end() ? "\u2013" : rounded_text(found->second.amount);
}

std::string card(const std::string& name, const std::string& value, const std::string& note,
                 const std::string& id, const std::string& exact = "") {
  return "<div class=\"card\"><dt>" + name + "</dt><dd id=\"" + id + "\"" +
         (exact.empty() ? "" : " title=\"exactly " + exact + "\"") + ">" + value +
         (note.empty() ? "" : "<small>" + note + "</small>") + "</dd></div>\n";
}

std::string costs_note(const Figures& figures) {
  std::string note;
  for (const auto& [currency, sum] : figures.cost) {
    note += (note.empty() ? "" : ", ") + rounded_text(sum.amount) + " " + html_escape(currency);
  }
  return note;
}

std::string cards(const HtmlPage& page) {
  ReportFigures& figures = page.figures;
  std::string html = "<dl class=\"cards\">\n";
  const Figures& all = figures.all;
  for (const auto& [currency, sum] : all.cost) {
    html += card("Cost in " + html_escape(currency), rounded_text(sum.amount),
                 all.unpriced == 0 ? "" : "without lines of unknown cost: " + grouped(all.unpriced),
                 "cost-" + html_escape(currency), sum.amount.text());
  }
  html += card("Videos paid for", grouped(all.succeeded), "", "succeeded");
  html += card("Failed, not charged", grouped(all.failed),
               all.not_refunded <= 0 ? "" : "not shown as refunded: " + grouped(all.not_refunded),
               "failed");
  html += card("Paid, but expired before download", grouped(figures.lost.succeeded),
               costs_note(figures.lost), "lost");
  if (all.unpriced != 0) {
    html += card("Lines without a price", grouped(all.unpriced),
                 "not in any sum; see cost_note in the CSV", "unpriced");
  }
  return html + "</dl>\n";
}

// The columns of tables after videos and failures.
struct TableColumns {
  std::vector<std::string> money;  // currencies
  bool unpriced = false;           // some line has no cost
};

TableColumns columns_of(const Figures& all) {
  TableColumns columns{.money = {}, .unpriced = all.unpriced != 0};
  for (const auto& [currency, sum] : all.cost) {
    columns.money.push_back(currency);
  }
  return columns;
}

std::string header_row(const std::string& first, const TableColumns& columns, bool bar) {
  std::string html = "<tr><th>" + html_escape(first) + "</th>";
  if (bar) {
    html += "<th class=\"b\" aria-hidden=\"true\"></th>";
  }
  html += "<th class=\"n\">videos</th><th class=\"n\">failed</th>";
  for (const std::string& currency : columns.money) {
    html += "<th class=\"n\">" + html_escape(currency) + "</th>";
  }
  return html + (columns.unpriced ? "<th class=\"n\">no price</th>" : "") + "</tr>\n";
}

std::string number_cells(const Figures& figures, const TableColumns& columns) {
  std::string html = "<td class=\"n\">" + grouped(figures.succeeded) + "</td><td class=\"n\">" +
                     grouped(figures.failed) + "</td>";
  for (const std::string& currency : columns.money) {
    const auto found = figures.cost.find(currency);
    html +=
        "<td class=\"n\"" +
        (found == figures.cost.end() ? ""
                                     : " title=\"exactly " + found->second.amount.text() + "\"") +
        ">" + cost_text(figures, currency) + "</td>";
  }
  if (columns.unpriced) {
    html += std::string("<td class=\"n") + (figures.unpriced == 0 ? "" : " warn") + "\">" +
            grouped(figures.unpriced) + "</td>";
  }
  return html;
}

using Named = std::pair<std::string, Figures>;

// The highest costs first, by the first currency, then by videos; the rest becomes one row.
std::vector<Named> largest(const std::map<std::string, Figures>& groups,
                           const std::vector<std::string>& money) {
  std::vector<Named> rows(groups.begin(), groups.end());
  std::stable_sort(rows.begin(), rows.end(), [&](const Named& left, const Named& right) {
    for (const std::string& currency : money) {
      const auto cost = [&](const Figures& figures) {
        const auto found = figures.cost.find(currency);
        return found == figures.cost.end() ? core::Decimal() : found->second.amount;
      };
      const core::Decimal one = cost(left.second);
      const core::Decimal other = cost(right.second);
      if (!(one == other)) {
        return one > other;
      }
    }
    return left.second.succeeded > right.second.succeeded;
  });
  if (rows.size() > kRowsMax + 1) {
    Named rest{std::to_string(rows.size() - kRowsMax) + " others", {}};
    for (std::size_t i = kRowsMax; i < rows.size(); ++i) {
      rest.second.add(rows[i].second);
    }
    rows.resize(kRowsMax);
    rows.push_back(std::move(rest));
  }
  return rows;
}

// Adds a row for everything without such a label, so that each table adds up to the total.
std::map<std::string, Figures> with_rest(std::map<std::string, Figures> values,
                                         const Figures& all) {
  Figures rest = all;
  for (const auto& [value, figures] : values) {
    rest.add(figures, -1);
  }
  const bool nothing = rest.succeeded == 0 && rest.failed == 0 && rest.unpriced == 0 &&
                       std::all_of(rest.cost.begin(), rest.cost.end(),
                                   [](const auto& one) { return one.second.amount.is_zero(); });
  if (!nothing) {
    values[""].add(rest);
  }
  return values;
}

std::string group_table(const std::string& first, const std::map<std::string, Figures>& groups,
                        const TableColumns& columns, const std::string& id) {
  const std::vector<Named> rows = largest(groups, columns.money);
  const auto length = [&columns](const Figures& figures) {
    return columns.money.empty() ? static_cast<double>(figures.succeeded)
                                 : cost_length(figures, columns.money.front());
  };
  double longest = 0;
  for (const auto& [name, figures] : rows) {
    longest = std::max(longest, length(figures));
  }
  std::string html =
      "<div class=\"scroll\"><table id=\"" + id + "\">" + header_row(first, columns, true);
  for (const auto& [name, figures] : rows) {
    html += "<tr><td>" + (name.empty() ? "<span class=\"soft\">none</span>" : html_escape(name)) +
            "</td><td class=\"b\">" + cell_bar(length(figures), longest) + "</td>" +
            number_cells(figures, columns) + "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string table_row(const std::string& name, const Figures& figures,
                      const TableColumns& columns) {
  return "<tr><td>" + html_escape(name) + "</td>" + number_cells(figures, columns) + "</tr>\n";
}

// Lines without a cost are in no sum, so they have a section of their own.
std::string unpriced_section(const ReportFigures& figures) {
  if (figures.all.unpriced == 0) {
    return {};
  }
  std::string html =
      "<h2>Without a price <span class=\"soft\">in no sum; the CSV gives each reason in "
      "cost_note</span></h2>\n<div class=\"scroll\"><table id=\"unpriced-models\"><tr><th>model"
      "</th><th class=\"n\">lines</th></tr>\n";
  for (const auto& [model, one] : figures.by_model) {
    if (one.unpriced != 0) {
      html += "<tr><td>" +
              (model.empty() ? "<span class=\"soft\">none</span>" : html_escape(model)) +
              "</td><td class=\"n\">" + grouped(one.unpriced) + "</td></tr>\n";
    }
  }
  return html + "</table></div>\n";
}

// Adjustments belong to a closed period, not to a day of this one.
std::string adjustment_section(const ReportFigures& figures, const TableColumns& columns) {
  if (figures.by_closed_period.empty()) {
    return {};
  }
  std::string html =
      "<h2>Adjustments of closed periods <span class=\"soft\">in the sums, but of no day</span>"
      "</h2>\n<div class=\"scroll\"><table id=\"adjustments\">" +
      header_row("closed period", columns, false);
  for (const auto& [name, one] : figures.by_closed_period) {
    html += table_row(name, one, columns);
  }
  return html + "</table></div>\n";
}

std::string day_table(const std::map<std::string, Figures>& days, const std::string& what,
                      const ReportFigures& figures, const TableColumns& columns) {
  std::string html =
      "<details><summary>As a table</summary><div class=\"scroll\"><table id=\"days\">" +
      header_row(what, columns, false);
  for (const auto& [day, one] : days) {
    html += table_row(day, one, columns);
  }
  if (!figures.by_closed_period.empty()) {
    Figures adjustments;
    for (const auto& [name, one] : figures.by_closed_period) {
      adjustments.add(one);
    }
    html += table_row("adjustments", adjustments, columns);
  }
  return html + "</table></div></details>\n";
}

// By day, or by month if there are too many days; includes those without tasks.
std::map<std::string, Figures> spans(const HtmlPage& page) {
  constexpr std::chrono::hours kHalfDay(12);  // every local day is longer
  const core::Period& period = page.period;
  const auto length = period.end - period.begin;
  const auto name = [by_month = length > kDaysMax](const std::string& day) {
    return by_month ? day.substr(0, core::kMonthLength) : day;
  };
  std::map<std::string, Figures> spans;
  for (core::UtcTime time = period.begin; length < kEmptyMonthsMax && time < period.end;
       time += kHalfDay) {
    spans[name(page.zone.day(time))];
  }
  for (const auto& [day, one] : page.figures.by_day) {
    spans[name(day)].add(one);
  }
  return spans;
}

std::string day_section(const HtmlPage& page, const TableColumns& columns) {
  const std::map<std::string, Figures> days = spans(page);
  const bool by_month = !days.empty() && days.begin()->first.size() == core::kMonthLength;
  const std::string what = by_month ? "month" : "day";
  // 2026-10, 05, or 10-05 if there are several months.
  const std::size_t name_begin = by_month                        ? 0
                                 : days.size() > kDaysOfMonthMax ? kYearLength + 1
                                                                 : core::kMonthLength + 1;
  const auto chart = [&](const std::string& label,
                         const std::function<void(const Figures&, Bar&)>& fill) {
    std::vector<Bar> bars;
    for (const auto& [day, one] : days) {
      Bar bar{.name = day.substr(name_begin), .title = day + ": "};
      fill(one, bar);
      bars.push_back(std::move(bar));
    }
    return column_chart(bars, label);
  };
  const auto most = [&days](const std::function<std::string(const Figures&)>& text,
                            const std::function<double(const Figures&)>& value) {
    const auto top = std::max_element(days.begin(), days.end(), [&](const auto& a, const auto& b) {
      return value(a.second) < value(b.second);
    });
    // Corrections may make a day, or all days, negative.
    return value(top->second) > 0
               ? " <span class=\"soft\">up to " + text(top->second) + "</span></h2>\n"
               : "</h2>\n";
  };
  std::string html;
  for (const std::string& currency : columns.money) {
    html += "<h2>Cost by " + what + ", " + html_escape(currency) +
            most([&](const Figures& one) { return cost_text(one, currency); },
                 [&](const Figures& one) { return cost_length(one, currency); });
    std::string label = "Cost by " + what;
    label.append(" in ").append(currency);
    html += chart(label, [&](const Figures& one, Bar& bar) {
      bar.first = cost_length(one, currency);
      bar.title += cost_text(one, currency) + " " + currency +
                   (one.unpriced == 0 ? "" : ", lines without a price: " + grouped(one.unpriced));
    });
  }
  html += "<h2>Tasks by " + what +
          most([](const Figures& one) { return grouped(one.tasks()); },
               [](const Figures& one) { return static_cast<double>(one.tasks()); });
  html += chart("Tasks by " + what, [](const Figures& one, Bar& bar) {
    bar.first = static_cast<double>(one.succeeded);
    bar.second = static_cast<double>(one.failed);
    bar.title += "videos: " + grouped(one.succeeded) + ", failed: " + grouped(one.failed);
  });
  html += "<p class=\"key\"><i class=\"good\"></i>videos<i class=\"bad\"></i>failed</p>\n";
  return html + day_table(days, what, page.figures, columns);
}

std::string failure_section(const ReportFigures& figures) {
  if (figures.failures.empty()) {
    return {};
  }
  std::vector<std::pair<std::string, std::int64_t>> rows(figures.failures.begin(),
                                                         figures.failures.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& left, const auto& right) { return left.second > right.second; });
  if (rows.size() > kRowsMax + 1) {
    std::pair<std::string, std::int64_t> rest{
        std::to_string(rows.size() - kRowsMax) + " other reasons", 0};
    for (std::size_t i = kRowsMax; i < rows.size(); ++i) {
      rest.second += rows[i].second;
    }
    rows.resize(kRowsMax);
    rows.push_back(std::move(rest));
  }
  std::string html =
      "<h2>Why tasks failed</h2>\n<div class=\"scroll\"><table id=\"failures\"><tr><th>reason</th>"
      "<th class=\"n\">tasks</th></tr>\n";
  for (const auto& [reason, tasks] : rows) {
    html += "<tr><td>" +
            (reason.empty() ? "<span class=\"soft\">no reason given</span>" : html_escape(reason)) +
            "</td><td class=\"n\">" + grouped(tasks) + "</td></tr>\n";
  }
  return html + "</table></div>\n";
}

std::string time_section(ReportFigures& figures) {
  constexpr int kHalf = 50;
  constexpr int kMost = 95;
  constexpr int kAll = 100;
  std::string html =
      "<h2>How long videos took</h2>\n<div class=\"scroll\"><table id=\"times\"><tr><th></th>"
      "<th class=\"n\">half of them</th><th class=\"n\">95 in 100</th><th class=\"n\">longest</th>"
      "</tr>\n";
  const auto row = [&html](const char* name, Durations& durations) {
    html += std::string("<tr><td>") + name + "</td>";
    for (const int percent : {kHalf, kMost, kAll}) {
      html +=
          "<td class=\"n\">" +
          (durations.seconds.empty() ? "\u2013" : duration_words(durations.percentile(percent))) +
          "</td>";
    }
    html += "</tr>\n";
  };
  row("waiting for a start", figures.queued);
  row("being made", figures.generated);
  return html + "</table></div>\n";
}

// "October 2026" for "2026-10"; other names as they are.
std::string period_words(const core::Period& period) {
  constexpr std::array<const char*, 12> kMonths{"January",   "February", "March",    "April",
                                                "May",       "June",     "July",     "August",
                                                "September", "October",  "November", "December"};
  if (period.length != core::PeriodLength::month) {
    return period.name;
  }
  const auto month = static_cast<std::size_t>(std::stoi(period.name.substr(kYearLength + 1)));
  return std::string(kMonths.at(month - 1)) + " " + period.name.substr(0, kYearLength);
}

// How an auditor sees that these are the figures that were closed.
std::string proof(const HtmlPage& page) {
  return page.closed_sha256.empty() ? ""
                                    : "<p class=\"soft\">SHA-256 of the closed period's CSV: <span "
                                      "class=\"hash\" id=\"closed-sha256\">" +
                                          page.closed_sha256 + "</span></p>\n";
}

std::string head(const HtmlPage& page) {
  // The line below shows begin and end.
  const bool is_custom = page.period.length == core::PeriodLength::custom;
  const std::string name =
      is_custom ? "AI videos" : "AI videos, " + html_escape(period_words(page.period));
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>" +
      name + "</title>\n<style>" + std::string(kStyle) + "</style></head>\n<body><main>\n";
  html += "<h1>" + name + "</h1>\n<p class=\"soft\">" +
          html_escape(page.zone.text(page.period.begin)) + " until " +
          html_escape(page.zone.text(page.period.end)) + ", " + html_escape(page.zone.name()) +
          (page.filter.empty() ? "" : ", " + html_escape(page.filter)) +
          (page.closed_sha256.empty() ? "" : ", closed") + "</p>\n" + proof(page);
  if (page.open.unfinished > 0) {
    html += "<p class=\"warn\">Unfinished tasks of this period, which are not in it: " +
            grouped(static_cast<std::int64_t>(page.open.unfinished)) + ".</p>\n";
  }
  return html;
}

}  // namespace

std::string html_page(const HtmlPage& page) {
  ReportFigures& figures = page.figures;
  const TableColumns columns = columns_of(figures.all);
  std::string html = head(page) + cards(page);
  if (figures.all.lines > 0) {
    html += day_section(page, columns) + adjustment_section(figures, columns) +
            unpriced_section(figures);
    html += "<h2>By model</h2>\n" + group_table("model", figures.by_model, columns, "models");
    for (const auto& [label, values] : figures.by_label) {
      html += "<h2>By " + html_escape(label) + "</h2>\n" +
              group_table(label, with_rest(values, figures.all), columns,
                          "label-" + html_escape(label));
    }
    html += failure_section(figures) + time_section(figures);
  } else {
    html += "<h2>No task was finished in this period.</h2>\n";
  }
  return html +
         "<footer>Made by reeltally from its ledger. Sums are exact, and rounded to cents here "
         "for the eye alone; currencies are never added up. The CSV of the same period has a row "
         "for each "
         "task.</footer>\n</main></body></html>\n";
}

}  // namespace cmd
