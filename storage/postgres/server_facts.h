// What `doctor` tells of a ledger's server.
#pragma once

#include <chrono>
#include <string>

#include "storage/postgres/ledger_url.h"

namespace storage {

struct ServerFacts {
  std::string version;  ///< "15.4"
  std::string role;     ///< as whom we are connected
  bool pooled = false;  ///< something between us gives each transaction a connection of its own
  bool may_read = false;
  bool may_run = false;
  bool may_close = false;
  bool may_change_history = false;          ///< of answers: what nobody but an owner should
  std::chrono::milliseconds ahead_of_us{};  ///< its clock
};

/// Of a ledger that can be read. Throws ServerError, ConnectionLost.
[[nodiscard]] ServerFacts server_facts(const LedgerUrl& url);

}  // namespace storage
