#include "cmd/report/report_check.h"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>

#include "cmd/cli/shared_task_warnings.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/report/close_refusals.h"
#include "cmd/report/closed_periods.h"
#include "core/billing/label_filter.h"
#include "core/billing/reports.h"
#include "core/error.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

constexpr std::size_t kValueShownMax = 60;

std::string shown_value(std::string_view value) {
  return value.empty() ? "none" : "`" + core::printable(value, kValueShownMax) + "`";
}

// Finds, and writes one line for each finding.
class ReportCheck {
 public:
  ReportCheck(const ReportPlan& plan, core::Reports& reports, bool json, std::ostream& out)
      : plan_(plan), reports_(reports), json_(json), out_(out) {}

  void write(std::string_view kind, const std::string& text);
  void check_lines();
  void check_labels();
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  void check_models(const std::map<std::string, std::int64_t>& models);

  const ReportPlan& plan_;
  core::Reports& reports_;
  bool json_;
  std::ostream& out_;
  std::uint64_t count_ = 0;
};

void ReportCheck::write(std::string_view kind, const std::string& text) {
  ++count_;
  if (json_) {
    print_json(
        out_, {{"type", "finding"}, {"period", plan_.period.name}, {"kind", kind}, {"text", text}});
  } else {
    out_ << plan_.period.name << ": " << text << '\n';
  }
}

void ReportCheck::check_lines() {
  UnpricedLines unpriced;
  LackingTerms lacking(plan_.terms);
  std::map<std::string, std::int64_t> models;
  reports_.each_line(plan_.query, plan_.pricing(), plan_.zone, [&](const core::ReportLine& line) {
    unpriced.add(line);
    lacking.add(line);
    if (!line.corrects() && line.charge.kind == core::LineKind::main &&
        !line.task.facts.model.empty()) {
      ++models[line.task.facts.model];
    }
  });
  if (unpriced.count() > 0) {
    write("unpriced", unpriced.text(reports_.closed_periods()));
  }
  if (lacking.unconverted().count() > 0) {
    write("unconverted", lacking.unconverted().text());
  }
  if (lacking.unsold().count() > 0) {
    write("unsold", lacking.unsold().text());
  }
  check_models(models);
}

// Without earlier tasks every model would be new, and none is news.
void ReportCheck::check_models(const std::map<std::string, std::int64_t>& models) {
  std::map<std::string, std::int64_t> fresh = models;
  bool any_before = false;
  core::ReportQuery before = plan_.query;
  before.begin = core::parse_period("2000", plan_.zone).begin;
  before.end = plan_.period.begin;
  before.time = core::ReportTime::submit;
  before.labels = false;
  reports_.sum_lines(before, {}, plan_.zone, [&](const core::ReportLine& line, std::int64_t) {
    any_before = true;
    fresh.erase(line.task.facts.model);
  });
  if (!any_before || fresh.empty()) {
    return;
  }
  std::string text;
  for (const auto& [model, tasks] : fresh) {
    text += (text.empty() ? "" : ", ") + core::printable(model, kValueShownMax) + " (" +
            format_count(static_cast<std::uint64_t>(tasks), "task") + ")";
  }
  write("new_model", format_count(fresh.size(), "new model") + ": " + text +
                         "; look whether the price book means them");
}

void ReportCheck::check_labels() {
  core::UtcTime begin = plan_.period.begin;
  for (const core::ClosedPeriod& closed : reports_.closed_periods()) {
    if (closed.period.begin < plan_.period.begin) {
      begin = closed.period.begin;  // in the end that of the last one before
    }
  }
  std::uint64_t tasks = 0;
  std::string example;
  const auto add = [&](const core::RelabelledTask& task) {
    if (!plan_.options.account.empty() && task.name.account != plan_.options.account) {
      return;
    }
    if (!core::passes(task.frozen, plan_.query.label_filter) &&
        !core::passes(task.now, plan_.query.label_filter)) {
      return;
    }
    if (++tasks == 1) {
      const std::string name = core::differing_label(task.frozen, task.now).value_or("");
      example = "task " + core::printable(task.name.task_id, kValueShownMax) + ": " +
                core::printable(name, kValueShownMax) + " was " +
                shown_value(core::label_value(task.frozen, name)) + " and is " +
                shown_value(core::label_value(task.now, name));
    }
  };
  reports_.source().each_relabelled(begin, plan_.period.end, add);
  if (tasks > 0) {
    write("labels_changed",
          format_count(tasks, "task") +
              " of closed periods with other labels now, which their lines do not show (" +
              example + ")");
  }
}

}  // namespace

ExitCode check_report(const Settings& settings, const ReportOptions& options, Log& log,
                      std::ostream& out) {
  ReportPlan plan(options);
  core::Reports reports(storage::open_billing_source(options.ledger));
  plan.choose_account(reports.source().accounts());
  if (plan.adopt(reports.closed_periods(), log) == nullptr && !plan.prices) {
    throw core::UsageError("report --check looks for lines without a cost; add --prices FILE");
  }
  require_unchanged_periods(reports, plan.query);
  ReportCheck check(plan, reports, settings.flag("json") || options.format == "json", out);
  check.check_lines();
  warn_of_shared_tasks(settings, options.ledger, core::SharedTaskScope::ledger,
                       [&check](const std::string& text, const std::string& advice) {
                         check.write("two_accounts", text + "; " + advice);
                       });
  check.check_labels();
  if (check.count() == 0) {
    log.note(plan.period.name + ": nothing to look into");
    return ExitCode::ok;
  }
  log.error(plan.period.name + ": " + format_count(check.count(), "finding"));
  return ExitCode::partly;
}

}  // namespace cmd
