#include "cmd/report/log_columns.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/billing/price_book.h"
#include "core/error.h"
#include "core/text/ascii.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

using Names = std::span<const std::string_view>;

// As gateways, their consoles and finance teams call them; any case.
constexpr std::string_view kQuotaNames[]{"quota",      "used quota", "used_quota",
                                         "quota used", "额度",       "消耗额度",
                                         "扣费额度",   "花费额度",   "使用额度"};
constexpr std::string_view kAmountNames[]{
    "cost", "amount", "charge", "charged",  "total cost", "total_cost", "spend",  "fee",   "费用",
    "金额", "花费",   "消费",   "消费金额", "扣费",       "扣费金额",   "Betrag", "Kosten"};
constexpr std::string_view kCurrencyNames[]{
    "currency", "currency code", "currency_code", "billingcurrency", "币种", "货币", "Währung"};

bool is_our_report(const core::ListColumns& columns) {
  return columns.has_label("line_id") && columns.has_label("status") && columns.has_label("cost") &&
         columns.has_label("cost_note") && columns.has_label("adjusts");
}

// The column that the user named, if so; else the first of the names. Empty: the list has none.
std::string column_of(const Settings& settings, TextName option, const core::ListColumns& columns,
                      Names names) {
  if (settings.is_given(option)) {
    return columns.label_named(settings.text(option));
  }
  for (const std::string_view name : names) {
    if (std::string found = columns.label_named(name); !found.empty()) {
      return found;
    }
  }
  return "";
}

}  // namespace

LogColumns log_columns(const Settings& settings, const core::TaskList& list, bool we_have_prices) {
  const core::ListColumns& columns = list.columns();
  LogColumns taken{.amount = {}, .currency = {}, .fixed_currency = {}};
  taken.is_our_report = is_our_report(columns);
  taken.fixed_currency = core::currency_of_word(settings.given_text("currency").value_or(""));
  if (!taken.fixed_currency.empty() && !core::is_currency(taken.fixed_currency)) {
    throw core::UsageError("--currency takes an ISO 4217 code such as USD, not " +
                           core::printable(taken.fixed_currency, 40));
  }
  if (settings.flag("decimal-comma")) {
    taken.decimal_sign = core::DecimalSign::comma;
  }
  const bool money_wanted =
      settings.is_given("amount-column") ||
      (taken.is_our_report && we_have_prices && !settings.is_given("quota-column"));
  const std::string quota = column_of(settings, "quota-column", columns, kQuotaNames);
  if (!money_wanted && !quota.empty()) {
    taken.is_quota = true;
    taken.amount = quota;
    return taken;
  }
  taken.amount = column_of(settings, "amount-column", columns, kAmountNames);
  taken.currency = column_of(settings, "currency-column", columns, kCurrencyNames);
  if (taken.amount.empty() || (settings.is_given("currency-column") && taken.currency.empty())) {
    throw core::UsageError(
        "the log " + list.source() + " has no column " +
        (money_wanted ? "" : "`" + settings.text("quota-column") + "`, nor both ") + "`" +
        settings.text("amount-column") + "` and `" + settings.text("currency-column") +
        "`; name them with --quota-column, or --amount-column and "
        "--currency-column");
  }
  return taken;
}

std::string what_was_taken(const LogColumns& columns, const core::TaskList& list) {
  const auto shown = [](const std::string& name) { return "`" + core::printable(name, 40) + "`"; };
  std::string text = list.source() + ": task IDs from column " + shown(list.columns().id_name()) +
                     ", " + (columns.is_quota ? "quota from " : "amounts from ") +
                     shown(columns.amount);
  if (columns.is_quota) {
    return text;
  }
  if (!columns.currency.empty()) {
    return text + ", currencies from " + shown(columns.currency);
  }
  return text + ", currencies " +
         (columns.fixed_currency.empty() ? "as the amounts name them"
                                         : columns.fixed_currency + " unless the amounts name one");
}

bool is_total(std::string_view id) {
  constexpr std::array<std::string_view, 11> kTotals{"total",       "totals", "sum",    "subtotal",
                                                     "grand total", "summe",  "gesamt", "合计",
                                                     "总计",        "小计",   "共计"};
  for (const std::string_view end : {":", "："}) {
    id.remove_suffix(id.ends_with(end) ? end.size() : 0);
  }
  return std::any_of(kTotals.begin(), kTotals.end(),
                     [id](std::string_view one) { return core::equal_but_for_case(id, one); });
}

}  // namespace cmd
