#include "core/billing/price_book.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/text/ascii.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr std::array<std::pair<std::string_view, PriceUnit>, 7> kUnits = {{
    {"second", PriceUnit::second},
    {"output_second", PriceUnit::output_second},
    {"video", PriceUnit::video},
    {"mtoken", PriceUnit::mtoken},
    {"sr_mtoken", PriceUnit::sr_mtoken},
    {"unit", PriceUnit::unit},
    {"credit", PriceUnit::credit},
}};

enum class Column : std::size_t {
  model,
  unit,
  min_sr,
  max_sr,
  price,
  currency,
  valid_from,
  valid_to
};
constexpr std::array<std::string_view, 8> kColumns = {
    "model", "unit", "min_sr", "max_sr", "price", "currency", "valid_from", "valid_to"};
constexpr std::size_t index_of(Column column) { return static_cast<std::size_t>(column); }
// The position of each column in a row.
using ColumnPlaces = std::array<std::size_t, kColumns.size()>;

constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

std::string_view trimmed(std::string_view text) { return trim_ascii(text, " \t"); }

std::optional<PriceUnit> unit_of(std::string_view text) {
  for (const auto& [word, value] : kUnits) {
    if (word == text) {
      return value;
    }
  }
  return std::nullopt;
}

std::string shown(std::string_view cell) {
  constexpr std::size_t kShownMax = 100;
  return "'" + printable(cell, kShownMax) + "'";
}

// One row with its header, for messages that name the place.
class RowReader {
 public:
  RowReader(const std::string& file, const ColumnPlaces& places, const CsvRow& row)
      : file_(file), places_(places), row_(row) {}

  [[nodiscard]] std::string_view cell(Column column) const {
    const std::size_t place = places_.at(index_of(column));
    return place < row_.fields.size() ? trimmed(row_.fields[place]) : std::string_view();
  }
  [[noreturn]] void fail(Column column, const std::string& why) const {
    throw UsageError("price book " + file_ + ", line " + std::to_string(row_.line) + ", column " +
                     std::string(kColumns.at(index_of(column))) + ": " + why);
  }
  [[nodiscard]] std::optional<Decimal> number(Column column) const {
    if (cell(column).empty()) {
      return std::nullopt;
    }
    const auto value = Decimal::parse(cell(column));
    if (!value || value->is_negative()) {
      fail(column,
           shown(cell(column)) +
               " is not a plain decimal number such as 0.90: a point, no thousands separators, up "
               "to " +
               std::to_string(Decimal::kWholeDigitsMax) + " digits before it and " +
               std::to_string(Decimal::kPlacesMax) + " behind");
    }
    return value;
  }
  [[nodiscard]] std::string day(Column column) const {
    std::string text(cell(column));
    static const TimeZone kUtc("UTC");
    try {
      if (!text.empty() && parse_period(text, kUtc).length != PeriodLength::day) {
        throw UsageError("");
      }
    } catch (const UsageError&) {
      fail(column, shown(text) + " is not a day such as 2026-10-05");
    }
    return text;
  }
  [[nodiscard]] Price price_row() const;

 private:
  const std::string& file_;
  const ColumnPlaces& places_;
  const CsvRow& row_;
};

Price RowReader::price_row() const {
  Price row;
  row.model = cell(Column::model);
  if (row.model.empty()) {
    fail(Column::model, "the model is missing; `*` stands for all");
  }
  const auto known_unit = unit_of(cell(Column::unit));
  if (!known_unit) {
    fail(Column::unit, shown(cell(Column::unit)) +
                           " is not a unit; use second, output_second, video, mtoken, sr_mtoken, "
                           "unit or credit");
  }
  row.unit = *known_unit;
  row.min_sr = number(Column::min_sr);
  row.max_sr = number(Column::max_sr);
  if (row.min_sr && row.max_sr && *row.max_sr < *row.min_sr) {
    fail(Column::max_sr, "it is less than min_sr, so the row matches nothing");
  }
  const auto amount = number(Column::price);
  if (!amount) {
    fail(Column::price, "the price is missing");
  }
  row.price = *amount;
  row.currency = cell(Column::currency);
  if (!is_currency(row.currency)) {
    fail(Column::currency, shown(row.currency) + " is not an ISO 4217 code such as USD");
  }
  row.valid_from = day(Column::valid_from);
  row.valid_to = day(Column::valid_to);
  row.line = row_.line;
  if (!row.valid_from.empty() && !row.valid_to.empty() && row.valid_to < row.valid_from) {
    fail(Column::valid_to, "it is before valid_from, so the row matches nothing");
  }
  return row;
}

