#include "cmd/cli/command_line.h"

// The regular expressions of cxxopts recurse once per byte: a long argument overflows the stack.
#define CXXOPTS_NO_REGEX true
#include <algorithm>
#include <cxxopts.hpp>
#include <iterator>
#include <string_view>

#include "cmd/cli/option_name.h"
#include "cmd/cli/suggestion.h"
#include "core/error.h"

namespace cmd {
namespace {

using core::UsageError;

bool looks_like_option(std::string_view argument) {
  return argument.size() > 1 && argument.front() == '-' && argument != "--";
}

// "concurrency" for "--concurrency" and "--concurrency=4"; "" if it is no long option.
std::string_view long_name(std::string_view argument) {
  if (!argument.starts_with("--")) {
    return "";
  }
  argument.remove_prefix(2);
  return argument.substr(0, argument.find('='));
}

// The option as the user wrote it, without its value: that may be a secret.
std::string without_value(std::string_view argument) {
  return std::string(argument.substr(0, argument.find('=')));
}

[[noreturn]] void refuse_key_option() {
  throw UsageError(
      "there is no --api-key: other users of this machine could read the key in the list of "
      "processes; put it into a file that only you can read and give --api-key-file FILE, or set "
      "ANYFAST_API_KEY");
}

[[noreturn]] void refuse_token_option() {
  throw UsageError(
      "there is no --user-token: other users of this machine could read the token in the list of "
      "processes; put it into a file that only you can read and give --user-token-file FILE");
}

// Of an option's name, so that every spelling that users try is found.
std::string letters_of(std::string_view name) {
  std::string letters;
  std::copy_if(name.begin(), name.end(), std::back_inserter(letters),
               [](char c) { return c != '-' && c != '_'; });
  return letters;
}

// For an option that would hold a secret.
void refuse_if_secret(std::string_view name) {
  const std::string letters = letters_of(name);
  if (letters == "apikey") {
    refuse_key_option();
  }
  if (letters == "usertoken") {
    refuse_token_option();
  }
}

// A command that has the option; null if there is none.
const CommandSpec* owner_of(std::string_view option_name) {
  for (const CommandSpec& spec : command_table()) {
    if (find_option(spec.command, option_name) != nullptr) {
      return &spec;
    }
  }
  return nullptr;
}

std::vector<std::string_view> option_names(Command command) {
  std::vector<std::string_view> names;
  for (const OptionSpec& option : option_table()) {
    if (option.commands.contains(command)) {
      names.push_back(option.name);
    }
  }
  return names;
}

[[noreturn]] void refuse_unknown_option(const CommandSpec& spec, const std::string& name) {
  refuse_if_secret(name);
  const std::string dashed = (name.size() == 1 ? "-" : "--") + name;
  const std::string command(spec.name);
  if (const CommandSpec* owner = owner_of(name); owner != nullptr) {
    throw UsageError("`" + command + "` has no option " + dashed + "; it belongs to `" +
                     std::string(owner->name) + "`");
  }
  throw UsageError("unknown option " + dashed + " of `" + command + "`" +
                   did_you_mean(name, option_names(spec.command), "--") + "; see reeltally " +
                   command + " --help");
}

// Refuses `-wait`, which would mean the letters w, a, i, t, and `-output`, a folder named utput.
void refuse_single_dashes(const CommandSpec& spec, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") {
      return;
    }
    if (!looks_like_option(argument) || argument[1] == '-' || argument.size() == 2) {
      continue;
    }
    const std::string name = without_value(argument).substr(1);
    refuse_if_secret(name);
    if (find_option(spec.command, name) != nullptr) {
      throw UsageError(std::string("long options have two dashes: -")
                           .append(name)
                           .append(" (did you mean --")
                           .append(name)
                           .append("?)"));
    }
  }
}

const OptionSpec* find_common(std::string_view argument) {
  const std::string_view name = long_name(argument);
  for (const OptionSpec& option : option_table()) {
    if (option.group != OptionGroup::common) {
      continue;
    }
    const bool letter = argument.size() == 2 && option.letter == argument[1];
    if (name.empty() ? letter : option.name == name) {
      return &option;
    }
  }
  return nullptr;
}

std::vector<std::string_view> common_names() {
  std::vector<std::string_view> names;
  for (const OptionSpec& option : option_table()) {
    if (option.group == OptionGroup::common) {
      names.push_back(option.name);
    }
  }
  return names;
}

