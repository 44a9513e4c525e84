// Queries: small bodies, kept in memory up to a limit, never redirected.
#include <utility>

#include "core/http/curl_loop.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr long kQueryBufferBytes = 4096;  // most answers fit; each of thousands in flight has one

}  // namespace

CurlTransport::Loop::Query& CurlTransport::Loop::free_query() {
  if (free_queries_.empty()) {
    auto query = std::make_unique<Query>();
    query->loop = this;
    query->easy.reset(curl_easy_init());
    set_common(*query);
    CURL* easy = query->easy.get();
    set_option(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    set_option(easy, CURLOPT_BUFFERSIZE, kQueryBufferBytes);
    set_option(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.query_timeout.count()));
    set_option(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set_option(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.query_silence().count()));
    set_option(easy, CURLOPT_WRITEFUNCTION, &Loop::on_query_bytes);
    set_option(easy, CURLOPT_WRITEDATA, query.get());
    queries_.push_back(std::move(query));
    return *queries_.back();
  }
  Query& query = *free_queries_.back();
  free_queries_.pop_back();
  return query;
}

void CurlTransport::Loop::start(const QueryRequest& request) {
  Query& query = free_query();
  const auto account = static_cast<std::size_t>(request.account);
  query.token = request.token;
  query.too_large = query.no_room = false;
  CURL* easy = query.easy.get();
  // As the request's target the path arrives byte for byte; set into the URL, libcurl would write
  // %2F as %2f.
  set_option(easy, CURLOPT_REQUEST_TARGET, (accounts_[account].target_base + request.path).c_str());
  if (query.account != request.account) {
    set_option(easy, CURLOPT_HTTPHEADER, accounts_[account].headers.get());
    set_option(easy, CURLOPT_CURLU, accounts_[account].url.get());
    // Whether a connection can be shared the TLS handshake tells. Without TLS only its first answer
    // does, and all would wait for that.
    set_option(easy, CURLOPT_PIPEWAIT, long{accounts_[account].origin.scheme == "https"});
    query.is_plain = accounts_[account].origin.scheme != "https";
    if (query.proxy != accounts_[account].proxy) {
      route(query, accounts_[account].proxy);
    }
    query.account = request.account;
  }
  begin(query, request.fresh_connection || query.needs_fresh_connection);
}

// A large one's memory is not kept either.
void CurlTransport::Loop::drop_body(Query& query) {
  body_bytes_ -= query.body.size();
  std::string().swap(query.body);  // to assign an empty one would keep the room
}

std::size_t CurlTransport::Loop::on_query_bytes(char* bytes, std::size_t size, std::size_t count,
                                                void* query) {
  auto* self = static_cast<Query*>(query);
  const std::size_t length = size * count;
  const std::size_t whole = self->body.size() + length;
  // Decoded bytes: libcurl's own limit would not see a gzip bomb (design.md F4).
  self->too_large = whole > kBodyBytesMax;
  self->no_room = whole > kSmallBodyBytes && self->loop->body_bytes_ + length > kBodiesBytesMax;
  if (self->too_large || self->no_room) {
    return 0;
  }
  try {
    self->body.append(bytes, length);
    self->loop->body_bytes_ += length;
  } catch (...) {
    self->loop->thrown_ = std::current_exception();
    return 0;
  }
  return length;
}

void CurlTransport::Loop::finish_query(Query& query, CURLcode code,
                                       std::vector<Completion>& completions) {
  Completion completion;
  completion.token = query.token;
  // A balancer says 408 to a connection, not to a task.
  const bool is_dropped = code == CURLE_OK && status_of(query.easy.get()) == kRequestTimeout;
  if (is_dropped || query.answered_early) {
    completion.outcome =
        TransportFailure{"connection", std::string(is_dropped ? kDropped : kAnsweredEarly)};
  } else if (code == CURLE_OK) {
    QueryAnswer answer;
    answer.http_status = static_cast<int>(status_of(query.easy.get()));
    body_bytes_ -= query.body.size();
    answer.body = std::exchange(query.body, {});
    answer.kept_connection = query.kept;
    const std::string& key = key_of(query.account);
    answer.body_without_key = without_key(answer.body, key);
    answer.key_in_body = answer.body_without_key ? key : std::string();
    answer.date = date_of(query.easy.get());
    constexpr int kOk = 200;
    if (answer.http_status != kOk) {
      answer.retry_after = retry_after_of(query.easy.get());
    }
    if (settings_.request_ids) {
      answer.request_id = header_value(query.easy.get(), "X-Oneapi-Request-Id");
      answer.request_id = without_key(answer.request_id, key).value_or(answer.request_id);
    }
    completion.outcome = std::move(answer);
  } else if (query.too_large) {
    completion.outcome = TransportFailure{"too_large", "the answer is larger than 8 MiB"};
  } else if (query.no_room) {
    completion.outcome =
        TransportFailure{std::string(TransportFailure::kNoRoom), "too many large answers at once"};
  } else if (query.headers_too_large) {
    completion.outcome = TransportFailure{"too_large", std::string(kHeadersTooLarge)};
  } else {
    completion.outcome =
        TransportFailure{failure_kind(code), failure_text(code, query.error.data())};
  }
  // Over HTTP/2 a time-out leaves the connection in use: the next try must not hang on the same one
  // (design.md H7, H13).
  query.needs_fresh_connection =
      is_dropped || (code != CURLE_OK && !query.too_large && !query.no_room);
  drop_body(query);
  completions.push_back(std::move(completion));
  free_queries_.push_back(&query);
}

}  // namespace core
