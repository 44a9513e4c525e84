#include "cmd/run/metrics_file.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <utility>

#include "core/files/atomic_file.h"

namespace cmd {
namespace {

constexpr std::string_view kLastSuccess = "reeltally_last_success_timestamp_seconds";

// Milliseconds as seconds with three decimals, exactly.
std::string seconds_text(std::int64_t milliseconds) {
  const bool negative = milliseconds < 0;
  const auto magnitude = static_cast<std::uint64_t>(negative ? -milliseconds : milliseconds);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%s%llu.%03llu", negative ? "-" : "",
                static_cast<unsigned long long>(magnitude / 1000),
                static_cast<unsigned long long>(magnitude % 1000));
  return text.data();
}

std::string time_text(core::UtcTime time) { return seconds_text(time.time_since_epoch().count()); }

// Escapes backslash, quote and line feed, as the format requires.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out;
}

class Page {
 public:
  // Starts a metric: the format requires that its samples follow directly.
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view value) {
    text_.append(name_).append(" ").append(value).append("\n");
  }
  void sample(std::string_view label, std::string_view label_value, std::string_view value) {
    text_.append(name_).append("{").append(label).append("=\"").append(escaped(label_value));
    text_.append("\"} ").append(value).append("\n");
  }
  void gauge(std::string_view name, std::string_view help, std::string_view value) {
    begin(name, "gauge", help);
    sample(value);
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    begin(name, "counter", help);
    sample(std::to_string(value));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

void add_tasks(Page& page, const core::LedgerTotals& ledger, core::UtcTime now) {
  page.begin("reeltally_tasks", "gauge", "Tasks in the ledger by state.");
  page.sample("state", "unfinished", std::to_string(ledger.unfinished));
  page.sample("state", "succeeded", std::to_string(ledger.succeeded));
  page.sample("state", "failed", std::to_string(ledger.failed));
  page.sample("state", "missing", std::to_string(ledger.missing));
  page.gauge("reeltally_tasks_stale", "Unfinished tasks that are no longer queried.",
             std::to_string(ledger.stale));
  if (!ledger.oldest_unfinished) {
    return;
  }
  const auto age = now - *ledger.oldest_unfinished;
  page.gauge("reeltally_oldest_pending_age_seconds",
             "Age of the oldest unfinished task when the last run ended.",
             seconds_text(age.count()));
}

void add_videos(Page& page, const core::LedgerTotals& ledger) {
  page.begin("reeltally_videos", "gauge", "Videos in the ledger by state.");
  page.sample("state", "wanted", std::to_string(ledger.videos_wanted));
  page.sample("state", "done", std::to_string(ledger.videos_done));
  page.sample("state", "failed", std::to_string(ledger.videos_failed));
  page.sample("state", "expired", std::to_string(ledger.videos_expired));
  page.counter("reeltally_videos_expired_total",
               "Videos whose link expired before they were downloaded.", ledger.videos_expired);
  if (!ledger.soonest_expiry) {
    return;
  }
  page.gauge("reeltally_soonest_expiry_timestamp_seconds",
             "Earliest expiry of the links of videos that are still wanted.",
             time_text(*ledger.soonest_expiry));
}

void add_totals(Page& page, const core::LedgerTotals& ledger) {
  page.counter("reeltally_runs_total", "Runs in the ledger.", ledger.runs);
  page.counter("reeltally_queries_total", "Answers recorded in the ledger.", ledger.answers);
  page.counter("reeltally_downloaded_bytes_total", "Bytes of all videos downloaded.",
               static_cast<std::uint64_t>(ledger.video_bytes));
}

void add_crew(Page& page, const std::vector<core::CrewRun>& crew) {
  const auto each = [&](std::string_view name, std::string_view help, const auto& value) {
    page.begin(name, "gauge", help);
    for (const core::CrewRun& run : crew) {
      page.sample("run", std::to_string(run.run), value(run));
    }
  };
  if (crew.empty()) {
    return;
  }
  each("reeltally_crew_run_alive", "1 for a run of the crew that is at work.",
       [](const core::CrewRun& run) {
         return std::string(run.state == core::CrewRun::State::alive ? "1" : "0");
       });
  each("reeltally_crew_run_alive_until_timestamp_seconds", "End of the lease of a crew's run.",
       [](const core::CrewRun& run) { return time_text(run.alive_until); });
  each("reeltally_crew_run_answers", "Answers that a crew's run has recorded.",
       [](const core::CrewRun& run) { return std::to_string(run.answers); });
  each("reeltally_crew_run_open_tasks", "Tasks that a crew's run still has to query.",
       [](const core::CrewRun& run) { return std::to_string(run.open_tasks); });
  each("reeltally_crew_run_open_videos", "Videos that a crew's run still has to download.",
       [](const core::CrewRun& run) { return std::to_string(run.open_videos); });
  each("reeltally_crew_run_rate_share",
       "Queries per second that a crew's run may send; 0: no rate.",
       [](const core::CrewRun& run) { return std::to_string(run.rate_share.value_or(0)); });
}

void add_last_run(Page& page, const Metrics& metrics) {
  page.gauge("reeltally_last_run_timestamp_seconds", "When the last run ended.",
             time_text(metrics.last_run_end));
  page.gauge("reeltally_last_run_duration_seconds", "How long the last run took.",
             seconds_text(static_cast<std::int64_t>(metrics.last_run_seconds * 1000)));
  page.gauge("reeltally_last_run_exit_code", "Exit code of the last run.",
             std::to_string(metrics.last_run_exit_code));
  page.gauge("reeltally_last_run_requests", "Queries the last run sent, retries included.",
             std::to_string(metrics.last_run_requests));
  page.gauge("reeltally_last_run_retries", "Queries and downloads the last run tried again.",
             std::to_string(metrics.last_run_retries));
  page.gauge("reeltally_last_run_rejected_rows", "Input rows the last run could not use.",
             std::to_string(metrics.last_run_rejected_rows));
  page.gauge("reeltally_last_run_not_answered", "Tasks the last run gave up on.",
             std::to_string(metrics.last_run_not_answered));
  page.gauge("reeltally_last_run_unrecognised",
             "Tasks of the last run with an answer of unknown shape or status.",
             std::to_string(metrics.last_run_unrecognised));
  if (!metrics.last_run_errors.empty()) {
    page.begin("reeltally_last_run_errors", "gauge", "Errors of the last run by kind.");
    for (const auto& [kind, count] : metrics.last_run_errors) {
      page.sample("kind", kind, std::to_string(count));
    }
  }
  if (metrics.last_success) {
    page.gauge(kLastSuccess, "When the last run with exit code 0 ended.",
               time_text(*metrics.last_success));
  }
}

void add_budgets(Page& page, const std::vector<BudgetState>& budgets) {
  const auto each = [&](std::string_view name, std::string_view help, const auto& value) {
    bool begun = false;
    for (const BudgetState& state : budgets) {
      const std::optional<core::Decimal> amount = value(state);
      if (amount && !std::exchange(begun, true)) {
        page.begin(name, "gauge", help);
      }
      if (amount) {
        page.sample("budget", state.name, amount->text());
      }
    }
  };
  each("reeltally_budget_amount",
       "What the tasks of a budget may cost in a month, in its currency.",
       [](const BudgetState& state) { return std::optional(state.budget.amount); });
  each("reeltally_budget_used", "What they cost in this month so far.",
       [](const BudgetState& state) { return std::optional(state.used); });
  each("reeltally_budget_estimate", "What they will cost by the end of this month.",
       [](const BudgetState& state) { return state.estimate; });
}

std::optional<core::UtcTime> parse_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  std::int64_t milliseconds = 0;
  const auto [point, error] = std::from_chars(text.begin(), text.end(), seconds);
  constexpr std::int64_t kSecondsMax = 253'402'300'800;  // the year 10000
  const bool usable = error == std::errc() && seconds >= 0 && seconds < kSecondsMax;
  if (!usable || text.end() - point != 4 || *point != '.') {
    return std::nullopt;
  }
  const auto [end, fraction_error] = std::from_chars(point + 1, text.end(), milliseconds);
  if (fraction_error != std::errc() || end != text.end() || milliseconds < 0) {
    return std::nullopt;
  }
  return core::UtcTime(std::chrono::milliseconds(seconds * 1000 + milliseconds));
}

}  // namespace

std::string metrics_text(const Metrics& metrics) {
  Page page;
  page.begin("reeltally_build_info", "gauge", "Version of the program that wrote this file.");
  page.sample("version", metrics.version, "1");
  if (metrics.ledger) {
    add_tasks(page, *metrics.ledger, metrics.last_run_end);
    add_videos(page, *metrics.ledger);
    add_totals(page, *metrics.ledger);
  }
  add_crew(page, metrics.crew);
  add_budgets(page, metrics.budgets);
  add_last_run(page, metrics);
  return page.take();
}

void write_metrics_file(const std::string& path, const Metrics& metrics) {
  core::write_atomically(path, metrics_text(metrics), core::kReadableByAll);
}

std::optional<core::UtcTime> last_success_of(const std::string& path) {
  constexpr int kLinesMax = 1000;
  std::ifstream file(path);
  std::string line;
  for (int count = 0; count < kLinesMax && std::getline(file, line); ++count) {
    std::string_view rest = line;
    if (!rest.starts_with(kLastSuccess)) {
      continue;
    }
    rest.remove_prefix(kLastSuccess.size());
    if (rest.starts_with(' ')) {
      return parse_seconds(rest.substr(1));
    }
  }
  return std::nullopt;
}

}  // namespace cmd
