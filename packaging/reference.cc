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
#include "cmd/report/report_focus.h"
#include "cmd/report/report_groups.h"
#include "cmd/run/metrics_file.h"
#include "cmd/run/summary.h"
#include "core/billing/line_csv.h"
#include "core/domain/time_zone.h"
#include "core/text/join.h"
#include "packaging/cost_notes.h"
#include "packaging/json_objects.h"
#include "storage/sqlite/view_columns.h"

namespace packaging {
namespace {

using Cells = std::vector<std::string>;

constexpr core::ShownTerms kAllTerms{.conversions = true, .resale = true};

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

std::string names_behind(std::size_t first, const std::vector<core::ReportColumn>& columns) {
  std::vector<std::string> names;
  for (std::size_t i = first; i < columns.size(); ++i) {
    names.push_back(columns.at(i).name);
  }
  return core::join(names, " ");
}

std::string names_of(const std::vector<core::ReportColumn>& columns) {
  return names_behind(0, columns);
}

std::vector<core::ReportColumn> line_columns(core::ShownTerms terms) {
  constexpr int kNewest = 1'000'000;
  return core::line_columns({.labels = {"NAME"}, .schema_version = kNewest, .terms = terms});
}

std::vector<core::ReportColumn> group_columns(core::ShownTerms terms) {
  const core::TimeZone zone("UTC");
  return cmd::ReportGroups({{.kind = cmd::GroupKey::Kind::model, .name = "KEY"}}, zone, terms)
      .columns();
}

// In brackets what not each has: the one `column`, and those of `all` that are not in `usual`.
std::string optional(const std::vector<core::ReportColumn>& usual,
                     const std::vector<core::ReportColumn>& all, const std::string& column) {
  std::string names = names_of(usual);
  names.insert(names.find(column) + column.size(), "]").insert(names.find(column), "[");
  return names + " [" + names_behind(usual.size(), all) + "]";
}

void add_json_objects(std::string& page, const std::vector<storage::ViewColumns>& views) {
  begin_section(
      page, "JSON objects",
      "With `--json` each line of standard output is one object, whose key `type` says "
      "which. Numbers are numbers, times\nare ISO 8601 in UTC, what is not known is null. Amounts "
      "and values of `usage` have every digit as it was computed\nor sent. A reader that takes "
      "numbers for doubles rounds those of more than 15 digits: JavaScript, jq before 1.7 (Debian "
      "12\nhas 1.6), Python's `json` without `parse_float=decimal.Decimal`; sums of doubles are "
      "no longer exact in any case. What a\nvendor sent that is no number of JSON (`007`) is "
      "text. In `config` durations are seconds, sizes bytes.");
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
  add("report --format json", "line",
      optional(line_columns({}), line_columns(kAllTerms), "label_NAME"),
      "a line of a report by task");
  add("report --by KEY --format json", "group",
      optional(group_columns({}), group_columns(kAllTerms), "KEY"), "a group of lines");
  for (const JsonObject& one : kJsonObjects) {
    add(std::string(one.commands), std::string(one.type), std::string(one.keys),
        std::string(one.meaning));
  }
}

void add_columns(std::string& page, const std::string& title, const std::string& names) {
  page += "\n" + title + "\n\n    " + names + "\n";
}

void add_report(std::string& page) {
  begin_section(page, "Columns of a report",
                "`report` by task, as CSV or JSON lines; a column `label_NAME` for each label:");
  page += "    " + names_of(line_columns({})) + "\n";
  add_columns(page, "With `--rates` and `--resale` also:",
              names_behind(line_columns({}).size(), line_columns(kAllTerms)));
  add_columns(page, "With `--by KEY`, and a column for each KEY:", names_of(group_columns({})));
  add_columns(page, "With `--by KEY`, `--rates` and `--resale` also:",
              names_behind(group_columns({}).size(), group_columns(kAllTerms)));
  for (const char* version : {"1.4", "1.3", "1.2"}) {
    add_columns(page, std::string("With `--format focus --focus-version ") + version + "`:",
                names_of(cmd::FocusRows(version, {}, "").columns()));
  }
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
