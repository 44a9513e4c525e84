#include "core/input/id_cell.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::size_t kExactDigits = 15;  // a spreadsheet keeps this many digits of a number
constexpr std::size_t kGroup = 3;

bool is_id_character(char one) {
  return is_ascii_alphanumeric(one) || one == '_' || one == '-' || one == ':';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_ascii_digit);
}

// The IDs of gateways contain digits; a quoted word without digits may be anything.
bool is_certain_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char one) { return is_id_character(one) || one == '.'; }) &&
         std::any_of(text.begin(), text.end(), is_ascii_digit);
}

using Cell = std::variant<std::string, IdFailure>;

// A long number that a spreadsheet converted has only zeros after the fifteenth digit; any other
// long number was not converted, and is complete.
Cell number_of(std::string digits) {
  return is_rounded(digits).value_or(false) ? Cell(IdFailure::spreadsheet_number)
                                            : Cell(std::move(digits));
}

// "860,260,753", also with blanks of any width or apostrophes between the groups; with points only
// if there are too many for a version or an IP address.
std::optional<Cell> grouped_number(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kSeparators{",",
                                                               ".",
                                                               " ",
                                                               "'",
                                                               "\xC2\xA0" /* U+A0 */,
                                                               "\xE2\x80\xAF" /* U+202F */,
                                                               "\xE2\x80\x89" /* U+2009 */,
                                                               "\xE2\x80\x99" /* U+2019 */,
                                                               "\xEF\xBC\x8C" /* U+FF0C */};
  const std::size_t first = static_cast<std::size_t>(
      std::find_if_not(text.begin(), text.end(), is_ascii_digit) - text.begin());
  if (first == 0 || first > kGroup || first == text.size()) {
    return std::nullopt;
  }
  std::string digits(text.substr(0, first));
  std::string_view rest = text.substr(first);
  const auto separator =
      std::find_if(kSeparators.begin(), kSeparators.end(),
                   [rest](std::string_view one) { return rest.starts_with(one); });
  if (separator == kSeparators.end()) {
    return std::nullopt;
  }
  constexpr std::size_t kPointsMin = 4;
  if (*separator == "." && rest.size() < kPointsMin * (1 + kGroup)) {
    return std::nullopt;
  }
  while (!rest.empty()) {
    const std::string_view group = rest.substr(std::min(separator->size(), rest.size()), kGroup);
    if (!rest.starts_with(*separator) || group.size() != kGroup || !all_digits(group)) {
      return std::nullopt;
    }
    digits += group;
    rest.remove_prefix(separator->size() + kGroup);
  }
  return number_of(std::move(digits));
}

// "860260.0": a whole number that a program stored as a floating-point number, which keeps fifteen
// digits.
std::optional<Cell> with_decimals(std::string_view text) {
  const std::size_t point = text.find_first_of(".,");
  if (point == std::string_view::npos || !all_digits(text.substr(0, point)) ||
      point + 1 == text.size() ||
      text.find_first_not_of('0', point + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return point > kExactDigits ? Cell(IdFailure::spreadsheet_number)
                              : Cell(std::string(text.substr(0, point)));
}

// "8E+17" and "8.6026E17", which TaskId's own rule does not see as numbers: without decimals, or
// without a sign but with as many digits as numeric IDs have.
bool is_other_exponent(std::string_view text) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, e);
  const std::string_view exponent = text.substr(std::min(e + 1, text.size()));
  if (all_digits(mantissa)) {
    return exponent.starts_with('+') && all_digits(exponent.substr(1));
  }
  const std::size_t point = mantissa.find_first_of(".,");
  return point != std::string_view::npos && all_digits(mantissa.substr(0, point)) &&
         all_digits(mantissa.substr(point + 1)) && exponent.size() == 2 && all_digits(exponent);
}

// The text that a spreadsheet shows for a failed formula or a column that is too narrow.
bool is_spreadsheet_error(std::string_view text) {
  static constexpr std::array<std::string_view, 8> kErrors{
      "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!"};
  const bool too_narrow =
      text.size() >= kGroup && text.find_first_not_of('#') == std::string_view::npos;
  return too_narrow || std::find(kErrors.begin(), kErrors.end(), text) != kErrors.end();
}

// "8,60,26,07": groups of other sizes, as in India and China; lost digits cannot be detected.
bool is_odd_groups(std::string_view text) {
  return std::count(text.begin(), text.end(), ',') > 1 && is_ascii_digit(text.front()) &&
         is_ascii_digit(text.back()) &&
         text.find_first_not_of("0123456789,") == std::string_view::npos;
}

// `=HYPERLINK(…)`, `=A1`, `=Sheet1!$B$2`, `="a"&B1`, also cut at a comma: only the spreadsheet
// knows its value.
bool is_formula(std::string_view text) {
  if (!text.starts_with('=')) {
    return false;
  }
  text = trim_unseen(text.substr(1));
  const auto name = [](std::string_view from) {
    return static_cast<std::size_t>(std::find_if_not(from.begin(), from.end(),
                                                     [](char one) {
                                                       return is_ascii_letter(one) || one == '.' ||
                                                              one == '$';
                                                     }) -
                                    from.begin());
  };
  if (const std::size_t sheet = text.find_first_of("!|"); sheet < text.size()) {
    const std::string_view cell = text.substr(sheet + 1);
    if (sheet > 0 && text[sheet] == '!' && name(cell) > 0 && name(cell) < cell.size() &&
        cell.find_first_not_of("0123456789$", name(cell)) == std::string_view::npos) {
      return true;
    }
  }
  const std::size_t letters = name(text);
  const std::string_view behind = text.substr(letters);
  const bool is_call = letters > 0 && behind.starts_with('(');
  const bool is_cell = letters > 0 && !behind.empty() && behind.size() <= 7 &&
                       behind.find_first_not_of("0123456789$") == std::string_view::npos;
  return is_call || is_cell || text.starts_with('"');
}

