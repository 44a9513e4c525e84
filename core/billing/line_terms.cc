#include "core/billing/line_terms.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "core/billing/price_bounds.h"
#include "core/billing/resale.h"
#include "core/error.h"

namespace core {

namespace {

std::string rate_text(const Rate& rate) {
  return rate.source.empty() ? rate.date : rate.date + ", " + rate.source;
}

}  // namespace

LineTerms::LineTerms(const std::vector<ClosedPeriod>& closed, const Pricing& pricing,
                     const TimeZone& zone)
    : closed_(closed), pricing_(pricing), zone_(zone) {
  any_ = pricing.terms != nullptr || pricing.round ||
         std::any_of(closed.begin(), closed.end(), [](const ClosedPeriod& one) {
           return one.prices && PriceBook::without_terms(*one.prices) != *one.prices;
         });
}

// Read on first use: most reports need few of the closed periods.
const LineTerms::OfPeriod* LineTerms::of_key(std::int64_t key) {
  if (const auto known = periods_.find(key); known != periods_.end()) {
    return &known->second;
  }
  if (key == 0) {
    return nullptr;  // a line that concerns no closed period
  }
  const auto closed = std::find_if(closed_.begin(), closed_.end(),
                                   [key](const ClosedPeriod& one) { return one.key == key; });
  if (closed == closed_.end()) {
    return nullptr;
  }
  OfPeriod period{terms_of(closed->prices.value_or("")), TimeZone(closed->zone)};
  return &periods_.emplace(key, std::move(period)).first->second;
}

template <typename Member>
const Member* LineTerms::find(const ReportLine& line, std::optional<Member> Terms::*member) {
  const auto own = [member](const Terms* terms) {
    return terms != nullptr && terms->*member ? &*(terms->*member) : nullptr;
  };
  const auto of_period = [&](std::int64_t key) {
    const OfPeriod* period = of_key(key);
    return own(period == nullptr ? nullptr : &period->terms);
  };
  if (const Member* found = of_period(line.incurred_in)) {
    return found;
  }
  if (const ClosedPeriod* closed = closed_period_at(closed_, line.task.billed_at)) {
    if (const Member* found = of_period(closed->key)) {
      return found;
    }
  }
  return own(pricing_.terms);
}

// The day on which the cost was incurred, in the zone of its closed period.
std::chrono::sys_days LineTerms::day_of(const ReportLine& line) {
  const OfPeriod* period = of_key(line.incurred_in);
  const int day = period == nullptr ? zone_.day_number(line.task.billed_at)
                                    : period->zone.day_number(line.incurred_at);
  return std::chrono::sys_days(std::chrono::days(day));
}

void LineTerms::round(std::optional<Decimal>& amount, std::string_view currency,
                      const Rounding* terms) const {
  for (const Rounding* rounding : {terms, pricing_.round ? &*pricing_.round : nullptr}) {
    if (amount && rounding != nullptr) {
      amount = rounding->rounded(*amount, currency);
    }
  }
}

// A failure costs 0 and has no currency: that is 0 in every one.
void LineTerms::convert(const ReportLine& line, const Rates& rates) {
  conversion_ = {.currency = rates.billing_currency()};
  if (!charge_.cost) {
    conversion_.note = "the cost is unknown";
    return;
  }
  if (charge_.cost->is_zero() || charge_.currency == conversion_.currency) {
    conversion_.cost = charge_.cost;
    return;
  }
  const std::chrono::sys_days day = day_of(line);
  const Rate* rate = rates.find(charge_.currency, day);
  if (rate == nullptr) {
    conversion_.note =
        "no rate from " + charge_.currency + " to " + conversion_.currency + " on " + day_text(day);
    return;
  }
  conversion_.rate = rate->rate;
  conversion_.note = rate_text(*rate);
  try {
    const Decimal cost = *charge_.cost * rate->rate;
    if (const std::string failure = amount_failure(cost); !failure.empty()) {
      conversion_.note += "; " + failure;
      return;
    }
    conversion_.cost = cost;
  } catch (const Error&) {
    conversion_.note += "; the amount has more than 38 digits";
  }
}

void LineTerms::resell(const ReportLine& line, const PriceBook& book, const Rounding* terms) {
  const OfPeriod* period = of_key(line.incurred_in);
  resale_ = resale_of(line, book, period == nullptr ? zone_ : period->zone);
  round(resale_.amount, resale_.currency, terms);
  set_margin(resale_, charge_);
}

ReportLine LineTerms::apply(const ReportLine& line) {
  if (!any_) {
    return line;
  }
  charge_ = line.charge;
  const Rounding* rounding = find(line, &Terms::rounding);
  round(charge_.cost, charge_.currency, rounding);
  const Rates* rates = find(line, &Terms::rates);
  if (rates != nullptr) {
    convert(line, *rates);
    round(conversion_.cost, conversion_.currency, rounding);
  }
  const PriceFile* resale = find(line, &Terms::resale);
  if (resale != nullptr) {
    resell(line, resale->book, rounding);
  }
  return {.task = line.task,
          .charge = charge_,
          .adjusts = line.adjusts,
          .reversal = line.reversal,
          .incurred_in = line.incurred_in,
          .incurred_at = line.incurred_at,
          .reversed_at = line.reversed_at,
          .conversion = rates == nullptr ? nullptr : &conversion_,
          .resale = resale == nullptr ? nullptr : &resale_,
          .rounding = pricing_.round ? &*pricing_.round : rounding,
          .reverses_inside = line.reverses_inside};
}

}  // namespace core
