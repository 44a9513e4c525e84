#include "core/text/csv.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {
namespace {

// How often a delimiter occurs outside quotes.
std::size_t count_outside_quotes(std::string_view line, char delimiter) {
  std::size_t count = 0;
  bool quoted = false;
  for (const char one : line) {
    quoted = one == '"' ? !quoted : quoted;
    count += !quoted && one == delimiter ? 1U : 0U;
  }
  return count;
}

}  // namespace

std::optional<char> named_delimiter(std::string_view line) {
  constexpr std::string_view kSeparator = "sep=";
  const bool quoted = line.starts_with('"');
  line.remove_prefix(quoted ? 1 : 0);
  const bool names_one = line.size() > kSeparator.size() &&
                         equal_but_for_case(line.substr(0, kSeparator.size()), kSeparator);
  if (!names_one) {
    return std::nullopt;
  }
  const char delimiter = line[kSeparator.size()];
  std::string_view rest = line.substr(kSeparator.size() + 1);
  if (quoted != rest.starts_with('"')) {
    return std::nullopt;
  }
  rest.remove_prefix(quoted ? 1 : 0);
  const bool filled_up = std::all_of(rest.begin(), rest.end(), [delimiter](char one) {
    return one == delimiter || kDelimiters.find(one) != std::string_view::npos;
  });
  return filled_up ? std::optional(delimiter) : std::nullopt;
}

std::optional<char> likely_delimiter(std::string_view line) {
  std::optional<char> likely;
  std::size_t most = 0;
  for (const char one : kDelimiters) {
    const std::size_t count = count_outside_quotes(line, one);
    if (count > most) {
      most = count;
      likely = one;
    }
  }
  return likely;
}

std::vector<std::string> split_line(std::string_view line, char delimiter) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char one : line) {
    if (one == '"') {
      quoted = !quoted;
    } else if (one == delimiter && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += one;
    }
  }
  return fields;
}

CsvReader::CsvReader(ReadBytes read, Tell tell) : text_(std::move(read), std::move(tell)) {}

// Moves to the beginning of the next line that is not blank; false at the end of the input.
bool CsvReader::skip_blank() {
  while (text_.has(0)) {
    const auto first = static_cast<unsigned char>(text_[0]);
    if (first > ' ') {
      constexpr unsigned char kAsciiMax = 0x7F;
      if (first > kAsciiMax && text_.skip_invisible()) {
        continue;
      }
      return true;
    }
    const char* end = text_.line_end();
    if (end == nullptr) {
      return true;
    }
    const char* begin = text_.ahead().data();
    const bool blank =
        std::all_of(begin, end, [](char one) { return one == ' ' || one == '\t'; }) &&
        (delimiter_ != '\t' || find_byte(begin, end, '\t') == end);
    if (!blank) {
      return true;
    }
    text_.advance(static_cast<std::size_t>(end - begin));
    text_.consume_line_end();
  }
  return false;
}

bool CsvReader::skip_blank_and_comments() {
  while (skip_blank()) {
    if (text_[0] != '#' || (hash_fields_ > 0 && is_hash_row())) {
      return true;
    }
    skip_comment();
  }
  return false;
}

void CsvReader::skip_comment() {
  text_.skip_line();
  ++comments_;
}

// Whether the current line is a row with the number of fields that a line with `#` must have.
bool CsvReader::is_hash_row() {
  std::size_t fields = 1;
  bool quoted = false;
  bool field_begins = true;
  for (std::size_t at = 0; at <= kRowBytesMax; ++at) {
    if (!text_.has(at)) {
      return !quoted && fields == hash_fields_;
    }
    const char one = text_[at];
    if (!quoted && (one == '\n' || one == '\r')) {
      return fields == hash_fields_;
    }
    if (one == '"' && (quoted || field_begins)) {
      quoted = !quoted;  // the second of two quotes opens it again
      field_begins = !quoted;
      continue;
    }
    fields += !quoted && one == delimiter_ ? 1U : 0U;
    field_begins = !quoted && one == delimiter_;
  }
  return false;
}

std::string_view CsvReader::peek_line() {
  if (!skip_blank()) {
    return {};
  }
  const char* end = text_.line_end();
  const char* begin = text_.ahead().data();
  return {begin, static_cast<std::size_t>((end == nullptr ? begin : end) - begin)};
}

void CsvReader::skip_line() {
  text_.advance(peek_line().size());
  text_.consume_line_end();
}

