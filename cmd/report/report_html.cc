#include "cmd/report/report_html.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/report/html_days.h"
#include "cmd/report/html_months.h"
#include "cmd/report/html_style.h"
#include "cmd/report/html_tables.h"
#include "cmd/report/html_text.h"

namespace cmd {
namespace {

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

// Lines without a cost are in no sum, so they have a section of their own.
std::string unpriced_section(const ReportFigures& figures) {
  if (figures.all.unpriced == 0) {
    return {};
  }
  std::string html =
      table_begin("Without a price", "unpriced-models") + title_row({"model", "lines"});
  for (const auto& [model, one] : figures.by_model) {
    if (one.unpriced != 0) {
      html += "<tr>" + name_cell(model) + number_cell(grouped(one.unpriced)) + "</tr>\n";
    }
  }
  return section("Without a price", "in no sum; the CSV gives each reason in cost_note",
                 html + kTableEnd);
}

// Adjustments belong to a closed period, not to a day of this one.
std::string adjustment_section(const ReportFigures& figures, const TableColumns& columns) {
  if (figures.by_closed_period.empty()) {
    return {};
  }
  std::string html = table_begin("Adjustments of closed periods", "adjustments") +
                     header_row("closed period", columns);
  for (const auto& [name, one] : figures.by_closed_period) {
    html += table_row(name, one, columns);
  }
  return section("Adjustments of closed periods", "in the sums, but of no day", html + kTableEnd);
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
  std::string html = table_begin("Why tasks failed", "failures") + title_row({"reason", "tasks"});
  for (const auto& [reason, tasks] : rows) {
    html += "<tr><td>" +
            (reason.empty() ? "<span class=\"soft\">no reason given</span>" : html_escape(reason)) +
            "</td><td class=\"n\">" + grouped(tasks) + "</td></tr>\n";
  }
  return section("Why tasks failed", "", html + kTableEnd);
}

std::string time_section(ReportFigures& figures) {
  constexpr int kHalf = 50;
  constexpr int kMost = 95;
  constexpr int kAll = 100;
  std::string html = table_begin("How long videos took", "times") +
                     title_row({"", "half of them", "95 in 100", "longest"});
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
  return section("How long videos took", "", html + kTableEnd);
}

// How an auditor sees that these are the figures that were closed.
std::string proof(const HtmlPage& page) {
  if (page.closed == nullptr) {
    return {};
  }
  const auto hash = [](const std::string& name, const std::string& id, const std::string& value) {
    return "<p class=\"soft\">" + name + ": <span class=\"hash\" id=\"" + id + "\">" + value +
           "</span></p>\n";
  };
  const std::string invoice = page.closed->invoice_id();
  return (invoice.empty() ? ""
                          : "<p class=\"soft\">Invoice <span id=\"invoice\">" +
                                html_escape(invoice) + "</span></p>\n") +
         hash("SHA-256 of the closed period's CSV", "closed-sha256", page.closed->sha256) +
         (page.closed->head.empty()
              ? ""
              : hash(std::string("Head of the chain of closed periods, ") +
                         (page.closed->signature.empty() ? "not signed" : "signed"),
                     "closed-head", page.closed->head));
}

// The foot of each printed page names what was closed, so that single sheets can be checked.
std::string page_foot(const HtmlPage& page) {
  if (page.closed == nullptr) {
    return {};
  }
  const bool has_head = !page.closed->head.empty();
  return "@page{@bottom-left{font-size:6.5pt;content:\"" + html_escape(page.period.name) +
         (has_head ? ", head " + page.closed->head : ", SHA-256 " + page.closed->sha256) + "\"}}\n";
}

std::string head(const HtmlPage& page) {
  // The line below shows begin and end.
  const bool is_custom = page.period.length == core::PeriodLength::custom;
  const std::string name =
      is_custom ? "AI videos" : html_escape(title_words(page.period, page.closed));
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>" +
      std::string(is_custom ? "" : "AI videos, ") + name + "</title>\n<style>" +
      std::string(kStyle) + page_foot(page) + "</style></head>\n<body>" + "<main>\n";
  html += "<h1>" + name + "</h1>\n<p class=\"soft\">AI videos, " +
          html_escape(page.zone.text(page.period.begin)) + " until " +
          html_escape(page.zone.text(page.period.end)) + ", " + html_escape(page.zone.name()) +
          (page.filter.empty() ? "" : ", " + html_escape(page.filter)) +
          (is_custom && page.closed != nullptr ? ", closed" : "") + "</p>\n" + proof(page);
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
    html += day_sections(page, columns) + adjustment_section(figures, columns) +
            unpriced_section(figures) + estimate_section(page) + change_section(page);
    html += section("By model", "", group_table("model", figures.by_model, columns, "models"));
    html += video_cost_section(figures);
    for (const auto& [label, values] : figures.by_label) {
      html += section("By " + html_escape(label), "",
                      group_table(label, with_rest(values, figures.all), columns,
                                  "label-" + html_escape(label)));
    }
    html += failure_section(figures) + time_section(figures);
  } else {
    html += "<h2>No task was finished in this period.</h2>\n" + change_section(page);
  }
  return html +
         "<footer>Made by reeltally from its ledger. Sums are exact, and rounded to cents here "
         "for the eye alone; currencies are never added up. The CSV of the same period has a row "
         "for each "
         "task.</footer>\n</main></body></html>\n";
}

}  // namespace cmd
