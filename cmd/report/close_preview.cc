#include "cmd/report/close_preview.h"

#include <array>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cmd/os/json_text.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;
using Counts = std::array<std::pair<const char*, std::uint64_t>, 9>;
using Amounts = std::map<std::string, core::Decimal>;

Counts counts_of(const ClosePreview& found) {
  const auto count = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  return {{{"lines", count(found.totals.all.lines)},
           {"adjustments", count(found.totals.adjustments.lines)},
           {"unpriced", count(found.totals.all.unpriced)},
           {"unconverted", count(found.totals.all.unconverted)},
           {"unsold", count(found.totals.all.unsold)},
           {"unfinished", found.blockers.running.count},
           {"stale", found.blockers.stale.count},
           {"unsettled", found.blockers.unsettled.count},
           {"missing", found.missing}}};
}

Json json_of(const ClosePreview& found, const ReportPlan& plan, const char* result) {
  Json json{{"type", "close"},
            {"period", plan.period.name},
            {"result", result},
            {"tz", plan.zone.name()},
            {"invoice_id", found.invoice_id.empty() ? Json() : Json(found.invoice_id)},
            {"neighbours", Json::array()},
            {"totals", exact_numbers(found.totals.all.cost)}};
  for (const Neighbour& one : found.neighbours) {
    json["neighbours"].push_back({{"period", one.name}, {"tz", one.zone}});
  }
  if (plan.terms.rates) {
    json["billing_totals"] = exact_numbers(found.totals.all.billed);
  }
  if (plan.terms.resale) {
    json["resale_totals"] = exact_numbers(found.totals.all.resale);
    json["margin_totals"] = exact_numbers(found.totals.all.margin);
  }
  for (const auto& [name, count] : counts_of(found)) {
    json[name] = count;
  }
  if (found.log) {
    json["gateway_log"] = {{"ours", exact_number(found.log->ours)},
                           {"theirs", exact_number(found.log->theirs)},
                           {"difference", exact_number(found.log->theirs - found.log->ours)},
                           {"matched", found.log->matched},
                           {"differing", found.log->differing},
                           {"unfinished", found.log->unfinished},
                           {"other_period", found.log->other_period}};
  }
  json["customers"] = Json::array();
  for (const auto& [name, part] : found.customers) {
    json["customers"].push_back({{"customer", name.empty() ? Json() : Json(name)},
                                 {"tasks", part.tasks},
                                 {"totals", exact_numbers(part.cost)},
                                 {"unpriced", part.unpriced}});
    if (plan.terms.rates) {
      json["customers"].back()["billing_totals"] = exact_numbers(part.billed);
    }
    if (plan.terms.resale) {
      json["customers"].back()["resale_totals"] = exact_numbers(part.resale);
    }
  }
  return json;
}

std::string text_of(const Amounts& amounts) {
  std::string text;
  for (const auto& [currency, amount] : amounts) {
    text += (text.empty() ? "" : ", ") + amount.text() + " " + currency;
  }
  return text;
}

std::string zone_text(const ClosePreview& found, const ReportPlan& plan) {
  std::string text = plan.zone.name();
  for (const Neighbour& one : found.neighbours) {
    text += ", " + one.name + " was closed in " +
            (one.zone == plan.zone.name() ? "the same" : one.zone);
  }
  return text;
}

// "4.5 CNY, 3 USD (= 1 EUR), 2 lines without a cost".
std::string customer_text(const ReportTotals::Part& part) {
  std::string text = part.cost.empty() ? "no cost" : text_of(part.cost);
  text += part.billed.empty() ? "" : " (= " + text_of(part.billed) + ")";
  text += part.resale.empty() ? "" : ", pays " + text_of(part.resale);
  text += part.unpriced == 0 ? "" : ", " + std::to_string(part.unpriced) + " unpriced";
  return text;
}

}  // namespace

std::vector<Neighbour> neighbours_of(const core::Period& period,
                                     const std::vector<core::ClosedPeriod>& closed) {
  std::vector<Neighbour> neighbours;
  const core::ClosedPeriod* before = nullptr;
  const core::ClosedPeriod* after = nullptr;
  for (const core::ClosedPeriod& one : closed) {
    before = one.period.begin < period.begin ? &one : before;
    after = after == nullptr && one.period.begin > period.begin ? &one : after;
  }
  for (const core::ClosedPeriod* one : {before, after}) {
    if (one != nullptr) {
      neighbours.push_back({one->period.name, one->zone});
    }
  }
  return neighbours;
}

void say_preview(const ClosePreview& found, const ReportPlan& plan, bool json, std::ostream& out) {
  const char* result = found.would_close ? "would be closed" : "would be refused";
  if (json) {
    print_json(out, json_of(found, plan, result));
    return;
  }
  constexpr int kNameWidth = 16;
  constexpr std::size_t kShownMax = 60;
  const auto say = [&out](const std::string& name, const auto& value) {
    out << "  " << std::setw(kNameWidth) << name << value << '\n';
  };
  out << plan.period.name << ' ' << result << ", zone " << zone_text(found, plan) << '\n'
      << std::left;
  if (!found.invoice_id.empty()) {
    say("invoice", found.invoice_id);
  }
  for (const auto& [name, count] : counts_of(found)) {
    say(name, count);
  }
  for (const auto& [currency, cost] : found.totals.all.cost) {
    say("cost, " + currency, cost.text());
  }
  for (const auto& [currency, cost] : found.totals.all.billed) {
    say("billed, " + currency, cost.text());
  }
  for (const auto& [currency, amount] : found.totals.all.resale) {
    say("resale, " + currency, amount.text());
  }
  for (const auto& [currency, amount] : found.totals.all.margin) {
    say("margin, " + currency, amount.text());
  }
  if (found.log) {
    say("gateway's log", "quota ours " + found.log->ours.text() + ", theirs " +
                             found.log->theirs.text() + ", difference " +
                             (found.log->theirs - found.log->ours).text() + "; tasks " +
                             std::to_string(found.log->matched) + " matched, " +
                             std::to_string(found.log->differing) + " differ, " +
                             std::to_string(found.log->other_period) + " of another period");
  }
  if (found.customers.size() > 1 || !found.customers.contains("")) {
    for (const auto& [name, part] : found.customers) {
      out << "  " << (name.empty() ? "no customer" : core::printable(name, kShownMax)) << ": "
          << customer_text(part) << '\n';
    }
  }
}

}  // namespace cmd
