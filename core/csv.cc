#include "core/csv.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/utf8.h"

namespace core {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
// Decoded UTF-16 takes at most half as many bytes again.
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

CsvReader::CsvReader(ReadBytes read) : read_(std::move(read)), buffer_(kBufferBytes) {}

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
  // Half a UTF-16 character, or a byte order mark alone, yields nothing yet.
  for (const std::size_t before = end_; end_ == before;) {
    std::size_t got = read_(buffer_.data() + end_, kReadBytes);
    at_end_ = got == 0;
    if (at_end_) {
      end_of_input();
      return end_ > before;
    }
    if (encoding_ == Encoding::unknown) {
      detect_encoding(got);
    }
    if (encoding_ == Encoding::utf8) {
      end_ += got;
    } else {
      decode_utf16(got);
    }
  }
  return true;
}

// A UTF-16 input that was cut inside a character ends with U+FFFD, as invalid UTF-8 would.
void CsvReader::end_of_input() {
  if (!undecoded_.empty()) {
    undecoded_.clear();
    constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
    std::copy(kReplacement.begin(), kReplacement.end(), buffer_.data() + end_);
    end_ += kReplacement.size();
  }
}

void CsvReader::detect_encoding(std::size_t& got) {
  // A byte order mark may come in pieces, from a slow pipe.
  constexpr std::size_t kMarkBytes = 3;
  while (got < kMarkBytes) {
    const std::size_t more = read_(buffer_.data() + end_ + got, kMarkBytes - got);
    if (more == 0) {
      break;
    }
    got += more;
  }
  const std::string_view head(buffer_.data() + end_, got);
  const auto drop = [&](std::size_t bytes) {
    std::memmove(buffer_.data() + end_, buffer_.data() + end_ + bytes, got - bytes);
    got -= bytes;
  };
  encoding_ = Encoding::utf8;
  if (head.substr(0, 3) == "\xEF\xBB\xBF") {
    drop(3);
  } else if (head.substr(0, 2) == "\xFF\xFE") {
    encoding_ = Encoding::utf16_le;
    drop(2);
  } else if (head.substr(0, 2) == "\xFE\xFF") {
    encoding_ = Encoding::utf16_be;
    drop(2);
  }
}

void CsvReader::decode_utf16(std::size_t got) {
  std::string raw = std::exchange(undecoded_, {});
  raw.append(buffer_.data() + end_, got);
  const auto unit = [&](std::size_t position) {
    const auto first = static_cast<unsigned char>(raw[position]);
    const auto second = static_cast<unsigned char>(raw[position + 1]);
    return static_cast<char32_t>(encoding_ == Encoding::utf16_le ? first | second << 8U
                                                                 : first << 8U | second);
  };
  std::string text;
  std::size_t position = 0;
  while (position + 2 <= raw.size()) {
    char32_t code = unit(position);
    std::size_t bytes = 2;
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (position + 4 > raw.size()) {
        break;  // its other half comes with the next bytes
      }
      const char32_t low = unit(position + 2);
      const bool pair = low >= 0xDC00 && low <= 0xDFFF;
      code = pair ? 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00) : 0xFFFD;
      bytes = pair ? 4 : 2;
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      code = 0xFFFD;
    }
    append_utf8(text, code);
    position += bytes;
  }
  undecoded_ = raw.substr(position);
  if (buffer_.size() < end_ + text.size()) {
    buffer_.resize(end_ + text.size());
  }
  std::copy(text.begin(), text.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(end_));
  end_ += text.size();
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

bool CsvReader::skip_blank_and_comment() {
  while (begin_ < end_ || fill()) {
    const char first = buffer_[begin_];
    if (first == '#') {
      skip_to_line_end();
      continue;
    }
    if (static_cast<unsigned char>(first) > ' ') {
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
  if (!skip_blank_and_comment()) {
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
  const std::string_view line = peek_line();
  constexpr std::string_view kSeparator = "sep=";
  if (line.size() == kSeparator.size() + 1 && line.starts_with(kSeparator)) {
    delimiter_ = line.back();
    skip_line();
    return;
  }
  std::size_t most = 0;
  for (const char one : {',', ';', '\t', '|'}) {
    const std::size_t count = count_outside_quotes(line, one);
    if (count > most) {
      most = count;
      delimiter_ = one;
    }
  }
}

// ---- rows

bool CsvReader::next(CsvRow& row) {
  row.fields.clear();
  row.kind = CsvRow::Kind::fields;
  if (!skip_blank_and_comment()) {
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