ColumnPlaces header_places(const CsvRow& row, const std::string& file) {
  const auto fail = [&](const std::string& why) {
    throw UsageError("price book " + file + ", line " + std::to_string(row.line) + ": " + why);
  };
  ColumnPlaces places{};
  places.fill(kAbsent);
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    const std::string word = lower_ascii(trimmed(row.fields[i]));
    const auto* known = std::find(kColumns.begin(), kColumns.end(), word);
    if (known == kColumns.end()) {
      fail(shown(word) + " is not a column of a price book");
    }
    std::size_t& place = places.at(static_cast<std::size_t>(known - kColumns.begin()));
    if (place != kAbsent) {
      fail("the column " + word + " occurs twice");
    }
    place = i;
  }
  for (const Column needed : {Column::model, Column::unit, Column::price, Column::currency}) {
    if (places.at(index_of(needed)) == kAbsent) {
      fail("the column " + std::string(kColumns.at(index_of(needed))) +
           " is missing; the header is "
           "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to");
    }
  }
  return places;
}

// Whether any cell from position `width` on is not blank.
bool has_text_from(const CsvRow& row, std::size_t width) {
  const auto behind =
      row.fields.begin() + static_cast<std::ptrdiff_t>(std::min(width, row.fields.size()));
  return std::any_of(behind, row.fields.end(),
                     [](std::string_view cell) { return !trimmed(cell).empty(); });
}

// An unquoted 0,90 is two cells, and would be read as a price of 0. Spreadsheets add blank cells.
bool is_wider(const CsvRow& row, std::size_t width) { return has_text_from(row, width); }

// Spreadsheets keep emptied rows.
bool is_blank(const CsvRow& row) { return !has_text_from(row, 0); }

bool model_fits(const Price& row, const PricedTask& task) {
  return !task.model.empty() && glob_matches(row.model, task.model);
}

bool resolution_fits(const Price& row, const PricedTask& task) {
  if (!row.min_sr && !row.max_sr) {
    return true;
  }
  const auto& lines = row.unit == PriceUnit::mtoken ? task.generated_lines : task.lines;
  return lines && (!row.min_sr || *row.min_sr <= *lines) && (!row.max_sr || *lines <= *row.max_sr);
}

// With `kTextIsGlob`, `text` is itself a glob, whose `*` is matched only by a `*`.
template <bool kTextIsGlob>
bool glob_fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  const auto one_fits = [&] {
    return pattern[p] == '?' ? !kTextIsGlob || text[t] != '*' : pattern[p] == text[t];
  };
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && one_fits()) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// Dates such as 2026-10-05 sort like text.
bool date_fits(const Price& row, const PricedTask& task) {
  return (row.valid_from.empty() || row.valid_from <= task.day) &&
         (row.valid_to.empty() || task.day <= row.valid_to);
}

}  // namespace

std::string_view name(PriceUnit unit) {
  for (const auto& [word, value] : kUnits) {
    if (value == unit) {
      return word;
    }
  }
  return {};
}

std::string_view describe(PriceGap gap) {
  switch (gap) {
    case PriceGap::no_model:
      return "the model is unknown";
    case PriceGap::no_row_for_model:
      return "no price for this model";
    case PriceGap::no_row_for_resolution:
      return "no price for this resolution";
    case PriceGap::generation_unknown:
      return "the resolution of the generation is not known; `run --refresh` asks for it";
    case PriceGap::no_row_for_date:
      return "no price at this date";
  }
  return {};
}

