#include "packaging/completions.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cmd/cli/commands.h"
#include "cmd/cli/options.h"

namespace packaging {
namespace {

// `zones` and `accounts`: what a function of the completion lists.
enum class Values { none, files, folders, words, zones, accounts, unknown };

Values values_of(const cmd::OptionSpec& option) {
  if (!cmd::takes_value(option.type)) {
    return Values::none;
  }
  if (option.type == cmd::OptionType::choice) {
    return Values::words;
  }
  if (option.argument == "ZONE") {
    return Values::zones;
  }
  if (option.name == "account") {
    return Values::accounts;
  }
  if (option.type != cmd::OptionType::path) {
    return option.suggestions.empty() ? Values::unknown : Values::words;
  }
  return option.argument == "DIR" ? Values::folders : Values::files;
}

std::string joined_words(const cmd::OptionSpec& option) {
  std::string text;
  for (const std::string_view choice : option.type == cmd::OptionType::choice
                                           ? cmd::choices_of(option)
                                           : cmd::suggestions_of(option)) {
    if (!text.empty()) {
      text.push_back(' ');
    }
    text += choice;
  }
  return text;
}

bool takes_files(const cmd::CommandSpec& command) {
  return command.arguments.find("FILE") != std::string_view::npos;
}

// First words of commands of two words, and what these are about. Also in the texts of bash and
// zsh.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kFirstOfTwo = {
    {{"db", "the ledger"}, {"prices", "the price book"}}};

// The first words of commands ("run", "db"), each once; with `parent`, the second words after it.
std::string command_words(std::string_view parent) {
  std::string words;
  std::string last;
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    const std::size_t space = std::min(command.name.find(' '), command.name.size());
    const std::string first(command.name.substr(0, space));
    std::string word = first;
    if (!parent.empty()) {
      if (first != parent || space == command.name.size()) {
        continue;
      }
      word = command.name.substr(space + 1);
    }
    if (word == last) {
      continue;
    }
    words += (words.empty() ? "" : " ") + word;
    last = word;
  }
  return words;
}

std::string bash_command(const cmd::CommandSpec& command) {
  std::string names;
  std::string values;
  for (const cmd::OptionSpec& option : cmd::option_table()) {
    if (!cmd::is_listed(option, command.command)) {
      continue;
    }
    const std::string name = "--" + std::string(option.name);
    names += (names.empty() ? "" : " ") + name;
    std::string pattern = name;
    if (option.letter != 0) {
      pattern.append("|-").append(1, option.letter);
    }
    switch (values_of(option)) {
      case Values::none:
        break;
      case Values::files:
        values += "        " + pattern + ") kind=files ;;\n";
        break;
      case Values::folders:
        values += "        " + pattern + ") kind=folders ;;\n";
        break;
      case Values::words:
        values += "        " + pattern + ") kind=words words='" + joined_words(option) + "' ;;\n";
        break;
      case Values::zones:
        values += "        " + pattern + ") kind=words words=$(_reeltally_zones) ;;\n";
        break;
      case Values::accounts:
        values += "        " + pattern + ") kind=words words=$(_reeltally_accounts) ;;\n";
        break;
      case Values::unknown:
        values += "        " + pattern + ") kind=nothing ;;\n";
        break;
    }
  }
  std::string out = "    '" + std::string(command.name) + "')\n      options='" + names + "'\n";
  out += std::string("      arguments=") + (takes_files(command) ? "files" : "nothing") + "\n";
  return out + "      case $option in\n" + values + "      esac ;;\n";
}

// The same in bash and zsh. The accounts are those of the configuration file.
constexpr std::string_view kShellLists =
    R"text(_reeltally_zones() {
  echo UTC
  awk '!/^#/ { print $3 }' /usr/share/zoneinfo/zone.tab 2>/dev/null
}
_reeltally_accounts() {
  reeltally config --json 2>/dev/null | sed -n 's/^{"type":"account","name":"\([^"]*\)".*/\1/p'
}
)text";

