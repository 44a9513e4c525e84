#include "cmd/report/report_focus.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cmd/os/json_text.h"
#include "core/billing/currencies.h"
#include "core/error.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

using Kind = ReportCell::Kind;

// FOCUS requires a provider (the seller), a publisher (the producer), a host and an invoice issuer,
// none of them null. The gateway sells and invoices. No answer names the producer of a model or
// where it runs, so the gateway is named there, too, as the specification allows.
constexpr const char* kProvider = "AnyFast";

// FOCUS "Unit Format": capitalised plurals, with the size of a block before them.
const char* unit_text(core::PriceUnit unit) {
  switch (unit) {
    case core::PriceUnit::second:
    case core::PriceUnit::output_second:
    case core::PriceUnit::input_second:
      return "Seconds";
    case core::PriceUnit::video:
      return "Videos";
    case core::PriceUnit::mtoken:
    case core::PriceUnit::sr_mtoken:
      return "1000000 Tokens";
    case core::PriceUnit::unit:
    case core::PriceUnit::label:
      return "Units";
    case core::PriceUnit::quota:
      return "Quota Units";
    case core::PriceUnit::task:
      return "Tasks";
    case core::PriceUnit::credit:
      return "Credits";
  }
  return "";
}

// FOCUS "Key-Value Format": a JSON object.
std::string key_values(const core::Labels& values) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : values) {
    object[name] = value;
  }
  return object.empty() ? std::string() : json_text(object);
}

std::string description(const core::ReportLine& line) {
  std::string text = "AI video generation";
  if (!line.task.facts.model.empty()) {
    text += ", " + line.task.facts.model;
  }
  if (line.charge.kind == core::LineKind::super_resolution) {
    text += ", super resolution";
  }
  return line.reversal ? text + ", reversal of " + std::string(line.adjusts) : text;
}

// A correction is placed at the start of a later period, but charges for the earlier one.
core::UtcTime charged_at(const core::ReportLine& line) {
  return line.corrects() ? line.incurred_at : line.task.billed_at;
}

// The SKU of a price: model, unit, and the properties that distinguish prices of one model.
std::string sku_price_id(const core::ReportLine& line) {
  const core::TaskFacts& facts = line.task.facts;
  const std::string& tier = line.charge.unit == core::PriceUnit::mtoken
                                ? core::generated_resolution(facts)
                                : facts.resolution;
  return facts.model + "/" + std::string(core::name(*line.charge.unit)) +
         (tier.empty() ? "" : "/" + tier);
}

// Price times quantity, as the specification requires, even if --round changes the cost.
core::Decimal list_cost(const core::Charge& charge) {
  return charge.unit_price && charge.quantity ? *charge.unit_price * *charge.quantity
                                              : *charge.cost;
}

// What the cells of a row are made of.
struct Row {
  const core::ReportLine& line;
  const core::Period& period;
  const FocusNames& names;
  const std::string& invoice_id;

  [[nodiscard]] const core::Charge& charge() const { return line.charge; }
  [[nodiscard]] const core::TaskFacts& facts() const { return line.task.facts; }
};

std::string text_of(const std::optional<core::Decimal>& amount) {
  return amount ? amount->text() : std::string();
}

std::string price_details(const Row& row) {
  const std::string& resolution = row.facts().resolution;
  return resolution.empty() ? std::string() : key_values({{"x_Resolution", resolution}});
}

constexpr int kFirst = 2;  // FOCUS 1.2
constexpr int kLast = 4;

struct Column {
  const char* name;
  Kind kind;
  std::string (*value)(const Row&);
  int since = kFirst;  // the versions that have it
  int until = kLast;
};

