// The lines of a closed period on their way to a PostgreSQL ledger, many to a statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/postgres/connection.h"

namespace storage {

class LineBatch {
 public:
  static constexpr std::size_t kLinesMax = 500;

  /// Numbers its lines from `first_id` on. `connection`, in its transaction, must outlive it.
  LineBatch(Connection& connection, std::int64_t period, std::int64_t first_id);

  /// Sends the batch when it is full. Throws ServerError, ConnectionLost.
  void add(const core::ReportLine& line);
  /// Sends what is left. Throws core::Error also for a line of an answer that is not there.
  void flush();

 private:
  void clear();

  Connection& connection_;
  std::int64_t period_;
  std::int64_t next_id_;
  std::vector<Column> columns_;
};

}  // namespace storage
