#include "cmd/history/task_text.h"

#include <unistd.h>

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include "cmd/cli/units.h"
#include "cmd/history/view_row.h"
#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "core/text/join.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTopicWidth = 10;

std::string joined(std::initializer_list<std::string> parts) {
  return core::join({parts.begin(), parts.size()});
}

std::string with_word(const std::string& word, const std::string& value) {
  return value.empty() ? "" : word + " " + value;
}

// "submitted 2026-…, queued 10s, made in 3m 50s, finished 2026-…": what the gateway states of it.
std::string timeline_of(const core::ViewRow& task) {
  const auto submitted = time_in(task, "submit_time");
  const auto started = time_in(task, "start_time");
  const auto finished = time_in(task, "finish_time");
  const auto between = [](const auto& from, const auto& to, const std::string& word) {
    return from && to && *from <= *to ? word + format_duration(*to - *from) : std::string();
  };
  return joined({submitted ? "submitted " + utc_second(*submitted) : "",
                 between(submitted, started, "queued "), between(started, finished, "made in "),
                 started ? "" : between(submitted, finished, "finished after "),
                 finished ? "finished " + utc_second(*finished) : ""});
}

std::string what_was_made(const core::ViewRow& task) {
  const std::string seconds = text_in(task, "output_seconds").empty()
                                  ? shown_in(task, "duration_seconds")
                                  : shown_in(task, "output_seconds");
  return joined({shown_in(task, "model"), shown_in(task, "action"), shown_in(task, "resolution"),
                 shown_in(task, "ratio"), seconds.empty() ? "" : seconds + " s",
                 with_word("tokens", shown_in(task, "total_tokens"))});
}

std::string place_of(const core::ViewRow& video, core::UtcTime now) {
  const std::string state = text_in(video, "state");
  const auto expiry = time_in(video, "expires_at");
  const std::string error = shown_in(video, "last_error");
  const std::string tried = error.empty() ? "" : "last try: " + error;
  if (state == "done") {
    return "on disk, " + format_size(number_in(video, "bytes")) + ": " + shown_in(video, "path");
  }
  if (state == "wanted") {
    return joined(
        {"to be fetched", expiry ? "its link expires " + with_distance(*expiry, now) : "", tried});
  }
  if (state == "expired") {
    return joined({"lost", expiry ? "its link expired " + with_distance(*expiry, now) : "", tried});
  }
  return joined({"not fetched, tried in " +
                     format_count(static_cast<std::uint64_t>(number_in(video, "attempts")), "run"),
                 tried});
}

std::string answers_of(const core::TaskHistory& history, core::UtcTime now) {
  if (history.snapshots.empty()) {
    return "none yet";
  }
  const core::ViewRow& last = history.snapshots.back().columns;
  const auto when = time_in(last, "observed_at");
  return joined(
      {format_count(history.earlier_answers + history.snapshots.size(), "answer"),
       "the last " + (when ? with_distance(*when, now) : "") + ": HTTP " +
           core::join(std::vector{shown_in(last, "http_status"), shown_in(last, "status")}, " ")});
}

std::string cell(const core::ViewRow& row, std::string_view name) {
  const std::string text = shown_in(row, name);
  return text.empty() ? "-" : text;
}

}  // namespace

std::string labels_text(const core::ViewRow& row) {
  const Json labels = Json::parse(text_in(row, "labels"), nullptr, false);
  std::string all;
  for (auto one = labels.begin(); labels.is_object() && one != labels.end(); ++one) {
    all += (all.empty() ? "" : ", ") + one.key() + " " +
           (one.value().is_string() ? one.value().get<std::string>() : one.value().dump());
  }
  return core::printable(core::redact_keys(core::redact_urls(all)), kCellShownMax);
}

std::string task_standing(const core::ViewRow& task, core::UtcTime now) {
  const std::string state = text_in(task, "state");
  const std::string reason = shown_in(task, "fail_reason");
  if (state == "unfinished") {
    const auto since =
        time_in(task, text_in(task, "submit_time").empty() ? "first_seen" : "submit_time");
    return joined({state + (since ? " since " + with_distance(*since, now) : ""),
                   shown_in(task, "status"), shown_in(task, "progress"),
                   number_in(task, "stale") != 0 ? "stale: asked only when a FILE names it" : ""});
  }
  if (state == "missing") {
    return "missing: the gateway does not find it";
  }
  if (state == "forgotten") {
    return "forgotten: taken back, a FILE that names it brings it back";
  }
  return state + (state == "failed" && !reason.empty() ? ": " + reason : "");
}

