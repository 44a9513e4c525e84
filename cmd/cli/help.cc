#include "cmd/cli/help.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "cmd/cli/exit_code.h"

namespace cmd {
namespace {

constexpr std::size_t kOptionColumn = 2;
constexpr std::size_t kHelpColumn = 32;
constexpr std::size_t kCommandColumn = 24;

// Appends a text as wrapped lines; `column` is the current column, where the next lines begin, too.
void append_wrapped(std::string& out, std::string_view text, std::size_t column) {
  std::size_t used = column;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!first && used + 1 + word.size() > kHelpColumnsMax) {
      out.append("\n").append(column, ' ');
      used = column;
      first = true;
    }
    if (!first) {
      out.push_back(' ');
    }
    out += word;
    used += word.size() + (first ? 0 : 1);
    first = false;
  }
  out.push_back('\n');
}

// Two columns; a left part that is too long gets its own line.
void append_row(std::string& out, std::string_view left, std::string_view right,
                std::size_t right_column) {
  out += left;
  if (left.size() + 2 > right_column) {
    out.append("\n").append(right_column, ' ');
  } else {
    out.append(right_column - left.size(), ' ');
  }
  append_wrapped(out, right, right_column);
}

void append_options(std::string& out, Command command) {
  for (const OptionGroup group : option_groups()) {
    bool titled = false;
    for (const OptionSpec& option : option_table()) {
      if (option.group != group || !is_listed(option, command)) {
        continue;
      }
      if (!titled) {
        out.append("\n").append(title(group)).append(":\n");
      }
      titled = true;
      const std::string left = std::string(kOptionColumn, ' ') + option_synopsis(option);
      append_row(out, left, option_description(option), kHelpColumn);
    }
  }
}

void append_exit_codes(std::string& out, std::span<const ExitCode> codes) {
  out += "\nExit codes:\n";
  for (const ExitMeaning& meaning : exit_meanings()) {
    if (std::find(codes.begin(), codes.end(), meaning.code) == codes.end()) {
      continue;
    }
    const std::string left = "  " + std::to_string(exit_number(meaning.code));
    append_row(out, left, meaning.meaning, kOptionColumn + 5);
  }
}

std::string usage_line(const CommandSpec& spec) {
  std::string text = "Usage: reeltally " + std::string(spec.name) + " [OPTIONS]";
  if (!spec.arguments.empty()) {
    text.append(" ").append(spec.arguments);
  }
  return text + "\n";
}

}  // namespace

std::string option_synopsis(const OptionSpec& option) {
  std::string text;
  if (option.letter != 0) {
    text = {'-', option.letter, ',', ' '};
  } else {
    text = "    ";
  }
  text.append("--").append(option.name);
  if (!option.argument.empty()) {
    text.append(" ").append(option.argument);
  }
  return text;
}

std::string option_description(const OptionSpec& option) {
  std::string text(option.help);
  const std::string_view shown =
      option.default_value.empty() ? option.default_note : option.default_value;
  const bool off = !takes_value(option.type);
  if (!shown.empty() && !off) {
    text.append(" [default: ").append(shown).append("]");
  }
  return text;
}

std::string program_help() {
  std::string out =
      "Usage: reeltally COMMAND [OPTIONS] [ARGUMENTS]\n\n"
      "Queries the state of AI video tasks, keeps a complete record, downloads each\n"
      "finished video before its link expires, and makes billing reports of the record.\n\n"
      "Commands:\n";
  for (const CommandSpec& spec : command_table()) {
    std::string left = "  " + std::string(spec.name);
    if (!spec.arguments.empty()) {
      left.append(" ").append(spec.arguments);
    }
    append_row(out, left, spec.summary, kCommandColumn);
  }
  out += "\nCommon options:\n";
  for (const OptionSpec& option : option_table()) {
    if (option.group != OptionGroup::common) {
      continue;
    }
    append_row(out, std::string(kOptionColumn, ' ') + option_synopsis(option),
               option_description(option), kHelpColumn);
  }
  out += "\n";
  append_wrapped(out,
                 "Every setting is an option (--download-concurrency), an environment variable "
                 "(REELTALLY_DOWNLOAD_CONCURRENCY) and a key of the configuration file "
                 "(download-concurrency = 8); the first of these that is set is used. "
                 "Durations are 250ms, 90s, 15m, 36h, 2d; sizes are 500KB, 4GiB, 10M (10M is "
                 "10MiB).",
                 0);
  std::vector<ExitCode> codes;
  for (const ExitMeaning& meaning : exit_meanings()) {
    codes.push_back(meaning.code);
  }
  append_exit_codes(out, codes);
  out += "\nExample:\n  reeltally run tasks.csv --output videos\n\n";
  out += "reeltally COMMAND --help shows the options of a command.\n";
  return out;
}

std::string command_help(Command command) {
  const CommandSpec& spec = spec_of(command);
  std::string out = usage_line(spec) + "\n";
  append_wrapped(out, spec.description, 0);
  append_options(out, command);
  out.append("\nExample:\n  ").append(spec.example).append("\n");
  append_exit_codes(out, spec.exit_codes);
  return out;
}

}  // namespace cmd