// In alphabetical order, as in the specification. 1.3 replaced provider and publisher, and asks for
// all four names; 1.4 removed the old ones.
constexpr Column kColumns[] = {
    {"BilledCost", Kind::amount, [](const Row& row) { return text_of(row.charge().cost); }},
    {"BillingAccountId", Kind::text, [](const Row& row) { return row.line.task.account; }},
    {"BillingAccountName", Kind::text, [](const Row& row) { return row.names.account_name; }},
    {"BillingCurrency", Kind::text, [](const Row& row) { return row.charge().currency; }},
    {"BillingPeriodEnd", Kind::time, [](const Row& row) { return core::utc_text(row.period.end); }},
    {"BillingPeriodStart", Kind::time,
     [](const Row& row) { return core::utc_text(row.period.begin); }},
    {"ChargeCategory", Kind::text, [](const Row&) { return std::string("Usage"); }},
    {"ChargeClass", Kind::text,
     [](const Row& row) { return std::string(row.line.corrects() ? "Correction" : ""); }},
    {"ChargeDescription", Kind::text, [](const Row& row) { return description(row.line); }},
    {"ChargeFrequency", Kind::text, [](const Row&) { return std::string("Usage-Based"); }},
    {"ChargePeriodEnd", Kind::time,
     [](const Row& row) { return core::utc_text(charged_at(row.line) + std::chrono::seconds(1)); }},
    {"ChargePeriodStart", Kind::time,
     [](const Row& row) { return core::utc_text(charged_at(row.line)); }},
    {"ConsumedQuantity", Kind::amount,
     [](const Row& row) { return text_of(row.charge().quantity); }},
    {"ConsumedUnit", Kind::text,
     [](const Row& row) { return std::string(unit_text(*row.charge().unit)); }},
    {"ContractedCost", Kind::amount, [](const Row& row) { return list_cost(row.charge()).text(); }},
    {"ContractedUnitPrice", Kind::amount,
     [](const Row& row) { return text_of(row.charge().unit_price); }},
    {"EffectiveCost", Kind::amount, [](const Row& row) { return text_of(row.charge().cost); }},
    {"HostProviderName", Kind::text, [](const Row& row) { return row.names.host_provider; }, 3},
    // A row of the invoice for each of our lines: null, as the invoice is, while there is none.
    {"InvoiceDetailId", Kind::text,
     [](const Row& row) { return row.invoice_id.empty() ? std::string() : row.charge().line_id; },
     4},
    {"InvoiceId", Kind::text, [](const Row& row) { return row.invoice_id; }},
    {"InvoiceIssuerName", Kind::text, [](const Row& row) { return row.names.invoice_issuer; }},
    {"ListCost", Kind::amount, [](const Row& row) { return list_cost(row.charge()).text(); }},
    {"ListUnitPrice", Kind::amount,
     [](const Row& row) { return text_of(row.charge().unit_price); }},
    {"PricingCategory", Kind::text, [](const Row&) { return std::string("Standard"); }},
    {"PricingQuantity", Kind::amount,
     [](const Row& row) { return text_of(row.charge().quantity); }},
    {"PricingUnit", Kind::text,
     [](const Row& row) { return std::string(unit_text(*row.charge().unit)); }},
    {"ProviderName", Kind::text, [](const Row& row) { return row.names.provider; }, kFirst, 3},
    {"PublisherName", Kind::text, [](const Row& row) { return row.names.publisher; }, kFirst, 3},
    {"ResourceId", Kind::text, [](const Row& row) { return row.line.task.task_id; }},
    {"ResourceName", Kind::text, [](const Row&) { return std::string(); }},
    {"ResourceType", Kind::text, [](const Row&) { return std::string("Video Task"); }},
    {"ServiceCategory", Kind::text,
     [](const Row&) { return std::string("AI and Machine Learning"); }},
    {"ServiceName", Kind::text, [](const Row&) { return std::string("AI Video Generation"); }},
    {"ServiceProviderName", Kind::text, [](const Row& row) { return row.names.provider; }, 3},
    {"ServiceSubcategory", Kind::text, [](const Row&) { return std::string("Generative AI"); }},
    {"SkuId", Kind::text, [](const Row& row) { return row.facts().model; }},
    {"SkuMeter", Kind::text,
     [](const Row& row) { return std::string(core::name(*row.charge().unit)); }},
    {"SkuPriceDetails", Kind::text, price_details},
    {"SkuPriceId", Kind::text, [](const Row& row) { return sku_price_id(row.line); }},
    {"Tags", Kind::text, [](const Row& row) { return key_values(row.line.task.labels); }},
    {"x_LineId", Kind::text, [](const Row& row) { return row.charge().line_id; }},
    {"x_Adjusts", Kind::text, [](const Row& row) { return std::string(row.line.adjusts); }},
    {"x_Resolution", Kind::text, [](const Row& row) { return row.facts().resolution; }},
    {"x_CostNote", Kind::text, [](const Row& row) { return row.charge().cost_note; }},
    {"x_SnapshotId", Kind::count,
     [](const Row& row) { return std::to_string(row.line.task.snapshot); }},
    {"x_RawSha256", Kind::text, [](const Row& row) { return row.line.task.raw_sha256; }},
};

bool has_column(int version, const Column& column) {
  return column.since <= version && version <= column.until;
}

