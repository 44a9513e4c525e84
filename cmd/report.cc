#include "cmd/report.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cmd/atomic_file.h"
#include "cmd/exit_code.h"
#include "cmd/report_groups.h"
#include "cmd/report_rows.h"
#include "core/csv_writer.h"
#include "core/error.h"
#include "core/sha256.h"
#include "storage/reports.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Where the bytes go, hashed on their way.
class Output {
 public:
  Output(const std::string& path, std::ostream& out) : out_(out) {
    if (path != "-") {
      file_.emplace(path);
    }
  }
  std::string& text() { return block_; }
  void flush_if_full() {
    if (block_.size() >= kBlockBytes) {
      flush();
    }
  }
  // Gives the file its name; the hash of all bytes.
  std::string finish() {
    flush();
    if (file_) {
      file_->publish(kOwnerOnly);
    }
    return core::hex(hash_.finish());
  }

 private:
  void flush() {
    hash_.update(block_);
    if (file_) {
      file_->write(block_);
    } else {
      out_ << block_;
    }
    block_.clear();
  }

  std::ostream& out_;
  std::optional<AtomicFile> file_;
  core::Sha256 hash_;
  std::string block_;
};

// Whether a count as it was sent is a number in JSON, too: "007" is none.
bool is_json_number(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  return core::Decimal::parse(text) && !text.starts_with('+') &&
         (!digits.starts_with('0') || digits.size() == 1 || digits[1] == '.');
}

std::string json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Amounts are strings, since readers of JSON make binary fractions of numbers.
std::string json_value(const ReportCell& cell) {
  if (cell.text.empty()) {
    return "null";
  }
  const bool number = cell.kind == ReportCell::Kind::count && is_json_number(cell.text);
  return number ? cell.text : json_string(cell.text);
}

class RowWriter {
 public:
  RowWriter(const ReportOptions& options, char delimiter, std::vector<ReportColumn> columns,
            const char* type, Output& output)
      : as_json_(options.format == "json"),
        columns_(std::move(columns)),
        type_(type),
        output_(output),
        csv_(output.text(), delimiter) {
    if (as_json_) {
      return;
    }
    if (options.bom) {
      output.text() += kByteOrderMark;
    }
    for (const ReportColumn& column : columns_) {
      csv_.text(column.name);
    }
    csv_.end_row();
  }

  void write(const std::vector<ReportCell>& cells) {
    ++rows_;
    if (as_json_) {
      write_json(cells);
    } else {
      write_csv(cells);
    }
    output_.flush_if_full();
  }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  void write_csv(const std::vector<ReportCell>& cells) {
    for (const ReportCell& cell : cells) {
      if (cell.kind == ReportCell::Kind::text) {
        csv_.text(cell.text);
      } else {
        csv_.number(cell.text);
      }
    }
    csv_.end_row();
  }
  void write_json(const std::vector<ReportCell>& cells) {
    std::string& text = output_.text();
    text += "{\"type\":" + json_string(type_);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += "," + json_string(columns_.at(i).name) + ":" + json_value(cells.at(i));
    }
    text += "}\n";
  }

  bool as_json_;
  std::vector<ReportColumn> columns_;
  const char* type_;
  Output& output_;
  core::CsvWriter csv_;
  std::uint64_t rows_ = 0;
};

struct Totals {
  std::map<std::string, core::Decimal> cost;  // by currency; that of failures is empty and 0
  std::uint64_t unpriced = 0;
  std::uint64_t tasks = 0;

  void add(const std::vector<core::Charge>& charges) {
    ++tasks;
    for (const core::Charge& charge : charges) {
      if (!charge.cost) {
        ++unpriced;
      } else if (!charge.currency.empty()) {
        cost[charge.currency] += *charge.cost;
      }
    }
  }
};

char delimiter_of(const std::string& text) {
  if (text == "tab" || text == "\t") {
    return '\t';
  }
  if (text.size() == 1 && std::string_view(",;|").find(text[0]) != std::string_view::npos) {
    return text[0];
  }
  throw core::UsageError("--delimiter " + text + ": use `,` `;` `|` or `tab`");
}

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
    keys.push_back(parse_group_key(text));
  }
  return keys;
}

// The bytes of the price book: they are hashed for the manifest, too.
std::string read_prices(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) {
    throw core::UsageError("cannot read the price book " + path);
  }
  return text;
}

core::PriceBook parse_prices(const std::string& text, const std::string& path) {
  return core::PriceBook::read(
      [&text, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
        const std::size_t count = std::min(size, text.size() - at);
        text.copy(buffer, count, at);
        at += count;
        return count;
      },
      path);
}

// All that a report rests on, checked before the first byte is written.
struct Plan {
  explicit Plan(const ReportOptions& given)
      : options(given),
        zone(given.zone),
        period(period_of(given, zone)),
        keys(keys_of(given)),
        delimiter(delimiter_of(given.delimiter)) {
    if (given.format != "csv" && given.format != "json") {
      throw core::Error("--format " + given.format + " is not part of this build of reeltally");
    }
    if (!given.prices.empty()) {
      price_text = read_prices(given.prices);
      prices = parse_prices(price_text, given.prices);
    }
    query = {
        .begin = period.begin,
        .end = period.end,
        .time = given.time == "submit" ? storage::ReportTime::submit : storage::ReportTime::finish,
        .successes = given.status != "failure",
        .failures = given.status != "success"};
  }
  [[nodiscard]] core::Pricing pricing() const {
    return {.prices = prices ? &*prices : nullptr, .round_places = options.round};
  }