// True for flags like `-vv`; before the command, a letter with a value must be a separate argument.
bool is_flag_group(std::string_view argument) {
  if (argument.starts_with("--")) {
    return false;
  }
  return std::all_of(argument.begin() + 1, argument.end(), [](char letter) {
    const char text[] = {'-', letter};
    const OptionSpec* option = find_common({text, 2});
    return option != nullptr && !takes_value(option->type);
  });
}

// The words that name the command, and everything else in order.
struct SplitLine {
  std::string name;
  std::vector<std::string> rest;
};

bool is_first_word_of_two(std::string_view word) {
  return std::any_of(command_table().begin(), command_table().end(), [&](const CommandSpec& spec) {
    return spec.name.starts_with(std::string(word) + " ");
  });
}

SplitLine split(std::span<const std::string> arguments) {
  SplitLine line;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (!looks_like_option(argument)) {
      line.name += line.name.empty() ? argument : " " + argument;
      if (is_first_word_of_two(line.name)) {
        continue;
      }
      line.rest.insert(line.rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                       arguments.end());
      return line;
    }
    line.rest.push_back(argument);
    if (is_flag_group(argument)) {
      continue;
    }
    const OptionSpec* option = find_common(argument);
    if (option == nullptr) {
      const std::string name = without_value(argument).substr(argument[1] == '-' ? 2 : 1);
      refuse_if_secret(name);
      throw UsageError("unknown option " + without_value(argument) + " before the command" +
                       did_you_mean(name, common_names(), "--") +
                       "; a command's own options follow it, see reeltally --help");
    }
    const bool value_follows = takes_value(option->type) && argument.find('=') == std::string::npos;
    if (value_follows && at + 1 < arguments.size()) {
      line.rest.push_back(arguments[++at]);
    }
  }
  return line;
}

std::vector<std::string_view> command_names() {
  std::vector<std::string_view> names{"help"};
  for (const CommandSpec& spec : command_table()) {
    names.push_back(spec.name);
  }
  return names;
}

std::string known_commands(std::string_view prefix) {
  std::string names;
  for (const CommandSpec& spec : command_table()) {
    if (!spec.name.starts_with(prefix)) {
      continue;
    }
    names.append(names.empty() ? "" : ", ").append(spec.name);
  }
  return names;
}

bool contains(const std::vector<std::string>& texts, std::string_view wanted) {
  return std::find(texts.begin(), texts.end(), wanted) != texts.end();
}

// A line without a command: help or version if requested, otherwise an error.
CommandLine without_command(const SplitLine& line) {
  const bool help = contains(line.rest, "--help") || contains(line.rest, "-h");
  if (help) {
    return {.request = CommandLine::Request::help};
  }
  if (contains(line.rest, "--version") || contains(line.rest, "-V")) {
    return {.request = CommandLine::Request::version};
  }
  if (line.name.empty()) {
    throw UsageError("no command given; there are: " + known_commands("") +
                     "; see reeltally --help");
  }
  throw UsageError("`" + line.name + "` needs one of: " + known_commands(line.name + " "));
}

const CommandSpec& known_command(const std::string& name) {
  if (const CommandSpec* spec = find_command(name); spec != nullptr) {
    return *spec;
  }
  throw UsageError("unknown command `" + name + "`" + did_you_mean(name, command_names(), "") +
                   "; there are: " + known_commands(""));
}

CommandLine help_about(const std::vector<std::string>& words) {
  std::string name;
  for (const std::string& word : words) {
    name += name.empty() ? word : " " + word;
  }
  CommandLine line{.request = CommandLine::Request::help};
  if (!name.empty() && !is_first_word_of_two(name)) {
    line.command = known_command(name).command;
  }
  return line;
}

// `-oFILE` becomes `-o FILE`: without its regular expressions cxxopts takes letters alone.
std::vector<std::string> detached(Command command, std::vector<std::string> arguments) {
  std::vector<std::string> out{"reeltally"};
  bool options_ended = false;
  for (std::string& argument : arguments) {
    options_ended = options_ended || argument == "--";
    const bool letters = !options_ended && looks_like_option(argument) && argument[1] != '-';
    const OptionSpec* option = letters ? find_option(command, argument[1]) : nullptr;
    if (option != nullptr && takes_value(option->type) && argument.size() > 2) {
      out.push_back(argument.substr(0, 2));
      out.push_back(argument.substr(2));
    } else {
      out.push_back(std::move(argument));
    }
  }
  return out;
}

