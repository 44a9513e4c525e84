#include "cmd/run/next_command.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/text/printable.h"

namespace cmd {
namespace {

// Options of one call, which the next call does not repeat.
constexpr std::array<std::string_view, 21> kOfOneCall{"pending",
                                                      "wait",
                                                      "deadline",
                                                      "dry-run",
                                                      "refresh",
                                                      "relabel",
                                                      "column",
                                                      "delimiter",
                                                      "shard",
                                                      "json",
                                                      "quiet",
                                                      "verbose",
                                                      "color",
                                                      "help",
                                                      "version",
                                                      "lock-wait",
                                                      "progress-interval",
                                                      "failed-out",
                                                      "log-format",
                                                      "stale-after",
                                                      "no-backup"};

bool is_plain(char c) {
  constexpr std::string_view kOthers = "-_./:=@%+,";
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || kOthers.find(c) != std::string_view::npos;
}

std::string for_shell(const std::string& text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) {
    return text;
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return quoted + "'";
}

std::string repeated_options(const Settings& settings) {
  std::string all;
  for (const Setting& one : settings.all()) {
    const bool of_one_call =
        std::find(kOfOneCall.begin(), kOfOneCall.end(), one.option->name) != kOfOneCall.end();
    if (one.origin.kind != Origin::Kind::option || of_one_call || one.option->secret) {
      continue;
    }
    all.append(" --").append(one.option->name);
    if (takes_value(one.option->type)) {
      all += " " + for_shell(one.text);
    } else if (one.text == "false") {
      all += "=false";
    }
  }
  constexpr std::size_t kBytesMax = 1000;
  return core::printable(all, kBytesMax);
}

std::string inputs_of(const Settings& settings) {
  std::string all;
  for (const std::string& input : settings.arguments()) {
    all += " " + for_shell(input);
  }
  return all;
}

}  // namespace

std::string next_command(const Settings& settings, const Summary& summary, bool input_cut) {
  const std::string options = repeated_options(settings);
  if (summary.exit_code == ExitCode::key_rejected || summary.exit_code == ExitCode::wrong_usage) {
    return "reeltally doctor";
  }
  if (input_cut) {
    return "reeltally run" + options + inputs_of(settings);
  }
  const std::uint64_t running = summary.unfinished - std::min(summary.unfinished, summary.stale);
  const bool is_left = running > 0 || summary.tally.not_answered > 0 || summary.tally.unasked > 0 ||
                       (summary.videos_left > 0 && !settings.flag("no-download"));
  if (!is_left) {
    return "";
  }
  return std::string("reeltally run --pending") + (running > 0 ? " --wait" : "") + options;
}

}  // namespace cmd
