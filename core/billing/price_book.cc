#include "core/billing/price_book.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/billing/ladder_rows.h"
#include "core/billing/price_rows.h"
#include "core/error.h"
#include "core/text/ascii.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr std::array<std::pair<std::string_view, PriceUnit>, 11> kUnits = {{
    {"second", PriceUnit::second},
    {"output_second", PriceUnit::output_second},
    {"video", PriceUnit::video},
    {"mtoken", PriceUnit::mtoken},
    {"sr_mtoken", PriceUnit::sr_mtoken},
    {"unit", PriceUnit::unit},
    {"credit", PriceUnit::credit},
    {"quota", PriceUnit::quota},
    {"task", PriceUnit::task},
    {"input_second", PriceUnit::input_second},
    {"label", PriceUnit::label},
}};

// The number of the line kQuotaPerUnit at the end; empty if there is none.
std::string_view stated_quota_per_unit(std::string_view text) {
  const std::size_t last = text.find_last_not_of('\n');
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  text = text.substr(text.rfind('\n') + 1);
  if (!text.starts_with(PriceBook::kQuotaPerUnit)) {
    return {};
  }
  return text.substr(PriceBook::kQuotaPerUnit.size());
}

// 1 / `text`; none if that is no exact decimal.
std::optional<Decimal> exact_unit_of(std::string_view text) {
  const auto number = Decimal::parse(text);
  return number && !number->is_negative() ? number->exact_reciprocal() : std::nullopt;
}

bool conditions_hold(const Price& row, const PricedTask& task) {
  return std::all_of(row.conditions.begin(), row.conditions.end(),
                     [&task](const PriceCondition& one) { return one.holds(task); });
}

constexpr std::size_t kNumberMax = 40;

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

std::optional<PriceUnit> price_unit(std::string_view name) {
  for (const auto& [word, value] : kUnits) {
    if (word == name) {
      return value;
    }
  }
  return std::nullopt;
}

std::string_view describe(PriceGap gap) {
  switch (gap) {
    case PriceGap::no_model:
      return "the model is unknown";
    case PriceGap::no_row_for_model:
      return "no price for this model";
    case PriceGap::no_row_for_conditions:
      return "no price for this account, these labels or these properties";
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
  std::string text = lower_ascii(trim_ascii(resolution));
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

Decimal money_of_one_quota(long long quota_per_unit) {
  if (const auto money = exact_unit_of(std::to_string(quota_per_unit))) {
    return *money;
  }
  throw UsageError("--quota-per-unit " + std::to_string(quota_per_unit) +
                   ": amounts would not be exact; use a number whose only prime factors are 2 "
                   "and 5, such as 500000");
}

std::string with_quota_per_unit(std::string text, long long quota_per_unit) {
  if (quota_per_unit == PriceBook::kUsualQuotaPerUnit) {
    return text;
  }
  (void)money_of_one_quota(quota_per_unit);  // checks it
  return std::move(text)
      .append("\n")
      .append(PriceBook::kQuotaPerUnit)
      .append(std::to_string(quota_per_unit))
      .append("\n");
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
  std::optional<PriceColumns> columns;
  std::size_t width = 0;
  while (reader.next(row)) {
    if (row.kind != CsvRow::Kind::fields) {
      throw UsageError("price book " + file + ", line " + std::to_string(row.line) +
                       ": the row is too long, or a quote opened there is never closed");
    }
    if (!has_text_from(row, 0)) {  // spreadsheets keep emptied rows
      continue;
    }
    if (!columns) {
      columns.emplace(row, file);
      width = row.fields.size();
      continue;
    }
    // An unquoted 0,90 is two cells, and would be read as a price of 0. Spreadsheets add blank
    // cells.
    if (has_text_from(row, width) || book.rows_.size() == kRowsMax) {
      throw UsageError("price book " + file + ", line " + std::to_string(row.line) +
                       ": more cells than the header has columns (0,90 is two: write 0.90), or "
                       "more than 100000 rows");
    }
    book.rows_.push_back(read_price(row, *columns, file));
  }
  if (!columns) {
    throw UsageError("price book " + file + " is empty; its first line is " + std::string(kHeader));
  }
  join_tiers(book.rows_, file);
  book.has_conditions_ = !columns->conditions().empty();
  return book;
}

template <typename Accept>
const Price* PriceBook::first(const PricedTask& task, Accept accept) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Price& row) {
    return accept(row) && model_fits(row, task);
  });
  return found == rows_.end() ? nullptr : &*found;
}

