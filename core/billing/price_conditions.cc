#include "core/billing/price_conditions.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/billing/label_filter.h"
#include "core/text/ascii.h"

namespace core {
namespace {

constexpr std::string_view kWild = "*?";

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

// Whether one of the texts begins with the other.
bool begin_alike(std::string_view one, std::string_view other) {
  const std::size_t length = std::min(one.size(), other.size());
  return one.substr(0, length) == other.substr(0, length);
}
bool end_alike(std::string_view one, std::string_view other) {
  const std::size_t length = std::min(one.size(), other.size());
  return one.substr(one.size() - length) == other.substr(other.size() - length);
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  return glob_fits<false>(pattern, text);
}

bool glob_covers(std::string_view wide, std::string_view narrow) {
  return glob_fits<true>(wide, narrow);
}

bool globs_may_overlap(std::string_view one, std::string_view other) {
  const std::size_t one_wild = one.find_first_of(kWild);
  const std::size_t other_wild = other.find_first_of(kWild);
  if (one_wild == std::string_view::npos) {
    return glob_matches(other, one);
  }
  if (other_wild == std::string_view::npos) {
    return glob_matches(one, other);
  }
  return begin_alike(one.substr(0, one_wild), other.substr(0, other_wild)) &&
         end_alike(one.substr(one.find_last_of(kWild) + 1),
                   other.substr(other.find_last_of(kWild) + 1));
}

std::string_view PriceSubject::value(const PricedTask& task) const {
  switch (kind) {
    case Kind::account:
      return task.account;
    case Kind::label:
      return task.labels == nullptr
                 ? std::string_view()
                 : label_value(*task.labels, std::string_view(name).substr(kLabelMark.size()));
    case Kind::text:
    case Kind::count:
      break;
  }
  return task.facts == nullptr ? std::string_view() : std::string_view(task.facts->*fact);
}

std::optional<PriceSubject> price_subject(std::string_view column) {
  using Kind = PriceSubject::Kind;
  const std::string word = lower_ascii(column);
  if (word == "account") {
    return PriceSubject{.kind = Kind::account, .name = word};
  }
  if (word.starts_with(kLabelMark) &&
      word.size() > kLabelMark.size()) {  // names are case-sensitive
    return PriceSubject{
        .kind = Kind::label,
        .name = std::string(kLabelMark).append(trim_ascii(column.substr(kLabelMark.size())))};
  }
  const auto* fact = std::find_if(kFacts.begin(), kFacts.end(), [&word](const Fact& one) {
    return (is_price_text(one) || is_count(one)) && one.name_in_reports() == word;
  });
  if (fact == kFacts.end() || word == fact_of(&TaskFacts::model).column) {
    return std::nullopt;
  }
  return PriceSubject{.kind = is_count(*fact) ? Kind::count : Kind::text,
                      .name = word,
                      .fact = std::get<FactText>(fact->member)};
}

std::optional<PriceCondition> PriceCondition::parse(const PriceSubject& subject,
                                                    std::string_view cell) {
  PriceCondition condition(subject);
  condition.cell_ = cell;
  if (subject.kind != PriceSubject::Kind::count) {
    return condition;
  }
  return condition.parse_range(cell) ? std::optional(std::move(condition)) : std::nullopt;
}

bool PriceCondition::parse_range(std::string_view cell) {
  const auto bound = [](std::string_view text, bool inclusive) {
    const auto value = Decimal::parse(trim_ascii(text));
    return value ? std::optional(Bound{*value, inclusive}) : std::nullopt;
  };
  constexpr std::string_view kTo = "..";
  if (const std::size_t at = cell.find(kTo); at != std::string_view::npos) {
    low_ = bound(cell.substr(0, at), true);
    high_ = bound(cell.substr(at + kTo.size()), true);
    return low_ && high_ && low_->value <= high_->value;
  }
  const bool over = cell.starts_with('>');
  if (!over && !cell.starts_with('<')) {
    low_ = high_ = bound(cell, true);
    return low_.has_value();
  }
  cell.remove_prefix(1);
  const bool inclusive = cell.starts_with('=');
  cell.remove_prefix(inclusive ? 1 : 0);
  std::optional<Bound>& side = over ? low_ : high_;
  side = bound(cell, inclusive);
  return side.has_value();
}

bool PriceCondition::is_within(const Decimal& value) const {
  const bool above = !low_ || (low_->inclusive ? low_->value <= value : low_->value < value);
  const bool below = !high_ || (high_->inclusive ? value <= high_->value : value < high_->value);
  return above && below;
}

bool PriceCondition::holds(const PricedTask& task) const {
  const std::string_view value = subject_.value(task);
  if (value.empty()) {
    return false;
  }
  if (subject_.kind != PriceSubject::Kind::count) {
    return glob_matches(cell_, value);
  }
  const auto number = Decimal::parse(value);
  return number && is_within(*number);
}

bool PriceCondition::may_overlap(const PriceCondition& other) const {
  if (subject_.kind != PriceSubject::Kind::count) {
    return globs_may_overlap(cell_, other.cell_);
  }
  const auto is_above = [](const std::optional<Bound>& low, const std::optional<Bound>& high) {
    return low && high &&
           (high->value < low->value ||
            (high->value == low->value && !(low->inclusive && high->inclusive)));
  };
  return !is_above(low_, other.high_) && !is_above(other.low_, high_);
}

}  // namespace core
