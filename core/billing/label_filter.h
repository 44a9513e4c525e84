// Which tasks a report shows by their labels: `report --label customer=ACME`.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/domain/task.h"

namespace core {

/// Names with their values. A task passes if, for each name, its label has one of the values; the
/// empty value means that the task does not have the label. An empty filter passes all.
using LabelFilter = std::map<std::string, std::set<std::string, std::less<>>, std::less<>>;

/// The value of the label; empty if there is none.
[[nodiscard]] std::string_view label_value(const Labels& labels, std::string_view name);

[[nodiscard]] bool passes(const Labels& labels, const LabelFilter& filter);

/// Adds the names of the labels if they pass the filter.
void add_passing_names(const Labels& labels, const LabelFilter& filter,
                       std::set<std::string>& names);

/// Adds NAME=VALUE. Throws UsageError for a text without a name.
void add_to_filter(std::string_view text, LabelFilter& filter);

/// "customer=ACME", "customer=Duck": each name and value.
[[nodiscard]] std::vector<std::string> filter_texts(const LabelFilter& filter);
/// The same as one text, with ", " between them.
[[nodiscard]] std::string filter_text(const LabelFilter& filter);

/// A name whose value differs between the two, whatever their order; none if there is no such name.
/// An empty value is that of a label that a task does not have.
[[nodiscard]] std::optional<std::string> differing_label(const Labels& one, const Labels& other);

}  // namespace core
