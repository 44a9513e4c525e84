#include "cmd/reconcile_gateway.h"

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "cmd/cli/units.h"
#include "cmd/os/csv_rows.h"
#include "cmd/os/json_text.h"
#include "cmd/report/compared_lines.h"
#include "cmd/report/unusable_rows.h"
#include "cmd/run/gateway_lists.h"
#include "core/billing/billing.h"
#include "core/billing/gateway_books.h"
#include "core/billing/reports.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/gateway/log_rows.h"
#include "core/text/ascii.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;
using core::GatewayBooks;

// A charge is booked at the submit, a settlement after the end: what is so near to the period may
// belong to a task of it. Longer than a gateway lets a task run (gateway.md, section 3).
constexpr std::chrono::hours kMargin{72};
constexpr std::size_t kIdBytesMax = 500;

ReportOptions period_to_ask_for(const Settings& settings) {
  ReportOptions options = compared_period(settings);
  if (!names_a_period(options)) {
    throw core::UsageError(
        "reconcile --from-gateway needs --period, or --from and --to: the gateway's log may be "
        "long");
  }
  return options;
}

// Our tasks of the period, and those near it.
class OurBooks {
 public:
  OurBooks(ReportOptions period, const Settings& settings, Log& log)
      : lines_(std::move(period), settings.text("account"), log) {}

  [[nodiscard]] const core::Period& period() const { return lines_.plan().period; }
  void add_to(GatewayBooks& books) {
    if (!lines_.choose_account()) {
      return;
    }
    const core::UtcTime begin = lines_.plan().query.begin;
    const core::UtcTime end = lines_.plan().query.end;
    add_lines(books, begin, end, true);
    add_lines(books, begin - kMargin, begin, false);
    add_lines(books, end, end + kMargin, false);
    add_open(books, begin - kMargin, end + kMargin);
  }

 private:
  void add_lines(GatewayBooks& books, core::UtcTime begin, core::UtcTime end, bool in_period) {
    core::ReportQuery query = lines_.plan().query;
    query.begin = begin;
    query.end = end;
    lines_.reports().each_line(query, {}, lines_.plan().zone, [&](const core::ReportLine& line) {
      if (line.charge.kind != core::LineKind::main) {
        return;
      }
      const core::FinishedTask& task = line.task;
      books.add_ours({.task_id = task.task_id,
                      .request_id = task.facts.request_id,
                      .state = task.succeeded ? core::BookedTask::State::succeeded
                                              : core::BookedTask::State::failed,
                      .quota = core::kept_quota(task),
                      .takes_back = line.reversal,
                      .keeps_quota = core::is_not_shown_as_refunded(task),
                      .in_period = in_period});
    });
  }

  void add_open(GatewayBooks& books, core::UtcTime begin, core::UtcTime end) {
    core::ReportQuery query = lines_.plan().query;
    query.begin = begin;
    query.end = end;
    lines_.reports().source().each_open_task(query, [&books](const core::OpenTask& task) {
      books.add_ours({.task_id = task.task_id,
                      .request_id = task.request_id,
                      .state = task.missing ? core::BookedTask::State::missing
                                            : core::BookedTask::State::unfinished,
                      .quota = core::Decimal(),
                      .takes_back = false,
                      .keeps_quota = false,
                      .in_period = false});
    });
  }

  ComparedLines lines_;
};

// A text with NUL cannot be sorted; no gateway has such an ID.
bool has_zero_byte(const core::LogRow& row) {
  return (row.task_id + row.request_id).find('\0') != std::string::npos;
}

// The gateway's log of the period, and near it.
class TheirBooks {
 public:
  TheirBooks(const Settings& settings, const core::Period& period)
      : account_(chosen_account(settings)),
        api_(user_api(account_, settings, {.retries = settings.count("retries")})),
        key_(standing_of_key(account_, settings)),
        period_(period) {}