constexpr std::string_view kBashBegin =
    R"text(# bash completion of reeltally, made from its table of options
)text";
constexpr std::string_view kBashFunction =
    R"text(_reeltally() {
  local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}
  # Bash takes --option=value apart at the sign.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $option == '=' ]]; then
    option=${COMP_WORDS[COMP_CWORD-2]}
  fi
  local command=${COMP_WORDS[1]} kind='' words='' options='' arguments='nothing'
  [[ ' db prices ' == *" $command "* && $COMP_CWORD -gt 2 ]] && command+=" ${COMP_WORDS[2]}"
  [[ $COMP_CWORD -eq 1 ]] && command=''
  COMPREPLY=()
  case $command in
)text";

constexpr std::string_view kBashEnd = R"text(  esac
  if [[ -z $kind ]]; then
    if [[ $cur == -* ]]; then kind=words words=$options; else kind=$arguments; fi
  fi
  case $kind in
    words) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
    files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
  esac
}
complete -F _reeltally reeltally
)text";

// Escapes text for single quotes, and the characters that are special for _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') {
        out.push_back('\\');
      }
      out.push_back(c);
    }
  }
  return out;
}

std::string zsh_option(const cmd::OptionSpec& option) {
  const std::string name = "--" + std::string(option.name);
  std::string tail = "[" + zsh_text(option.help) + "]";
  if (cmd::takes_value(option.type)) {
    tail += ":" + zsh_text(option.argument) + ":";
  }
  switch (values_of(option)) {
    case Values::none:
    case Values::unknown:
      break;
    case Values::files:
      tail += "_files";
      break;
    case Values::folders:
      tail += "_files -/";
      break;
    case Values::words:
      tail += "(" + zsh_text(joined_words(option)) + ")";
      break;
    case Values::zones:
      tail += "_reeltally_offer_zones";
      break;
    case Values::accounts:
      tail += "_reeltally_offer_accounts";
      break;
  }
  const bool value = cmd::takes_value(option.type);
  const bool many = option.repeatable || option.type == cmd::OptionType::level;
  const std::string star = many ? "*" : "";
  std::string out = "        '" + star + name + (value ? "=" : "") + tail + "' \\\n";
  if (option.letter != 0) {
    out += "        '" + star + "-" + std::string(1, option.letter) + (value ? "+" : "") + tail +
           "' \\\n";
  }
  return out;
}

std::string zsh_commands(std::string_view parent) {
  std::string out;
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    const std::size_t space = command.name.find(' ');
    if (parent.empty() == (space != std::string_view::npos)) {
      continue;
    }
    const std::string_view word =
        parent.empty() ? command.name : command.name.substr(parent.size() + 1);
    out += "        '" + std::string(word) + ":" + zsh_text(command.summary) + "'\n";
  }
  return out;
}

constexpr std::string_view kZshBegin = R"text(#compdef reeltally
# zsh completion of reeltally, made from its table of options
)text";
constexpr std::string_view kZshFunctions =
    R"text(_reeltally_offer_zones() {
  compadd -- $(_reeltally_zones)
}
_reeltally_offer_accounts() {
  compadd -- $(_reeltally_accounts)
}
_reeltally_command() {
  local curcontext=$curcontext
  case $1 in
)text";

constexpr std::string_view kZshEnd = R"text(  esac
}
_reeltally() {
  local curcontext=$curcontext state state_descr line
  typeset -A opt_args
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(
)text";

std::string fish_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out + "'";
}

constexpr std::string_view kFishBegin =
    R"text(# fish completion of reeltally, made from its table of options
function __reeltally_is --description 'The words behind reeltally begin with these'
    set -l words (commandline -opc)
    set -e words[1]
    set -l length (count $argv)
    test (count $words) -ge $length; or return 1
    test "$words[1..$length]" = "$argv"
end
function __reeltally_zones --description 'The time zones'
    echo UTC
    awk '!/^#/ { print $3 }' /usr/share/zoneinfo/zone.tab 2>/dev/null
end
function __reeltally_accounts --description 'The accounts of the configuration file'
    reeltally config --json 2>/dev/null | sed -n 's/^{"type":"account","name":"\([^"]*\)".*/\1/p'
end
function __reeltally_ends --description 'These are all the words behind reeltally'
    test (count (commandline -opc)) -eq (math (count $argv) + 1); or return 1
    test (count $argv) -eq 0; or __reeltally_is $argv
