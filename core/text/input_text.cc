#include "core/text/input_text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;
constexpr std::size_t kLineBytesMax = std::size_t{64} * 1024;  // a longer one is decoded in parts
constexpr std::size_t kAheadBytes = std::size_t{64} * 1024;    // look-ahead limit of the decision
constexpr std::size_t kHeadBytes = 512;
constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";

struct Magic {
  std::string_view begin;
  std::string_view name;
};
constexpr std::array kMagics{
    Magic{"PK\x03\x04", "an Excel workbook (.xlsx) or another zip archive"},
    Magic{"PK\x05\x06", "an empty zip archive"},
    Magic{"PAR1", "a Parquet file"},
    Magic{"ID;PWXL", "a spreadsheet in SYLK (.slk)"},
    Magic{"\x89PNG", "an image"},
    Magic{"\x7F"
          "ELF",
          "a program"},
    Magic{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Excel workbook (.xls)"},
    Magic{"%PDF-", "a PDF document"},
    Magic{"\x1F\x8B", "compressed by gzip"},
    Magic{"BZh91AY&SY", "compressed by bzip2"},
    Magic{"\xFD"
          "7zXZ",
          "compressed by xz"},
    Magic{"\x28\xB5\x2F\xFD", "compressed by zstd"},
    Magic{"7z\xBC\xAF\x27\x1C", "a 7z archive"},
    Magic{"Rar!\x1A", "a RAR archive"},
    Magic{"{\\rtf", "a document in RTF"},
    Magic{"SQLite format 3", "an SQLite database"},
    Magic{{"\xFF\xFE\0\0", 4}, "written in UTF-32"},
    Magic{{"\0\0\xFE\xFF", 4}, "written in UTF-32"},
};

std::string_view magic_of(std::string_view head) {
  const auto found = std::find_if(kMagics.begin(), kMagics.end(), [head](const Magic& magic) {
    return head.starts_with(magic.begin);
  });
  return found == kMagics.end() ? std::string_view() : found->name;
}

// Looks at what follows the first bracket, because an ID may begin with one, too.
std::string_view markup_of(std::string_view text) {
  const auto skip_blanks = [&text] {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  };
  skip_blanks();
  if (text.empty()) {
    return {};
  }
  const char first = text.front();
  text.remove_prefix(1);
  if (first == '<') {
    const char next = text.empty() ? ' ' : text.front();
    const bool is_tag = next == '!' || next == '?' || is_ascii_letter(next);
    return is_tag && text.find('>') != std::string_view::npos ? "HTML or XML" : std::string_view();
  }
  if (first != '{' && first != '[') {
    return {};
  }
  skip_blanks();
  const std::string_view begins_value = first == '{' ? "\"}" : "\"[{]-0123456789";
  const bool is_json = text.empty() || begins_value.find(text.front()) != std::string_view::npos;
  return is_json ? "JSON" : std::string_view();
}

char32_t utf16_unit(std::string_view raw, std::size_t position, bool big) {
  const auto first = static_cast<unsigned char>(raw[position]);
  const auto second = static_cast<unsigned char>(raw[position + 1]);
  return static_cast<char32_t>(big ? first << 8U | second : first | second << 8U);
}

// Whether every 16-bit unit of the head is a text character and enough of them are ASCII, as in
// IDs: one in four, or more than half in a short head.
bool looks_utf16(std::string_view head, bool big) {
  std::size_t ascii = 0;
  std::size_t units = 0;
  for (std::size_t at = 0; at + 2 <= head.size(); at += 2, ++units) {
    const char32_t unit = utf16_unit(head, at, big);
    const bool line_or_tab = unit == '\t' || unit == '\n' || unit == '\r';
    if ((unit < 0x20 && !line_or_tab) || (unit >= 0xD800 && unit <= 0xDFFF) || unit >= 0xFFFE) {
      return false;
    }
    ascii += unit < 0x80 ? 1U : 0U;
  }
  constexpr std::size_t kFewUnits = 8;
  return units < kFewUnits ? 2 * ascii > units : 4 * ascii >= units;
}

// Evidence for GB18030 (above 0) or against it (below 0). Most characters of every Chinese text are
// common ones (GB2312's first level and its punctuation), some are of the second level. Other
// two-byte codes are rare there, but typical of texts in UTF-8, Big5, Shift-JIS or Latin-1.
int gb18030_score(std::string_view text) {
  constexpr int kCommon = 2;
  constexpr int kLessCommon = -1;
  constexpr int kRare = -2;
  constexpr int kInvalid = -8;
  int score = 0;
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  for (std::size_t at = find_non_ascii(text); at < text.size(); at = find_non_ascii(text, at)) {
    const unsigned lead = byte(at);
    const unsigned trail = byte(at + 1);
    const bool is_lead = lead >= 0x81 && lead <= 0xFE;
    if (is_lead && trail >= 0x30 && trail <= 0x39) {  // a four-byte code
      score += kRare;
      at += 4;
    } else if (is_lead && trail >= 0x40 && trail <= 0xFE && trail != 0x7F) {
      const bool gb2312 = trail >= 0xA1;
      const bool common = (lead >= 0xB0 && lead <= 0xD7) || lead == 0xA1 || lead == 0xA3;
      const bool less_common = lead >= 0xD8 && lead <= 0xF7;
      score += gb2312 && common ? kCommon : gb2312 && less_common ? kLessCommon : kRare;
      at += 2;
    } else {
      score += kInvalid;
      ++at;
    }
  }
  return score;
}

enum class Utf8 {
  invalid,
  short_forms,  // at most two bytes long: such bytes can be GB18030 as well
  certain,
};

Utf8 utf8_kind(std::string_view text) {
  Utf8 kind = Utf8::short_forms;
  for (std::size_t at = find_non_ascii(text); at < text.size(); at = find_non_ascii(text, at)) {
    const Utf8Character one = utf8_character(text, at);
    if (!one.valid) {
      return Utf8::invalid;
    }
    kind = one.bytes > 2 ? Utf8::certain : kind;
    at += one.bytes;
  }
  return kind;
}

std::size_t line_end(std::string_view text, std::size_t from) {
  return std::min(text.find_first_of("\r\n", from), text.size());
}

// The end of the first line that is not blank. What lies behind it decides nothing: a pipe may
// bring it later.
std::size_t first_line_end(std::string_view text) {
  return line_end(text, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// Eight bytes at a time: compilers make three instructions a byte of std::count.
std::uint64_t lines_in(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101U;
  constexpr std::uint64_t kLow = 0x7F * kOnes;
  std::uint64_t lines = 0;
  while (text.size() >= sizeof kOnes) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    word ^= '\n' * kOnes;                                                // now a line end is 0
    const std::uint64_t ends = ~(((word & kLow) + kLow) | word | kLow);  // 0x80 for each 0
    lines += (ends >> 7U) * kOnes >> 56U;
    text.remove_prefix(sizeof word);
  }
  return lines + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// The first non-ASCII characters, for a message.
std::string_view sample_of(std::string_view text) {
  constexpr std::size_t kSampleBytes = 36;
  std::size_t end = find_non_ascii(text);
  const std::size_t begin = end;
  while (end < text.size() && end - begin < kSampleBytes &&
         static_cast<unsigned char>(text[end]) >= 0x80) {
    end += utf8_character(text, end).bytes;
  }
  return text.substr(begin, end - begin);
}

}  // namespace

InputText::InputText(ReadBytes read, Tell tell) : read_(std::move(read)), tell_(std::move(tell)) {}

std::string_view InputText::foreign_format() {
  if (encoding_ == Encoding::unknown) {
    read_head();
  }
  return foreign_;
}

std::size_t InputText::read(char* buffer, std::size_t size) {
  if (encoding_ == Encoding::unknown) {
    read_head();
  }
  while (given_ == text_.size()) {
    text_.clear();
    given_ = 0;
    if (at_end_ && raw_.empty()) {
      return 0;
    }
    // Most inputs are ASCII: their bytes are returned without a copy.
    if (encoding_ == Encoding::bytes && raw_.empty()) {
      const std::size_t got = read_(buffer, size);
      at_end_ = got == 0;
      const std::string_view bytes(buffer, got);
      if (got > 0 && find_non_ascii(bytes) == got) {
        line_ += lines_in(bytes);
        return got;
      }
      raw_ = bytes;
    } else if (!at_end_) {
      read_more();
    }
    refill();
  }
  const std::size_t count = std::min(size, text_.size() - given_);
  text_.copy(buffer, count, given_);
  given_ += count;
  return count;
}

// False at the end.
bool InputText::read_more() {
  const std::size_t before = raw_.size();
  raw_.resize(before + kReadBytes);
  try {
    const std::size_t got = read_(raw_.data() + before, kReadBytes);
    raw_.resize(before + got);
    at_end_ = got == 0;
    return got > 0;
  } catch (...) {
    raw_.resize(before);
    throw;
  }
}

// Reads enough to detect the encoding: the first line, or kAheadBytes of it.
void InputText::read_head() {
  const auto is_enough = [this] {
    const std::size_t end = first_line_end(raw_);
    const bool whole_line = end < raw_.size() && raw_.size() >= 4 &&
                            (end + 1 < raw_.size() || find_non_ascii(raw_) == raw_.size());
    return whole_line || raw_.size() >= kHeadBytes;
  };
  while (!is_enough() && read_more()) {
  }
  foreign_ = magic_of(raw_);
  if (!foreign_.empty()) {
    encoding_ = Encoding::bytes;  // not a text with rows: no messages about its encoding
    return;
  }
  take_mark();
  refill();
  foreign_ =
      markup_of(std::string_view(text_).substr(0, std::min(first_line_end(text_), kHeadBytes)));
}

void InputText::take_mark() {
  encoding_ = Encoding::bytes;
  const std::size_t end = first_line_end(raw_);
  // The second byte of a line end in UTF-16, which `read_head` waits for.
  const std::size_t more = find_non_ascii(raw_) < end ? 1 : 0;
  const std::string_view head =
      std::string_view(raw_).substr(0, std::min(end + 1 + more, kHeadBytes));
  const auto is_marked = [&](std::string_view mark) {
    const bool marked = head.starts_with(mark);
    raw_.erase(0, marked ? mark.size() : 0);
    return marked;
  };
  if (is_marked("\xEF\xBB\xBF")) {
    script_ = Script::utf8;
  } else if (is_marked("\x84\x31\x95\x33")) {
    script_ = Script::gb18030;
  } else if (is_marked("\xFF\xFE")) {
    encoding_ = Encoding::utf16_le;
  } else if (is_marked("\xFE\xFF")) {
    encoding_ = Encoding::utf16_be;
  } else if (head.find('\0') != std::string_view::npos) {
    const bool little = looks_utf16(head, false);
    const bool big = looks_utf16(head, true);
    if (little != big) {
      encoding_ = little ? Encoding::utf16_le : Encoding::utf16_be;
      if (tell_) {
        tell_(std::string("it has no byte order mark and is read as UTF-16, ") +
              (little ? "little" : "big") + " endian, as its zero bytes show");
      }
    }
  }
}

void InputText::refill() { encoding_ == Encoding::bytes ? decode_lines() : decode_utf16(); }

// An input that ends inside a character ends with U+FFFD, like invalid UTF-8.
void InputText::decode_utf16() {
  const bool big = encoding_ == Encoding::utf16_be;
  std::size_t position = 0;
  while (position + 2 <= raw_.size()) {
    char32_t code = utf16_unit(raw_, position, big);
    std::size_t bytes = 2;
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (position + 4 > raw_.size()) {
        break;  // its second half is not read yet
      }
      const char32_t low = utf16_unit(raw_, position + 2, big);
      const bool pair = low >= 0xDC00 && low <= 0xDFFF;
      code = pair ? 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00) : kReplacement;
      bytes = pair ? 4 : 2;
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      code = kReplacement;
    }
    append_utf8(text_, code);
    position += bytes;
  }
  raw_.erase(0, position);
  if (at_end_ && !raw_.empty()) {
    raw_.clear();
    text_ += kReplacementUtf8;
  }
}

