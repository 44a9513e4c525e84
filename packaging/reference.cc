#include "packaging/reference.h"

#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "cmd/cli/commands.h"
#include "cmd/cli/exit_code.h"
#include "cmd/cli/help.h"
#include "cmd/cli/options.h"
#include "cmd/history/overview_text.h"
#include "cmd/run/metrics_file.h"
#include "cmd/run/summary.h"
#include "core/billing/line_csv.h"
#include "core/text/join.h"
#include "packaging/cost_notes.h"
#include "packaging/json_objects.h"
#include "storage/sqlite/view_columns.h"

namespace packaging {
namespace {

using Cells = std::vector<std::string>;

// Two marks around a text that has one.
std::string code(std::string_view text) {
  const std::string mark(text.find('`') == std::string_view::npos ? "`" : "``");
  return mark + std::string(text) + mark;
}

// A cell of a table may hold neither a bar nor a line feed.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
  }
  return out;
}

void add_row(std::string& page, const Cells& cells) {
  page += "|";
  for (const std::string& one : cells) {
    page += " " + cell(one) + " |";
  }
  page += "\n";
}

void begin_table(std::string& page, const Cells& titles) {
  add_row(page, titles);
  page += "|";
  for (std::size_t i = 0; i < titles.size(); ++i) {
    page += "---|";
  }
  page += "\n";
}

void begin_section(std::string& page, const std::string& title, const std::string& text) {
  page += "\n## " + title + "\n\n";
  page += text.empty() ? "" : text + "\n\n";
}

void add_commands(std::string& page) {
  begin_section(page, "Commands", "");
  begin_table(page, {"command", "arguments", "what it does", "exit codes"});
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    std::string codes;
    for (const cmd::ExitCode one : command.exit_codes) {
      codes += (codes.empty() ? "" : " ") + std::to_string(cmd::exit_number(one));
    }
    add_row(page, {code("reeltally " + std::string(command.name)),
                   command.arguments.empty() ? "" : code(command.arguments),
                   std::string(command.summary), codes});
  }
}

std::string commands_of(const cmd::OptionSpec& option) {
  std::string names;
  std::size_t count = 0;
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    if (cmd::is_listed(option, command.command)) {
      names += (names.empty() ? "" : ", ") + std::string(command.name);
      ++count;
    }
  }
  return count == cmd::command_table().size() ? "all" : names;
}

std::string places_of(const cmd::OptionSpec& option) {
  switch (option.scope) {
    case cmd::OptionScope::setting:
      return code(cmd::environment_name(option.name)) + ", " + code(option.name);
    case cmd::OptionScope::no_file:
      return code(cmd::environment_name(option.name));
    case cmd::OptionScope::command_line:
      break;
  }
  return "";
}

std::string default_of(const cmd::OptionSpec& option) {
  if (!cmd::takes_value(option.type)) {
    return "";
  }
  return option.default_value.empty() ? std::string(option.default_note)
                                      : code(option.default_value);
}

std::string synopsis_of(const cmd::OptionSpec& option) {
  std::string text = cmd::option_synopsis(option);
  return text.substr(text.find_first_not_of(' '));
}

void add_options(std::string& page) {
  begin_section(page, "Options and settings",
                "A setting is an option, an environment variable and a key of the configuration "
                "file, and the first of these\nthat is set counts. What has neither variable nor "
                "key is given for one call.");
  for (const cmd::OptionGroup group : cmd::option_groups()) {
    page += "### " + std::string(cmd::title(group)) + "\n\n";
    begin_table(page, {"option", "variable, key", "default", "commands", "what it does"});
    for (const cmd::OptionSpec& option : cmd::option_table()) {
      if (option.group == group) {
        add_row(page, {code(synopsis_of(option)), places_of(option), default_of(option),
                       commands_of(option), std::string(option.help)});
      }
    }
    page += "\n";
  }
  page.pop_back();
}

void add_exit_codes(std::string& page) {
  begin_section(page, "Exit codes", "");
  begin_table(page, {"code", "meaning"});
  for (const cmd::ExitMeaning& one : cmd::exit_meanings()) {
    add_row(page, {std::to_string(cmd::exit_number(one.code)), std::string(one.meaning)});
  }
}

std::string keys_of(const nlohmann::ordered_json& object) {
  std::string keys;
  for (auto one = object.begin(); one != object.end(); ++one) {
    if (one.key() != "type") {
      keys += (keys.empty() ? "" : " ") + one.key();
    }
  }
  return keys;
}

std::string columns_of(std::string_view view, const std::vector<storage::ViewColumns>& views) {
  for (const storage::ViewColumns& one : views) {
    if (one.name == view) {
      return core::join(one.columns, " ");
    }
  }
  return "";
}

std::string totals_keys() {
  std::ostringstream out;
  cmd::print_overview_json(out, {}, {});
  return keys_of(nlohmann::ordered_json::parse(out.str()));
}