// The text, or another one if it is empty.
void fill(std::string& text, const std::string& otherwise) {
  if (text.empty()) {
    text = otherwise;
  }
}

void require_currency(int version, const core::Charge& charge) {
  constexpr int kIsoOnly = 4;  // FOCUS 1.4, "Currency Format"; earlier ones had others, too
  constexpr std::size_t kShownMax = 40;
  if (version >= kIsoOnly && !core::is_iso_currency(charge.currency)) {
    throw core::UsageError("--format focus: FOCUS 1.4 has currencies of ISO 4217 alone, and line " +
                           charge.line_id + " is in " +
                           core::printable(charge.currency, kShownMax) +
                           "; correct the price book (CNY, not RMB), or use --focus-version 1.3");
  }
}

// Those of the tiers of a line; none if one price is for all of its quantity. Their sums from the
// first tier on are rounded as the line is: they add up to it, and none is below 0.
std::vector<core::Charge> charges_by_tier(const core::ReportLine& line) {
  const core::Charge& whole = line.charge;
  std::vector<core::Charge> charges;
  const auto note = core::ladder_note_of(whole.cost_note);
  if (!note || whole.unit_price) {
    return charges;
  }
  const bool negative = whole.quantity && whole.quantity->is_negative();
  const core::Decimal cost = negative ? -*whole.cost : *whole.cost;
  core::Decimal exact;
  core::Decimal before;
  for (const core::TierPart& part : note->parts) {
    exact += part.quantity * part.price;
    const bool is_last = charges.size() + 1 == note->parts.size();
    const core::Decimal shown =
        line.rounding == nullptr ? exact : line.rounding->rounded(exact, whole.currency);
    const core::Decimal sum = is_last ? cost : std::min(shown, cost);
    core::Charge& charge = charges.emplace_back(whole);
    charge.quantity = negative ? -part.quantity : part.quantity;
    charge.unit_price = part.price;
    charge.cost = negative ? before - sum : sum - before;
    before = sum;
  }
  return charges;
}

}  // namespace

bool is_focus_line(const core::ReportLine& line) {
  return line.task.succeeded && line.charge.cost && line.charge.unit &&
         !core::is_charged_elsewhere(line.charge);
}

FocusRows::FocusRows(const std::string& version, NamesByAccount names, std::string invoice_id)
    : version_(version.back() - '0'), names_(std::move(names)), invoice_id_(std::move(invoice_id)) {
  for (auto& [account, own] : names_) {
    fill(own.account_name, account);
    fill(own.provider, kProvider);
    fill(own.host_provider, own.provider);
    fill(own.publisher, own.provider);
    fill(own.invoice_issuer, own.provider);
  }
}

std::vector<core::ReportColumn> FocusRows::columns() const {
  std::vector<core::ReportColumn> columns;
  for (const Column& column : kColumns) {
    if (has_column(version_, column)) {
      columns.push_back({column.name, column.kind});
    }
  }
  return columns;
}

// An account without a table has the usual names.
const FocusNames& FocusRows::names_of(const std::string& account) {
  const auto found = names_.find(account);
  return found != names_.end() ? found->second
                               : names_
                                     .emplace(account, FocusNames{.provider = kProvider,
                                                                  .host_provider = kProvider,
                                                                  .publisher = kProvider,
                                                                  .invoice_issuer = kProvider,
                                                                  .account_name = account})
                                     .first->second;
}

std::vector<std::vector<ReportCell>> FocusRows::rows(const core::ReportLine& line,
                                                     const core::Period& period) {
  const std::vector<core::Charge> charges = charges_by_tier(line);
  if (charges.empty()) {
    return {cells(line, period)};
  }
  std::vector<std::vector<ReportCell>> rows;
  rows.reserve(charges.size());
  for (const core::Charge& charge : charges) {
    rows.push_back(cells({.task = line.task,
                          .charge = charge,
                          .adjusts = line.adjusts,
                          .reversal = line.reversal,
                          .incurred_in = line.incurred_in,
                          .incurred_at = line.incurred_at},
                         period));
  }
  return rows;
}

std::vector<ReportCell> FocusRows::cells(const core::ReportLine& line, const core::Period& period) {
  require_currency(version_, line.charge);
  const Row row{line, period, names_of(line.task.account), invoice_id_};
  std::vector<ReportCell> cells;
  cells.reserve(std::size(kColumns));
  for (const Column& column : kColumns) {
    if (has_column(version_, column)) {
      cells.push_back({column.kind, column.value(row)});
    }
  }
  return cells;
}

}  // namespace cmd
