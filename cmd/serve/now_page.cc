#include "cmd/serve/now_page.h"

#include <date/date.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

#include "cmd/cli/units.h"
#include "cmd/history/view_row.h"
#include "cmd/report/html_text.h"
#include "cmd/serve/budget_table.h"
#include "cmd/serve/page_text.h"
#include "cmd/serve/runs_page.h"

namespace cmd {
namespace {

constexpr int kDays = 30;
constexpr std::size_t kRunsShown = 5;
constexpr std::size_t kRowsShown = 10;
constexpr std::size_t kLinksShown = 6;
constexpr std::size_t kLabelValuesMax = 200;
constexpr std::size_t kLabelsShown = 4;

std::string count_text(std::uint64_t count) { return grouped(static_cast<std::int64_t>(count)); }

// A section that the script takes anew.
std::string section(const std::string& id, const std::string& title, const std::string& body) {
  return "<section data-live=\"" + id + "\"><h2>" + title + "</h2>\n" + body + "</section>\n";
}

std::string soft(const std::string& text) { return " <span class=\"soft\">" + text + "</span>"; }

struct Share {
  const char* name;
  const char* part;  // its colour
  std::uint64_t count;
};

// A line of 1000 units, and what its parts mean.
std::string share_bar(const std::vector<Share>& shares, const std::string& label) {
  constexpr double kLength = 1000;
  double all = 0;
  for (const Share& share : shares) {
    all += static_cast<double>(share.count);
  }
  std::string html =
      "<svg class=\"share\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
      "role=\"img\" aria-label=\"" +
      label + "\">";
  std::string key;
  double x = 0;
  for (const Share& share : shares) {
    const double length = all > 0 ? static_cast<double>(share.count) / all * kLength : 0;
    if (share.count > 0) {
      html += "<rect class=\"" + std::string(share.part) + "\" x=\"" + std::to_string(x) +
              "\" width=\"" + std::to_string(length) + "\" height=\"10\"/>";
    }
    x += length;
    key += key_entry({share.part}, share.name, count_text(share.count));
  }
  return html + "</svg>\n<ul class=\"key\">" + key + "</ul>\n";
}

std::string step(const std::string& id, const std::string& name, std::uint64_t count,
                 const std::string& note) {
  return "<li><span>" + name + "</span><b id=\"" + id + "\">" + count_text(count) + "</b><span>" +
         (note.empty() ? "\u00a0" : note) + "</span></li>\n";
}

std::string pipeline(const core::LedgerTotals& totals, std::int64_t bytes, core::UtcTime now) {
  std::string html = "<ol class=\"steps\">";
  html +=
      step("unfinished", "Unfinished", totals.unfinished,
           totals.stale > 0           ? count_text(totals.stale) + " stale"
           : totals.oldest_unfinished ? "oldest from " + time_ago(*totals.oldest_unfinished, now)
                                      : "");
  html += step("finished", "Finished", totals.succeeded + totals.failed,
               count_text(totals.failed) + " failed");
  html +=
      step("wanted", "Videos to fetch", totals.videos_wanted,
           totals.soonest_expiry ? "first link dies " + time_ago(*totals.soonest_expiry, now) : "");
  html += step("done", "Videos on disk", totals.videos_done, format_size(bytes)) + "</ol>\n";
  html += share_bar({{"succeeded", "good", totals.succeeded},
                     {"failed", "bad", totals.failed},
                     {"unfinished", "open", totals.unfinished},
                     {"missing", "lost", totals.missing}},
                    "Tasks by state");
  const std::uint64_t lost = totals.videos_expired + totals.videos_failed;
  if (lost > 0) {
    html += "<p class=\"warn\">Videos lost: <span id=\"lost\">" + count_text(lost) + "</span> (" +
            count_text(totals.videos_expired) + " expired, " + count_text(totals.videos_failed) +
            " not fetched).</p>\n";
  }
  return html;
}

std::string head_line(const NowFigures& figures, const NowView& view) {
  std::string html =
      "<p class=\"pulse" + std::string(view.writer.empty() ? "" : " on") + "\" id=\"writer\">";
  if (!view.writer.empty()) {
    return html + "A run is at work: " + html_escape(view.writer) + "</p>\n";
  }
  const auto& runs = figures.runs;
  const auto started = runs.empty() ? std::nullopt : time_in(runs.back(), "started_at");
  return html + "No run is at work" +
         (started ? "; the last one began " + time_ago(*started, view.now) : std::string()) +
         ".</p>\n";
}

std::string next_run(const std::vector<core::PendingWork>& pending) {
  std::string html;
  for (const core::PendingWork& work : pending) {
    html +=
        "<p class=\"soft\">A <span class=\"id\">reeltally run --pending" +
        (work.account == "default" ? std::string() : " --account " + html_escape(work.account)) +
        "</span> would ask about " + format_count(work.tasks, "task") + " and fetch " +
        format_count(work.videos, "video") + ".</p>\n";
  }
  return html;
}

std::string expiring_table(const NowFigures& figures, const NowView& view) {
  if (figures.expiring.empty()) {
    return "<p class=\"soft\">No video waits to be fetched.</p>\n";
  }
  std::string html = table_begin("Links that die next", "expiring") +
                     "<tr><th>task</th><th>link dies</th><th>last trouble</th></tr>\n";
  for (const core::ViewRow& row : figures.expiring) {
    const core::UtcTime expiry{std::chrono::milliseconds(number_in(row, "expires_at"))};
    const TaskPlace place{text_in(row, "account"), text_in(row, "task_id"), view.usual_account};
    const std::string index = text_in(row, "video_index");
    html += "<tr><td>" + task_link(place) +
            (index == "1" ? "" : soft("video " + html_escape(index))) + "</td><td class=\"w\">" +
            (text_in(row, "expires_at").empty() ? "not known" : time_ago(expiry, view.now)) +
            "</td><td class=\"t\">" + html_escape(shown_in(row, "last_error")) + "</td></tr>\n";
  }
  return html + kTableEnd;
}

// Every day has a bar, also one without tasks.
std::string day_chart(const std::vector<core::ViewRow>& rows, core::UtcTime now) {
  const auto today = std::chrono::floor<date::days>(now);
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> counts;
  for (const core::ViewRow& row : rows) {
    counts[number_in(row, "day")] = {number_in(row, "succeeded"), number_in(row, "failed")};
  }
  std::vector<Bar> bars;
  std::string table;
  for (int back = kDays - 1; back >= 0; --back) {
    const auto day = today - date::days(back);
    const auto [succeeded, failed] = counts[day.time_since_epoch().count()];
    const std::string name = date::format("%F", day);
    constexpr std::size_t kMonth = 5;  // of 2026-11-28
    bars.push_back(
        {.name = name.substr(kMonth),
         .title = name + ": " + grouped(succeeded) + " succeeded, " + grouped(failed) + " failed",
         .parts = {static_cast<double>(succeeded), static_cast<double>(failed)}});
    if (succeeded + failed > 0) {
      std::string row = "<tr><td>";
      row.append(name).append("</td><td class=\"n\">").append(grouped(succeeded));
      row.append("</td><td class=\"n\">").append(grouped(failed)).append("</td></tr>\n");
      table.insert(0, row);
    }
  }
  return column_chart(bars, {.label = "Finished tasks by day", .unit = "tasks"}) +
         "<details><summary class=\"soft\">As a table</summary><table id=\"days\"><tr><th>day</th>"
         "<th class=\"n\">succeeded</th><th class=\"n\">failed</th></tr>\n" +
         table + "</table></details>\n";
}

struct CountedRow {
  std::string name;  // escaped
  std::array<std::int64_t, 3> counts{};
};

// `titles`: of the columns, as many of which are numbers as `titles` has further entries.
std::string counted_table(const std::string& id, const std::vector<std::string>& titles,
                          const std::vector<CountedRow>& rows) {
  std::int64_t most = 0;
  for (const CountedRow& row : rows) {
    most = std::max(most, row.counts.front());
  }
  std::string html = table_begin(titles.front(), id) + "<tr><th>" + titles.front() +
                     "</th><th class=\"b\" aria-hidden=\"true\"></th>";
  for (std::size_t i = 1; i < titles.size(); ++i) {
    html += "<th class=\"n\">" + titles[i] + "</th>";
  }
  html += "</tr>\n";
  for (const CountedRow& row : rows) {
    html += "<tr><td>" + (row.name.empty() ? "<span class=\"soft\">none</span>" : row.name) +
            "</td><td class=\"b\">" +
            cell_bar(static_cast<double>(row.counts.front()), static_cast<double>(most)) + "</td>";
    for (std::size_t i = 1; i < titles.size(); ++i) {
      html += "<td class=\"n\">" + grouped(row.counts.at(i - 1)) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + kTableEnd;
}

std::string failure_section(const std::vector<core::ViewRow>& failures) {
  if (failures.empty()) {
    return {};
  }
  std::vector<CountedRow> rows;
  rows.reserve(failures.size());
  for (const core::ViewRow& row : failures) {
    rows.push_back({html_escape(shown_in(row, "reason")), {number_in(row, "tasks")}});
  }
  return section("failures", "Why tasks failed" + soft("last 30 days"),
                 counted_table("failures", {"reason", "tasks"}, rows));
}

std::string group_section(const std::vector<core::TaskGroup>& groups) {
  const bool one_account = std::all_of(groups.begin(), groups.end(), [&](const auto& group) {
    return group.account == groups.front().account;
  });
  std::vector<CountedRow> rows;
  for (const core::TaskGroup& group : groups) {
    const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
    const std::string model = group.model.empty() ? "no model" : group.model;
    rows.push_back({html_escape(one_account ? model : model + ", " + group.account),
                    {number(group.tasks), number(group.succeeded), number(group.failed)}});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
    return left.counts.front() > right.counts.front();
  });
  rows.resize(std::min(rows.size(), 2 * kRowsShown));
  return section(
      "models", one_account ? "By model" : "By model and account",
      counted_table("models",
                    {one_account ? "model" : "model, account", "tasks", "succeeded", "failed"},
                    rows));
}

// The labels with the most tasks, each with its most frequent values.
std::string label_sections(const std::vector<core::ViewRow>& labels) {
  std::vector<std::pair<std::string, std::vector<CountedRow>>> tables;
  for (const core::ViewRow& row : labels) {
    const std::string label = shown_in(row, "label");
    auto found = std::find_if(tables.begin(), tables.end(),
                              [&](const auto& table) { return table.first == label; });
    if (found == tables.end()) {
      found = tables.insert(tables.end(), {label, {}});
    }
    if (found->second.size() < kRowsShown) {
      found->second.push_back(
          {html_escape(shown_in(row, "value")),
           {number_in(row, "tasks"), number_in(row, "succeeded"), number_in(row, "failed")}});
    }
  }
  std::string html;
  for (std::size_t i = 0; i < std::min(tables.size(), kLabelsShown); ++i) {
    const std::string label = html_escape(tables[i].first);
    html += section(
        "label-" + std::to_string(i), "By " + label + soft("last 30 days"),
        counted_table("label-" + label, {label, "tasks", "succeeded", "failed"}, tables[i].second));
  }
  return html;
}

}  // namespace

NowFigures read_now_figures(core::LedgerReader& ledger, core::DashboardReader& more,
                            core::UtcTime now) {
  const core::UtcTime since =
      core::UtcTime(std::chrono::floor<date::days>(now) - date::days(kDays - 1));
  return {.overview = ledger.overview(now),
          .runs = ledger.last_runs(kRunsShown),
          .expiring = more.expiring(kLinksShown),
          .days = more.days(since),
          .failures = more.failures(since, kRowsShown),
          .labels = more.labels(since, kLabelValuesMax),
          .budgets = {},
          .budget_trouble = {}};
}

std::string now_page(const NowFigures& figures, const NowView& view) {
  std::int64_t bytes = 0;
  for (const core::TaskGroup& group : figures.overview.groups) {
    bytes += group.bytes;
  }
  std::string html = "<div data-live=\"now\"><h1>" + count_text(figures.overview.totals.tasks) +
                     " tasks</h1>\n" + head_line(figures, view) +
                     pipeline(figures.overview.totals, bytes, view.now) +
                     next_run(figures.overview.pending) + "</div>\n";
  html += section("days", "Finished tasks by day" + soft("last 30 days"),
                  day_chart(figures.days, view.now));
  if (!figures.budgets.empty() || !figures.budget_trouble.empty()) {
    const std::string month = figures.budgets.empty() ? "" : figures.budgets.front().month;
    html += section("budgets", "Budgets" + soft(month),
                    budget_table(figures.budgets, figures.budget_trouble));
  }
  html += section("expiring", "Links that die next", expiring_table(figures, view));
  html += section("runs", "Last runs", runs_table(figures.runs, view.now));
  html += "<div class=\"pair\">" + group_section(figures.overview.groups) +
          label_sections(figures.labels) + failure_section(figures.failures) + "</div>\n";
  return html;
}

}  // namespace cmd