std::vector<TaskTopic> task_story(const core::TaskHistory& history,
                                  const std::vector<std::string>& costs, core::UtcTime now) {
  const core::ViewRow& task = history.task;
  std::vector<TaskTopic> story;
  const auto add = [&story](std::string topic, std::string text) {
    if (!text.empty()) {
      story.push_back({std::move(topic), std::move(text)});
    }
  };
  add("made", what_was_made(task));
  add("time", timeline_of(task));
  for (const core::ViewRow& video : history.videos) {
    const std::string number =
        history.videos.size() > 1 ? " " + text_in(video, "video_index") : std::string();
    add("video" + number, place_of(video, now));
  }
  add("cost", core::join(costs));
  add("quota", with_word(shown_in(task, "quota"),
                         text_in(task, "quota").empty() ? "" : "by the gateway's own count"));
  add("labels", labels_text(task));
  add("account", shown_in(task, "account"));
  add("asked", answers_of(history, now));
  return story;
}

void print_task_story(std::ostream& out, const core::TaskHistory& history,
                      const std::vector<std::string>& costs, core::UtcTime now) {
  out << shown_in(history.task, "task_id") << ": " << task_standing(history.task, now) << '\n';
  for (const auto& [topic, text] : task_story(history, costs, now)) {
    out << "  " << padded(topic, kTopicWidth) << ' ' << text << '\n';
  }
}

void print_task_columns(std::ostream& out, const core::TaskHistory& history) {
  constexpr std::size_t kNameWidth = 23;
  out << cell(history.task, "task_id") << '\n';
  for (const auto& [name, value] : history.task) {
    if (value && name != "task_id") {
      out << "  " << padded(name, kNameWidth) << ' ' << cell(history.task, name) << '\n';
    }
  }
  for (const core::SnapshotRecord& snapshot : history.snapshots) {
    const core::ViewRow& row = snapshot.columns;
    out << "  snapshot " << cell(row, "snapshot_id") << "  " << cell(row, "observed_at") << "  run "
        << cell(row, "run_id") << "  HTTP " << cell(row, "http_status") << "  "
        << cell(row, "status") << "  " << cell(row, "progress") << "  " << cell(row, "raw_bytes")
        << " bytes" << (snapshot.answer ? "" : " (pruned)") << '\n';
    for (const core::ViewRow& metric : snapshot.usage) {
      out << "    " << padded(cell(metric, "name"), kNameWidth) << ' ' << cell(metric, "value")
          << '\n';
    }
  }
  for (const core::ViewRow& video : history.videos) {
    out << "  video " << cell(video, "video_index") << "  " << cell(video, "state") << "  "
        << cell(video, "path") << "  " << cell(video, "bytes") << " bytes  expires "
        << cell(video, "expires_at") << "  " << cell(video, "last_error") << '\n';
  }
}

void print_task_json(std::ostream& out, const core::TaskHistory& history) {
  const auto print_typed = [&out](const char* type, const Json& row) {
    Json json;
    json["type"] = type;
    json.update(row);
    print_json(out, json, isatty(STDOUT_FILENO) != 0);
  };
  print_typed("task", json_of(history.task));
  for (const core::SnapshotRecord& snapshot : history.snapshots) {
    Json json = json_of(snapshot.columns);
    json["usage"] = Json::object();
    for (const core::ViewRow& metric : snapshot.usage) {
      json["usage"][metric.at(0).second.value_or("")] =
          exact_number(metric.at(1).second.value_or(""));
    }
    // Exact for UTF-8; for other encodings the exact bytes are only in the ledger.
    json["answer"] = snapshot.answer ? Json(*snapshot.answer) : Json();
    print_typed("snapshot", json);
  }
  for (const core::ViewRow& video : history.videos) {
    print_typed("video", json_of(video));
  }
}

}  // namespace cmd
