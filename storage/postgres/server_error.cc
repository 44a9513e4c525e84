#include "storage/postgres/server_error.h"

#include <array>
#include <string_view>

namespace storage {
namespace {

bool begins(const std::string& state, std::string_view with) { return state.rfind(with, 0) == 0; }

}  // namespace

// 40001 serialization_failure, 40P01 deadlock_detected, 55P03 lock_not_available.
bool is_conflict(const ServerError& error) {
  return error.state() == "40001" || error.state() == "40P01" || error.state() == "55P03";
}

// 22: data exception; 23514 check_violation, 23502 not_null_violation; 54000: program limit
// exceeded, for example by a value that is too large for an index.
bool is_trouble_of_a_value(const ServerError& error) {
  return begins(error.state(), "22") || error.state() == "23514" || error.state() == "23502" ||
         error.state() == "54000";
}

std::string advice_for(const std::string& state) {
  struct Advice {
    std::string_view state;  // or its first two characters
    const char* text;
  };
  static constexpr std::array<Advice, 8> kAdvice = {{
      {"42501",
       "the role lacks a permission: use the owner, or a role of docs/roles.sql that has it"},
      {"25006", "this server is a standby or read-only: name the primary in --db"},
      {"3F000", "make the ledger's tables with `reeltally db migrate`"},
      {"42P01", "make or upgrade the ledger's tables with `reeltally db migrate`"},
      {"53100", "free space on the server's volume and run again"},
      {"53", "the server has run out of a resource: see its log, then run again"},
      {"57014", "the statement took too long, or was cancelled: see the server's log"},
      {"XX", "the server's data may be damaged: see its log, and restore a backup"},
  }};
  for (const Advice& advice : kAdvice) {
    if (begins(state, advice.state)) {
      return advice.text;
    }
  }
  return {};
}

std::string advice_for_connecting(const std::string& why) {
  struct Advice {
    std::string_view word;
    const char* text;
  };
  static constexpr std::array<Advice, 6> kAdvice = {{
      {"password",
       "give the password in PGPASSWORD or in a file of mode 0600 (~/.pgpass, PGPASSFILE)"},
      {"certificate", "name the CA that signed the server's certificate: ?sslrootcert=FILE"},
      {"does not exist", "create it, or correct the URL in --db"},
      {"SSL", "turn on TLS in the server, with a certificate for its name"},
      {"too many", "the server has no connection left: raise max_connections, or use a pooler"},
      {"pg_hba.conf", "allow the role and this host in the server's pg_hba.conf"},
  }};
  for (const Advice& advice : kAdvice) {
    if (why.find(advice.word) != std::string::npos) {
      return advice.text;
    }
  }
  return "check that the server runs and that the URL in --db is right";
}

}  // namespace storage
