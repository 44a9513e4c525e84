#include "core/billing/terms.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace core {
namespace {

constexpr std::string_view kRound = "# round: ";
constexpr std::string_view kBillingCurrency = "# billing-currency: ";
constexpr std::string_view kRateLine = "# rates: ";
constexpr std::string_view kResaleLine = "# resale: ";

// Each line of the text behind the mark, so that `without_mark` gives the same bytes again.
void append_marked(std::string& out, std::string_view mark, std::string_view text) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    ((out += mark) += text.substr(begin, end - begin)) += '\n';
    begin = end + 1;
  }
}

// Adds a line of a marked text to what was read before.
void add_line(std::optional<std::string>& text, std::string_view line) {
  if (text) {
    *text += '\n';
  }
  text = text.value_or("").append(line);
}

// False if the line does not begin with the mark, which is removed otherwise.
bool take_mark(std::string_view& line, std::string_view mark) {
  const bool marked = line.starts_with(mark);
  line.remove_prefix(marked ? mark.size() : 0);
  return marked;
}

[[noreturn]] void throw_damaged(const std::string& why) {
  throw Error("the terms of a closed period are damaged (" + why +
              "); see `reeltally db check`, and restore a backup");
}

std::optional<Rates> frozen_rates(std::optional<std::string> text, const std::string& currency) {
  if (!text) {
    return std::nullopt;
  }
  try {
    return Rates::parse(std::move(*text), currency, "of the closed period");
  } catch (const UsageError& failure) {
    throw_damaged(failure.what());
  }
}

std::optional<PriceFile> frozen_resale(std::optional<std::string> text) {
  if (!text) {
    return std::nullopt;
  }
  try {
    PriceBook book = PriceBook::parse(*text, "resale of the closed period");
    return PriceFile{std::move(*text), std::move(book)};
  } catch (const UsageError& failure) {
    throw_damaged(failure.what());
  }
}

}  // namespace

std::string with_terms(std::string book, const Terms& terms) {
  if (terms.are_none()) {
    return book;
  }
  book += PriceBook::kTermsMark;
  if (terms.rounding) {
    append_marked(book, kRound, terms.rounding->text());
  }
  if (terms.rates) {
    append_marked(book, kBillingCurrency, terms.rates->billing_currency());
    append_marked(book, kRateLine, terms.rates->text());
  }
  if (terms.resale) {
    append_marked(book, kResaleLine, terms.resale->text);
  }
  return book;
}

Terms terms_of(std::string_view book) {
  std::string_view rest = book.substr(PriceBook::without_terms(book).size());
  Terms terms;
  if (rest.empty()) {
    return terms;
  }
  rest.remove_prefix(PriceBook::kTermsMark.size());
  std::string billing_currency;
  std::optional<std::string> rates;
  std::optional<std::string> resale;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (take_mark(line, kRound)) {
      terms.rounding = Rounding::parse(line);
      if (!terms.rounding) {
        throw_damaged("rounding " + std::string(line));
      }
    } else if (take_mark(line, kBillingCurrency)) {
      billing_currency = line;
    } else if (take_mark(line, kRateLine)) {
      add_line(rates, line);
    } else if (take_mark(line, kResaleLine)) {
      add_line(resale, line);
    } else {
      throw_damaged("line " + std::string(line));
    }
  }
  terms.rates = frozen_rates(std::move(rates), billing_currency);
  terms.resale = frozen_resale(std::move(resale));
  return terms;
}

}  // namespace core