// ASCII is copied as it is; from the first other byte of a line on, the line is decoded as one
// piece.
void InputText::decode_lines() {
  std::size_t at = 0;
  while (at < raw_.size()) {
    const std::size_t other = find_non_ascii(raw_, at);
    const std::string_view ascii = std::string_view(raw_).substr(at, other - at);
    text_ += ascii;
    line_ += lines_in(ascii);
    at = other;
    std::size_t end = line_end(raw_, at);
    if (end == raw_.size() && end - at < kLineBytesMax && !at_end_) {
      break;  // the rest of the line is not read yet
    }
    if (end - at > kLineBytesMax) {  // after a byte that ends a character
      const std::size_t cut = raw_.find_last_of(" ,;|\t\"", at + kLineBytesMax);
      end = cut == std::string::npos || cut <= at ? end : cut;
    }
    if (at < end) {
      if (script_ == Script::undecided) {
        raw_.erase(0, at);
        end -= at;
        at = 0;
        decide();
      }
      decode(std::string_view(raw_).substr(at, end - at));
      at = end;
    }
  }
  raw_.erase(0, at);
}

// If the wait was stopped, the next read reports it.
bool InputText::read_ahead() {
  try {
    return read_more();
  } catch (const Stopped&) {
    return false;
  }
}

