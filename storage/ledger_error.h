// Errors of a ledger that have their own exit codes.
#pragma once

#include "core/error.h"

namespace storage {

/// No ledger at that path, or one that this version cannot read: exit 10.
class LedgerUnreadable : public core::Error {
 public:
  using core::Error::Error;
};

/// Another run uses the ledger: exit 11.
class LedgerBusy : public core::Error {
 public:
  using core::Error::Error;
};

}  // namespace storage
