#include "cmd/runs.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "core/error.h"
#include "core/ledger/ledger_reader.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextShownMax = 200;

/// A row of v_run.
class RunRow {
 public:
  explicit RunRow(const core::ViewRow& row) : row_(row) {}

  [[nodiscard]] std::string text(std::string_view column) const {
    for (const auto& [name, value] : row_) {
      if (name == column) {
        return value.value_or("");
      }
    }
    return "";
  }
  /// 0 where there is none.
  [[nodiscard]] std::int64_t number(std::string_view column) const {
    const std::string digits = text(column);
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  [[nodiscard]] bool has_ended() const { return !text("exit_code").empty(); }
  /// Empty unless it has ended.
  [[nodiscard]] std::optional<std::chrono::milliseconds> took() const {
    const std::string digits = text("took_ms");
    return digits.empty() ? std::nullopt
                          : std::optional(std::chrono::milliseconds(number("took_ms")));
  }

 private:
  const core::ViewRow& row_;
};

std::string meaning_of(std::int64_t exit_code) {
  for (const ExitMeaning& one : exit_meanings()) {
    if (exit_number(one.code) == exit_code) {
      return std::string(one.meaning);
    }
  }
  return "exit code " + std::to_string(exit_code);
}

// What went wrong in a run; empty: nothing did.
std::string trouble(const RunRow& run) {
  if (!run.has_ended()) {
    return "has no end: it was killed, or is still at work";
  }
  std::string all;
  const auto add = [&all](const std::string& what) { all += (all.empty() ? "" : ", ") + what; };
  constexpr std::array<std::pair<const char*, const char*>, 4> kCounts{
      {{"rows_rejected", "rejected"},
       {"not_answered", "not answered"},
       {"videos_failed", "not fetched"},
       {"videos_expired", "expired"}}};
  for (const auto& [column, what] : kCounts) {
    if (run.number(column) > 0) {
      add(std::to_string(run.number(column)) + " " + what);
    }
  }
  const Json errors = Json::parse(run.text("errors"), nullptr, false);
  for (auto one = errors.begin(); errors.is_object() && one != errors.end(); ++one) {
    add(one.key() + " " + one.value().dump());
  }
  const std::int64_t code = run.number("exit_code");
  if (code != exit_number(ExitCode::ok) && code != exit_number(ExitCode::partly)) {
    all = meaning_of(code) + (all.empty() ? "" : " (" + all + ")");
  }
  return core::printable(all, kTextShownMax);
}

struct TableColumn {
  const char* title;
  std::size_t width;
};
constexpr std::array<TableColumn, 9> kTable{{{"RUN", 6},
                                             {"STARTED (UTC)", 16},
                                             {"TOOK", 7},
                                             {"ASKED", 7},
                                             {"SUCCEEDED", 9},
                                             {"FAILED", 7},
                                             {"VIDEOS", 8},
                                             {"SIZE", 8},
                                             {"EXIT", 4}}};

// Each cell stands to the right in its column; all columns together fit into 80.
void print_line(std::ostream& out, const std::array<std::string, kTable.size()>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t width = kTable.at(i).width;
    const std::string blanks(width - std::min(width, cells.at(i).size()), ' ');
    out << (i == 0 ? "" : " ") << blanks << cells.at(i);
  }
  out << '\n';
}

void print_table(std::ostream& out, const std::vector<core::ViewRow>& rows) {
  std::array<std::string, kTable.size()> titles;
  for (std::size_t i = 0; i < titles.size(); ++i) {
    titles.at(i) = kTable.at(i).title;
  }
  print_line(out, titles);
  constexpr std::size_t kMinutes = 16;  // "2026-06-01T04:00"
  for (const core::ViewRow& row : rows) {
    const RunRow run(row);
    std::string started = run.text("started_at").substr(0, kMinutes);
    std::replace(started.begin(), started.end(), 'T', ' ');
    const auto took = run.took();
    print_line(
        out, {run.text("run_id"), started, took ? format_duration(*took) : "-", run.text("queried"),
              run.text("succeeded"), run.text("failed"), run.text("videos_downloaded"),
              run.has_ended() ? format_size(run.number("bytes")) : "",
              run.has_ended() ? run.text("exit_code") : "-"});
    if (const std::string what = trouble(run); !what.empty()) {
      out << std::string(kTable.front().width + 1, ' ') << what << '\n';
    }
  }
}

std::string shown(const std::string& value) {
  return core::printable(core::redact_keys(core::redact_urls(value)), kTextShownMax);
}

void print_run(std::ostream& out, const core::ViewRow& row) {
  constexpr std::size_t kNameWidth = 18;
  const RunRow run(row);
  out << "run " << run.text("run_id") << '\n';
  for (const auto& [name, value] : row) {
    if (value && name != "run_id") {
      out << "  " << padded(name, kNameWidth) << ' ' << shown(*value) << '\n';
    }
  }
  if (const std::string what = trouble(run); !what.empty()) {
    out << "  " << padded("what went wrong", kNameWidth) << ' ' << what << '\n';
  }
}

void print_json_run(std::ostream& out, const core::ViewRow& row) {
  static const std::set<std::string_view> kTexts{"started_at", "finished_at", "host", "version",
                                                 "crew"};
  Json json;
  json["type"] = "run";
  for (const auto& [name, value] : row) {
    Json parsed = value && !kTexts.contains(name) ? Json::parse(*value, nullptr, false) : Json();
    json[name] = !value                                           ? Json()
                 : kTexts.contains(name) || parsed.is_discarded() ? Json(*value)
                                                                  : parsed;
  }
  print_json(out, json, isatty(STDOUT_FILENO) != 0);
}

std::vector<std::int64_t> run_numbers(const std::vector<std::string>& texts) {
  std::vector<std::int64_t> numbers;
  for (const std::string& text : texts) {
    const auto number = parse_run_number(text);
    if (!number) {
      throw core::UsageError("not the number of a run, as `reeltally runs` lists them: " +
                             core::printable(text, kTextShownMax));
    }
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

ExitCode runs(const Settings& settings, Log& log, std::ostream& out) {
  const std::vector<std::int64_t> numbers = run_numbers(settings.arguments());
  const auto ledger = storage::open_ledger_reader(ledger_path(settings));
  const bool as_json = settings.flag("json");
  if (numbers.empty()) {
    const auto rows = ledger->last_runs(static_cast<std::size_t>(settings.count("last")));
    if (!as_json) {
      print_table(out, rows);
    }
    for (std::size_t i = 0; as_json && i < rows.size(); ++i) {
      print_json_run(out, rows.at(i));
    }
    return ExitCode::ok;
  }
  ExitCode code = ExitCode::ok;
  for (const std::int64_t number : numbers) {
    const auto row = ledger->run(number);
    if (!row) {
      log.error("no run " + std::to_string(number) + " in the ledger");
      code = ExitCode::partly;
    } else if (as_json) {
      print_json_run(out, *row);
    } else {
      print_run(out, *row);
    }
  }
  return code;
}

}  // namespace cmd