end
complete -c reeltally -f
)text";

std::string fish_option(const cmd::CommandSpec& command, const cmd::OptionSpec& option) {
  std::string out = "complete -c reeltally -n '__reeltally_is " + std::string(command.name) +
                    "' -l " + std::string(option.name);
  if (option.letter != 0) {
    out.append(" -s ").append(1, option.letter);
  }
  switch (values_of(option)) {
    case Values::none:
      break;
    case Values::files:
      out += " -r -F";
      break;
    case Values::folders:
      out += " -x -a '(__fish_complete_directories (commandline -ct))'";
      break;
    case Values::words:
      out += " -x -a '" + joined_words(option) + "'";
      break;
    case Values::zones:
      out += " -x -a '(__reeltally_zones)'";
      break;
    case Values::accounts:
      out += " -x -a '(__reeltally_accounts)'";
      break;
    case Values::unknown:
      out += " -x";
      break;
  }
  return out + " -d " + fish_text(option.help) + "\n";
}

}  // namespace

std::string bash_completion() {
  std::string out(kBashBegin);
  out.append(kShellLists).append(kBashFunction);
  out += "    '') kind=words words='" + command_words("") + " --help --version' ;;\n";
  for (const auto& [word, title] : kFirstOfTwo) {
    out += "    " + std::string(word) + ") kind=words words='" + command_words(word) + "' ;;\n";
  }
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    out += bash_command(command);
  }
  return out.append(kBashEnd);
}

std::string zsh_completion() {
  std::string out(kZshBegin);
  out.append(kShellLists).append(kZshFunctions);
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    out += "    '" + std::string(command.name) + "')\n      _arguments -s -S \\\n";
    for (const cmd::OptionSpec& option : cmd::option_table()) {
      if (cmd::is_listed(option, command.command)) {
        out += zsh_option(option);
      }
    }
    out += takes_files(command) ? "        '*:FILE:_files' ;;\n" : "        '*::argument:' ;;\n";
  }
  out.append(kZshEnd).append(zsh_commands(""));
  for (const auto& [word, title] : kFirstOfTwo) {
    out += "        '" + std::string(word) + ":" + std::string(title) + ": " + command_words(word) +
           "'\n";
  }
  out += "    )\n    _describe command commands\n";
  for (const auto& [word, title] : kFirstOfTwo) {
    out += "  elif [[ $words[2] == " + std::string(word) +
           " && $CURRENT -eq 3 ]]; then\n    commands=(\n" + zsh_commands(word) +
           "    )\n    _describe command commands\n";
  }
  out +=
      "  else\n    local name=$words[2] skipped=1\n"
      "    [[ $name == (db|prices) ]] && name=\"$name $words[3]\" skipped=2\n"
      "    shift $skipped words\n    (( CURRENT -= skipped ))\n"
      "    _reeltally_command $name\n  fi\n}\n_reeltally \"$@\"\n";
  return out;
}

std::string fish_completion() {
  std::string out(kFishBegin);
  out += "complete -c reeltally -n __reeltally_ends -l help -s h -d 'Shows this text.'\n";
  for (const auto& [word, title] : kFirstOfTwo) {
    out.append("complete -c reeltally -n __reeltally_ends -a ").append(word);
    out.append(" -d '").append(title).append("'\n");
  }
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    const std::size_t space = command.name.find(' ');
    const bool one_word = space == std::string_view::npos;
    const std::string parent(one_word ? "" : " " + std::string(command.name.substr(0, space)));
    const std::string word(one_word ? command.name : command.name.substr(space + 1));
    out.append("complete -c reeltally -n '__reeltally_ends").append(parent).append("' -a ");
    out.append(word).append(" -d ").append(fish_text(command.summary)).append("\n");
    for (const cmd::OptionSpec& option : cmd::option_table()) {
      if (cmd::is_listed(option, command.command)) {
        out += fish_option(command, option);
      }
    }
    if (takes_files(command)) {
      out.append("complete -c reeltally -n '__reeltally_is ").append(command.name).append("' -F\n");
    }
  }
  return out;
}

}  // namespace packaging
