#include "cmd/history/overview_text.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "cmd/cli/units.h"
#include "cmd/history/past_run.h"
#include "cmd/history/view_row.h"
#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kWidth = 80;
constexpr std::size_t kNameWidth = 24;
constexpr int kCountWidth = 11;
constexpr std::size_t kGroupsShownMax = 30;

Json time_json(const std::optional<core::UtcTime>& time) {
  return time ? Json(utc_second(*time)) : Json();
}

void print_last_run(std::ostream& out, const core::ViewRow& row, core::UtcTime now) {
  const PastRun run(row);
  out << "last run " << text_in(row, "run_id");
  if (const auto started = time_in(row, "started_at")) {
    out << ": began " << with_distance(*started, now);
  }
  if (const auto took = run.took()) {
    out << ", took " << format_duration(*took) << ", exit code " << text_in(row, "exit_code");
  }
  out << '\n';
  if (const std::string trouble = run.trouble(); !trouble.empty()) {
    out << "  " << cut(trouble, kWidth - 2) << '\n';
  }
}

void print_totals(std::ostream& out, const core::LedgerTotals& totals, std::int64_t bytes,
                  core::UtcTime now) {
  const auto row = [&out](const char* name, std::uint64_t count, const std::string& note = "") {
    out << padded(name, kNameWidth) << std::right << std::setw(10) << count
        << (note.empty() ? "" : "  ") << note << '\n';
  };
  row("tasks", totals.tasks);
  row("  succeeded", totals.succeeded);
  row("  failed", totals.failed);
  row("  unfinished", totals.unfinished,
      totals.oldest_unfinished ? "oldest " + with_distance(*totals.oldest_unfinished, now) : "");
  row("    of these stale", totals.stale);
  row("  missing", totals.missing);
  if (totals.forgotten > 0) {
    row("forgotten tasks", totals.forgotten);
  }
  row("videos on disk", totals.videos_done, totals.videos_done > 0 ? format_size(bytes) : "");
  row("  wanted", totals.videos_wanted,
      totals.soonest_expiry ? "soonest expiry " + with_distance(*totals.soonest_expiry, now) : "");
  row("  failed", totals.videos_failed);
  row("  expired", totals.videos_expired);
}

void print_group(std::ostream& out, std::string_view name, const core::TaskGroup& group) {
  // Names of models begin alike, so one that is too long has a line of its own.
  constexpr std::size_t kLineMax = 79;
  if (text_columns(name) > kNameWidth) {
    out << cut(name, kLineMax) << '\n';
    name = "";
  }
  out << padded(std::string(name), kNameWidth);
  for (const std::uint64_t count :
       {group.tasks, group.succeeded, group.failed, group.unfinished, group.missing}) {
    out << std::right << std::setw(kCountWidth) << count;
  }
  out << '\n';
  if (group.videos_done > 0) {
    out << "  " << format_count(group.videos_done, "video") << ", " << format_size(group.bytes)
        << '\n';
  }
}

void print_groups(std::ostream& out, const std::vector<core::TaskGroup>& groups) {
  if (groups.empty()) {
    return;
  }
  out << padded("account, model", kNameWidth) << std::right;
  for (const char* title : {"tasks", "succeeded", "failed", "unfinished", "missing"}) {
    out << std::setw(kCountWidth) << title;
  }
  out << '\n';
  for (std::size_t i = 0; i < std::min(groups.size(), kGroupsShownMax); ++i) {
    const core::TaskGroup& group = groups.at(i);
    const std::string model = group.model.empty() ? "no model" : group.model;
    print_group(out, core::printable(group.account + ", " + model, kCellShownMax), group);
  }
  if (groups.size() > kGroupsShownMax) {
    out << groups.size() - kGroupsShownMax << " more (--json has all)\n";
  }
}

void print_next_run(std::ostream& out, const core::LedgerOverview& overview) {
  if (overview.pending.empty()) {
    out << "a run now would find nothing to do, unless a FILE names new tasks\n";
  }
  for (const core::PendingWork& work : overview.pending) {
    out << "`reeltally run --pending"
        << (work.account == "default"
                ? ""
                : " --account " + core::printable(work.account, kCellShownMax))
        << "` would ask about " << format_count(work.tasks, "task") << " and fetch "
        << format_count(work.videos, "video") << '\n';
  }
}

std::int64_t bytes_on_disk(const core::LedgerOverview& overview) {
  std::int64_t bytes = 0;
  for (const core::TaskGroup& group : overview.groups) {
    bytes += group.bytes;
  }
  return bytes;
}

Json groups_json(const std::vector<core::TaskGroup>& groups) {
  Json all = Json::array();
  for (const core::TaskGroup& group : groups) {
    all.push_back({{"account", group.account},
                   {"model", group.model.empty() ? Json() : Json(group.model)},
                   {"tasks", group.tasks},
                   {"unfinished", group.unfinished},
                   {"succeeded", group.succeeded},
                   {"failed", group.failed},
                   {"missing", group.missing},
                   {"videos_done", group.videos_done},
                   {"bytes", group.bytes}});
  }
  return all;
}

}  // namespace

void print_overview(std::ostream& out, const core::LedgerOverview& overview,
                    const std::optional<core::ViewRow>& last_run, core::UtcTime now) {
  if (last_run) {
    print_last_run(out, *last_run, now);
    out << '\n';
  }
  print_totals(out, overview.totals, bytes_on_disk(overview), now);
  out << '\n';
  print_groups(out, overview.groups);
  out << (overview.groups.empty() ? "" : "\n");
  print_next_run(out, overview);
}

void print_overview_json(std::ostream& out, const core::LedgerOverview& overview,
                         const std::optional<core::ViewRow>& last_run) {
  const core::LedgerTotals& totals = overview.totals;
  Json json;
  json["type"] = "totals";
  json["tasks"] = totals.tasks;
  json["unfinished"] = totals.unfinished;
  json["succeeded"] = totals.succeeded;
  json["failed"] = totals.failed;
  json["missing"] = totals.missing;
  json["stale"] = totals.stale;
  json["forgotten"] = totals.forgotten;
  json["videos_wanted"] = totals.videos_wanted;
  json["videos_done"] = totals.videos_done;
  json["videos_failed"] = totals.videos_failed;
  json["videos_expired"] = totals.videos_expired;
  json["bytes"] = bytes_on_disk(overview);
  json["oldest_unfinished"] = time_json(totals.oldest_unfinished);
  json["soonest_expiry"] = time_json(totals.soonest_expiry);
  json["last_run"] = last_run ? json_of(*last_run) : Json();
  json["groups"] = groups_json(overview.groups);
  json["pending"] = Json::array();
  for (const core::PendingWork& work : overview.pending) {
    json["pending"].push_back(
        {{"account", work.account}, {"tasks", work.tasks}, {"videos", work.videos}});
  }
  print_json(out, json, isatty(STDOUT_FILENO) != 0);
}

}  // namespace cmd
