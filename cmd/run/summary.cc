#include "cmd/run/summary.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/run/error_words.h"
#include "cmd/run/failure_reason.h"
#include "core/text/join.h"

namespace cmd {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

// "12 succeeded, 3 failed": counts of 0 are left out.
class Phrase {
 public:
  Phrase& add(std::uint64_t count, const std::string& what) {
    return count > 0 ? append(number(count) + " " + what) : *this;
  }
  Phrase& add_counted(std::uint64_t count, std::string_view noun) {
    return count > 0 ? append(format_count(count, noun)) : *this;
  }
  [[nodiscard]] std::string text(const std::string& otherwise) const {
    return text_.empty() ? otherwise : text_;
  }

 private:
  Phrase& append(std::string_view part) {
    text_.append(text_.empty() ? "" : ", ").append(part);
    return *this;
  }

  std::string text_;
};

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

}  // namespace

std::string_view word_of(core::Notice::Kind kind) {
  switch (kind) {
    case core::Notice::Kind::request:
      return "request";
    case core::Notice::Kind::retry:
      return "retry";
    case core::Notice::Kind::slowed:
      return "slowed";
    case core::Notice::Kind::unrecognised:
    case core::Notice::Kind::looks_finished:
      return "unrecognised";
    case core::Notice::Kind::flagged:
      return "flagged";
    case core::Notice::Kind::not_answered:
      return "not_answered";
    case core::Notice::Kind::video_done:
      return "video_done";
    case core::Notice::Kind::video_failed:
      return "video_failed";
    case core::Notice::Kind::video_expired:
      return "video_expired";
    case core::Notice::Kind::stopped:
      return "stopped";
  }
  return "";
}

int http_status_in(std::string_view text) {
  constexpr std::string_view kWord = "HTTP ";
  constexpr int kStatusMin = 100;
  const std::size_t at = text.find(kWord);
  int status = 0;
  if (at != std::string_view::npos) {
    const char* const begin = text.data() + at + kWord.size();
    std::from_chars(begin, text.data() + text.size(), status);
  }
  return status >= kStatusMin && status < 10 * kStatusMin ? status : 0;
}

void FailureList::add(const core::Notice& notice) {
  Group* group = nullptr;
  switch (notice.kind) {
    case core::Notice::Kind::not_answered:
      group = &not_answered_;
      break;
    case core::Notice::Kind::video_failed:
      group = &video_failed_;
      break;
    case core::Notice::Kind::video_expired:
      group = &video_expired_;
      break;
    case core::Notice::Kind::looks_finished:
      group = &looks_finished_;
      break;
    case core::Notice::Kind::request:
    case core::Notice::Kind::retry:
    case core::Notice::Kind::slowed:
    case core::Notice::Kind::unrecognised:
    case core::Notice::Kind::flagged:
    case core::Notice::Kind::video_done:
    case core::Notice::Kind::stopped:
      return;
  }
  group->add(notice);
}

void FailureList::Group::add(const core::Notice& notice) {
  const std::string shape = reason_shape(notice.text);
  auto reason = std::find_if(reasons.begin(), reasons.end(),
                             [&](const Reason& one) { return one.shape == shape; });
  if (reason == reasons.end() && reasons.size() == kReasonsMax) {
    ++further;
    return;
  }
  if (reason == reasons.end()) {
    reason = reasons.insert(reason, {.text = notice.text, .shape = shape});
  }
  reason->text = common_reason(reason->text, notice.text);
  if (++reason->count <= kNamedMax) {
    const std::string video =
        notice.video > 1 ? " (video " + std::to_string(notice.video) + ")" : "";
    reason->named.push_back(notice.task_id + video);
  }
}

std::string FailureList::Reason::names() const {
  std::string names = core::join(named);
  if (count > named.size()) {
    names += " and " + number(count - named.size()) + " more";
  }
  return names;
}

void FailureList::each_group(
    const std::function<void(const std::string& what, const Group& group)>& visit) const {
  const std::pair<const char*, const Group&> all[] = {{"not answered", not_answered_},
                                                      {"unrecognised", looks_finished_},
                                                      {"not fetched", video_failed_},
                                                      {"expired", video_expired_}};
  for (const auto& [what, group] : all) {
    if (!group.reasons.empty()) {
      visit(what, group);
    }
  }
}

std::vector<FailureList::Line> FailureList::lines() const {
  std::vector<Line> lines;
  each_group([&lines](const std::string& what, const Group& group) {
    const char* const of = what == "not fetched" || what == "expired" ? "videos" : "tasks";
    for (const Reason& reason : group.reasons) {
      const std::string names = reason.names();
      std::string text = what;
      text.append(": ").append(reason.count == 1 ? names : number(reason.count) + " " + of);
      text.append(": ").append(reason.text);
      if (reason.count > 1) {
        text.append(": ").append(names);
      }
      lines.push_back({.text = std::move(text),
                       .kind = group.kind,
                       .http_status = http_status_in(reason.text),
                       .count = reason.count});
    }
    if (group.further > 0) {
      lines.push_back(
          {.text = what + ": " + number(group.further) + " more " + of + " for other reasons",
           .kind = group.kind,
           .count = group.further});
    }
  });
  return lines;
}

