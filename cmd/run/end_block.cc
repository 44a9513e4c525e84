#include "cmd/run/end_block.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "cmd/cli/units.h"
#include "cmd/os/terminal.h"
#include "core/text/join.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

constexpr std::size_t kTopicColumns = 14;
constexpr std::size_t kWhyMax = 1000;

// Colours of the sixteen that every terminal has.
constexpr std::string_view kGood = "\033[32m";
constexpr std::string_view kBad = "\033[31m";
constexpr std::string_view kWarning = "\033[33m";
constexpr std::string_view kStrong = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";

std::string colored(const std::string& text, std::string_view color, const EndStyle& style) {
  return style.color && !color.empty() ? std::string(color) + text + std::string(kPlain) : text;
}

std::string topic(const std::string& name, std::string_view color, const std::string& text,
                  const EndStyle& style) {
  return "  " + colored(padded(name, kTopicColumns), color, style) + " " + text;
}

struct Verdict {
  std::string_view words;
  std::string_view color;
};

Verdict verdict_of(ExitCode code) {
  switch (code) {
    case ExitCode::ok:
      return {"done", kGood};
    case ExitCode::partly:
      return {"done in part", kWarning};
    case ExitCode::unfinished:
      return {"not finished", kWarning};
    case ExitCode::interrupted:
      return {"stopped by SIGINT", kWarning};
    case ExitCode::terminated:
      return {"stopped by SIGTERM", kWarning};
    case ExitCode::key_rejected:
      return {"the key was rejected", kBad};
    case ExitCode::fatal:
    case ExitCode::wrong_usage:
    case ExitCode::no_ledger:
    case ExitCode::ledger_busy:
      return {"failed", kBad};
  }
  return {"failed", kBad};
}

std::string head(const Summary& summary, const EndStyle& style) {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(summary.seconds));
  const auto shown =
      took >= std::chrono::seconds(1) ? std::chrono::floor<std::chrono::seconds>(took) : took;
  const Verdict verdict = verdict_of(summary.exit_code);
  return "run " + std::to_string(summary.run_id) + ": " +
         colored(std::string(verdict.words), verdict.color, style) + " after " +
         format_duration(shown) + ", exit code " + std::to_string(exit_number(summary.exit_code));
}

std::string what_succeeded(const EndFacts& facts) {
  const Summary& summary = facts.summary;
  std::vector<std::string> parts{format_count(summary.succeeded, "task")};
  if (summary.tally.videos_downloaded > 0) {
    parts.push_back(format_count(summary.tally.videos_downloaded, "video") + " downloaded, " +
                    format_size(summary.tally.video_bytes));
  }
  return core::join(parts);
}

// "12 × HTTP 403: a, b, c and 9 more"
std::string reason_of(const FailureList::Reason& reason, const EndStyle& style) {
  return std::to_string(reason.count) + (style.utf8 ? " \xC3\x97 " : " x ") + reason.text + ": " +
         reason.names();
}

void add_failures(std::vector<std::string>& lines, const EndFacts& facts, const EndStyle& style) {
  if (facts.summary.failed > 0) {
    lines.push_back(topic("failed", kWarning,
                          format_count(facts.summary.failed, "task") + " by the gateway's word",
                          style));
  }
  if (facts.summary.missing > 0) {
    lines.push_back(topic("missing", kWarning, format_count(facts.summary.missing, "task"), style));
  }
  facts.failures.each_group([&](const std::string& what, const FailureList::Group& group) {
    std::string name = what;
    for (const FailureList::Reason& reason : group.reasons) {
      lines.push_back(topic(name, kBad, reason_of(reason, style), style));
      name.clear();
    }
    if (group.further > 0) {
      lines.push_back(
          topic(name, kBad, std::to_string(group.further) + " more for other reasons", style));
    }
  });
  if (facts.summary.rows_rejected > 0) {
    lines.push_back(topic("rejected", kBad,
                          std::to_string(facts.summary.rows_rejected) + " of " +
                              format_count(facts.summary.rows_read, "row"),
                          style));
  }
}

std::string what_is_left(const EndFacts& facts) {
  const Summary& summary = facts.summary;
  std::vector<std::string> parts;
  const auto add = [&parts](std::uint64_t count, const std::string& what) {
    if (count > 0) {
      parts.push_back(std::to_string(count) + " " + what);
    }
  };
  // Each task under one word: those without an answer count as unfinished in the ledger, too.
  const std::uint64_t others = summary.stale + summary.tally.not_answered + summary.tally.unasked;
  add(summary.unfinished - std::min(summary.unfinished, others), "unfinished");
  add(summary.stale, "stale");
  add(summary.tally.not_answered, "not answered");
  add(summary.tally.unasked, "not asked");
  if (facts.videos_count && summary.videos_left > 0) {
    parts.push_back(format_count(summary.videos_left, "video") + " to fetch");
  }
  return core::join(parts);
}

std::string words_without_next(const Summary& summary) {
  if (summary.rows_rejected > 0) {
    return "correct the rejected rows; nothing else is left to do";
  }
  return summary.stale > 0 ? "nothing is left to do; name the stale tasks in a FILE to query them"
                           : "nothing is left to do";
}

}  // namespace

std::vector<std::string> end_block(const EndFacts& facts, const EndStyle& style) {
  std::vector<std::string> lines{head(facts.summary, style)};
  lines.push_back(topic("succeeded", kGood, what_succeeded(facts), style));
  add_failures(lines, facts, style);
  if (const std::string left = what_is_left(facts); !left.empty()) {
    lines.push_back(topic("left", kWarning, left, style));
  }
  if (!facts.why.empty()) {
    lines.push_back(topic("because", kBad, core::printable(facts.why, kWhyMax), style));
  }
  lines.push_back(topic(
      "next", kStrong,
      facts.next.empty() ? words_without_next(facts.summary) : colored(facts.next, kStrong, style),
      style));
  return lines;
}

}  // namespace cmd