cxxopts::Options parser_for(Command command) {
  cxxopts::Options parser("reeltally");
  for (const OptionSpec& option : option_table()) {
    if (!option.commands.contains(command)) {
      continue;
    }
    const auto value = cxxopts::value<std::string>();
    if (!takes_value(option.type)) {
      value->implicit_value("true");
    }
    const std::string letter = option.letter == 0 ? "" : std::string(1, option.letter) + ",";
    parser.add_options()(letter + std::string(option.name), "", value);
  }
  return parser;
}

// The part between the quotes of a message of cxxopts: the option or argument.
std::string quoted_part(std::string_view message) {
  constexpr std::string_view kOpening = "‘";
  constexpr std::string_view kClosing = "’";
  const std::size_t begin = message.find(kOpening);
  const std::size_t end = message.rfind(kClosing);
  if (begin == std::string_view::npos || end == std::string_view::npos) {
    return "";
  }
  const std::size_t start = begin + kOpening.size();
  return std::string(message.substr(start, end - start));
}

[[noreturn]] void refuse_missing_value(Command command, const std::string& name) {
  const OptionSpec* option =
      name.size() == 1 ? find_option(command, name[0]) : find_option(command, name);
  const std::string dashed = (name.size() == 1 ? "-" : "--") + name;
  const std::string argument(option == nullptr ? "VALUE" : option->argument);
  throw UsageError("option " + dashed + " needs a value: " + dashed + " " + argument);
}

cxxopts::ParseResult parse(const CommandSpec& spec, const std::vector<std::string>& arguments) {
  std::vector<const char*> texts;
  texts.reserve(arguments.size());
  for (const std::string& argument : arguments) {
    texts.push_back(argument.c_str());
  }
  try {
    return parser_for(spec.command).parse(static_cast<int>(texts.size()), texts.data());
  } catch (const cxxopts::exceptions::no_such_option& error) {
    refuse_unknown_option(spec, quoted_part(error.what()));
  } catch (const cxxopts::exceptions::missing_argument& error) {
    refuse_missing_value(spec.command, quoted_part(error.what()));
  } catch (const cxxopts::exceptions::option_requires_argument& error) {
    refuse_missing_value(spec.command, quoted_part(error.what()));
  } catch (const cxxopts::exceptions::parsing& error) {
    throw UsageError("cannot read the option " + without_value(quoted_part(error.what())) +
                     "; see reeltally " + std::string(spec.name) + " --help");
  }
}

void check_arguments(const CommandSpec& spec, const std::vector<std::string>& arguments) {
  const std::string command(spec.name);
  const auto number = static_cast<std::ptrdiff_t>(arguments.size());
  if (number < spec.arguments_min) {
    throw UsageError("`" + command + "` needs " + std::string(spec.arguments) + ": `" +
                     std::string(spec.example) + "`");
  }
  if (spec.arguments_max == kAnyNumber || number <= spec.arguments_max) {
    return;
  }
  const std::string& surplus = arguments[static_cast<std::size_t>(spec.arguments_max)];
  throw UsageError("`" + command + "` takes " +
                   (spec.arguments.empty() ? std::string("no arguments")
                                           : "only " + std::string(spec.arguments)) +
                   ": `" + surplus + "` is one too many");
}

bool asks_for(const CommandLine& line, FlagName name) {
  return std::any_of(line.options.begin(), line.options.end(), [&](const GivenOption& given) {
    return given.option->name == name.text() && given.text == "true";
  });
}

}  // namespace

CommandLine parse_command_line(std::span<const std::string> arguments) {
  SplitLine split_line = split(arguments);
  if (split_line.name.empty() || is_first_word_of_two(split_line.name)) {
    return without_command(split_line);
  }
  if (split_line.name == "help") {
    return help_about(split_line.rest);
  }
  const CommandSpec& spec = known_command(split_line.name);
  refuse_single_dashes(spec, split_line.rest);
  const auto result = parse(spec, detached(spec.command, std::move(split_line.rest)));
  CommandLine line{.command = spec.command, .arguments = result.unmatched()};
  for (const auto& given : result.arguments()) {
    line.options.push_back({find_option(spec.command, given.key()), given.value()});
  }
  if (asks_for(line, "help")) {
    line.request = CommandLine::Request::help;
  } else if (asks_for(line, "version")) {
    line.request = CommandLine::Request::version;
  } else {
    check_arguments(spec, line.arguments);
  }
  return line;
}

std::string cxxopts_version_text() {
  return std::to_string(CXXOPTS__VERSION_MAJOR) + "." + std::to_string(CXXOPTS__VERSION_MINOR) +
         "." + std::to_string(CXXOPTS__VERSION_PATCH);
}

}  // namespace cmd