ExitCode exit_code(const ExitFacts& facts, const Summary& summary) {
  if (facts.signal != 0) {
    return exit_code_of_signal(facts.signal);
  }
  if (facts.result.end == core::RunEnd::key_rejected) {
    return ExitCode::key_rejected;
  }
  if (facts.result.end == core::RunEnd::wrong_base_url) {
    return ExitCode::wrong_usage;
  }
  if (!facts.result.disk_failure.empty()) {
    return ExitCode::fatal;
  }
  const bool videos_lack =
      facts.videos_count && (summary.tally.videos_failed > 0 || summary.tally.videos_expired > 0 ||
                             summary.videos_left > 0 || facts.result.downloads_hindered);
  if (summary.rows_rejected > 0 || summary.tally.not_answered > 0 || videos_lack ||
      facts.result.end == core::RunEnd::outage) {
    return ExitCode::partly;
  }
  const bool cut = facts.result.end == core::RunEnd::deadline;
  if (facts.waits && (facts.input_cut || summary.tally.unasked > 0 ||
                      (cut && summary.unfinished > summary.stale))) {
    return ExitCode::unfinished;
  }
  return ExitCode::ok;
}

std::vector<std::string> summary_text(const Summary& summary) {
  const core::RunTally& tally = summary.tally;
  std::vector<std::string> lines;
  Phrase tasks;
  tasks.add(summary.succeeded, "succeeded")
      .add(summary.failed, "failed")
      .add(summary.unfinished - summary.stale, "unfinished")
      .add(summary.stale, "stale")
      .add(summary.missing, "missing");
  lines.push_back("run " + std::to_string(summary.run_id) + ": " +
                  format_count(summary.tasks, "task") + " in " + seconds_text(summary.seconds) +
                  ": " + tasks.text("nothing to do"));
  Phrase answers;
  answers
      .add(tally.queried - std::min(tally.queried, tally.not_answered),
           "answered" + (tally.unrecognised > 0
                             ? " (" + number(tally.unrecognised) + " of them not understood)"
                             : std::string()))
      .add(tally.listed, "of them by the gateway's list")
      .add(tally.not_answered, "not answered")
      .add(tally.unasked, "unasked")
      .add(summary.stale_left_out, "stale and left out");
  lines.push_back("asked: " + answers.text("nobody"));
  Phrase videos;
  videos.add(tally.videos_downloaded, "downloaded (" + format_size(tally.video_bytes) + ")")
      .add(tally.videos_failed, "not fetched")
      .add(tally.videos_expired, "expired")
      .add(summary.videos_untried, "left to a later run");
  lines.push_back("videos: " + videos.text("none fetched"));
  Phrase input;
  input.add_counted(summary.rows_read, "row")
      .add(summary.rows_rejected, "rejected")
      .add_counted(summary.duplicates, "duplicate")
      .add_counted(summary.comments, "comment line")
      .add_counted(summary.repeated_headers, "repeated header");
  lines.push_back("input: " + input.text("no rows"));
  Phrase requests;
  requests.add(tally.requests, "sent").add(tally.retries, tally.retries == 1 ? "retry" : "retries");
  std::string line = "requests: " + requests.text("none");
  for (const auto& [kind, count] : tally.errors) {
    line += ", " + error_words(kind) + " (" + number(count) + ")";
  }
  lines.push_back(line);
  if (summary.exit_code == ExitCode::interrupted || summary.exit_code == ExitCode::terminated) {
    lines.push_back(std::string("stopped by ") +
                    (summary.exit_code == ExitCode::interrupted ? "SIGINT" : "SIGTERM") +
                    "; the next run continues the work");
  }
  return lines;
}

std::string summary_json(const Summary& summary) {
  const core::RunTally& tally = summary.tally;
  nlohmann::ordered_json json;
  json["type"] = "summary";
  json["run_id"] = summary.run_id;
  json["exit_code"] = exit_number(summary.exit_code);
  json["rows_read"] = summary.rows_read;
  json["rows_rejected"] = summary.rows_rejected;
  json["duplicates"] = summary.duplicates;
  json["comments"] = summary.comments;
  json["repeated_headers"] = summary.repeated_headers;
  json["labels_differ"] = summary.labels_differ;
  json["tasks"] = summary.tasks;
  json["queried"] = tally.queried;
  json["listed"] = tally.listed;
  json["succeeded"] = summary.succeeded;
  json["failed"] = summary.failed;
  json["unfinished"] = summary.unfinished;
  json["stale"] = summary.stale;
  json["missing"] = summary.missing;
  json["unrecognised"] = tally.unrecognised;
  json["not_answered"] = tally.not_answered;
  json["unasked"] = tally.unasked;
  json["stale_left_out"] = summary.stale_left_out;
  json["videos_downloaded"] = tally.videos_downloaded;
  json["videos_failed"] = tally.videos_failed;
  json["videos_expired"] = tally.videos_expired;
  json["videos_left"] = summary.videos_left;
  json["bytes"] = tally.video_bytes;
  json["requests"] = tally.requests;
  json["retries"] = tally.retries;
  json["errors"] = nlohmann::json::object();
  for (const auto& [kind, count] : tally.errors) {
    json["errors"][kind] = count;
  }
  json["seconds"] = summary.seconds;
  return json_text(json);
}

}  // namespace cmd
