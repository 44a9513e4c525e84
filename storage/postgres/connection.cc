#include "storage/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

#include "core/text/printable.h"
#include "storage/postgres/wire_format.h"

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

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }
void Connection::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

Rows::Rows(Rows&& other) noexcept
    : source_(std::exchange(other.source_, nullptr)),
      result_(std::move(other.result_)),
      row_(other.row_) {}

Rows::~Rows() {
  if (source_ != nullptr) {
    source_->abandon();
  }
}

bool Rows::step() {
  if (source_ == nullptr) {
    return result_ != nullptr && ++row_ < PQntuples(result_.get());
  }
  result_ = source_->next_result();
  row_ = 0;
  if (PQresultStatus(result_.get()) == PGRES_SINGLE_TUPLE) {
    return true;
  }
  Connection& source = *std::exchange(source_, nullptr);
  const Result end = std::move(result_);
  source.end_streaming();
  source.require_success(end.get());
  return false;
}

int Rows::columns() const { return PQnfields(result_.get()); }

std::string_view Rows::name(int column) const { return PQfname(result_.get(), column); }

bool Rows::is_null(int column) const { return PQgetisnull(result_.get(), row_, column) != 0; }

bool Rows::is_numeric(int column) const { return PQftype(result_.get(), column) == kNumericType; }

std::string_view Rows::bytes(int column) const {
  return {PQgetvalue(result_.get(), row_, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
}

std::int64_t Rows::integer(int column) const {
  const std::string_view value = bytes(column);
  if (PQfformat(result_.get(), column) == 0) {
    std::int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    return number;
  }
  [[maybe_unused]] const unsigned type = PQftype(result_.get(), column);
  assert(type == kInt8Type || type == kInt4Type || type == kInt2Type || type == kBoolType);
  return read_integer(value);
}

std::string_view Rows::text(int column) const { return bytes(column); }

std::string_view Rows::blob(int column) const {
  assert(PQfformat(result_.get(), column) == 1);
  return bytes(column);
}

std::optional<core::UtcTime> Rows::time(int column) const {
  if (is_null(column)) {
    return std::nullopt;
  }
  return core::UtcTime(std::chrono::milliseconds(integer(column)));
}

Connection::Connection(LedgerUrl url, Stop stop) : url_(std::move(url)), stop_(std::move(stop)) {
  reconnect();
}

Connection::~Connection() = default;

void Connection::reconnect() {
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
    throw ConnectionLost("cannot connect to the ledger " + name() + ": " + why + "; " +
                         advice_for_connecting(why));
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(connection_.get(), 1) != 0) {
    lose("connect to");
  }
}

bool Connection::is_lost() const { return PQstatus(connection_.get()) != CONNECTION_OK; }

int Connection::server_version() const { return PQserverVersion(connection_.get()); }

int Connection::process() const { return PQbackendPID(connection_.get()); }

void Connection::lose(const std::string& doing) {
  const std::string why = one_line(PQerrorMessage(connection_.get()));
  throw ConnectionLost("cannot " + doing + " the ledger " + name() + ": " +
                       (why.empty() ? "the connection is closed" : why));
}

Rows Connection::query(const std::string& sql, const Parameters& parameters, How how) {
  send(sql, parameters, how);
  if (how.fetch == Fetch::streaming) {
    streaming_ = true;
    return Rows(*this);
  }
  return Rows(last_result());
}

std::uint64_t Connection::execute(const std::string& sql, const Parameters& parameters) {
  send(sql, parameters, How{});
  const Rows::Result result = last_result();
  const std::string_view changed = PQcmdTuples(result.get());
  std::uint64_t rows = 0;
  std::from_chars(changed.data(), changed.data() + changed.size(), rows);
  return rows;
}

std::string Connection::run_script(const std::string& sql) {
  assert(!streaming_);
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    lose("use");
  }
  flush();
  return PQcmdStatus(last_result().get());
}

void Connection::send(const std::string& sql, const Parameters& parameters, How how) {
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
}

// The server may answer before it has read everything: the answer must then be read, or both sides
// would wait.
void Connection::flush() {
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
void Connection::wait(bool to_write) {
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

Rows::Result Connection::next_result() {
  while (PQisBusy(connection_.get()) != 0) {
    wait(false);
    if (PQconsumeInput(connection_.get()) == 0) {
      lose("use");
    }
  }
  return Rows::Result(PQgetResult(connection_.get()));
}

// For a script, the first failure; otherwise the last result.
Rows::Result Connection::last_result() {
  Rows::Result last;
  bool failed = false;
  while (Rows::Result next = next_result()) {
    if (!failed) {
      last = std::move(next);
      failed = PQresultStatus(last.get()) == PGRES_FATAL_ERROR;
    }
  }
  require_success(last.get());
  return last;
}

void Connection::require_success(const pg_result* result) {
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
    throw ConnectionLost("the connection to the ledger " + name() +
                         " broke: " + (why.empty() ? "it was closed" : why));
  }
  const std::string advice = advice_for(state);
  throw ServerError("the server of the ledger " + name() + " refused a statement: " + reason +
                        " (SQLSTATE " + state + ")" + (advice.empty() ? "" : "; " + advice),
                    state, reason);
}

void Connection::end_streaming() {
  streaming_ = false;
  while (next_result() != nullptr) {
  }
}

// Asks the server to end the statement, and drops the rest of its rows. If this fails, the next
// statement fails as well.
void Connection::abandon() noexcept {
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
