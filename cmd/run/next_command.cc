#include "cmd/run/next_command.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/printable.h"

namespace cmd {
namespace {

constexpr std::size_t kBytesMax = 1000;  // of the options, and of the inputs

// Options about the output of a call: the next one does not repeat them.
constexpr std::array<std::string_view, 8> kOfOutput{
    "json", "quiet", "verbose", "color", "help", "version", "progress-interval", "log-format"};
// Options that chose the rows of a call: the next one repeats them only if it reads them again.
constexpr std::array<std::string_view, 13> kOfRows{
    "pending",   "wait",  "deadline",  "dry-run",    "refresh",   "relabel",     "column",
    "delimiter", "shard", "lock-wait", "failed-out", "no-backup", "from-gateway"};

bool is_in(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

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

// Those that `next` has, too.
std::string repeated_options(const Settings& settings, Command next, bool same_rows) {
  std::string all;
  for (const Setting& one : settings.all()) {
    const bool of_one_call = find_option(next, one.option->name) == nullptr ||
                             is_in(kOfOutput, one.option->name) ||
                             (!same_rows && is_in(kOfRows, one.option->name));
    if (one.origin.kind != Origin::Kind::option || of_one_call || one.option->secret) {
      continue;
    }
    const std::string name = " --" + std::string(one.option->name);
    if (const auto* list = std::get_if<std::vector<std::string>>(&*one.value)) {
      for (const std::string& each : *list) {
        all += name + " " + for_shell(each);
      }
    } else if (takes_value(one.option->type)) {
      all += name + " " + for_shell(one.text);
    } else {
      all += name + (one.text == "false" ? "=false" : "");
    }
  }
  return core::printable(all, kBytesMax);
}

std::string inputs_of(const Settings& settings) {
  const std::vector<std::string>& inputs = settings.arguments();
  const bool like_option = std::any_of(inputs.begin(), inputs.end(),
                                       [](const auto& one) { return one.starts_with('-'); });
  std::string all = like_option ? " --" : "";
  for (const std::string& input : inputs) {
    all += " " + for_shell(input);
  }
  return core::printable(all, kBytesMax);
}

// What came through a pipe cannot be read again.
bool has_files(const Settings& settings) {
  const std::vector<std::string>& inputs = settings.arguments();
  return !inputs.empty() && std::find(inputs.begin(), inputs.end(), "-") == inputs.end();
}

}  // namespace

std::string next_command(const Settings& settings, const Summary& summary, bool input_cut) {
  if (summary.exit_code == ExitCode::key_rejected || summary.exit_code == ExitCode::wrong_usage) {
    return "reeltally doctor" + repeated_options(settings, Command::doctor, false);
  }
  // Finished tasks that are queried again are not pending.
  const bool lacks_rows = input_cut || (settings.flag("refresh") && summary.tally.unasked > 0);
  if (lacks_rows && has_files(settings)) {
    return "reeltally run" + repeated_options(settings, Command::run, true) + inputs_of(settings);
  }
  const std::uint64_t running = summary.unfinished - std::min(summary.unfinished, summary.stale);
  const bool is_left = running > 0 || summary.tally.not_answered > 0 || summary.tally.unasked > 0 ||
                       (summary.videos_left > 0 && !settings.flag("no-download"));
  if (!is_left) {
    return "";
  }
  return std::string("reeltally run --pending") + (running > 0 ? " --wait" : "") +
         repeated_options(settings, Command::run, false);
}

}  // namespace cmd