  const ReportOptions& options;
  core::TimeZone zone;
  core::Period period;
  std::vector<GroupKey> keys;
  char delimiter;
  std::string price_text;
  std::optional<core::PriceBook> prices;
  storage::ReportQuery query;
};

Totals write_lines(const Plan& plan, storage::Reports& reports, Output& output,
                   std::uint64_t& rows) {
  Totals totals;
  const std::vector<std::string> labels = reports.label_names(plan.query);
  RowWriter writer(plan.options, plan.delimiter, line_columns(labels), "line", output);
  reports.each_task(plan.query, [&](const core::FinishedTask& task) {
    const std::vector<core::Charge> charges = core::charges_of(task, plan.pricing(), plan.zone);
    totals.add(charges);
    for (const core::Charge& charge : charges) {
      writer.write(line_cells(task, charge, labels, plan.zone));
    }
  });
  rows = writer.rows();
  return totals;
}

Totals write_groups(const Plan& plan, storage::Reports& reports, Output& output,
                    std::uint64_t& rows) {
  Totals totals;
  ReportGroups groups(plan.keys, plan.zone);
  reports.each_task(plan.query, [&](const core::FinishedTask& task) {
    const std::vector<core::Charge> charges = core::charges_of(task, plan.pricing(), plan.zone);
    totals.add(charges);
    groups.add(task, charges);
  });
  RowWriter writer(plan.options, plan.delimiter, groups.columns(), "group", output);
  for (const std::vector<ReportCell>& row : groups.rows()) {
    writer.write(row);
  }
  rows = writer.rows();
  return totals;
}

std::string hash_of(std::string_view text) {
  core::Sha256 hash;
  hash.update(text);
  return core::hex(hash.finish());
}

// No wall clock and no path in it but names: the same report has the same manifest.
std::string manifest(const Plan& plan, const Totals& totals, const storage::OpenTasks& open,
                     std::uint64_t rows, int schema_version, const std::string& sha256) {
  const ReportOptions& options = plan.options;
  const core::TimeZone utc("UTC");
  Json json;
  json["type"] = "manifest";
  json["period"] = plan.period.name;
  json["begin"] = utc.text(plan.period.begin);
  json["end"] = utc.text(plan.period.end);
  json["tz"] = options.zone;
  json["time"] = options.time;
  json["status"] = options.status;
  json["by"] = options.by;
  json["format"] = options.format;
  json["prices_sha256"] = plan.prices ? Json(hash_of(plan.price_text)) : Json();
  json["round"] = options.round ? Json(*options.round) : Json();
  json["rows"] = rows;
  json["tasks"] = totals.tasks;
  json["totals"] = Json::object();
  for (const auto& [currency, cost] : totals.cost) {
    json["totals"][currency] = cost.text();
  }
  json["unpriced"] = totals.unpriced;
  json["unfinished"] = open.unfinished;
  json["missing"] = open.missing;
  json["schema_version"] = schema_version;
  json["sha256"] = sha256;
  return json.dump(2) + "\n";
}

}  // namespace

int write_report(const ReportOptions& options, Log& log, std::ostream& out) {
  const Plan plan(options);
  storage::Reports reports(options.ledger);
  const storage::OpenTasks open = reports.open_tasks(plan.period.begin, plan.period.end);
  Output output(options.output, out);
  std::uint64_t rows = 0;
  const Totals totals = plan.keys.empty() ? write_lines(plan, reports, output, rows)
                                          : write_groups(plan, reports, output, rows);
  const std::string sha256 = output.finish();
  if (options.output != "-") {
    write_atomically(options.output + ".manifest.json",
                     manifest(plan, totals, open, rows, reports.schema_version(), sha256),
                     kOwnerOnly);
  }
  if (totals.unpriced > 0) {
    log.warning(std::to_string(totals.unpriced) +
                " lines have no cost; cost_note says why of each");
  }
  if (open.unfinished > 0) {
    log.warning(std::to_string(open.unfinished) + " tasks of " + plan.period.name +
                " are unfinished and not in the report; `reeltally run --pending` asks for them");
  }
  return options.require_complete && open.unfinished > 0 ? partly : ok;
}

int report(const Settings& settings, Log& log, std::ostream& out) {
  const auto round = settings.given_count("round");
  return write_report({.ledger = settings.ledger_path(),
                       .period = settings.given_text("period").value_or(""),
                       .from = settings.given_text("from").value_or(""),
                       .to = settings.given_text("to").value_or(""),
                       .zone = settings.text("tz"),
                       .time = settings.text("time"),
                       .status = settings.text("status"),
                       .by = settings.list("by"),
                       .format = settings.text("format"),
                       .output = settings.text("output"),
                       .prices = settings.given_text("prices").value_or(""),
                       .round = round ? std::optional<int>(static_cast<int>(*round)) : std::nullopt,
                       .delimiter = settings.given_text("delimiter").value_or(","),
                       .bom = settings.flag("bom"),
                       .require_complete = settings.flag("require-complete")},
                      log, out);
}

}  // namespace cmd