  void add_to(GatewayBooks& books) {
    for (const core::LogType type : {core::LogType::charge, core::LogType::refund}) {
      add_rows(books, type);
    }
  }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t unusable() const { return unusable_; }
  [[nodiscard]] std::uint64_t requests() const { return api_.requests(); }
  /// What the gateway says that the key has used, if all rows about it were read; else none.
  [[nodiscard]] std::optional<core::Decimal> total_used() {
    if (!key_ || period_.end + kMargin < now_) {
      return std::nullopt;
    }
    for (const core::LogType type : {core::LogType::charge, core::LogType::refund}) {
      const core::UserListQuery before{.from = {},
                                       .to = period_.begin - kMargin - std::chrono::seconds(1)};
      core::UserListPage page;
      api_.read(core::log_list_path(before, type, 1), page);
      if (page.total() != 0) {
        return std::nullopt;
      }
    }
    return core::Decimal::parse(key_->used);
  }

 private:
  void add_rows(GatewayBooks& books, core::LogType type) {
    const core::UserListQuery query{
        .from = period_.begin - kMargin,
        .to = std::min(period_.end + kMargin - std::chrono::seconds(1), now_)};
    core::JsonDocument inner;
    api_.each([&](std::int64_t page) { return core::log_list_path(query, type, page); },
              [&](core::JsonValue item) {
                ++rows_;
                const auto row = core::read_log_row(item, type, inner);
                if (!row || has_zero_byte(*row)) {
                  ++unusable_;
                  return;
                }
                books.add_theirs(*row, period_.begin <= row->at && row->at < period_.end,
                                 key_ && row->key_name == key_->name);
              });
  }
  Account account_;
  core::UserApi api_;
  std::optional<core::KeyStanding> key_;  // of the account's API key, if the gateway tells
  const core::Period& period_;
  core::UtcTime now_ = core::SystemClock().utc();  // a fixed end: new rows shift no pages
  std::uint64_t rows_ = 0;
  std::uint64_t unusable_ = 0;
};

// The rows of an export of the log.
class ExportedBooks {
 public:
  ExportedBooks(core::TaskList& list, Log& log) : list_(list), unusable_(list.source(), log) {}

  void add_to(GatewayBooks& books, const core::Period& period) {
    while (const auto row = list_.next()) {
      ++rows_;
      other_type_ = false;
      const auto* task = std::get_if<core::WantedTask>(&*row);
      const auto read = task == nullptr ? std::nullopt : row_of(*task);
      if (read) {
        books.add_theirs(*read, period.begin <= read->at && read->at < period.end, false);
      } else if (!other_type_) {
        unusable_.add(list_.line(),
                      "no row of the gateway's log with a quota and a time in seconds");
      }
    }
  }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t unusable() const { return unusable_.count(); }

 private:
  // `other_type_`: none, because the row is neither a charge nor a refund.
  std::optional<core::LogRow> row_of(const core::WantedTask& task) {
    const auto cell = [&](const char* name) {
      return core::find_label(task.labels, list_.columns().label_named(name));
    };
    const auto type = core::log_type_of(cell("type"));
    other_type_ = !type;
    if (!type) {
      return std::nullopt;
    }
    auto row = core::read_log_cells({.created_at = cell("created_at"),
                                     .quota = cell("quota"),
                                     .request_id = cell("request_id"),
                                     .token_name = cell("token_name"),
                                     .other = cell("other")},
                                    *type, inner_);
    return row && !has_zero_byte(*row) ? row : std::nullopt;
  }

  core::TaskList& list_;
  UnusableRows unusable_;
  core::JsonDocument inner_;
  bool other_type_ = false;
  std::uint64_t rows_ = 0;
};

