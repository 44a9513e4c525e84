#include "storage/statements/finished_tasks.h"

#include <utility>

#include "storage/statements/fact_columns.h"
#include "storage/statements/stored_numbers.h"
#include "storage/statements/task_rules.h"

namespace storage {
namespace {

void fill_in(std::string& sql, std::string_view mark, std::string_view text) {
  for (std::size_t at = sql.find(mark); at != std::string::npos; at = sql.find(mark, at)) {
    sql.replace(at, mark.size(), text);
    at += text.size();
  }
}

constexpr std::string_view kChargedUnder = "{charged_under}";
constexpr const char* kLost =
    "EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id AND v.state = {expired})";
constexpr const char* kUnfrozen =
    " AND NOT EXISTS (SELECT 1 FROM report_line AS f WHERE f.task = t.id) ";

constexpr const char* kByTask =
    ", t.task_id, (SELECT n.name FROM account AS n WHERE n.id = t.account)";

// Statement parameters: 1 begin, 2 end. {then by} orders tasks with equal times, if that is asked
// for.
constexpr const char* kByFinish =
    "t.finish_time AS at FROM task AS t {by task_by_finish} {joins} WHERE t.state {finished} "
    "AND t.finish_time >= $1 AND t.finish_time < $2 {state} {account} {unfrozen} "
    "ORDER BY t.finish_time{then by}";
// Few gateways state no finish time; these tasks are sorted.
constexpr const char* kByFirstSeenFinished =
    "{seen} AS at FROM task AS t {by task_by_finish} {joins} WHERE t.state {finished} "
    "AND t.finish_time IS NULL AND {seen} >= $1 AND {seen} < $2 {state} {account} {unfrozen} "
    "ORDER BY at{then by}";
constexpr const char* kBySubmit =
    "{since} AS at FROM task AS t {joins} WHERE t.state {finished} AND {since} >= $1 AND "
    "{since} < $2 {state} {account} {unfrozen} ORDER BY at{then by}";
constexpr const char* kByKey =
    "coalesce(t.finish_time, {seen}) AS at FROM task AS t {joins} WHERE t.id = $1 AND "
    "t.state {finished} {unfrozen}";

const char* rest_of(core::TimeIndex index) {
  switch (index) {
    case core::TimeIndex::finish_time:
      return kByFinish;
    case core::TimeIndex::first_seen_finished:
      return kByFirstSeenFinished;
    case core::TimeIndex::submit_time:
      break;
  }
  return kBySubmit;
}

std::string statement(const FinishedColumns& selected, std::string_view rest,
                      const core::ReportQuery& query, bool unfrozen_only) {
  std::string sql = "SELECT ";
  ((sql += selected.columns) += ", ") += rest;
  fill_in(sql, kChargedUnder, selected.charged_under);
  fill_in(sql, "{seen}", first_seen_finished("t.id"));
  fill_in(sql, "{since}", kTaskSince);
  fill_in(sql, "{joins}", selected.joins);
  fill_in(sql, "{labels}", query.labels ? "t.labels" : "NULL");
  fill_in(sql, "{lost}", query.videos ? kLost : "0");
  fill_in(sql, "{state}",
          query.successes && query.failures ? ""
          : query.successes                 ? "AND t.state = {succeeded}"
                                            : "AND t.state = {failed}");
  fill_in(sql, "{succeeded}", sql_number(core::TaskState::succeeded));
  fill_in(sql, "{failed}", sql_number(core::TaskState::failed));
  fill_in(sql, "{expired}", sql_number(core::VideoState::expired));
  fill_in(sql, "{finished}", sql_in_finished_states());
  fill_in(sql, "{account}", account_condition(query, "t.account"));
  fill_in(sql, "{then by}", query.sorted ? kByTask : "");
  fill_in(sql, "{unfrozen}", unfrozen_only ? kUnfrozen : "");
  return sql;
}

}  // namespace

std::string first_seen_finished(std::string_view task) {
  std::string sql =
      "(SELECT min(f.observed_at) FROM snapshot AS f JOIN outcome AS o ON o.id = f.outcome "
      "WHERE f.task = ";
  return sql.append(task).append(" AND o.verdict " + sql_in_final_verdicts() + ")");
}

std::string account_condition(const core::ReportQuery& query, std::string_view column) {
  if (query.account == 0) {
    return {};
  }
  std::string condition = " AND ";
  return condition.append(column).append(" = ").append(std::to_string(query.account)).append(" ");
}

std::string finished_text(const FinishedColumns& selected, core::TimeIndex index,
                          const core::ReportQuery& query, bool unfrozen_only) {
  return statement(selected, rest_of(index), query, unfrozen_only);
}

std::string finished_by_key_text(const FinishedColumns& selected) {
  return statement(selected, kByKey, {.videos = true}, false);
}

// {then} fixes the join order, so that rows arrive in the order of the index.
FinishedColumns report_columns(std::string charged_under) {
  std::string facts = fact_columns("t.");
  fill_in(facts, "t.model", "coalesce(t.model, t.input_model)");
  return {.columns = "t.account, t.task_id, t.state = {succeeded}, " + facts +
                     ", {labels}, t.final_snapshot, s.raw_sha256, {lost}, {charged_under}",
          .joins = "{then} snapshot AS s ON s.id = t.final_snapshot",
          .charged_under = std::move(charged_under)};
}

core::BilledAt billed_at_source(const core::TaskFacts& facts, core::ReportTime time) {
  switch (time) {
    case core::ReportTime::finish:
      return facts.finish_time ? core::BilledAt::named : core::BilledAt::first_seen_finished;
    case core::ReportTime::submit:
      break;
  }
  return facts.submit_time ? core::BilledAt::named : core::BilledAt::first_seen;
}

}  // namespace storage