std::optional<std::string_view> between(std::string_view text, std::string_view open,
                                        std::string_view close) {
  const bool both =
      text.size() > open.size() + close.size() && text.starts_with(open) && text.ends_with(close);
  return both ? std::optional(text.substr(open.size(), text.size() - open.size() - close.size()))
              : std::nullopt;
}

// The text inside one wrapping; none if there is no wrapping, or it is not certain.
std::optional<std::string_view> unwrapped(std::string_view text) {
  const auto formula = between(text, "=\"", "\"");
  if (formula && formula->find('"') == std::string_view::npos) {
    return formula;
  }
  if (text.starts_with('=') && all_digits(text.substr(1))) {
    return text.substr(1);
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kQuotes{
      {{"\"", "\""}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"‘", "’"}}};
  for (const auto& [open, close] : kQuotes) {
    const auto inside = between(text, open, close);
    if (inside && is_certain_id(trim_unseen(*inside))) {
      return inside;
    }
  }
  for (const std::string_view mark : {"'", "’", "‘"}) {  // a spreadsheet's prefix for text
    if (text.starts_with(mark) && is_certain_id(text.substr(mark.size()))) {
      return text.substr(mark.size());
    }
  }
  return std::nullopt;
}

// True for most IDs: the first and last characters rule out a wrapping and a converted number.
bool is_plain(std::string_view text) {
  return text.empty() || (is_ascii_letter(text.front()) && is_id_character(text.back())) ||
         all_digits(text);
}

// The meaning of a cell that is not a plain ID.
Cell meaning_of(std::string_view cell) {
  constexpr int kWrappings = 3;
  std::string_view text = trim_unseen(cell);
  for (int i = 0; i < kWrappings; ++i) {
    const auto inside = unwrapped(text);
    if (!inside) {
      break;
    }
    text = trim_unseen(*inside);
  }
  if (is_other_exponent(text) || is_spreadsheet_error(text) || is_formula(text)) {
    return IdFailure::spreadsheet_number;
  }
  if (auto number = grouped_number(text)) {
    return *std::move(number);
  }
  if (is_odd_groups(text)) {
    return IdFailure::spreadsheet_number;
  }
  if (auto number = with_decimals(text)) {
    return *std::move(number);
  }
  return std::string(text);
}

// "8,60E+17" split at the comma: a one-column list from a spreadsheet with decimal commas. The
// first half alone looks like an ID.
bool is_split_exponent(const std::vector<std::string_view>& fields, std::size_t column) {
  if (column + 1 >= fields.size() || fields[column].size() != 1 ||
      fields[column + 1].find('+') == std::string_view::npos) {
    return false;
  }
  const auto whole =
      TaskId::parse(std::string(fields[column]).append(1, ',').append(fields[column + 1]));
  const auto* failure = std::get_if<IdFailure>(&whole);
  return failure != nullptr && *failure == IdFailure::spreadsheet_number;
}

// "860,260,753" split in the same way: the row has more fields than the header, and all of them are
// groups of three digits.
bool is_split_groups(const std::vector<std::string_view>& fields, std::size_t column,
                     std::size_t columns) {
  const bool surplus = columns == 0 ? column == 0 : column + 1 == columns;
  if (!surplus || fields.size() < column + kGroup || fields[column].size() > kGroup ||
      !all_digits(fields[column])) {
    return false;
  }
  return std::all_of(
      fields.begin() + static_cast<long>(column) + 1, fields.end(),
      [](std::string_view field) { return field.size() == kGroup && all_digits(field); });
}

}  // namespace

bool is_id_like(std::string_view cell) { return is_certain_id(trim_unseen(cell)); }

std::optional<bool> is_rounded(std::string_view id) {
  if (id.size() <= kExactDigits || !all_digits(id)) {
    return std::nullopt;
  }
  return id.find_first_not_of('0', kExactDigits) == std::string_view::npos;
}

std::variant<TaskId, std::string> read_id_cell(const std::vector<std::string_view>& fields,
                                               std::size_t column, std::size_t columns) {
  const std::string_view cell = column < fields.size() ? fields[column] : std::string_view();
  const auto refuse = [](IdFailure failure) { return std::string(describe(failure)); };
  if (is_split_exponent(fields, column) || is_split_groups(fields, column, columns)) {
    return refuse(IdFailure::spreadsheet_number);
  }
  auto parsed = [&]() -> std::variant<TaskId, IdFailure> {
    if (is_plain(cell)) {
      return TaskId::parse(cell);
    }
    const Cell meaning = meaning_of(cell);
    const auto* failure = std::get_if<IdFailure>(&meaning);
    return failure != nullptr ? std::variant<TaskId, IdFailure>(*failure)
                              : TaskId::parse(std::get<std::string>(meaning));
  }();
  if (const auto* failure = std::get_if<IdFailure>(&parsed)) {
    return refuse(*failure);
  }
  return std::get<TaskId>(std::move(parsed));
}

// Of unconverted numeric IDs, one in a thousand ends like this.
bool RoundingWatch::notice(std::string_view id) {
  constexpr unsigned kNoChance = 3;
  if (unrounded_) {
    return false;
  }
  const auto rounded = is_rounded(id);
  unrounded_ = !rounded.value_or(true);
  rounded_ += rounded.value_or(false) ? 1U : 0U;
  return rounded_ == kNoChance && rounded.value_or(false);
}

}  // namespace core