// Writes differences as they are found.
class BookDifferences {
 public:
  BookDifferences(bool as_json, std::ostream& out) : out_(out) {
    if (!as_json) {
      constexpr std::array<std::string_view, 5> kColumns{"result", "task_id", "request_id", "ours",
                                                         "theirs"};
      csv_ = std::make_unique<CsvRows>(out, kColumns);
    }
  }
  void write(const GatewayBooks::Difference& one) {
    if (!csv_) {
      print_json(out_, {{"type", "difference"},
                        {"result", core::name(one.result)},
                        {"task_id", json_or_null(one.task_id)},
                        {"request_id", json_or_null(one.request_id)},
                        {"ours", amount(one.ours)},
                        {"theirs", amount(one.theirs)}});
      return;
    }
    core::CsvWriter& cells = csv_->cells();
    cells.text(core::name(one.result));
    cells.text(core::printable(one.task_id, kIdBytesMax));
    cells.text(core::printable(one.request_id, kIdBytesMax));
    cells.number(one.ours ? one.ours->text() : "");
    cells.number(one.theirs ? one.theirs->text() : "");
    csv_->end_row();
  }

 private:
  static Json json_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(core::printable(text, kIdBytesMax));
  }
  static Json amount(const std::optional<core::Decimal>& amount) {
    return amount ? exact_number(*amount) : Json();
  }

  std::ostream& out_;
  std::unique_ptr<CsvRows> csv_;  // null: JSON
};

// All that is said at the end.
struct BooksSummary {
  GatewayBooks::Counts counts;
  std::uint64_t rows = 0;
  std::uint64_t unusable = 0;
  std::uint64_t requests = 0;
  std::optional<core::Decimal> total_used;

  [[nodiscard]] bool unjoined_differs() const {
    return !(counts.unjoined_ours == counts.unjoined_theirs);
  }
  [[nodiscard]] bool key_differs() const { return total_used && !(*total_used == counts.key_net); }
  // Sums at the border of a period, and of a key in use, differ for a while by what is under way:
  // they are told, but are no finding.
  [[nodiscard]] std::uint64_t differing() const {
    return counts.different + counts.only_ours + counts.only_theirs + counts.unrefunded_failures +
           unusable;
  }
  [[nodiscard]] bool is_fine() const { return differing() == 0; }
  [[nodiscard]] Json json() const;
  void tell(Log& log) const;
};

Json BooksSummary::json() const {
  return {{"type", "reconciliation"},
          {"by", "log"},
          {"matched", counts.matched},
          {"different", counts.different},
          {"only_ours", counts.only_ours},
          {"only_theirs", counts.only_theirs},
          {"unfinished", counts.unfinished},
          {"unrefunded_failures", counts.unrefunded_failures},
          {"other_period", counts.other_period},
          {"kept_quota", counts.kept_quota},
          {"ours", exact_number(counts.ours)},
          {"theirs", exact_number(counts.theirs)},
          {"unjoined", counts.unjoined},
          {"unjoined_ours", exact_number(counts.unjoined_ours)},
          {"unjoined_theirs", exact_number(counts.unjoined_theirs)},
          {"other_rows", counts.other_rows},
          {"other_usage", exact_number(counts.other_usage)},
          {"total_used", total_used ? exact_number(*total_used) : Json()},
          {"key_net", total_used ? exact_number(counts.key_net) : Json()},
          {"rows", rows},
          {"unusable", unusable},
          {"requests", requests}};
}

