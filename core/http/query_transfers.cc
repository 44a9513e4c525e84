#include "core/http/query_transfers.h"

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>

#include "core/http/curl_transfer.h"
#include "core/text/redaction.h"

namespace core {

// One query after the other on the same handle.
class QueryTransfers::Query final : public TransferHandler {
 public:
  explicit Query(QueryTransfers& pool);

  void start(const QueryRequest& request);
  void ended(CURLcode code) override;
  void aborted() override { release(); }

 private:
  static std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* query);
  [[nodiscard]] bool takes(std::size_t length);
  void use_account(int account);
  [[nodiscard]] QueryAnswer answer();
  [[nodiscard]] TransportFailure failure(CURLcode code, bool is_dropped) const;
  void release();

  QueryTransfers& pool_;
  CurlTransfer transfer_;
  std::uint64_t token_ = 0;
  int account_ = -1;  // whose URL and headers are currently set
  std::string body_;
  bool too_large_ = false;
  bool no_room_ = false;
  bool needs_fresh_connection_ = false;
};

QueryTransfers::Query::Query(QueryTransfers& pool)
    : pool_(pool), transfer_(pool.loop_, pool.settings_, *this) {
  constexpr long kBufferBytes = 4096;  // most answers fit; thousands may be in flight
  const TransportSettings& settings = pool.settings_;
  CURL* easy = transfer_.easy();
  set_option(easy, CURLOPT_ACCEPT_ENCODING, "gzip");  // for reading: GatewayRoute asks for it
  set_option(easy, CURLOPT_USERAGENT, nullptr);       // in GatewayRoute::headers
  set_option(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  set_option(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.query_timeout.count()));
  set_option(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set_option(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings.query_silence().count()));
  set_option(easy, CURLOPT_WRITEFUNCTION, &Query::on_bytes);
  set_option(easy, CURLOPT_WRITEDATA, this);
}

void QueryTransfers::Query::start(const QueryRequest& request) {
  assert(body_.empty());
  token_ = request.token;
  too_large_ = no_room_ = false;
  // The path is passed as the request target, which is sent unchanged; as part of the URL, libcurl
  // would change %2F to %2f.
  const GatewayRoute& route = pool_.routes_.at(static_cast<std::size_t>(request.account));
  const std::string target =
      route.target_base.empty() ? std::string() : route.target_base + request.path;
  set_option(transfer_.easy(), CURLOPT_REQUEST_TARGET,
             (target.empty() ? request.path : target).c_str());
  if (account_ != request.account) {
    use_account(request.account);
  }
  transfer_.begin(request.fresh_connection || needs_fresh_connection_);
}

void QueryTransfers::Query::use_account(int account) {
  const GatewayRoute& route = pool_.routes_.at(static_cast<std::size_t>(account));
  const bool is_tls = route.origin.scheme == "https";
  set_option(transfer_.easy(), CURLOPT_HTTPHEADER, route.headers.get());
  set_option(transfer_.easy(), CURLOPT_CURLU, route.url.get());
  // With TLS, the handshake shows whether a connection can be shared. Without TLS only its first
  // answer does, and all queries would wait for it.
  // does, and all would wait for that.
  set_option(transfer_.easy(), CURLOPT_PIPEWAIT, long{is_tls});
  transfer_.set_plain(!is_tls);
  transfer_.route(route.proxy);
  account_ = account;
}

std::size_t QueryTransfers::Query::on_bytes(char* bytes, std::size_t size, std::size_t count,
                                            void* query) {
  auto* self = static_cast<Query*>(query);
  const std::size_t length = size * count;
  if (!self->takes(length)) {
    return 0;
  }
  try {
    self->body_.append(bytes, length);
    self->pool_.body_bytes_ += length;
  } catch (...) {
    self->transfer_.loop().keep_exception();
    return 0;
  }
  return length;
}

// Counts decoded bytes: libcurl's own limit would not detect a gzip bomb (design.md F4).
bool QueryTransfers::Query::takes(std::size_t length) {
  const std::size_t whole = body_.size() + length;
  too_large_ = whole > CurlTransport::kBodyBytesMax;
  no_room_ = whole > CurlTransport::kSmallBodyBytes &&
             pool_.body_bytes_ + length > CurlTransport::kBodiesBytesMax;
  return !too_large_ && !no_room_;
}

void QueryTransfers::Query::ended(CURLcode code) {
  // A 408 of a load balancer concerns the connection, not a task.
  const bool is_dropped = code == CURLE_OK && status_of(transfer_.easy()) == kRequestTimeout;
  Completion completion;
  completion.token = token_;
  if (code == CURLE_OK && !is_dropped) {
    completion.outcome = answer();
  } else {
    completion.outcome = failure(code, is_dropped);
  }
  // After a time-out over HTTP/2 the connection stays in use: the next attempt must not hang on it
  // (design.md F7, H13).
  needs_fresh_connection_ = is_dropped || (code != CURLE_OK && !too_large_ && !no_room_);
  pool_.done_.push_back(std::move(completion));
  release();
}

QueryAnswer QueryTransfers::Query::answer() {
  constexpr int kOk = 200;
  CURL* easy = transfer_.easy();
  QueryAnswer answer;
  answer.http_status = static_cast<int>(status_of(easy));
  pool_.body_bytes_ -= body_.size();
  answer.body = std::exchange(body_, {});
  answer.kept_connection = transfer_.connection().is_kept();
  const std::string& key = pool_.routes_.at(static_cast<std::size_t>(account_)).api_key;
  answer.body_without_key = without_key(answer.body, key);
  answer.key_in_body = answer.body_without_key ? key : std::string();
  answer.date = date_of(easy);
  if (answer.http_status != kOk) {
    answer.retry_after = retry_after_of(easy);
  }
  if (pool_.settings_.request_ids) {
    answer.request_id = header_value(easy, "X-Oneapi-Request-Id");
    answer.request_id = without_key(answer.request_id, key).value_or(answer.request_id);
  }
  return answer;
}

TransportFailure QueryTransfers::Query::failure(CURLcode code, bool is_dropped) const {
  if (is_dropped) {
    return {"connection", std::string(kDropped)};
  }
  if (transfer_.connection().answered_early()) {
    return {"connection", std::string(kAnsweredEarly)};
  }
  if (too_large_) {
    return {"too_large", "the answer is larger than 8 MiB"};
  }
  if (no_room_) {
    return {std::string(TransportFailure::kNoRoom), "too many large answers at once"};
  }
  if (transfer_.headers_too_large()) {
    return {"too_large", std::string(kHeadersTooLarge)};
  }
  return {failure_kind(code), transfer_.failure(code)};
}

// Also frees the memory of a large body.
void QueryTransfers::Query::release() {
  pool_.body_bytes_ -= body_.size();
  std::string().swap(body_);  // an assignment would keep the memory
  pool_.free_.push_back(this);
}

QueryTransfers::QueryTransfers(CurlLoop& loop, const TransportSettings& settings,
                               const std::vector<GatewayRoute>& routes,
                               std::vector<Completion>& done)
    : loop_(loop), settings_(settings), routes_(routes), done_(done) {}

QueryTransfers::~QueryTransfers() = default;

void QueryTransfers::start(const QueryRequest& request) {
  if (free_.empty()) {
    queries_.push_back(std::make_unique<Query>(*this));
    free_.push_back(queries_.back().get());
  }
  Query& query = *free_.back();
  free_.pop_back();
  query.start(request);
}

}  // namespace core
