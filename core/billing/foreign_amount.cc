#include "core/billing/foreign_amount.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/billing/currencies.h"
#include "core/text/ascii.h"

namespace core {
namespace {

struct CurrencyName {
  std::string_view name;
  std::string_view code;
  std::string_view also{};  // ForeignAmount::also
};

// Longer ones before those that they begin with. `¥` is the gateways' sign of CNY.
constexpr std::array<CurrencyName, 22> kCurrencyNames{{
    {"US$", "USD"},  {"HK$", "HKD"},         {"CN¥", "CNY"},       {"JP¥", "JPY"},
    {"RMB", "CNY"},  {"CNH", "CNY"},         {"人民币", "CNY"},    {"美元", "USD"},
    {"港币", "HKD"}, {"日元", "JPY"},        {"欧元", "EUR"},      {"元", "CNY"},
    {"円", "JPY"},   {"¥", "CNY", "JPY"},    {"￥", "CNY", "JPY"}, {"$", "USD", "*"},
    {"€", "EUR"},    {"£", "GBP"},           {"₩", "KRW"},         {"₹", "INR"},
    {"Euro", "EUR"}, {"Dollar", "USD", "*"},
}};

// Blanks that spreadsheets put between thousands, and signs that stand there in Switzerland.
constexpr std::array<std::string_view, 8> kFillers{
    " ", "\t", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE3\x80\x80", "'", "\xE2\x80\x99"};
constexpr std::string_view kMinus = "\xE2\x88\x92";  // U+2212

std::string upper(std::string_view text) {
  std::string all(text);
  for (char& c : all) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return all;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

// The first or the last bytes; of a shorter text all.
std::string_view side_of(std::string_view text, std::size_t bytes, bool at_end) {
  return text.substr(at_end ? text.size() - std::min(bytes, text.size()) : 0, bytes);
}

void cut(std::string& text, std::size_t bytes, bool at_end) {
  text.erase(at_end ? text.size() - bytes : 0, bytes);
}

// Takes a currency from the beginning or the end of the text.
void take_currency(std::string& text, ForeignAmount& read) {
  for (const auto& [name, code, also] : kCurrencyNames) {
    for (const bool at_end : {false, true}) {
      if (equal_but_for_case(side_of(text, name.size(), at_end), name)) {
        cut(text, name.size(), at_end);
        read.currency = code;
        read.also = also;
        return;
      }
    }
  }
  constexpr std::size_t kCode = 3;
  for (const bool at_end : {false, true}) {
    std::string code = upper(side_of(text, kCode, at_end));
    if (text.size() > kCode && is_iso_currency(code)) {
      cut(text, kCode, at_end);
      read.currency = std::move(code);
      return;
    }
  }
}

// Removes what says that the amount is negative.
bool take_minus(std::string& text) {
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    text = text.substr(1, text.size() - 2);
    return true;
  }
  if (text.starts_with('-') || text.ends_with('-')) {
    text.erase(text.starts_with('-') ? 0 : text.size() - 1, 1);
    return true;
  }
  if (text.starts_with('+')) {
    text.erase(0, 1);
  }
  return false;
}

// Whether the sign parts the whole number into groups of three from its end.
bool parts_thousands(std::string_view whole, char sign) {
  constexpr std::size_t kGroup = 3;
  std::size_t end = whole.find(sign);
  if (end == 0 || end > kGroup) {
    return false;
  }
  for (std::size_t at = end; at < whole.size(); at += kGroup + 1) {
    if (whole[at] != sign || whole.size() - at < kGroup + 1 ||
        whole.substr(at + 1, kGroup).find_first_not_of("0123456789") != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

// Writes the digits with a point alone. False: it is no number; `ambiguous` says more.
bool use_point(std::string& digits, DecimalSign sign, bool& ambiguous) {
  const std::size_t point = digits.rfind('.');
  const std::size_t comma = digits.rfind(',');
  constexpr std::size_t kNone = std::string::npos;
  char decimal = sign == DecimalSign::comma ? ',' : '.';
  if (sign == DecimalSign::by_text && comma != kNone) {
    const bool thousands = parts_thousands(digits.substr(0, std::min(point, digits.size())), ',');
    if (point == kNone) {
      const bool once = digits.find(',') == comma;
      ambiguous = once && thousands && digits.front() != '0';
      decimal = thousands && digits.front() != '0' ? '.' : ',';
    } else {
      decimal = point > comma ? '.' : ',';
    }
  }
  const char other = decimal == '.' ? ',' : '.';
  const std::size_t mark = std::min(digits.find(decimal), digits.size());
  if (digits.find(other) != kNone) {
    if (!parts_thousands(digits.substr(0, mark), other) || digits.find(other, mark) != kNone) {
      return false;
    }
    std::erase(digits, other);
  }
  std::replace(digits.begin(), digits.end(), ',', '.');
  return !ambiguous;
}

// The power of ten behind the number; none if it is no exponent.
std::optional<int> take_exponent(std::string& digits) {
  const std::size_t at = digits.find_first_of("eE");
  if (at == std::string::npos) {
    return 0;
  }
  std::string_view text = std::string_view(digits).substr(at + 1);
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  constexpr int kExponentMax = 18;
  if (error != std::errc() || end != text.data() + text.size() || exponent > kExponentMax ||
      exponent < -kExponentMax) {
    return std::nullopt;
  }
  digits.resize(at);
  return exponent;
}

// The point moved by `exponent` places.
std::string shifted(const std::string& digits, int exponent) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  std::string all = digits.substr(0, point) + digits.substr(std::min(point + 1, digits.size()));
  std::int64_t at = static_cast<std::int64_t>(point) + exponent;
  if (at <= 0) {
    all.insert(0, static_cast<std::size_t>(1 - at), '0');
    at = 1;
  }
  if (at > static_cast<std::int64_t>(all.size())) {
    all.append(static_cast<std::size_t>(at) - all.size(), '0');
  }
  all.insert(static_cast<std::size_t>(at), ".");
  while (all.ends_with('0')) {
    all.pop_back();
  }
  if (all.ends_with('.')) {
    all.pop_back();
  }
  return all;
}

std::optional<Decimal> number_of(std::string digits, DecimalSign sign, bool& ambiguous) {
  const auto exponent = take_exponent(digits);
  if (!exponent || digits.empty() || !use_point(digits, sign, ambiguous)) {
    return std::nullopt;
  }
  return Decimal::parse(*exponent == 0 ? digits : shifted(digits, *exponent));
}

}  // namespace

bool ForeignAmount::contradicts(std::string_view code) const {
  return !currency.empty() && currency != code && also != "*" && also != code;
}

ForeignAmount read_foreign_amount(std::string_view text, DecimalSign sign) {
  std::string rest(text);
  for (const std::string_view filler : kFillers) {
    replace_all(rest, filler, "");
  }
  replace_all(rest, kMinus, "-");
  ForeignAmount read;
  bool negative = take_minus(rest);
  take_currency(rest, read);
  negative = (!read.currency.empty() && take_minus(rest)) || negative;
  const bool plain = rest.find_first_not_of("0123456789.,eE+-") == std::string::npos;
  if (!plain || rest.empty()) {
    return read;
  }
  if (rest.front() == '+' || rest.front() == '-') {
    return read;  // a second sign
  }
  read.amount = number_of(std::move(rest), sign, read.ambiguous);
  if (read.amount && negative) {
    read.amount = -*read.amount;
  }
  return read;
}

std::string currency_of_word(std::string_view word) {
  for (const auto& [name, code, also] : kCurrencyNames) {
    if (equal_but_for_case(word, name)) {
      return std::string(code);
    }
  }
  std::string code = upper(word);
  return is_iso_currency(code) ? code : std::string(word);
}

}  // namespace core