// Looks ahead from the beginning of raw_, as far as necessary.
void InputText::decide() {
  int score = 0;
  std::size_t seen = 0;
  while (true) {
    for (std::size_t end = line_end(raw_, seen); end < raw_.size() || at_end_;
         end = line_end(raw_, seen)) {
      const std::string_view piece = std::string_view(raw_).substr(seen, end - seen);
      const Utf8 kind = utf8_kind(piece);
      if (kind == Utf8::certain) {
        script_ = Script::utf8;
        return;
      }
      score += kind == Utf8::invalid ? gb18030_score(piece) : 0;
      seen = end + 1;
      if (seen >= raw_.size()) {
        break;
      }
    }
    if (raw_.size() >= kAheadBytes || at_end_ || !read_ahead()) {
      script_ = score > 0 ? Script::gb18030 : Script::utf8;
      return;
    }
  }
}

void InputText::decode(std::string_view piece) {
  const Utf8 kind = utf8_kind(piece);
  const std::size_t before = text_.size();
  const auto decoded = [&] { return std::string_view(text_).substr(before); };
  if (kind == Utf8::certain || (kind == Utf8::short_forms && script_ != Script::gb18030)) {
    text_ += piece;
    if (script_ == Script::gb18030) {
      tell_once(Told::utf8_among_gb18030, decoded());
    }
    return;
  }
  if (script_ == Script::gb18030 || gb18030_score(piece) > 0) {
    gb18030_.append(piece, text_);
    tell_once(Told::gb18030, decoded());
  } else {
    text_ += valid_utf8(piece);
  }
  if (decoded().find(kReplacementUtf8) != std::string_view::npos) {
    tell_once(Told::replaced, decoded());
  }
}

void InputText::tell_once(Told what, std::string_view decoded) {
  const unsigned bit = 1U << static_cast<unsigned>(what);
  if (!tell_ || (std::exchange(told_, told_ | bit) & bit) != 0) {
    return;
  }
  const std::string where = "line " + std::to_string(line_);
  const std::string sample = "\"" + std::string(sample_of(decoded)) + "\"";
  switch (what) {
    case Told::gb18030:
      tell_(std::string(script_ == Script::gb18030 ? "it is not UTF-8 and is read"
                                                   : "some lines are not UTF-8 and are read") +
            " as GB18030 (GBK), first in " + where + " as " + sample +
            "; if that is wrong, convert it to UTF-8 first, for example with iconv(1)");
      return;
    case Told::utf8_among_gb18030:
      tell_("it is written in two encodings: " + where + " is UTF-8, " + sample +
            ", and others are read as GB18030 (GBK)");
      return;
    case Told::replaced:
      tell_("bytes that are neither UTF-8 nor GB18030 are replaced, first in " + where +
            "; convert it to UTF-8 first, for example with iconv(1)");
      return;
  }
}

}  // namespace core