void BooksSummary::tell(Log& log) const {
  const auto number = [](std::uint64_t count) { return std::to_string(count); };
  log.note("tasks by the gateway's log: " + number(counts.matched) + " matched, " +
           number(counts.different) + " different, " + number(counts.only_ours) + " only ours, " +
           number(counts.only_theirs) + " only theirs, " + number(counts.unrefunded_failures) +
           " failed and not refunded, " + number(counts.unfinished) + " unfinished, " +
           number(counts.other_period) + " billed in another period");
  log.note("quota of the period: ours " + counts.ours.text() + ", theirs " + counts.theirs.text() +
           (counts.other_rows == 0 ? ""
                                   : "; " + format_count(counts.other_rows, "row") +
                                         " about other usage: " + counts.other_usage.text()));
  if (counts.unjoined > 0 || unjoined_differs()) {
    const std::string text =
        format_count(counts.unjoined, "task") +
        " without a request ID, compared in sum with the charges of no known request: ours " +
        counts.unjoined_ours.text() + ", theirs " + counts.unjoined_theirs.text();
    unjoined_differs() ? log.warning(text) : log.note(text);
  }
  if (counts.kept_quota > 0) {
    log.note("this gateway keeps the quota of failures in its answers after the refund: " +
             format_count(counts.kept_quota, "task"));
  }
  if (unusable > 0) {
    log.warning(format_count(unusable, "row") + " of the log without a usable amount or time");
  }
  if (total_used) {
    const std::string text = "the API key has used " + total_used->text() +
                             " by the gateway's own count, " + counts.key_net.text() +
                             " by its log";
    key_differs() ? log.warning(text) : log.note(text);
  }
}

ExitCode finish_books(const Settings& settings, GatewayBooks& books, BooksSummary& summary,
                      Log& log, std::ostream& out) {
  const bool as_json = settings.flag("json");
  BookDifferences writer(as_json, out);
  summary.counts = books.compare([&writer](const auto& one) { writer.write(one); });
  if (as_json) {
    print_json(out, summary.json());
  } else {
    summary.tell(log);
  }
  return summary.is_fine() ? ExitCode::ok : ExitCode::partly;
}

}  // namespace

LogComparison compare_with_log(const Settings& settings, ReportOptions period, Log& log) {
  OurBooks ours(std::move(period), settings, log);
  TheirBooks theirs(settings, ours.period());
  GatewayBooks books;
  theirs.add_to(books);
  ours.add_to(books);
  BooksSummary summary{.counts = books.compare([](const auto&) {}), .total_used = std::nullopt};
  summary.unusable = theirs.unusable();
  return {.ours = summary.counts.ours,
          .theirs = summary.counts.theirs,
          .matched = summary.counts.matched,
          .differing = summary.differing(),
          .unfinished = summary.counts.unfinished,
          .other_period = summary.counts.other_period,
          .is_fine = summary.is_fine()};
}

ExitCode reconcile_with_gateway(const Settings& settings, Log& log, std::ostream& out) {
  OurBooks ours(period_to_ask_for(settings), settings, log);
  TheirBooks theirs(settings, ours.period());
  GatewayBooks books;
  theirs.add_to(books);
  ours.add_to(books);
  BooksSummary summary{.counts = {}, .total_used = theirs.total_used()};
  summary.rows = theirs.rows();
  summary.unusable = theirs.unusable();
  summary.requests = theirs.requests();
  return finish_books(settings, books, summary, log, out);
}

bool is_log_export(const core::TaskList& list) {
  const core::ListColumns& columns = list.columns();
  return core::equal_but_for_case(columns.id_name(), "id") && columns.given().empty() &&
         columns.has_label("request_id") && columns.has_label("quota") &&
         columns.has_label("created_at") && columns.has_label("type") && columns.has_label("other");
}

ExitCode reconcile_with_export(const Settings& settings, core::TaskList& list, Log& log,
                               std::ostream& out) {
  log.note(list.source() +
           ": an export of the gateway's log: charges by `request_id`, settlements and refunds by "
           "the task that `other` names; `id` is the number of a row");
  ReportOptions period = compared_period(settings);
  if (!names_a_period(period)) {
    cover_all_time(period);
  }
  OurBooks ours(std::move(period), settings, log);
  ExportedBooks theirs(list, log);
  GatewayBooks books;
  theirs.add_to(books, ours.period());
  ours.add_to(books);
  BooksSummary summary{.counts = {},
                       .rows = theirs.rows(),
                       .unusable = theirs.unusable(),
                       .requests = 0,
                       .total_used = std::nullopt};
  return finish_books(settings, books, summary, log, out);
}

}  // namespace cmd