template <typename Accept>
PriceMatch PriceBook::most_special(const PricedTask& task, Accept accept) const {
  PriceMatch best;
  PriceRank best_rank;
  std::uint64_t best_line = 0;  // 0: no row fits so far
  for (const Price& row : rows_) {
    if (!accept(row) || !model_fits(row, task) || !conditions_hold(row, task)) {
      continue;
    }
    const PriceRank rank = row.rank();
    if (best_line == 0 || best_rank < rank) {
      best = {.row = &row};
      best_rank = rank;
      best_line = row.line;
    } else if (rank == best_rank) {
      best = {.row = nullptr, .tied = {best_line, row.line}};
    }
  }
  return best;
}

PriceBook PriceBook::parse(std::string_view bytes, const std::string& file) {
  const std::string_view text = without_terms(bytes);
  PriceBook book = read(
      [rest = text](char* buffer, std::size_t size) mutable {
        const std::size_t count = rest.copy(buffer, size);
        rest.remove_prefix(count);
        return count;
      },
      file);
  if (const std::string_view number = stated_quota_per_unit(text); !number.empty()) {
    const auto unit = exact_unit_of(number);
    if (!unit) {
      throw UsageError("price book " + file + ", last line: 1 / " + printable(number, kNumberMax) +
                       " is no exact decimal");
    }
    book.unit_of_quota_ = *unit;
  }
  return book;
}

PriceRank Price::rank() const {
  const auto fixed = static_cast<std::size_t>(
      std::count_if(model.begin(), model.end(), [](char one) { return one != '*' && one != '?'; }));
  return {conditions.size(), fixed == model.size(), fixed, min_sr || max_sr,
          !valid_from.empty() || !valid_to.empty()};
}

bool PriceBook::has_ladders() const {
  return std::any_of(rows_.begin(), rows_.end(),
                     [](const Price& row) { return !row.tiers.empty(); });
}

bool PriceBook::uses_labels() const {
  return std::any_of(rows_.begin(), rows_.end(), [](const Price& row) {
    return row.unit == PriceUnit::label ||
           std::any_of(row.conditions.begin(), row.conditions.end(), [](const PriceCondition& one) {
             return one.subject().kind == PriceSubject::Kind::label;
           });
  });
}

template <typename Accept>
PriceMatch PriceBook::choose(const PricedTask& task, Accept accept) const {
  const auto fits = [&](const Price& row) {
    return accept(row) && resolution_fits(row, task) && date_fits(row, task);
  };
  return has_conditions_ ? most_special(task, fits) : PriceMatch{.row = first(task, fits)};
}

PriceMatch PriceBook::find(const PricedTask& task) const {
  return choose(task, [](const Price& row) { return row.unit != PriceUnit::sr_mtoken; });
}

PriceMatch PriceBook::find_super_resolution(const PricedTask& task) const {
  return choose(task, [](const Price& row) { return row.unit == PriceUnit::sr_mtoken; });
}

PriceGap PriceBook::gap(const PricedTask& task) const {
  if (task.model.empty()) {
    return PriceGap::no_model;
  }
  const auto is_main = [](const Price& row) { return row.unit != PriceUnit::sr_mtoken; };
  const auto is_for_it = [&](const Price& row) {
    return is_main(row) && conditions_hold(row, task);
  };
  if (first(task, is_main) == nullptr) {
    return PriceGap::no_row_for_model;
  }
  if (first(task, is_for_it) == nullptr) {
    return PriceGap::no_row_for_conditions;
  }
  const bool tier = first(task, [&](const Price& row) {
                      return is_for_it(row) && resolution_fits(row, task);
                    }) != nullptr;
  if (tier) {
    return PriceGap::no_row_for_date;
  }
  const bool by_generation = first(task, [&](const Price& row) {
                               return row.unit == PriceUnit::mtoken && is_for_it(row);
                             }) != nullptr;
  return by_generation && task.lines && !task.generated_lines ? PriceGap::generation_unknown
                                                              : PriceGap::no_row_for_resolution;
}

}  // namespace core
