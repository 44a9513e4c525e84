// The meaning of each column of a list.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"

namespace core {

/// The columns of one list, as its latest header names them. One thread.
class ListColumns {
 public:
  using Names = std::vector<std::string>;

  /// `column`: the ID's column, see TaskListOptions.
  explicit ListColumns(std::string column);

  /// The column number that the user gave, counted from 0; none if it is given by name or found by
  /// the header.
  [[nodiscard]] std::optional<std::size_t> given_number() const;
  /// The column as the user wrote it; empty if the user gave none.
  [[nodiscard]] const std::string& given() const { return column_; }

  /// The cell that names the ID's column; none if this is not a header, or an unknown one.
  [[nodiscard]] std::optional<std::size_t> named(const Names& cells) const;
  /// The delimiter with which the line has a cell that names the ID's column; `likely` is tried
  /// first.
  [[nodiscard]] char delimiter_of(std::string_view line, char likely) const;
  /// Whether the column with the user's number holds a text that looks like an ID.
  [[nodiscard]] bool is_numbered_row(const Names& cells) const;

  /// The name of the ID's column in the form of column_name; empty without a header.
  [[nodiscard]] std::string id_name() const {
    return id_ < header_.size() ? header_[id_] : std::string();
  }
  void set_id(std::size_t column) { id_ = column; }
  [[nodiscard]] std::size_t id() const { return id_; }
  /// The cell of the ID; empty if the row is too short.
  [[nodiscard]] std::string_view id_field(const std::vector<std::string_view>& fields) const {
    return id_ < fields.size() ? fields[id_] : std::string_view();
  }

  /// Uses these names for the columns from now on.
  void take(const Names& names);
  /// Whether these are the current names, apart from spelling (column_name).
  [[nodiscard]] bool are_in_force(const Names& names) const;
  /// Whether the cell of an ID holds a column name.
  [[nodiscard]] bool is_name(std::string_view cell) const;

  /// Whether there is a column named `account`.
  [[nodiscard]] bool has_account() const { return account_.has_value(); }
  /// The label column of this name, in any case, as the header spells it; empty if there is none.
  /// The columns of ID, model and account are not labels.
  [[nodiscard]] std::string label_named(std::string_view name) const;
  [[nodiscard]] bool has_label(std::string_view name) const { return !label_named(name).empty(); }
  /// The number of named columns.
  [[nodiscard]] std::size_t size() const { return label_names_.size(); }
  /// Fills in everything except the ID.
  void read(const std::vector<std::string_view>& fields, WantedTask& task) const;

 private:
  std::string column_;
  std::size_t id_ = 0;
  Names header_;                   // in the form of column_name; empty without a header
  std::size_t longest_name_ = 16;  // of all names, including the known ones
  bool names_have_digits_ = false;
  std::optional<std::size_t> model_;
  std::optional<std::size_t> account_;
  Names label_names_;       // by column; empty: not a label
  std::size_t labels_ = 0;  // number of label columns
};

}  // namespace core
