#include "cmd/report/report_plan.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cmd/cli/delimiter.h"
#include "cmd/cli/units.h"
#include "core/billing/currencies.h"
#include "core/billing/dead_prices.h"
#include "core/error.h"
#include "core/input/input_file.h"
#include "core/input/task_list.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

core::Period period_of(const ReportOptions& options, const core::TimeZone& zone) {
  const bool range = !options.from.empty() || !options.to.empty();
  if (options.period.empty() != range || options.from.empty() != options.to.empty()) {
    throw core::UsageError(
        "a report needs a period: either --period 2026-10, or both --from and --to");
  }
  return range ? core::parse_range(options.from, options.to, zone)
               : core::parse_period(options.period, zone);
}

std::vector<GroupKey> keys_of(const ReportOptions& options) {
  std::vector<GroupKey> keys;
  for (const std::string& text : options.by) {
    if (text == "task" && options.by.size() == 1) {
      break;
    }
    GroupKey key = parse_group_key(text);
    if (std::any_of(keys.begin(), keys.end(),
                    [&key](const GroupKey& other) { return other.name == key.name; })) {
      throw core::UsageError("--by " + text + " is given twice");
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

core::LabelFilter label_filter(const std::vector<std::string>& texts) {
  core::LabelFilter filter;
  for (const std::string& text : texts) {
    core::add_to_filter(text, filter);
  }
  return filter;
}

std::string read_file(const std::string& path) {
  const core::ReadBytes read = core::open_input(path);
  std::string text;
  std::array<char, std::size_t{64} * 1024> block;
  for (std::size_t got = 0; (got = read(block.data(), block.size())) > 0;) {
    text.append(block.data(), got);
  }
  return text;
}

std::optional<core::Rates> rates_of(const ReportOptions& options) {
  if (options.rates.empty() != options.billing_currency.empty()) {
    throw core::UsageError(options.rates.empty()
                               ? "--billing-currency needs the exchange rates: --rates FILE"
                               : "--rates needs the currency of the bill: --billing-currency CODE");
  }
  if (options.rates.empty()) {
    return std::nullopt;
  }
  if (!core::is_iso_currency(options.billing_currency)) {
    constexpr std::size_t kShownMax = 100;
    throw core::UsageError("--billing-currency " +
                           core::printable(options.billing_currency, kShownMax) +
                           " is no code of ISO 4217; use one such as EUR");
  }
  return core::Rates::parse(read_file(options.rates), options.billing_currency, options.rates);
}

core::Terms terms_of(const ReportOptions& options) {
  return {.rates = rates_of(options),
          .resale = read_price_file(options.resale, options.quota_per_unit)};
}

// A comma cannot separate numbers that have one.
char delimiter_of(const ReportOptions& options) {
  const char otherwise = options.decimal_comma ? ';' : ',';
  const char delimiter =
      options.delimiter.empty() ? otherwise : report_delimiter(options.delimiter);
  if (options.decimal_comma && options.format != "csv") {
    throw core::UsageError("--decimal-comma cannot be used with --format " + options.format +
                           ", which has its own form of numbers; leave it out");
  }
  if (options.decimal_comma && delimiter == ',') {
    throw core::UsageError(
        "--decimal-comma cannot be used with --delimiter `,`; leave --delimiter out for `;`");
  }
  return delimiter;
}

}  // namespace

std::optional<PriceFile> read_price_file(const std::string& path, std::int64_t quota_per_unit) {
  if (path.empty()) {
    return std::nullopt;
  }
  std::string text = read_file(path);
  if (core::PriceBook::without_terms(text) != text) {
    throw core::UsageError(
        "price book " + path +
        " ends with the terms of a closing; delete the line `# terms of the closing …` and all "
        "after it, and use --round-by-currency, --rates and --resale");
  }
  text = core::with_quota_per_unit(std::move(text), quota_per_unit);
  core::PriceBook book = core::PriceBook::parse(text, path);
  return PriceFile{std::move(text), std::move(book)};
}

ReportPlan::ReportPlan(const ReportOptions& given)
    : options(given),
      zone(given.zone.empty() ? "UTC" : given.zone),
      period(period_of(given, zone)),
      keys(keys_of(given)),
      delimiter(delimiter_of(given)),
      prices(read_price_file(given.prices, given.quota_per_unit)),
      terms(terms_of(given)),
      query{.begin = period.begin,
            .end = period.end,
            .time = given.time == "submit" ? core::ReportTime::submit : core::ReportTime::finish,
            .successes = given.status != "failure",
            .failures = given.status != "success",
            .videos = given.format == "html",
            .label_filter = label_filter(given.labels)} {
  if (!keys.empty() && (given.format == "focus" || given.format == "html")) {
    throw core::UsageError("--by cannot be used with --format " + given.format +
                           ", which has its own columns; leave it out");
  }
}

void ReportPlan::choose_account(const std::map<std::string, std::int64_t>& accounts) {
  if (options.account.empty()) {
    return;
  }
  if (const auto found = accounts.find(options.account); found != accounts.end()) {
    query.account = found->second;
    return;
  }
  constexpr std::size_t kShownMax = 200;
  std::string known;
  for (const auto& [name, key] : accounts) {
    known += (known.empty() ? "" : ", ") + name;
  }
  throw core::UsageError("--account " + core::printable(options.account, kShownMax) +
                         ": the ledger has no task of that account; use one of " +
                         core::printable(known, kShownMax));
}

std::optional<core::Rounding> rounding_of(const Settings& settings) {
  const auto places = settings.given_count("round");
  if (!settings.flag("round-by-currency")) {
    return places ? std::optional(core::Rounding{static_cast<int>(*places)}) : std::nullopt;
  }
  if (places) {
    throw core::UsageError("--round and --round-by-currency exclude each other; leave one out");
  }
  return core::Rounding{};
}

void warn_of_dead_prices(const PriceFile& prices, const std::string& path, Log& log) {
  constexpr std::size_t kToldMax = 10;
  constexpr std::size_t kShownMax = 200;
  const std::string file = "price book " + core::printable(path, kShownMax);
  const std::vector<core::DeadPrice> dead = core::dead_prices(prices.book);
  for (std::size_t i = 0; i < std::min(dead.size(), kToldMax); ++i) {
    const std::vector<std::uint64_t>& earlier = dead[i].earlier_lines;
    std::string lines = earlier.size() == 1 ? "line " : "lines ";
    for (std::size_t at = 0; at < std::min(earlier.size(), kToldMax); ++at) {
      lines.append(at == 0 ? "" : ", ").append(std::to_string(earlier[at]));
    }
    lines.append(earlier.size() > kToldMax ? " …" : "");
    std::string text = file + ", line " + std::to_string(dead[i].line);
    text.append(" can never apply: everything that matches it also matches ").append(lines);
    log.warning(text.append(
        " before it, and the first matching row gives the price; move it up or delete it"));
  }
  if (dead.size() > kToldMax) {
    log.warning(file + ": " + format_count(dead.size() - kToldMax, "more row") +
                " that can never apply");
  }
}

// Days and months of two zones leave hours between them that no named period contains.
void ReportPlan::warn_of_other_zone(const std::vector<core::ClosedPeriod>& closed, Log& log) const {
  if (options.period.empty() || query.time == core::ReportTime::submit || closed.empty() ||
      closed.back().zone == zone.name()) {
    return;
  }
  const core::ClosedPeriod& last = closed.back();
  log.warning(last.period.name + " was closed in " + last.zone + " and " + period.name +
              " is read in " + zone.name() +
              ", so tasks between the two may be in neither; use --tz " + last.zone);
}

void ReportPlan::warn_of_frozen_terms(const core::ClosedPeriod& closed, Log& log) const {
  const core::Terms frozen = core::terms_of(closed.prices.value_or(""));
  if (terms.rates && frozen.rates &&
      (terms.rates->text() != frozen.rates->text() ||
       terms.rates->billing_currency() != frozen.rates->billing_currency())) {
    log.warning(closed.period.name + " was closed with its own rates into " +
                frozen.rates->billing_currency() + ", so --rates " + options.rates +
                " is not used");
  }
  if (terms.resale && frozen.resale && terms.resale->text != frozen.resale->text) {
    log.warning(closed.period.name + " was closed with its own resale book, so --resale " +
                options.resale + " is not used");
  }
}

const core::ClosedPeriod* ReportPlan::adopt(const std::vector<core::ClosedPeriod>& closed,
                                            Log& log) {
  const core::ClosedPeriod* found =
      options.period.empty() ? nullptr : core::closed_period_named(closed, period.name);
  const bool is_frozen = found != nullptr && query.time != core::ReportTime::submit;
  if (prices && !is_frozen) {
    warn_of_dead_prices(*prices, options.prices, log);
  }
  if (found == nullptr) {
    warn_of_other_zone(closed, log);
    return nullptr;
  }
  if (query.time == core::ReportTime::submit) {
    log.warning(period.name +
                " is closed by finish time; this report by submit time shows its tasks as they "
                "are now");
    return nullptr;
  }
  if (!options.zone.empty() && options.zone != found->zone) {
    log.warning(period.name + " was closed in " + found->zone + ", so --tz " + options.zone +
                " is not used");
  }
  const auto book = [](const std::optional<std::string>& text) {
    return text ? std::optional(core::PriceBook::without_terms(*text)) : std::nullopt;
  };
  if (prices && prices->text != book(found->prices)) {
    log.warning(period.name + " was closed with " + (found->prices ? "other prices" : "no prices") +
                ", so --prices " + options.prices + " is not used; " +
                (prices->text == found->later_prices
                     ? "its adjustments use them"
                     : "`reeltally close " + period.name + " --reprice` makes adjustments"));
  }
  warn_of_frozen_terms(*found, log);
  zone = core::TimeZone(found->zone);
  period = found->period;
  query.begin = period.begin;
  query.end = period.end;
  return found;
}

}  // namespace cmd