void add_json_objects(std::string& page, const std::vector<storage::ViewColumns>& views) {
  begin_section(
      page, "JSON objects",
      "With `--json` each line of standard output is one object, whose key `type` says "
      "which. Numbers are numbers, times are\nISO 8601 in UTC, what is not known is null. "
      "In `usage` and in totals by currency numbers are text, exactly as they\nwere sent "
      "or computed.");
  begin_table(page, {"command", "type", "keys", "what it is"});
  const auto add = [&page](const std::string& command, const std::string& type,
                           const std::string& keys, const std::string& meaning) {
    add_row(page, {code(command), code(type), code(keys), meaning});
  };
  add("run", "summary", keys_of(nlohmann::ordered_json::parse(cmd::summary_json(cmd::Summary()))),
      "the numbers of a run, also in --status-file and for --on-end (operating.md)");
  add("status", "totals", totals_keys(),
      "the ledger; `groups` has `account model tasks unfinished succeeded failed missing "
      "videos_done bytes`, `pending` has `account tasks videos`, `last_run` is as `run`");
  add("status TASK_ID", "task", columns_of("v_task", views), "a task");
  add("status TASK_ID", "snapshot", columns_of("v_snapshot", views) + " usage answer",
      "an answer about it");
  add("status TASK_ID", "video", columns_of("v_video", views), "a video of it");
  add("runs", "run", columns_of("v_run", views), "a past run");
  for (const JsonObject& one : kJsonObjects) {
    add(std::string(one.commands), std::string(one.type), std::string(one.keys),
        std::string(one.meaning));
  }
}

void add_columns(std::string& page, const std::vector<core::ReportColumn>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const core::ReportColumn& column : columns) {
    names.push_back(column.name);
  }
  page += "    " + core::join(names, " ") + "\n";
}

void add_report(std::string& page) {
  core::LineShape shape{.labels = {"NAME"}, .schema_version = 1'000'000};
  begin_section(page, "Columns of a report",
                "`report` by task, as CSV or JSON lines; a column `label_NAME` for each label:");
  add_columns(page, core::line_columns(shape));
  shape.terms = {.conversions = true, .resale = true};
  page += "\nWith `--rates` and `--resale` also:\n\n";
  auto columns = core::line_columns(shape);
  shape.terms = {};
  columns.erase(columns.begin(),
                columns.begin() + static_cast<std::ptrdiff_t>(core::line_columns(shape).size()));
  add_columns(page, columns);
  begin_section(page, "Values of cost_note",
                "Several stand with `; ` between them. The words in capitals stand for a value.");
  begin_table(page, {"value", "when"});
  for (const CostNote& note : cost_notes()) {
    add_row(page, {code(note.text), std::string(note.when)});
  }
}

void add_metrics(std::string& page) {
  begin_section(page, "Metrics", "Of `--metrics-file`. Some exist only where they have a value.");
  cmd::Metrics metrics;
  metrics.ledger.emplace();
  metrics.ledger->oldest_unfinished.emplace();
  metrics.ledger->soonest_expiry.emplace();
  metrics.crew.emplace_back();
  metrics.budgets.emplace_back().estimate.emplace();
  metrics.last_run_errors["KIND"] = 1;
  metrics.last_success.emplace();
  std::istringstream lines(cmd::metrics_text(metrics));
  begin_table(page, {"metric", "type", "what it is"});
  std::string help;
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kHelp = "# HELP ";
    constexpr std::string_view kType = "# TYPE ";
    if (line.starts_with(kHelp)) {
      help = line.substr(line.find(' ', kHelp.size()) + 1);
    } else if (line.starts_with(kType)) {
      const std::size_t space = line.rfind(' ');
      add_row(page, {code(line.substr(kType.size(), space - kType.size())), line.substr(space + 1),
                     help});
    }
  }
}

void add_views(std::string& page, const std::vector<storage::ViewColumns>& views) {
  begin_section(page, "Views of the ledger",
                "The same in SQLite and PostgreSQL; their names and columns are stable "
                "([ledger.md](ledger.md)).");
  begin_table(page, {"view", "columns"});
  for (const storage::ViewColumns& view : views) {
    add_row(page, {code(view.name), code(core::join(view.columns, " "))});
  }
}

}  // namespace

std::string reference_page() {
  const std::vector<storage::ViewColumns> views = storage::stable_views();
  std::string page =
      "# Reference\n\nMade by `packaging/` from the tables that the program itself uses: "
      "`cp build/dev/texts/reference.md docs/`.\n";
  add_commands(page);
  add_options(page);
  add_exit_codes(page);
  add_json_objects(page, views);
  add_report(page);
  add_metrics(page);
  add_views(page, views);
  return page;
}

}  // namespace packaging
