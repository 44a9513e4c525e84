#include "cmd/report/report_focus.h"
#include "cmd/os/json_text.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

namespace cmd {
namespace {

using Kind = ReportCell::Kind;

// FOCUS requires a provider (the seller), a publisher (the producer) and an invoice issuer, none of
// them null. The gateway sells and invoices. No answer names the producer of a model, so the
// gateway is named there, too.
constexpr const char* kProvider = "AnyFast";

constexpr std::array<std::pair<const char*, Kind>, 42> kColumns = {{
    {"BilledCost", Kind::amount},       {"BillingAccountId", Kind::text},
    {"BillingAccountName", Kind::text}, {"BillingCurrency", Kind::text},
    {"BillingPeriodEnd", Kind::time},   {"BillingPeriodStart", Kind::time},
    {"ChargeCategory", Kind::text},     {"ChargeClass", Kind::text},
    {"ChargeDescription", Kind::text},  {"ChargeFrequency", Kind::text},
    {"ChargePeriodEnd", Kind::time},    {"ChargePeriodStart", Kind::time},
    {"ConsumedQuantity", Kind::amount}, {"ConsumedUnit", Kind::text},
    {"ContractedCost", Kind::amount},   {"ContractedUnitPrice", Kind::amount},
    {"EffectiveCost", Kind::amount},    {"InvoiceIssuerName", Kind::text},
    {"ListCost", Kind::amount},         {"ListUnitPrice", Kind::amount},
    {"PricingCategory", Kind::text},    {"PricingQuantity", Kind::amount},
    {"PricingUnit", Kind::text},        {"ProviderName", Kind::text},
    {"PublisherName", Kind::text},      {"ResourceId", Kind::text},
    {"ResourceName", Kind::text},       {"ResourceType", Kind::text},
    {"ServiceCategory", Kind::text},    {"ServiceName", Kind::text},
    {"ServiceSubcategory", Kind::text}, {"SkuId", Kind::text},
    {"SkuMeter", Kind::text},           {"SkuPriceDetails", Kind::text},
    {"SkuPriceId", Kind::text},         {"Tags", Kind::text},
    {"x_LineId", Kind::text},           {"x_Adjusts", Kind::text},
    {"x_Resolution", Kind::text},       {"x_CostNote", Kind::text},
    {"x_SnapshotId", Kind::count},      {"x_RawSha256", Kind::text},
}};

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

// Cells from left to right, in the order of kColumns.
class Cells {
 public:
  void add(std::string_view text) {
    cells_.push_back({kColumns.at(cells_.size()).second, std::string(text)});
  }
  void add(const std::optional<core::Decimal>& amount) {
    add(amount ? amount->text() : std::string());
  }
  [[nodiscard]] std::vector<ReportCell> take() { return std::move(cells_); }

 private:
  std::vector<ReportCell> cells_;
};

// Price times quantity, as the specification requires, even if --round changes the cost.
core::Decimal list_cost(const core::Charge& charge) {
  return charge.unit_price && charge.quantity ? *charge.unit_price * *charge.quantity
                                              : *charge.cost;
}

// The columns from BilledCost to EffectiveCost.
void add_charge(Cells& cells, const core::ReportLine& line, const core::Period& period) {
  const core::Charge& charge = line.charge;
  const core::UtcTime at = charged_at(line);
  cells.add(charge.cost);
  cells.add(line.task.account);
  cells.add(line.task.account);
  cells.add(charge.currency);
  cells.add(core::utc_text(period.end));
  cells.add(core::utc_text(period.begin));
  cells.add("Usage");
  cells.add(line.corrects() ? "Correction" : "");
  cells.add(description(line));
  cells.add("Usage-Based");
  cells.add(core::utc_text(at + std::chrono::seconds(1)));
  cells.add(core::utc_text(at));
  cells.add(charge.quantity);
  cells.add(unit_text(*charge.unit));
  cells.add(list_cost(charge));
  cells.add(charge.unit_price);
  cells.add(charge.cost);
}

}  // namespace

std::vector<core::ReportColumn> focus_columns() {
  std::vector<core::ReportColumn> columns;
  columns.reserve(kColumns.size());
  for (const auto& [name, kind] : kColumns) {
    columns.push_back({name, kind});
  }
  return columns;
}

bool is_focus_line(const core::ReportLine& line) {
  return line.task.succeeded && line.charge.cost && line.charge.unit &&
         !core::is_charged_elsewhere(line.charge);
}

std::vector<ReportCell> focus_cells(const core::ReportLine& line, const core::Period& period) {
  const core::TaskFacts& facts = line.task.facts;
  const core::Charge& charge = line.charge;
  Cells cells;
  add_charge(cells, line, period);
  cells.add(kProvider);
  cells.add(list_cost(charge));
  cells.add(charge.unit_price);
  cells.add("Standard");
  cells.add(charge.quantity);
  cells.add(unit_text(*charge.unit));
  cells.add(kProvider);
  cells.add(kProvider);
  cells.add(line.task.task_id);
  cells.add("");
  cells.add("Video Task");
  cells.add("AI and Machine Learning");
  cells.add("AI Video Generation");
  cells.add("Generative AI");
  cells.add(facts.model);
  cells.add(core::name(*charge.unit));
  cells.add(facts.resolution.empty() ? std::string()
                                     : key_values({{"x_Resolution", facts.resolution}}));
  cells.add(sku_price_id(line));
  cells.add(key_values(line.task.labels));
  cells.add(charge.line_id);
  cells.add(line.adjusts);
  cells.add(facts.resolution);
  cells.add(charge.cost_note);
  cells.add(std::to_string(line.task.snapshot));
  cells.add(line.task.raw_sha256);
  return cells.take();
}

}  // namespace cmd
