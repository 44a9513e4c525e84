#include "storage/postgres/parameters.h"

#include <cassert>
#include <utility>

#include "storage/postgres/wire_format.h"

namespace storage {
namespace {

constexpr std::int32_t kNullLength = -1;

std::string integer_bytes(std::int64_t value) {
  std::string bytes;
  append_integer(bytes, value);
  return bytes;
}

unsigned element_type(Column::Kind kind) {
  switch (kind) {
    case Column::Kind::integer:
      return kInt8Type;
    case Column::Kind::text:
      return kTextType;
    case Column::Kind::bytes:
      return kBytesType;
  }
  return 0;
}

}  // namespace

std::string storable_text(std::string_view text) {
  std::string storable;
  for (const char one : text) {
    if (one == '\0') {
      storable += "\xEF\xBF\xBD";
    } else {
      storable += one;
    }
  }
  return storable;
}

Column::Column(Kind kind) : kind_(kind) {}

void Column::add(std::int64_t value) {
  assert(kind_ == Kind::integer);
  append_integer(elements_, std::int32_t{sizeof value});
  append_integer(elements_, value);
  ++size_;
}

void Column::add(std::string_view value) {
  assert(kind_ != Kind::integer);
  if (kind_ == Kind::text && value.find('\0') != std::string_view::npos) {
    add(storable_text(value));
    return;
  }
  append_integer(elements_, static_cast<std::int32_t>(value.size()));
  elements_ += value;
  ++size_;
}

void Column::add_null() {
  append_integer(elements_, kNullLength);
  has_null_ = true;
  ++size_;
}

void Column::add_or_null(std::string_view text) {
  if (text.empty()) {
    add_null();
  } else {
    add(text);
  }
}

void Column::add_time(const std::optional<core::UtcTime>& time) {
  if (time) {
    add(std::int64_t{time->time_since_epoch().count()});
  } else {
    add_null();
  }
}

std::string Column::take() {
  std::string bytes;
  append_integer(bytes, std::int32_t{size_ == 0 ? 0 : 1});  // dimensions
  append_integer(bytes, std::int32_t{has_null_ ? 1 : 0});
  append_integer(bytes, element_type(kind_));
  if (size_ > 0) {
    append_integer(bytes, static_cast<std::int32_t>(size_));
    append_integer(bytes, std::int32_t{1});  // the first index
    bytes += elements_;
  }
  *this = Column(kind_);
  return bytes;
}

Parameters& Parameters::put(unsigned type, std::string bytes, bool is_null) {
  values_.push_back({.type = type, .is_null = is_null, .bytes = std::move(bytes)});
  return *this;
}

Parameters& Parameters::add(std::int64_t value) { return put(kInt8Type, integer_bytes(value)); }

Parameters& Parameters::add(std::string_view text) { return put(kTextType, storable_text(text)); }

Parameters& Parameters::add_bytes(std::string_view bytes) {
  return put(kBytesType, std::string(bytes));
}

Parameters& Parameters::add_null() { return put(kInt8Type, {}, true); }

Parameters& Parameters::add_or_null(std::string_view text) {
  return put(kTextType, storable_text(text), text.empty());
}

Parameters& Parameters::add_time(const std::optional<core::UtcTime>& time) {
  return time ? add(std::int64_t{time->time_since_epoch().count()}) : add_null();
}

Parameters& Parameters::add(Column& column) {
  switch (column.kind_) {
    case Column::Kind::integer:
      return put(kInt8ArrayType, column.take());
    case Column::Kind::text:
      return put(kTextArrayType, column.take());
    case Column::Kind::bytes:
      return put(kBytesArrayType, column.take());
  }
  return *this;
}

std::string rows_of(const std::vector<std::string>& names) {
  std::string columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns += (i == 0 ? "unnest($" : ", unnest($") + std::to_string(i + 1) + ") AS " + names[i];
  }
  return "(SELECT " + columns + ") AS u";
}

}  // namespace storage
