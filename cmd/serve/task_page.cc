#include "cmd/serve/task_page.h"

#include <algorithm>
#include <chrono>

#include "cmd/cli/units.h"
#include "cmd/history/task_text.h"
#include "cmd/history/view_row.h"
#include "cmd/report/html_text.h"
#include "cmd/serve/masked_answer.h"
#include "cmd/serve/page_text.h"

namespace cmd {
namespace {

TaskPlace place_in(const core::ViewRow& row, const std::string& usual_account) {
  return {text_in(row, "account"), text_in(row, "task_id"), usual_account};
}

std::string films(const core::TaskHistory& history, const TaskPlace& place) {
  std::string html;
  for (const core::ViewRow& video : history.videos) {
    const std::string path = text_in(video, "path");
    if (text_in(video, "state") == "done" && path.find("://") == std::string::npos) {
      html += "<video class=\"film\" controls preload=\"metadata\" src=\"" +
              task_path(place, "video/" + html_escape(text_in(video, "video_index"))) +
              "\" aria-label=\"The video of the task\"></video>\n";
    }
  }
  return html;
}

// How long the task waited and was made, as a line.
std::string life_line(const core::ViewRow& task) {
  const auto submitted = time_in(task, "submit_time");
  const auto started = time_in(task, "start_time");
  const auto finished = time_in(task, "finish_time");
  if (!submitted || !started || !finished || *started < *submitted || *finished <= *started) {
    return {};
  }
  constexpr double kLength = 1000;
  const std::chrono::duration<double> queued = *started - *submitted;
  const std::chrono::duration<double> all = *finished - *submitted;
  const std::string split = std::to_string(queued / all * kLength);
  return "<svg class=\"life\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" role=\"img\" "
         "aria-label=\"Queued, then made\"><rect class=\"open\" width=\"" +
         split + "\" height=\"10\"/><rect class=\"good\" x=\"" + split +
         "\" width=\"1000\" height=\"10\"/></svg>\n<ul class=\"key\">" +
         key_entry({"open"}, "queued", format_duration(*started - *submitted)) +
         key_entry({"good"}, "made in", format_duration(*finished - *started)) + "</ul>\n";
}

// What the badge does not say yet.
std::string standing_text(const core::ViewRow& task, core::UtcTime now) {
  std::string text = task_standing(task, now);
  const std::string state = text_in(task, "state");
  if (text.starts_with(state)) {
    text.erase(0, state.size());
    text.erase(0, std::min(text.find_first_not_of(": "), text.size()));
  }
  return html_escape(text);
}

std::string story_list(const core::TaskHistory& history, const TaskView& view) {
  std::string html = "<dl class=\"facts\">";
  for (const auto& [topic, text] : task_story(history, view.costs, view.now)) {
    html += "<dt>" + html_escape(topic) + "</dt><dd>" + html_escape(text) + "</dd>\n";
  }
  return html + "</dl>\n";
}

std::string answer_link(const TaskPlace& place, const std::string& snapshot) {
  std::string html = "<a href=\"";
  html.append(task_path(place, "answer/" + snapshot)).append("\">raw ");
  return html.append(snapshot).append("</a>");
}

std::string answer_table(const core::TaskHistory& history, const TaskPlace& place) {
  if (history.snapshots.empty()) {
    return {};
  }
  std::string html =
      "<h2>Answers of the gateway</h2>\n" + table_begin("Answers", "answers") +
      "<tr><th>when</th><th class=\"n\">HTTP</th><th>status</th><th>progress</th><th "
      "class=\"n\">bytes</th><th>answer</th></tr>\n";
  for (const core::SnapshotRecord& snapshot : history.snapshots) {
    const core::ViewRow& row = snapshot.columns;
    html += "<tr><td class=\"w\">" + html_escape(shown_in(row, "observed_at")) +
            "</td><td class=\"n\">" + html_escape(shown_in(row, "http_status")) + "</td><td>" +
            html_escape(shown_in(row, "status")) + "</td><td>" +
            html_escape(shown_in(row, "progress")) + "</td><td class=\"n\">" +
            grouped(number_in(row, "raw_bytes")) + "</td><td>" +
            (snapshot.answer ? answer_link(place, text_in(row, "snapshot_id")) : "pruned") +
            "</td></tr>\n";
  }
  html += kTableEnd;
  return history.earlier_answers == 0
             ? html
             : html + "<p class=\"soft\" id=\"earlier\">" +
                   grouped(static_cast<std::int64_t>(history.earlier_answers)) +
                   " earlier answers are not shown; <span class=\"id\">reeltally status -v</span> "
                   "lists all.</p>\n";
}

// Of the last answer that has any: the earlier ones are on the pages of their answers.
std::string usage_table(const core::TaskHistory& history) {
  const auto last = std::find_if(history.snapshots.rbegin(), history.snapshots.rend(),
                                 [](const auto& snapshot) { return !snapshot.usage.empty(); });
  if (last == history.snapshots.rend()) {
    return {};
  }
  std::string html =
      "<h2>Usage</h2>\n<table id=\"usage\"><tr><th>name</th><th class=\"n\">value"
      "</th></tr>\n";
  for (const core::ViewRow& metric : last->usage) {
    html += "<tr><td class=\"id\">" + html_escape(shown_in(metric, "name")) +
            "</td><td class=\"n\">" + html_escape(shown_in(metric, "value")) + "</td></tr>\n";
  }
  return html + "</table>\n";
}

}  // namespace

std::string task_page(const core::TaskHistory& history, const TaskView& view) {
  const core::ViewRow& task = history.task;
  const TaskPlace place = place_in(task, view.usual_account);
  const std::string film = films(history, place);
  return "<h1 class=\"id\">" + html_escape(text_in(task, "task_id")) + "</h1>\n" +
         "<section data-live=\"state\"><p>" + state_badge(text_in(task, "state")) +
         " <span id=\"standing\">" + standing_text(task, view.now) + "</span></p></section>\n" +
         "<div class=\"watch\">" + (film.empty() ? "" : "<div>" + film + "</div>") +
         "<section data-live=\"story\">" + life_line(task) + story_list(history, view) +
         "</section></div>\n<section data-live=\"answers\">" + answer_table(history, place) +
         "</section>\n<section data-live=\"usage\">" + usage_table(history) + "</section>\n";
}

std::optional<std::string> answer_page(const core::RawAnswer& found,
                                       const std::string& usual_account) {
  if (!found.answer) {
    return std::nullopt;
  }
  // html_escape spells out line ends, which this text has by intent.
  std::string text;
  const std::string masked = masked_answer(*found.answer);
  for (std::string_view rest = masked; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += html_escape(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return "<h1>Answer " + html_escape(text_in(found.columns, "snapshot_id")) + "</h1>\n<p>of " +
         task_link(place_in(found.columns, usual_account)) + ", " +
         html_escape(shown_in(found.columns, "observed_at")) +
         "</p>\n<p class=\"soft\">Laid out for reading, without the signatures of links and "
         "without "
         "keys; <span class=\"id\">reeltally status --json</span> has the exact bytes.</p>\n<pre "
         "id=\"answer\" tabindex=\"0\">" +
         text + "</pre>\n<p class=\"soft\">SHA-256 <span class=\"id\">" +
         html_escape(shown_in(found.columns, "raw_sha256")) + "</span></p>\n";
}

}  // namespace cmd
