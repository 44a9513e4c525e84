#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/dead_prices.h"
#include "core/billing/price_book.h"
#include "core/billing/price_check.h"
#include "core/domain/zone_rules.h"
#include "core/error.h"
#include "tests/support/input_failures.h"

namespace support {
namespace {

// Empty if the text is no period.
std::string period_failure(std::string_view text) {
  static const std::array kZones{core::TimeZone("UTC"), core::TimeZone("Europe/Berlin"),
                                 core::TimeZone("America/Sao_Paulo")};
  for (const core::TimeZone& zone : kZones) {
    try {
      const std::size_t slash = text.find('/');
      const core::Period period =
          slash == std::string_view::npos
              ? core::parse_period(text, zone)
              : core::parse_range(text.substr(0, slash), text.substr(slash + 1), zone);
      if (period.begin >= period.end) {
        return "a period that is over before it begins: " + period.name;
      }
      const core::Period next = core::next_period(period, zone);
      if (next.begin != period.end || next.end <= next.begin) {
        return "a gap behind " + period.name + ", before " + next.name;
      }
      const core::Period again =
          next.length == core::PeriodLength::custom
              ? core::parse_range(zone.text(next.begin), zone.text(next.end), zone)
              : core::parse_period(next.name, zone);
      if (again.begin != next.begin || again.end != next.end) {
        return "a period whose name means another one: " + next.name;
      }
    } catch (const core::UsageError&) {
      continue;
    }
  }
  return {};
}

std::string zone_failure(std::string_view text) {
  const auto rule = core::PosixRule::parse(text);
  if (rule && rule->changes()) {
    const auto [first, second] = rule->changes_of(2026);
    if (first.at > second.at) {
      return "a zone's second change comes first: " + std::string(text);
    }
  }
  return {};
}

std::string two_amounts_failure(const core::Decimal& left, const core::Decimal& right) {
  const core::Decimal sum = left + right;
  if (sum - right != left || left + right != right + left || left * right != right * left) {
    return "a sum or a product that is not exact: " + left.text() + " and " + right.text();
  }
  if ((left < right) == (right <= left) || (left == right) != (left - right).is_zero()) {
    return "neither less nor not less: " + left.text() + " and " + right.text();
  }
  if (!left.is_negative() && !right.is_negative() && !right.is_zero()) {
    const core::Decimal stepped = left.rounded_up_to(right);
    if (stepped < left || left + right <= stepped) {
      return left.text() + " rounded up to " + right.text() + " is " + stepped.text();
    }
  }
  return {};
}

std::string amount_failure_of(std::string_view left_text, std::string_view right_text) {
  const auto left = core::Decimal::parse(left_text);
  if (!left) {
    return {};
  }
  if (core::Decimal::from_text(left->text()) != *left ||
      core::Decimal::parse(left->text()) != *left) {
    return "an amount that is another one when it is read again: " + left->text();
  }
  for (const int places : {0, 2, 6}) {
    const core::Decimal off = left->rounded(places) - *left;
    const core::Decimal twice = off.is_negative() ? -(off + off) : off + off;
    if (left->rounded(places).places() > places ||
        core::Decimal(1).divided_by_power_of_ten(places) < twice) {
      return left->text() + " is rounded to " + left->rounded(places).text();
    }
  }
  const auto right = core::Decimal::parse(right_text);
  try {
    return right ? two_amounts_failure(*left, *right) : std::string();
  } catch (const core::Error&) {
    return {};  // more than 38 digits, which is refused and never wrong
  }
}

core::FinishedTask task_for(const core::Price& row) {
  core::FinishedTask task;
  task.account = "default";
  task.task_id = "t";
  task.succeeded = true;
  task.facts.model = row.model;
  std::replace(task.facts.model.begin(), task.facts.model.end(), '*', 'x');
  task.facts.resolution = "1080p";
  task.facts.duration_seconds = task.facts.units = "5.041";
  task.facts.output_seconds = task.facts.credits = "0";
  task.facts.completion_tokens = task.facts.quota = "999999999999999999";
  task.facts.super_resolution_tokens = "245025";
  task.labels = {{"customer", "ACME"}, {row.unit_label, "0.0000000000000001"}};
  task.billed_at = core::UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 10 / 5));
  task.snapshot = 1;
  task.raw_sha256 = std::string(64, 'a');
  return task;
}

std::string charge_failure(const core::FinishedTask& task, const core::PriceBook& book) {
  static const core::TimeZone kUtc("UTC");
  const auto charges = core::charges_of(task, {.prices = &book}, kUtc);
  if (charges.empty() || charges.front().kind != core::LineKind::main) {
    return "a task without a main line";
  }
  for (const core::Charge& charge : charges) {
    if (!charge.cost && charge.cost_note.empty()) {
      return "an unknown cost without a reason";
    }
    if (charge.cost && charge.quantity && charge.unit_price &&
        *charge.cost != *charge.quantity * *charge.unit_price) {
      return "a cost that is not quantity times price: " + charge.cost->text();
    }
    if (charge.cost && charge.cost->is_negative()) {
      return "a cost below 0: " + charge.cost->text();
    }
  }
  return {};
}

std::string book_failure(std::string_view text) {
  std::optional<core::PriceBook> book;
  try {
    book = core::PriceBook::parse(text, "prices.csv");
  } catch (const core::UsageError& refusal) {
    return std::string_view(refusal.what()).empty() ? "refused without a word" : std::string();
  }
  constexpr std::size_t kTasksMax = 20;
  for (std::size_t i = 0; i < std::min(book->rows().size(), kTasksMax); ++i) {
    if (book->rows()[i].price.is_negative()) {
      return "a price below 0";
    }
    if (auto failure = charge_failure(task_for(book->rows()[i]), *book); !failure.empty()) {
      return failure;
    }
  }
  const auto findings = core::check_prices(*book);
  const bool sorted = std::is_sorted(
      findings.begin(), findings.end(),
      [](const core::PriceFinding& a, const core::PriceFinding& b) { return a.line < b.line; });
  (void)core::dead_prices(*book);
  return sorted ? "" : "findings that are not sorted";
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words(3);
  for (std::string_view& word : words) {
    word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
  }
  return words;
}

}  // namespace

std::string price_failure(std::string_view bytes) {
  try {
    const std::string_view first = bytes.substr(0, bytes.find('\n'));
    const std::string_view rest = bytes.substr(std::min(first.size() + 1, bytes.size()));
    const auto words = words_of(first);
    for (const auto& failure : {period_failure(words[0]), zone_failure(words[0]),
                                amount_failure_of(words[1], words[2]), book_failure(rest)}) {
      if (!failure.empty()) {
        return failure;
      }
    }
    return {};
  } catch (const std::exception& failure) {
    return std::string("an exception: ") + failure.what();
  }
}

}  // namespace support
