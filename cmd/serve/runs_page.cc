#include "cmd/serve/runs_page.h"

#include <algorithm>

#include "cmd/cli/units.h"
#include "cmd/history/past_run.h"
#include "cmd/history/view_row.h"
#include "cmd/report/html_text.h"
#include "cmd/serve/page_text.h"

namespace cmd {
namespace {

std::string number_cell(const core::ViewRow& row, std::string_view column) {
  return "<td class=\"n\">" +
         (text_in(row, column).empty() ? "\u2013" : grouped(number_in(row, column))) + "</td>";
}

std::string table_row(const core::ViewRow& row, core::UtcTime now) {
  const PastRun run(row);
  const std::string number = html_escape(text_in(row, "run_id"));
  const auto started = time_in(row, "started_at");
  const auto took = run.took();
  const std::string trouble = run.trouble();
  std::string html = "<tr><td><a href=\"/runs/" + number + "\">" + number +
                     "</a></td><td class=\"w\">" + (started ? time_ago(*started, now) : "") +
                     "</td><td class=\"n\">" + (took ? format_duration(*took) : "\u2013") + "</td>";
  for (const char* column : {"queried", "succeeded", "failed", "videos_downloaded"}) {
    html += number_cell(row, column);
  }
  return html + "<td class=\"n\">" +
         (run.has_ended() ? format_size(number_in(row, "bytes")) : "\u2013") + "</td>" +
         number_cell(row, "exit_code") + "<td class=\"t" + (trouble.empty() ? "" : " warn") +
         "\">" + html_escape(trouble) + "</td></tr>\n";
}

}  // namespace

std::string runs_table(const std::vector<core::ViewRow>& runs, core::UtcTime now) {
  if (runs.empty()) {
    return "<p class=\"soft\">No run yet.</p>\n";
  }
  std::string html =
      table_begin("Runs", "runs") +
      "<tr><th>run</th><th>began</th><th class=\"n\">took</th><th class=\"n\">asked</th>"
      "<th class=\"n\">succeeded</th><th class=\"n\">failed</th><th class=\"n\">videos</th>"
      "<th class=\"n\">size</th><th class=\"n\">exit</th><th>what went wrong</th></tr>\n";
  for (auto row = runs.rbegin(); row != runs.rend(); ++row) {
    html += table_row(*row, now);
  }
  return html + kTableEnd;
}

std::string runs_page(const std::vector<core::ViewRow>& runs, core::UtcTime now) {
  return "<h1>Runs</h1>\n<section data-live=\"runs\">" + runs_table(runs, now) + "</section>\n";
}

std::string run_page(const core::ViewRow& run) {
  std::string html = "<section data-live=\"run\"><h1>Run " + html_escape(text_in(run, "run_id")) +
                     "</h1>\n<p class=\"soft\">" + html_escape(PastRun(run).origin()) + "</p>\n";
  if (const std::string trouble = PastRun(run).trouble(); !trouble.empty()) {
    html += "<p class=\"warn\">" + html_escape(trouble) + "</p>\n";
  }
  html += "<dl class=\"facts\">";
  for (const auto& [name, value] : run) {
    if (value && name != "run_id") {
      std::string words = name;
      std::replace(words.begin(), words.end(), '_', ' ');
      html +=
          "<dt>" + html_escape(words) + "</dt><dd>" + html_escape(shown_in(run, name)) + "</dd>\n";
    }
  }
  return html + "</dl></section>\n";
}

}  // namespace cmd