std::optional<Decimal> picture_lines(std::string_view resolution) {
  std::string text = lower_ascii(trimmed(resolution));
  // "4k" and "2k" are format names, not numbers of lines.
  constexpr std::array<std::pair<std::string_view, int>, 3> kNames = {
      {{"4k", 2160}, {"2k", 1440}, {"8k", 4320}}};
  for (const auto& [word, lines] : kNames) {
    if (text == word) {
      return Decimal(lines);
    }
  }
  if (!text.empty() && text.back() == 'p') {
    text.pop_back();
  }
  const std::size_t by = text.find_first_of("x*");
  if (by == std::string::npos) {
    return Decimal::parse(text);
  }
  // The shorter side counts: 720x1280 is an upright 720p.
  const auto width = Decimal::parse(text.substr(0, by));
  const auto height = Decimal::parse(text.substr(by + 1));
  if (!width || !height) {
    return std::nullopt;
  }
  return std::min(*width, *height);
}

bool is_currency(std::string_view text) {
  constexpr std::size_t kLetters = 3;
  return text.size() == kLetters &&
         std::all_of(text.begin(), text.end(), [](char one) { return one >= 'A' && one <= 'Z'; });
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  return glob_fits<false>(pattern, text);
}

bool glob_covers(std::string_view wide, std::string_view narrow) {
  return glob_fits<true>(wide, narrow);
}

PriceBook PriceBook::read(ReadBytes read, const std::string& file) {
  CsvReader reader(std::move(read));
  if (const std::string_view format = reader.foreign_format(); !format.empty()) {
    throw UsageError("price book " + file + " is " + std::string(format) +
                     ", not a table of prices; save it as CSV (UTF-8)");
  }
  reader.detect_delimiter();
  CsvRow row;
  PriceBook book;
  std::optional<ColumnPlaces> places;
  std::size_t width = 0;
  while (reader.next(row)) {
    if (row.kind != CsvRow::Kind::fields) {
      throw UsageError("price book " + file + ", line " + std::to_string(row.line) +
                       ": the row is too long, or a quote opened there is never closed");
    }
    if (is_blank(row)) {
      continue;
    }
    if (!places) {
      places = header_places(row, file);
      width = row.fields.size();
      continue;
    }
    if (is_wider(row, width) || book.rows_.size() == kRowsMax) {
      throw UsageError("price book " + file + ", line " + std::to_string(row.line) +
                       ": more cells than the header has columns (0,90 is two: write 0.90), or "
                       "more than 100000 rows");
    }
    book.rows_.push_back(RowReader(file, *places, row).price_row());
  }
  if (!places) {
    throw UsageError("price book " + file +
                     " is empty; its first line is "
                     "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to");
  }
  return book;
}

template <typename Accept>
const Price* PriceBook::first(const PricedTask& task, Accept accept) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Price& row) {
    return accept(row) && model_fits(row, task);
  });
  return found == rows_.end() ? nullptr : &*found;
}

PriceBook PriceBook::parse(std::string_view text, const std::string& file) {
  return read(
      [text](char* buffer, std::size_t size) mutable {
        const std::size_t count = text.copy(buffer, size);
        text.remove_prefix(count);
        return count;
      },
      file);
}

const Price* PriceBook::find(const PricedTask& task) const {
  return first(task, [&](const Price& row) {
    return row.unit != PriceUnit::sr_mtoken && resolution_fits(row, task) && date_fits(row, task);
  });
}

const Price* PriceBook::find_super_resolution(const PricedTask& task) const {
  return first(task, [&](const Price& row) {
    return row.unit == PriceUnit::sr_mtoken && resolution_fits(row, task) && date_fits(row, task);
  });
}

PriceGap PriceBook::gap(const PricedTask& task) const {
  if (task.model.empty()) {
    return PriceGap::no_model;
  }
  const auto is_main = [](const Price& row) { return row.unit != PriceUnit::sr_mtoken; };
  if (first(task, is_main) == nullptr) {
    return PriceGap::no_row_for_model;
  }
  const bool tier = first(task, [&](const Price& row) {
                      return is_main(row) && resolution_fits(row, task);
                    }) != nullptr;
  if (tier) {
    return PriceGap::no_row_for_date;
  }
  const bool by_generation =
      first(task, [](const Price& row) { return row.unit == PriceUnit::mtoken; }) != nullptr;
  return by_generation && task.lines && !task.generated_lines ? PriceGap::generation_unknown
                                                              : PriceGap::no_row_for_resolution;
}

}  // namespace core
