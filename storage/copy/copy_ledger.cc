#include "storage/copy/copy_ledger.h"

#include <memory>

#include "storage/migration.h"
#include "storage/postgres/ledger_copy.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/shared_snapshot.h"
#include "storage/sqlite/ledger_copy.h"
#include "storage/sqlite/maintenance.h"

namespace storage {
namespace {

void copy_from_server(const LedgerUrl& url, const OpenSink& open_sink,
                      const CopyProgress& progress) {
  {
    Connection connection(url);
    require_server_schema(connection, embedded_postgres_migrations());
  }
  SharedSnapshot snapshot(url);
  SnapshotRows rows(snapshot);
  copy_ledger_rows(rows, open_sink, progress);
}

}  // namespace

void copy_ledger(const std::string& from, const std::string& to, core::UtcTime now,
                 const CopyProgress& progress) {
  const OpenSink open_server = [&](const AppliedMigrations& applied) {
    return std::make_unique<PostgresCopy>(LedgerUrl(to), applied, now);
  };
  if (is_postgres_url(from) && is_postgres_url(to)) {
    copy_from_server(LedgerUrl(from), open_server, progress);
  } else if (is_postgres_url(from)) {
    copy_into_file(to, [&](const OpenSink& open_file) {
      copy_from_server(LedgerUrl(from), open_file, progress);
    });
  } else if (is_postgres_url(to)) {
    copy_out_of_file(from, open_server, progress);
  } else {
    back_up_ledger(from, to);
  }
}

}  // namespace storage
