#include "core/billing/label_filter.h"

#include <algorithm>

#include "core/error.h"
#include "core/text/join.h"
#include "core/text/printable.h"

namespace core {

std::string_view label_value(const Labels& labels, std::string_view name) {
  for (const auto& [label, value] : labels) {
    if (label == name) {
      return value;
    }
  }
  return {};
}

bool passes(const Labels& labels, const LabelFilter& filter) {
  return std::all_of(filter.begin(), filter.end(), [&labels](const auto& wanted) {
    return wanted.second.contains(label_value(labels, wanted.first));
  });
}

void add_passing_names(const Labels& labels, const LabelFilter& filter,
                       std::set<std::string>& names) {
  if (passes(labels, filter)) {
    for (const auto& [name, value] : labels) {
      names.insert(name);
    }
  }
}

void add_to_filter(std::string_view text, LabelFilter& filter) {
  constexpr std::size_t kShownMax = 100;
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos || at == 0) {
    throw UsageError("--label " + printable(text, kShownMax) +
                     ": use NAME=VALUE, such as customer=ACME; an empty VALUE means tasks without "
                     "that label");
  }
  filter[std::string(text.substr(0, at))].emplace(text.substr(at + 1));
}

std::vector<std::string> filter_texts(const LabelFilter& filter) {
  std::vector<std::string> texts;
  for (const auto& [name, values] : filter) {
    for (const std::string& value : values) {
      std::string& text = texts.emplace_back(name);
      text.append("=").append(value);
    }
  }
  return texts;
}

std::string filter_text(const LabelFilter& filter) { return join(filter_texts(filter)); }

std::optional<std::string> differing_label(const Labels& one, const Labels& other) {
  for (const Labels* labels : {&one, &other}) {
    for (const auto& [name, value] : *labels) {
      if (label_value(one, name) != label_value(other, name)) {
        return name;
      }
    }
  }
  return std::nullopt;
}

}  // namespace core
