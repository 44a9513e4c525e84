#include "core/input/list_columns.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/input/column_name.h"
#include "core/input/id_cell.h"
#include "core/text/csv.h"
#include "core/text/utf8.h"

namespace core {

ListColumns::ListColumns(std::string column) : column_(std::move(column)) {}

std::optional<std::size_t> ListColumns::given_number() const {
  std::size_t number = 0;
  const auto [end, error] =
      std::from_chars(column_.data(), column_.data() + column_.size(), number);
  const bool whole = error == std::errc() && end == column_.data() + column_.size();
  return whole && number > 0 ? std::optional(number - 1) : std::nullopt;
}

std::optional<std::size_t> ListColumns::named(const Names& cells) const {
  const Names names = column_names(cells);
  const auto position = [&names](std::string_view wanted) -> std::optional<std::size_t> {
    const auto found = std::find(names.begin(), names.end(), wanted);
    return found == names.end() ? std::nullopt : std::optional<std::size_t>(found - names.begin());
  };
  if (!column_.empty() && !given_number()) {
    return position(column_name(column_));
  }
  for (const std::string_view name : kIdColumnNames) {
    if (const auto found = position(name)) {
      return found;
    }
  }
  return std::nullopt;
}

char ListColumns::delimiter_of(std::string_view line, char likely) const {
  const auto names = [&](char one) { return named(split_line(line, one)).has_value(); };
  if (names(likely)) {
    return likely;
  }
  const auto found = std::find_if(kDelimiters.begin(), kDelimiters.end(), [&](char one) {
    return line.find(one) != std::string_view::npos && names(one);
  });
  return found == kDelimiters.end() ? likely : *found;
}

bool ListColumns::is_numbered_row(const Names& cells) const {
  const std::size_t column = given_number().value_or(0);
  return column > 0 && column < cells.size() && is_id_like(cells[column]);
}

void ListColumns::take(const Names& names) {
  model_.reset();
  account_.reset();
  label_names_.clear();
  labels_ = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != id_ && column_name(names[i]) == "model" && !model_) {
      model_ = i;
    }
    if (i != id_ && column_name(names[i]) == "account" && !account_) {
      account_ = i;
    }
    const bool label = i != id_ && model_ != i && account_ != i;
    label_names_.push_back(label ? names[i] : std::string());
    labels_ += label && !names[i].empty() ? 1U : 0U;
  }
  header_ = column_names(names);
  for (const std::string& name : names) {
    longest_name_ = std::max(longest_name_, name.size());
    names_have_digits_ = names_have_digits_ || has_digit(name);
  }
}

bool ListColumns::are_in_force(const Names& names) const { return column_names(names) == header_; }

bool ListColumns::is_name(std::string_view cell) const {
  if (cell.size() > longest_name_ || (!names_have_digits_ && has_digit(cell))) {
    return false;  // true for most IDs
  }
  const std::string name = column_name(cell);
  const auto is_same = [&name](std::string_view one) { return one == name; };
  return std::any_of(kIdColumnNames.begin(), kIdColumnNames.end(), is_same) ||
         std::any_of(header_.begin(), header_.end(), is_same);
}

std::string ListColumns::label_named(std::string_view name) const {
  const std::string wanted = column_name(name);
  const auto found = std::find_if(label_names_.begin(), label_names_.end(), [&](const auto& one) {
    return !one.empty() && column_name(one) == wanted;
  });
  return found == label_names_.end() ? std::string() : *found;
}

void ListColumns::read(const std::vector<std::string_view>& fields, WantedTask& task) const {
  if (model_ && *model_ < fields.size()) {
    task.model = valid_utf8(trim_unseen(fields[*model_]));
  }
  if (account_ && *account_ < fields.size()) {
    task.account = valid_utf8(trim_unseen(fields[*account_]));
  }
  task.labels.reserve(labels_);
  const std::size_t columns = std::min(label_names_.size(), fields.size());
  for (std::size_t i = 0; i < columns; ++i) {
    const std::string_view value = label_names_[i].empty() ? "" : trim_unseen(fields[i]);
    if (!value.empty()) {
      task.labels.emplace_back(label_names_[i], valid_utf8(value));
    }
  }
}

std::string_view find_label(const Labels& labels, std::string_view name) {
  const auto found = std::find_if(labels.begin(), labels.end(),
                                  [name](const auto& label) { return label.first == name; });
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace core
