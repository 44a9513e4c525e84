#include "storage/postgres/server_facts.h"

#include "core/clock.h"
#include "storage/postgres/server_transaction.h"

namespace storage {
namespace {

constexpr const char* kFacts =
    "SELECT current_setting('server_version'), current_user::text, pg_backend_pid(), "
    "has_table_privilege('snapshot', 'SELECT') AND has_table_privilege('period', 'SELECT'), "
    "has_table_privilege('snapshot', 'INSERT') AND has_table_privilege('counter', 'UPDATE') AND "
    "has_table_privilege('snapshot_link', 'INSERT') AND "
    "has_table_privilege('work', 'DELETE'), "
    "has_table_privilege('period', 'INSERT') AND has_table_privilege('report_line', 'INSERT') AND "
    "has_table_privilege('period_link', 'INSERT'), "
    "has_table_privilege('snapshot', 'UPDATE') OR has_table_privilege('snapshot', 'DELETE')";

}  // namespace

ServerFacts server_facts(const LedgerUrl& url) {
  Connection connection(url);
  const ServerTransaction moment(connection, ServerTransaction::Kind::reading);
  ServerFacts facts;
  Rows row = connection.query(kFacts);
  static_cast<void>(row.step());
  facts.version = row.text(0);
  facts.role = row.text(1);
  facts.pooled = row.integer(2) != connection.process();
  facts.may_read = row.integer(3) != 0;
  facts.may_run = row.integer(4) != 0;
  facts.may_close = row.integer(5) != 0;
  facts.may_change_history = row.integer(6) != 0;
  const core::SystemClock clock;
  const core::UtcTime before = clock.utc();
  Rows now = connection.query("SELECT now_milliseconds()");
  const core::UtcTime after = clock.utc();
  static_cast<void>(now.step());
  facts.ahead_of_us = *now.time(0) - (before + (after - before) / 2);
  return facts;
}

}  // namespace storage
