#include "core/billing/period_statement.h"

#include <algorithm>

#include "core/files/sha256.h"

namespace core {
namespace {

constexpr std::string_view kTotal = "total";
constexpr std::string_view kAbsent = "-";

// Takes the first line off a text; without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view key_of(std::string_view line) { return line.substr(0, line.find(' ')); }

void add_field(std::string& text, std::string_view key, std::string_view value) {
  text += text.empty() ? "" : "\n";
  text += key;
  text += ' ';
  text += value;
}

void add_field(std::string& text, std::string_view key, std::int64_t value) {
  add_field(text, key, std::to_string(value));
}

}  // namespace

void CostTotals::add(const ReportLine& line) {
  if (line.charge.cost && !line.charge.currency.empty()) {
    totals_[line.charge.currency] += *line.charge.cost;
  }
}

std::string CostTotals::lines() const {
  std::string lines;
  for (const auto& [currency, amount] : totals_) {
    add_field(lines, kTotal, currency + ' ' + amount.text());
  }
  return lines;
}

std::string PeriodStatement::text() const {
  std::string text;
  add_field(text, "period", period);
  add_field(text, "zone", zone);
  add_field(text, "begins_at", begins_at);
  add_field(text, "ends_at", ends_at);
  add_field(text, "closed_at", closed_at);
  add_field(text, "program", program);
  add_field(text, "schema", schema_version);
  add_field(text, "lines", lines);
  add_field(text, "csv_sha256", csv_sha256);
  text += totals.empty() ? "" : '\n' + totals;
  if (!invoice_id.empty()) {
    add_field(text, kInvoiceId, invoice_id);
  }
  add_field(text, "unfinished", unfinished);
  add_field(text, "missing", missing);
  add_field(text, "written_off", std::to_string(written_off) + ' ' + written_off_sha256);
  add_field(text, "prices_sha256", prices_sha256.empty() ? kAbsent : prices_sha256);
  for (const HashedPeriod& book : repriced) {
    add_field(text, "repriced", book.name + ' ' + book.sha256);
  }
  add_field(text, "snapshot", snapshot);
  add_field(text, "snapshot_sha256", snapshot_sha256);
  add_field(text, "previous",
            previous ? previous->name + ' ' + previous->sha256 : std::string(kAbsent));
  return text;
}

std::string statement_head(std::string_view statement) {
  Sha256 hash;
  hash.update(statement);
  hash.update("\n");
  return hex(hash.finish());
}

std::string_view stated(std::string_view statement, std::string_view key) {
  while (!statement.empty()) {
    const std::string_view line = take_line(statement);
    if (key_of(line) == key) {
      return line.substr(std::min(key.size() + 1, line.size()));
    }
  }
  return {};
}

std::string stated_totals(std::string_view statement) {
  std::string lines;
  while (!statement.empty()) {
    const std::string_view line = take_line(statement);
    if (key_of(line) == kTotal) {
      add_field(lines, kTotal, line.substr(std::min(kTotal.size() + 1, line.size())));
    }
  }
  return lines;
}

std::string first_difference(std::string_view one, std::string_view other) {
  while (!one.empty() || !other.empty()) {
    const std::string_view left = take_line(one);
    const std::string_view right = take_line(other);
    if (left != right) {
      return std::string(key_of(left.empty() ? right : left));
    }
  }
  return {};
}

}  // namespace core
