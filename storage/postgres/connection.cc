#include "storage/postgres/connection.h"

#include <libpq-fe.h>

#include <cassert>
#include <charconv>
#include <utility>

#include "storage/postgres/wire_format.h"

namespace storage {

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
  const Result last = std::move(result_);
  std::exchange(source_, nullptr)->end_streaming(last.get());
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

Connection::Connection(LedgerUrl url, Stop stop) : exchange_(std::move(url), std::move(stop)) {
  reconnect();
}

int Connection::server_version() const { return PQserverVersion(exchange_.connection()); }

int Connection::process() const { return PQbackendPID(exchange_.connection()); }

Rows Connection::query(const std::string& sql, const Parameters& parameters, How how) {
  exchange_.send(sql, parameters, how);
  return how.fetch == Fetch::streaming ? Rows(exchange_) : Rows(exchange_.last_result());
}

std::uint64_t Connection::execute(const std::string& sql, const Parameters& parameters) {
  exchange_.send(sql, parameters, How{});
  const ServerExchange::Result result = exchange_.last_result();
  const std::string_view changed = PQcmdTuples(result.get());
  std::uint64_t rows = 0;
  std::from_chars(changed.data(), changed.data() + changed.size(), rows);
  return rows;
}

std::string Connection::run_script(const std::string& sql) {
  exchange_.send_script(sql);
  return PQcmdStatus(exchange_.last_result().get());
}

}  // namespace storage
