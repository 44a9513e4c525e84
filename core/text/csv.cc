#include "core/text/csv.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
constexpr std::size_t kBufferBytes = CsvReader::kRowBytesMax + 2 * kReadBytes;

const char* find(const char* begin, const char* end, char what) {
  const void* found = std::memchr(begin, what, static_cast<std::size_t>(end - begin));
  return found == nullptr ? end : static_cast<const char*>(found);
}

// How often a delimiter stands outside quotes.
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
  const bool names_one =
      line.size() > kSeparator.size() &&
      std::equal(kSeparator.begin(), kSeparator.end(), line.begin(),
                 [](char wanted, char one) { return lower_ascii(one) == wanted; });
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
    return one == delimiter || std::string_view(",;\t|").find(one) != std::string_view::npos;
  });
  return filled_up ? std::optional(delimiter) : std::nullopt;
}

std::optional<char> likely_delimiter(std::string_view line) {
  std::optional<char> likely;
  std::size_t most = 0;
  for (const char one : {',', ';', '\t', '|'}) {
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

CsvReader::CsvReader(ReadBytes read, Tell tell)
    : text_(std::move(read), std::move(tell)), buffer_(kBufferBytes) {}

// ---- bytes

bool CsvReader::fill() {
  if (at_end_) {
    return false;
  }
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < kReadBytes) {
    buffer_.resize(end_ + kReadBytes);
  }
  const std::size_t got = text_.read(buffer_.data() + end_, kReadBytes);
  at_end_ = got == 0;
  end_ += got;
  return !at_end_;
}

// ---- lines

// The end of the line at begin_, or null when it is longer than a row may be. Looks for both line
// ends window by window: a file without a single LF is not searched to its end for each line.
const char* CsvReader::line_end() {
  constexpr std::size_t kWindow = 512;
  for (std::size_t searched = 0; searched <= kRowBytesMax;) {
    if (begin_ + searched == end_ && !fill()) {
      return buffer_.data() + end_;
    }
    const char* from = buffer_.data() + begin_ + searched;
    const char* to = from + std::min(kWindow, end_ - begin_ - searched);
    const char* line_feed = find(from, to, '\n');
    const char* found = find(from, line_feed, '\r');
    searched = static_cast<std::size_t>(found - buffer_.data()) - begin_;
    if (found != to) {
      return searched <= kRowBytesMax ? found : nullptr;
    }
  }
  return nullptr;
}

// Steps over LF, CRLF or CR at begin_.
void CsvReader::consume_line_end() {
  if (begin_ == end_ && !fill()) {
    return;
  }
  const bool carriage = buffer_[begin_] == '\r';
  ++begin_;
  ++line_;
  if (carriage && (begin_ < end_ || fill()) && buffer_[begin_] == '\n') {
    ++begin_;
  }
}

// Drops what has no shape at begin_; false: there is nothing such.
bool CsvReader::skip_invisible() {
  constexpr std::size_t kCharacterMax = 4;
  while (end_ - begin_ < kCharacterMax && fill()) {
  }
  const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
  const Utf8Character one = utf8_character(rest, 0);
  const bool found = one.valid && is_invisible(one.code);
  begin_ += found ? one.bytes : 0;
  return found;
}

// To the begin of a line that holds something; false at the end of the input.
bool CsvReader::skip_blank() {
  while (begin_ < end_ || fill()) {
    const auto first = static_cast<unsigned char>(buffer_[begin_]);
    if (first > ' ') {
      constexpr unsigned char kAsciiMax = 0x7F;
      if (first > kAsciiMax && skip_invisible()) {
        continue;
      }
      return true;
    }
    const char* end = line_end();
    if (end == nullptr) {
      return true;
    }
    const char* begin = buffer_.data() + begin_;
    const bool blank =
        std::all_of(begin, end, [](char one) { return one == ' ' || one == '\t'; }) &&
        (delimiter_ != '\t' || find(begin, end, '\t') == end);
    if (!blank) {
      return true;
    }
    begin_ = static_cast<std::size_t>(end - buffer_.data());
    consume_line_end();
  }
  return false;
}

bool CsvReader::skip_blank_and_comments() {
  while (skip_blank()) {
    if (buffer_[begin_] != '#' || (hash_fields_ > 0 && is_hash_row())) {
      return true;
    }
    skip_comment();
  }
  return false;
}

void CsvReader::skip_comment() {
  skip_to_line_end();
  ++comments_;
}

// Whether the line at begin_ is a row with as many fields as a line that begins with `#` must have.
bool CsvReader::is_hash_row() {
  std::size_t fields = 1;
  bool quoted = false;
  bool field_begins = true;
  for (std::size_t at = 0; at <= kRowBytesMax; ++at) {
    if (begin_ + at >= end_ && !fill()) {
      return !quoted && fields == hash_fields_;
    }
    const char one = buffer_[begin_ + at];
    if (!quoted && (one == '\n' || one == '\r')) {
      return fields == hash_fields_;
    }
    if (one == '"' && (quoted || field_begins)) {
      quoted = !quoted;  // of two, the second opens it again
      field_begins = !quoted;
      continue;
    }
    fields += !quoted && one == delimiter_ ? 1U : 0U;
    field_begins = !quoted && one == delimiter_;
  }
  return false;
}

// Past the end of the line at begin_, however long it is.
void CsvReader::skip_to_line_end() {
  while (begin_ < end_ || fill()) {
    const char* end = buffer_.data() + end_;
    const char* line_feed = find(buffer_.data() + begin_, end, '\n');
    const char* found = find(buffer_.data() + begin_, line_feed, '\r');
    begin_ = static_cast<std::size_t>(found - buffer_.data());
    if (found != end) {
      consume_line_end();
      return;
    }
  }
}

std::string_view CsvReader::peek_line() {
  if (!skip_blank()) {
    return {};
  }
  const char* end = line_end();
  const char* begin = buffer_.data() + begin_;
  return {begin, static_cast<std::size_t>((end == nullptr ? begin : end) - begin)};
}

void CsvReader::skip_line() {
  begin_ += peek_line().size();
  consume_line_end();
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

// ---- rows

bool CsvReader::next(CsvRow& row) {
  row.fields.clear();
  row.kind = CsvRow::Kind::fields;
  if (!skip_blank_and_comments()) {
    return false;
  }
  row.line = line_;
  if (!plain_row(row)) {
    quoted_row(row);
  }
  return true;
}

// The common case: no quote in the line. False when there is one.
bool CsvReader::plain_row(CsvRow& row) {
  const char* end = line_end();
  if (end == nullptr) {
    skip_long_row(row);
    return true;
  }
  const char* begin = buffer_.data() + begin_;
  if (find(begin, end, '"') != end) {
    return false;
  }
  for (const char* field = begin;;) {
    const char* stop = find(field, end, delimiter_);
    row.fields.emplace_back(field, static_cast<std::size_t>(stop - field));
    if (stop == end) {
      break;
    }
    field = stop + 1;
  }
  begin_ = static_cast<std::size_t>(end - buffer_.data());
  if (begin_ + 1 < end_) {
    consume_line_end();  // does not fill, so the fields stay where they are
    return true;
  }
  // Filling moves the bytes, so the fields go to a place of their own first.
  scratch_.assign(begin, static_cast<std::size_t>(end - begin));
  for (std::string_view& field : row.fields) {
    field = std::string_view(scratch_.data() + (field.data() - begin), field.size());
  }
  consume_line_end();
  return true;
}

// Reads the row at begin_ to its end and keeps nothing; its quotes count, so that the next row
// begins where it does in truth.
void CsvReader::skip_long_row(CsvRow& row) {
  bool quoted = false;
  bool closed = false;  // by the character before
  bool field_begins = true;
  char before = '\0';
  while (begin_ < end_ || fill()) {
    const char one = buffer_[begin_];
    if (!quoted && (one == '\n' || one == '\r')) {
      break;
    }
    line_ += one == '\r' || (one == '\n' && before != '\r') ? 1U : 0U;
    const bool was_quoted = quoted;
    if (one == '"') {
      quoted = !was_quoted && (field_begins || closed);
    }
    closed = one == '"' && was_quoted;
    field_begins = one == delimiter_ && !quoted;
    before = one;
    ++begin_;
  }
  row.kind = quoted ? CsvRow::Kind::unterminated : CsvRow::Kind::too_long;
  consume_line_end();
}

// Character by character, across line ends inside quotes.
void CsvReader::quoted_row(CsvRow& row) {
  spans_.clear();
  scratch_.clear();
  std::size_t field = 0;
  bool quoted = false;
  std::size_t position = 0;  // from begin_
  std::uint64_t lines = 0;
  const auto end_field = [&] {
    spans_.emplace_back(field, scratch_.size() - field);
    field = scratch_.size();
  };
  const auto peek = [&](std::size_t at) {
    while (begin_ + at >= end_) {
      if (!fill()) {
        return '\0';
      }
    }
    return buffer_[begin_ + at];
  };
  while (true) {
    const char one = peek(position);
    const bool over = begin_ + position >= end_;
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
      } else if (peek(position + 1) == '"' && begin_ + position + 1 < end_) {
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
  begin_ += position;
  line_ += lines;
  consume_line_end();
  for (const auto& [start, size] : spans_) {
    row.fields.push_back(std::string_view(scratch_).substr(start, size));
  }
}

}  // namespace core
