// Which column of a list holds what.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"

namespace core {

/// The columns of one list, as its newest header names them. One thread.
class ListColumns {
 public:
  using Names = std::vector<std::string>;

  /// `column`: of the ID, as TaskListOptions has it.
  explicit ListColumns(std::string column);

  /// The column as a number that the user gave, from 0; none: by name, or by the header.
  [[nodiscard]] std::optional<std::size_t> given_number() const;
  /// Whether the user said which column it is.
  [[nodiscard]] bool is_given() const { return !column_.empty(); }
  /// As the user wrote it.
  [[nodiscard]] const std::string& given() const { return column_; }

  /// The cell that names the column of the ID; none: this is no header, or one that is not known.
  [[nodiscard]] std::optional<std::size_t> named(const Names& cells) const;
  /// The delimiter with which the line names the column of the ID: `likely` if that does.
  [[nodiscard]] char delimiter_of(std::string_view line, char likely) const;
  /// Whether the column of the number that the user gave holds what looks like an ID.
  [[nodiscard]] bool is_numbered_row(const Names& cells) const;

  void set_id(std::size_t column) { id_ = column; }
  [[nodiscard]] std::size_t id() const { return id_; }
  /// The cell of the ID; empty when the row is too short.
  [[nodiscard]] std::string_view id_field(const std::vector<std::string_view>& fields) const {
    return id_ < fields.size() ? fields[id_] : std::string_view();
  }

  /// From here on the columns have these names.
  void take(const Names& names);
  /// Whether these are the names that are in force, however they are written.
  [[nodiscard]] bool are_in_force(const Names& names) const;
  /// Whether the cell of an ID holds the name of a column.
  [[nodiscard]] bool is_name(std::string_view cell) const;

  [[nodiscard]] bool has_account() const { return account_.has_value(); }
  /// Whether a column of labels has this name in any case.
  [[nodiscard]] bool has_label(std::string_view name) const;
  /// How many columns have a name.
  [[nodiscard]] std::size_t size() const { return label_names_.size(); }
  /// Fills in all but the ID.
  void read(const std::vector<std::string_view>& fields, WantedTask& task) const;

 private:
  std::string column_;
  std::size_t id_ = 0;
  Names header_;                   // by column_name; empty: there is none
  std::size_t longest_name_ = 16;  // of a column, those that are known included
  bool names_have_digits_ = false;
  std::optional<std::size_t> model_;
  std::optional<std::size_t> account_;
  Names label_names_;       // by column; empty: no label
  std::size_t labels_ = 0;  // columns that are labels
};

}  // namespace core
