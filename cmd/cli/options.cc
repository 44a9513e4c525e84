#include "cmd/cli/options.h"

#include <algorithm>
#include <array>

#include "cmd/cli/option_table.h"

namespace cmd {
namespace {

using Group = OptionGroup;

constexpr std::array<OptionGroup, 12> kGroups{Group::input,   Group::choosing,   Group::queries,
                                              Group::gateway, Group::videos,     Group::pages,
                                              Group::period,  Group::money,      Group::output,
                                              Group::ledger,  Group::monitoring, Group::common};

template <typename Predicate>
const OptionSpec* find_if(Predicate matches) {
  const auto* const found = std::find_if(kOptionRows.begin(), kOptionRows.end(), matches);
  return found == kOptionRows.end() ? nullptr : found;
}

// "a|b" as "a" and "b".
std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find('|'), list.size());
    words.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

}  // namespace

std::span<const OptionSpec> option_table() { return kOptionRows; }

const OptionSpec* find_option(Command command, std::string_view name) {
  return find_if([&](const OptionSpec& option) {
    return option.name == name && option.commands.contains(command);
  });
}

const OptionSpec* find_option(Command command, char letter) {
  return find_if([&](const OptionSpec& option) {
    return option.letter == letter && option.commands.contains(command);
  });
}

const OptionSpec* find_setting(std::string_view name) {
  return find_if([&](const OptionSpec& option) {
    return option.name == name && option.scope != OptionScope::command_line;
  });
}

std::string_view title(OptionGroup group) {
  switch (group) {
    case Group::input:
      return "Input";
    case Group::choosing:
      return "What is queried, and for how long";
    case Group::queries:
      return "Queries";
    case Group::gateway:
      return "Gateway and key";
    case Group::videos:
      return "Videos";
    case Group::pages:
      return "Pages";
    case Group::period:
      return "Period";
    case Group::money:
      return "Prices";
    case Group::output:
      return "Output";
    case Group::ledger:
      return "Ledger";
    case Group::monitoring:
      return "Monitoring";
    case Group::common:
      return "Common";
  }
  return "?";
}

std::span<const OptionGroup> option_groups() { return kGroups; }

std::string environment_name(std::string_view option_name) {
  std::string name = "REELTALLY_";
  for (const char c : option_name) {
    const bool lower = c >= 'a' && c <= 'z';
    name.push_back(c == '-' ? '_' : lower ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

std::vector<std::string_view> choices_of(const OptionSpec& option) {
  return words_of(option.choices);
}

std::vector<std::string_view> suggestions_of(const OptionSpec& option) {
  return words_of(option.suggestions);
}

bool is_listed(const OptionSpec& option, Command command) {
  return option.commands.contains(command) && !option.unlisted.contains(command);
}

bool takes_value(OptionType type) { return type != OptionType::flag && type != OptionType::level; }

}  // namespace cmd
