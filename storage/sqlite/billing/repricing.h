// Another price book for a closed period: what it changes becomes adjustments of an open one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/billing/adjustments.h"
#include "core/billing/period.h"
#include "core/clock.h"
#include "storage/sqlite/billing/report_lines.h"

namespace storage {

/// Records the book in one transaction. The caller holds the ledger's Lock. Nothing is kept unless
/// `commit` returns. Everything throws core::Error. One thread.
class Repricing {
 public:
  /// `closed` as read from this ledger, `prices` the bytes of a price book.
  Repricing(const std::string& path, const ClosedPeriod& closed, const std::string& prices,
            core::UtcTime now);
  ~Repricing();
  Repricing(const Repricing&) = delete;
  Repricing& operator=(const Repricing&) = delete;

  /// All lines that correct the closed period from now on, other corrections among them.
  [[nodiscard]] const std::vector<core::OwnedLine>& lines() const;
  /// The open period that shows them.
  [[nodiscard]] const core::Period& shown_in() const;
  /// How many lines of the closed period had no cost so far, those that were replaced left out.
  [[nodiscard]] std::int64_t unpriced_before() const;
  void commit();

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace storage
