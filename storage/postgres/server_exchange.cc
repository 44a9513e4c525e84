#include "storage/postgres/server_exchange.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text/printable.h"
#include "storage/postgres/server_error.h"

namespace storage {
namespace {

constexpr int kStopTickMs = 100;
constexpr std::size_t kReasonBytesMax = 500;

// Without the line breaks and the indented hints that libpq adds.
std::string one_line(const char* text) {
  std::string line(text == nullptr ? "" : text);
  while (!line.empty() && line.back() == '\n') {
    line.pop_back();
  }
  for (std::size_t at = line.find("\n\t"); at != std::string::npos; at = line.find("\n\t")) {
    line.replace(at, 2, ": ");
  }
  return core::printable(line, kReasonBytesMax);
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

// 08: connection exception; 57P01 to 57P03: the server is shutting down, crashed, or starting.
bool ends_connection(const std::string& state) {
  return state.empty() || state.rfind("08", 0) == 0 || state == "57P01" || state == "57P02" ||
         state == "57P03" || state == "25P03";
}

}  // namespace

void ServerExchange::Clear::operator()(pg_result* result) const { PQclear(result); }
void ServerExchange::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

ServerExchange::ServerExchange(LedgerUrl url, Stop stop)
    : url_(std::move(url)), stop_(std::move(stop)) {}

void ServerExchange::connect() {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const LedgerUrl::Keyword& keyword : url_.keywords()) {
    names.push_back(keyword.name.c_str());
    values.push_back(keyword.value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  streaming_ = false;
  connection_.reset();  // before the new one: a server may allow only one connection
  connection_.reset(PQconnectdbParams(names.data(), values.data(), 0));
  if (is_lost()) {
    const std::string why = one_line(PQerrorMessage(connection_.get()));
    throw ConnectionLost("cannot connect to the ledger " + url_.shown() + ": " + why + "; " +
                         advice_for_connecting(why));
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(connection_.get(), 1) != 0) {
    lose("connect to");
  }
}

bool ServerExchange::is_lost() const { return PQstatus(connection_.get()) != CONNECTION_OK; }

void ServerExchange::lose(const std::string& doing) {
  const std::string why = one_line(PQerrorMessage(connection_.get()));
  throw ConnectionLost("cannot " + doing + " the ledger " + url_.shown() + ": " +
                       (why.empty() ? "the connection is closed" : why));
}

void ServerExchange::send(const std::string& sql, const Parameters& parameters, How how) {
  assert(!streaming_);
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const Parameters::Value& value : parameters.values_) {
    types.push_back(value.type);
    values.push_back(value.is_null ? nullptr : value.bytes.data());
    lengths.push_back(static_cast<int>(value.bytes.size()));
  }
  const std::vector<int> formats(values.size(), 1);
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
                        types.data(), values.data(), lengths.data(), formats.data(),
                        how.format == Format::binary ? 1 : 0) == 0) {
    lose("use");
  }
  if (how.fetch == Fetch::streaming && PQsetSingleRowMode(connection_.get()) == 0) {
    lose("read");
  }
  flush();
  streaming_ = how.fetch == Fetch::streaming;
}

void ServerExchange::send_script(const std::string& sql) {
  assert(!streaming_);
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    lose("use");
  }
  flush();
}

// The server may answer before it has read everything: the answer must then be read, or both sides
// would wait.
void ServerExchange::flush() {
  for (int left = PQflush(connection_.get()); left != 0; left = PQflush(connection_.get())) {
    if (left < 0) {
      lose("use");
    }
    wait(true);
    if (PQconsumeInput(connection_.get()) == 0) {
      lose("use");
    }
  }
}

// Returns when the socket is readable, or writable if there is something to write.
void ServerExchange::wait(bool to_write) {
  while (true) {
    if (stop_ && stop_()) {
      connection_.reset();
      throw core::Stopped("the wait for the ledger's server was ended");
    }
    pollfd socket{.fd = PQsocket(connection_.get()),
                  .events = static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN),
                  .revents = 0};
    const int ready = poll(&socket, 1, stop_ ? kStopTickMs : -1);
    if (ready > 0) {
      return;
    }
    if (ready < 0 && errno != EINTR) {
      lose("wait for");
    }
  }
}

ServerExchange::Result ServerExchange::next_result() {
  while (PQisBusy(connection_.get()) != 0) {
    wait(false);
    if (PQconsumeInput(connection_.get()) == 0) {
      lose("use");
    }
  }
  return Result(PQgetResult(connection_.get()));
}

ServerExchange::Result ServerExchange::last_result() {
  Result last;
  bool failed = false;
  while (Result next = next_result()) {
    if (!failed) {
      last = std::move(next);
      failed = PQresultStatus(last.get()) == PGRES_FATAL_ERROR;
    }
  }
  require_success(last.get());
  return last;
}

void ServerExchange::require_success(const pg_result* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE) {
    return;
  }
  const std::string state = field(result, PG_DIAG_SQLSTATE);
  // Only the primary message, because its details show values of rows.
  const std::string reason = one_line(field(result, PG_DIAG_MESSAGE_PRIMARY).c_str());
  if (result == nullptr || is_lost() || ends_connection(state)) {
    const std::string why = reason.empty() ? one_line(PQerrorMessage(connection_.get())) : reason;
    connection_.reset();
    throw ConnectionLost("the connection to the ledger " + url_.shown() +
                         " broke: " + (why.empty() ? "it was closed" : why));
  }
  const std::string advice = advice_for(state);
  throw ServerError("the server of the ledger " + url_.shown() + " refused a statement: " + reason +
                        " (SQLSTATE " + state + ")" + (advice.empty() ? "" : "; " + advice),
                    state, reason);
}

void ServerExchange::end_streaming(const pg_result* last) {
  streaming_ = false;
  while (next_result() != nullptr) {
  }
  require_success(last);
}

void ServerExchange::abandon() noexcept {
  constexpr std::size_t kMessageBytes = 256;
  std::array<char, kMessageBytes> message{};
  PGcancel* cancel = PQgetCancel(connection_.get());
  PQcancel(cancel, message.data(), static_cast<int>(message.size()));
  PQfreeCancel(cancel);
  streaming_ = false;
  while (PGresult* left = PQgetResult(connection_.get())) {
    PQclear(left);
  }
}

}  // namespace storage
