// The values of a statement in PostgreSQL's binary format: single values, or columns of rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"

namespace storage {

/// PostgreSQL stores no U+0000 in a text: it becomes U+FFFD.
[[nodiscard]] std::string storable_text(std::string_view text);

/// One column of many rows, for `rows_of` or `unnest($1)`. Copies what it is given.
class Column {
 public:
  enum class Kind { integer, text, bytes };
  explicit Column(Kind kind);

  void add(std::int64_t value);
  /// For a text or bytes column.
  void add(std::string_view value);
  void add_null();
  /// An empty text becomes null.
  void add_or_null(std::string_view text);
  void add_time(const std::optional<core::UtcTime>& time);

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  friend class Parameters;
  [[nodiscard]] std::string take();  // as the server reads it; empties the column

  Kind kind_;
  std::size_t size_ = 0;
  bool has_null_ = false;
  std::string elements_;
};

/// $1, $2, ... in the order of the calls. Copies its values. The types are bigint, text and bytea,
/// and arrays of them: a statement must not expect another type.
class Parameters {
 public:
  Parameters& add(std::int64_t value);
  Parameters& add(std::string_view text);
  Parameters& add_bytes(std::string_view bytes);
  /// A null of type bigint.
  Parameters& add_null();
  /// An empty text becomes null.
  Parameters& add_or_null(std::string_view text);
  Parameters& add_time(const std::optional<core::UtcTime>& time);
  /// Leaves `column` empty.
  Parameters& add(Column& column);

 private:
  friend class ServerExchange;
  struct Value {
    unsigned type = 0;  // PostgreSQL's OID
    bool is_null = false;
    std::string bytes;
  };
  Parameters& put(unsigned type, std::string bytes, bool is_null = false);

  std::vector<Value> values_;
};

/// "(SELECT unnest($1) AS id, unnest($2) AS state) AS u": the rows of columns that are the first
/// parameters. Cheaper for the server than `unnest` behind FROM, which stores each column first.
[[nodiscard]] std::string rows_of(const std::vector<std::string>& names);

}  // namespace storage
