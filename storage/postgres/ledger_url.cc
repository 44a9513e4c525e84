#include "storage/postgres/ledger_url.h"

#include <arpa/inet.h>
#include <libpq-fe.h>

#include <algorithm>
#include <memory>

#include "core/error.h"
#include "core/text/printable.h"

namespace storage {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

struct FreeMemory {
  void operator()(char* text) const { PQfreemem(text); }
};

constexpr std::size_t kShownBytesMax = 400;

// libpq quotes the unreadable part of the URL, which may be a password.
std::string unquoted(std::string_view message) {
  return std::string(message.substr(0, message.find_first_of(":\"\n")));
}

Options parse(const std::string& text) {
  char* message = nullptr;
  Options options(PQconninfoParse(text.c_str(), &message));
  const std::unique_ptr<char, FreeMemory> owner(message);
  if (options == nullptr) {
    throw core::UsageError("the URL of the ledger cannot be read: " +
                           unquoted(message == nullptr ? "out of memory" : message) +
                           "; write postgresql://USER@HOST:PORT/DATABASE?NAME=VALUE");
  }
  return options;
}

std::string from_environment(std::string_view name) {
  const Options defaults(PQconndefaults());
  for (const PQconninfoOption* one = defaults.get(); one != nullptr && one->keyword != nullptr;
       ++one) {
    if (name == one->keyword && one->val != nullptr) {
      return one->val;
    }
  }
  return {};
}

bool is_loopback(const std::string& address) {
  constexpr std::uint32_t kNet = 127;
  constexpr unsigned kNetShift = 24;
  in_addr v4{};
  return (inet_pton(AF_INET, address.c_str(), &v4) == 1 && ntohl(v4.s_addr) >> kNetShift == kNet) ||
         address == "::1";
}

bool is_local_host(std::string_view host) {
  return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" ||
         is_loopback(std::string(host));
}

}  // namespace

bool is_postgres_url(std::string_view ledger) {
  return ledger.rfind("postgresql://", 0) == 0 || ledger.rfind("postgres://", 0) == 0;
}

LedgerUrl::LedgerUrl(const std::string& text, Tls tls) {
  const Options options = parse(text);
  for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
    if (one->val != nullptr) {
      keywords_.push_back({one->keyword, one->val});
    }
  }
  require_no_secret();
  shown_ = core::printable(text, kShownBytesMax);
  require_tls(tls);
  add_unless_given("connect_timeout", "10");
  add_unless_given("tcp_user_timeout", "15000");
  add_unless_given("keepalives_idle", "10");
  add_unless_given("keepalives_interval", "5");
  add_unless_given("fallback_application_name", "reeltally");
  keywords_.push_back({"client_encoding", "UTF8"});
}

std::string LedgerUrl::value_of(std::string_view name) const {
  const auto found = std::find_if(keywords_.begin(), keywords_.end(),
                                  [&](const Keyword& one) { return one.name == name; });
  return found == keywords_.end() ? std::string() : found->value;
}

void LedgerUrl::add_unless_given(const char* name, const char* value) {
  if (value_of(name).empty()) {
    keywords_.push_back({name, value});
  }
}

// Command lines are visible in process lists and shell histories.
void LedgerUrl::require_no_secret() const {
  for (const char* name : {"password", "sslpassword"}) {
    if (!value_of(name).empty()) {
      throw core::UsageError(
          "the URL of the ledger has a password, which others could read: remove it, and give it "
          "in PGPASSWORD or in a file of mode 0600 (~/.pgpass, PGPASSFILE, or ?passfile=FILE)");
    }
  }
}

// libpq tries each of several hosts. If hostaddr is set, it connects there, whatever the host name
// is.
bool LedgerUrl::is_local() const {
  std::string hosts = value_of("hostaddr");
  for (const char* name : {"hostaddr", "host"}) {
    hosts = hosts.empty() ? value_of(name) : hosts;
    hosts = hosts.empty() ? from_environment(name) : hosts;
  }
  const bool by_service = !value_of("service").empty() && value_of("host").empty();
  bool local = !by_service;
  for (std::size_t begin = 0; begin <= hosts.size();) {
    const std::size_t end = std::min(hosts.find(',', begin), hosts.size());
    local = local && is_local_host(std::string_view(hosts).substr(begin, end - begin));
    begin = end + 1;
  }
  return local;
}

void LedgerUrl::require_tls(Tls tls) {
  if (is_local()) {
    return;
  }
  constexpr std::string_view kVerified = "verify-full";
  const std::string given = value_of("sslmode");
  const std::string inherited = from_environment("sslmode");
  const std::string mode = given.empty() && inherited != "prefer" ? inherited : given;
  if (tls == Tls::verified && !mode.empty() && mode != kVerified) {
    throw core::UsageError("sslmode=" + core::printable(mode, kShownBytesMax) + " in " + shown_ +
                           " would let others read or change the data on its way: use "
                           "sslmode=verify-full with sslrootcert=FILE, or accept this with "
                           "--allow-weak-tls");
  }
  if (mode.empty()) {
    keywords_.push_back({"sslmode", std::string(kVerified)});
  }
}

}  // namespace storage