void CsvReader::detect_delimiter() {
  if (!skip_blank_and_comments()) {
    return;
  }
  if (!take_named_delimiter()) {
    delimiter_ = likely_delimiter(peek_line()).value_or(delimiter_);
  }
}

bool CsvReader::take_named_delimiter() {
  const auto named = named_delimiter(peek_line());
  if (named) {
    delimiter_ = *named;
    skip_line();
  }
  return named.has_value();
}

bool CsvReader::next(CsvRow& row) {
  row.fields.clear();
  row.kind = CsvRow::Kind::fields;
  if (!skip_blank_and_comments()) {
    return false;
  }
  row.line = text_.line();
  if (!plain_row(row)) {
    quoted_row(row);
  }
  return true;
}

// The common case: a line without a quote. False if it has one.
bool CsvReader::plain_row(CsvRow& row) {
  const char* end = text_.line_end();
  if (end == nullptr) {
    skip_long_row(row);
    return true;
  }
  const char* begin = text_.ahead().data();
  if (find_byte(begin, end, '"') != end) {
    return false;
  }
  for (const char* field = begin;;) {
    const char* stop = find_byte(field, end, delimiter_);
    row.fields.emplace_back(field, static_cast<std::size_t>(stop - field));
    if (stop == end) {
      break;
    }
    field = stop + 1;
  }
  text_.advance(static_cast<std::size_t>(end - begin));
  if (text_.ahead().size() > 1) {
    text_.consume_line_end();  // does not fill the buffer, so the fields stay valid
    return true;
  }
  // Filling the buffer moves its bytes, so the fields are copied first.
  scratch_.assign(begin, static_cast<std::size_t>(end - begin));
  for (std::string_view& field : row.fields) {
    field = std::string_view(scratch_.data() + (field.data() - begin), field.size());
  }
  text_.consume_line_end();
  return true;
}

// Skips the rest of the row. Its quotes are interpreted, so that the next row begins where it
// really does.
void CsvReader::skip_long_row(CsvRow& row) {
  bool quoted = false;
  bool closed = false;  // by the previous character
  bool field_begins = true;
  char before = '\0';
  while (text_.has(0)) {
    const char one = text_[0];
    if (!quoted && (one == '\n' || one == '\r')) {
      break;
    }
    text_.count_lines(one == '\r' || (one == '\n' && before != '\r') ? 1U : 0U);
    const bool was_quoted = quoted;
    if (one == '"') {
      quoted = !was_quoted && (field_begins || closed);
    }
    closed = one == '"' && was_quoted;
    field_begins = one == delimiter_ && !quoted;
    before = one;
    text_.advance(1);
  }
  row.kind = quoted ? CsvRow::Kind::unterminated : CsvRow::Kind::too_long;
  text_.consume_line_end();
}

// Reads character by character, across line ends inside quotes.
void CsvReader::quoted_row(CsvRow& row) {
  spans_.clear();
  scratch_.clear();
  std::size_t field = 0;
  bool quoted = false;
  std::size_t position = 0;
  std::uint64_t lines = 0;
  const auto end_field = [&] {
    spans_.emplace_back(field, scratch_.size() - field);
    field = scratch_.size();
  };
  const auto peek = [&](std::size_t at) { return text_.has(at) ? text_[at] : '\0'; };
  while (true) {
    const char one = peek(position);
    const bool over = !text_.has(position);
    if (over && !quoted) {
      break;
    }
    if (over || (position > kRowBytesMax && (quoted || (one != '\n' && one != '\r')))) {
      skip_long_row(row);
      return;
    }
    if (quoted) {
      if (one != '"') {
        lines += one == '\n' || (one == '\r' && peek(position + 1) != '\n') ? 1U : 0U;
        scratch_.push_back(one);
      } else if (peek(position + 1) == '"') {
        scratch_.push_back('"');
        ++position;
      } else {
        quoted = false;
      }
    } else if (one == '"' && scratch_.size() == field) {
      quoted = true;
    } else if (one == delimiter_) {
      end_field();
    } else if (one == '\n' || one == '\r') {
      break;
    } else {
      scratch_.push_back(one);
    }
    ++position;
  }
  end_field();
  text_.advance(position);
  text_.count_lines(lines);
  text_.consume_line_end();
  for (const auto& [start, size] : spans_) {
    row.fields.push_back(std::string_view(scratch_).substr(start, size));
  }
}

}  // namespace core
