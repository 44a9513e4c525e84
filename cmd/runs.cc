#include "cmd/runs.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/history/past_run.h"
#include "cmd/history/view_row.h"
#include "cmd/os/terminal.h"
#include "core/error.h"
#include "core/ledger/ledger_reader.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

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

// Each cell stands to the right in its column; all columns together fit into 80. `origin` follows
// where `columns` has room for it.
void print_line(std::ostream& out, const std::array<std::string, kTable.size()>& cells,
                const std::string& origin, std::size_t columns) {
  constexpr std::size_t kOriginWidthMin = 16;
  std::size_t used = cells.size() - 1;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t width = kTable.at(i).width;
    const std::string blanks(width - std::min(width, cells.at(i).size()), ' ');
    out << (i == 0 ? "" : " ") << blanks << cells.at(i);
    used += width;
  }
  if (columns >= used + kOriginWidthMin) {
    out << "  " << cut(origin, columns - used - 3);
  }
  out << '\n';
}

void print_table(std::ostream& out, const std::vector<core::ViewRow>& rows, std::size_t columns) {
  std::array<std::string, kTable.size()> titles;
  for (std::size_t i = 0; i < titles.size(); ++i) {
    titles.at(i) = kTable.at(i).title;
  }
  print_line(out, titles, "HOST, INPUTS", columns);
  constexpr std::size_t kMinutes = 16;  // "2026-06-01T04:00"
  for (const core::ViewRow& row : rows) {
    const PastRun run(row);
    std::string started = text_in(row, "started_at").substr(0, kMinutes);
    std::replace(started.begin(), started.end(), 'T', ' ');
    const auto took = run.took();
    print_line(out,
               {text_in(row, "run_id"), started, took ? format_duration(*took) : "-",
                text_in(row, "queried"), text_in(row, "succeeded"), text_in(row, "failed"),
                text_in(row, "videos_downloaded"),
                run.has_ended() ? format_size(number_in(row, "bytes")) : "",
                run.has_ended() ? text_in(row, "exit_code") : "-"},
               run.origin(), columns);
    if (const std::string what = run.trouble(); !what.empty()) {
      out << std::string(kTable.front().width + 1, ' ') << what << '\n';
    }
  }
}

void print_run(std::ostream& out, const core::ViewRow& row) {
  constexpr std::size_t kNameWidth = 18;
  out << "run " << text_in(row, "run_id") << '\n';
  for (const auto& [name, value] : row) {
    if (value && name != "run_id") {
      out << "  " << padded(name, kNameWidth) << ' ' << shown_in(row, name) << '\n';
    }
  }
  if (const std::string what = PastRun(row).trouble(); !what.empty()) {
    out << "  " << padded("what went wrong", kNameWidth) << ' ' << what << '\n';
  }
}

std::vector<std::int64_t> run_numbers(const std::vector<std::string>& texts) {
  std::vector<std::int64_t> numbers;
  for (const std::string& text : texts) {
    const auto number = parse_run_number(text);
    if (!number) {
      throw core::UsageError("not the number of a run, as `reeltally runs` lists them: " +
                             core::printable(text, kCellShownMax));
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
      print_table(out, rows, terminal_columns(STDOUT_FILENO, settings.environment()));
    }
    for (std::size_t i = 0; as_json && i < rows.size(); ++i) {
      print_run_json(out, rows.at(i));
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
      print_run_json(out, *row);
    } else {
      print_run(out, *row);
    }
  }
  return code;
}

}  // namespace cmd
