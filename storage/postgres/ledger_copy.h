// An empty PostgreSQL ledger that takes over the rows of another ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/server_transaction.h"
#include "storage/statements/table_copy.h"

namespace storage {

/// In one transaction, during which no run begins. Throws ServerError, ConnectionLost, as the
/// methods do.
class PostgresCopy final : public TableSink {
 public:
  /// Makes the schema if there is none. Throws core::UsageError when the ledger has any rows.
  PostgresCopy(const LedgerUrl& url, const AppliedMigrations& applied, core::UtcTime now);

  void begin(const LedgerTable& table) override;
  void add_null() override { next().add_null(); }
  void add(std::int64_t value) override { next().add(value); }
  /// Throws core::Error for a text that PostgreSQL cannot hold.
  void add(std::string_view value) override;
  void end_row() override;
  void end() override { flush(); }
  void publish() override;

 private:
  void require_empty();
  [[nodiscard]] Column& next() { return columns_[at_++]; }
  void clear();
  void flush();

  Connection connection_;
  std::unique_ptr<ServerTransaction> transaction_;
  const LedgerTable* table_ = nullptr;
  std::vector<Column> columns_;  // of the rows that were not sent yet
  std::size_t at_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace storage
