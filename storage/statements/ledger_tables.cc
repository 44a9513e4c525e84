#include "storage/statements/ledger_tables.h"

#include <sstream>

#include "core/domain/task_facts.h"
#include "storage/statements/fact_columns.h"

namespace storage {
namespace {

// "id, name text, content bytes": integers where nothing else is said.
LedgerTable table(const char* name, std::size_t keys, const std::string& columns) {
  LedgerTable made{.name = name, .keys = keys};
  std::istringstream list(columns);
  for (std::string item; std::getline(list, item, ',');) {
    std::istringstream words(item);
    std::string kind;
    TableColumn& column = made.columns.emplace_back();
    words >> column.name >> kind;
    column.kind = kind == "text"    ? TableColumn::Kind::text
                  : kind == "bytes" ? TableColumn::Kind::bytes
                                    : TableColumn::Kind::integer;
  }
  return made;
}

std::string facts() {
  std::string columns;
  each_fact(core::any_fact, [&columns](const core::Fact& fact) {
    columns += std::string(fact.column) + (fact.kind == core::FactKind::time ? "" : " text") + ",";
  });
  return columns;
}

}  // namespace

std::string LedgerTable::column_list() const {
  std::string list;
  for (const TableColumn& column : columns) {
    list += (list.empty() ? "" : ", ") + column.name;
  }
  return list;
}

std::string LedgerTable::select_text() const {
  std::string order;
  for (std::size_t key = 0; key < keys; ++key) {
    order += (order.empty() ? " ORDER BY " : ", ") + columns[key].name;
  }
  return "SELECT " + column_list() + " FROM " + name + order;
}

const std::vector<LedgerTable>& ledger_tables() {
  static const std::vector<LedgerTable> kTables{
      table("account", 1, "id, name text"),
      table("run", 1,
            "id, started_at, finished_at, version text, host text, inputs text, stale_after_ms, "
            "summary text, exit_code, missing_rule, crew text"),
      table("task", 1,
            "id, account, task_id text, state, first_seen, last_query, queries, not_found_runs, "
            "not_found_run, not_found_answers, not_found_at, last_snapshot, status_snapshot, "
            "final_snapshot, input_model text, account_named, " +
                facts() + "labels text"),
      table("work", 1, "task, settled"),
      table("outcome", 1,
            "id, http_status, verdict, code text, status text, progress text, usage_names text"),
      table("dictionary", 1, "id, content bytes"),
      table("answer_block", 1, "id, dictionary, lengths bytes, content bytes"),
      table("snapshot", 1,
            "id, task, run, observed_at, outcome, usage_values text, raw_bytes, raw_sha256 bytes, "
            "block, slot"),
      table("snapshot_link", 1, "last, sha256 bytes"),
      table("video", 2,
            "task, video_index, snapshot, state, expires_at, settled_run, attempts, refused_at, "
            "path text, bytes, sha256 bytes, checks text, saved_at, last_error text"),
      table("unsettled", 1, "task, settles_at"),
      table("live_fetch", 1, "task"),
      table("forgotten", 1, "task, forgotten_at"),
      table("label_change", 1,
            "id, task, run, name text, ledger_value text, list_value text, taken"),
      table("told_rejection", 2, "source, mark, run"),
      table("period", 1,
            "id, name text, begins_at, ends_at, tz text, prices text, closed_at, line_count, "
            "sha256 text, unfinished, missing, schema_version, checked_to"),
      table("report_line", 1,
            "id, period, incurred, billed_at, line_id text, kind, reversal, adjusts text, task, "
            "snapshot, succeeded, lost, " +
                facts() +
                "labels text, unit, quantity text, unit_price text, currency text, cost text, "
                "cost_note text, resale_tiers text"),
      table("closing", 1,
            "period, name text, begins_at, ends_at, sha256 text, previous_sha256 text"),
      table("written_off", 2, "period, task"),
      table("repricing", 1, "id, period, prices text, repriced_at, carried_by"),
      table("period_link", 1, "period, statement text, sha256 text"),
      table("period_signature", 1, "period, signature bytes, signed_at"),
      table("period_bundle", 1, "period, sha256 text, bundled_at"),
  };
  return kTables;
}

}  // namespace storage
