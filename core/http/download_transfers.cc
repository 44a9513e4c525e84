#include "core/http/download_transfers.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/gateway/answer_facts.h"
#include "core/http/curl_transfer.h"
#include "core/http/download_answer.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"

namespace core {
namespace {

constexpr long kDownloadBufferBytes = 512L * 1024;  // 16 KiB costs a third (design.md, section 7)
constexpr std::size_t kErrorBytesMax = 1024;

FetchFailure refused(std::string why) {
  return {.kind = FetchFailure::Kind::refused_url, .text = std::move(why)};
}

FetchFailure broken(std::string why) {
  return {.kind = FetchFailure::Kind::transport, .text = std::move(why)};
}

// Whether a status may end a video for good. The answer does not name its video, so it counts only
// if it certainly belongs to this request: not over a reused connection. (The gateway's own
// statement on its content endpoint ends a video only when a second run gets it.)
bool is_refusal(long status) {
  constexpr long kClientErrors = 400;
  constexpr long kServerErrors = 500;
  constexpr long kTooManyRequests = 429;
  return status >= kClientErrors && status < kServerErrors && status != kTooManyRequests;
}

// Why a link is not followed, by its scheme; none if it is. `allow_http`: to this origin.
std::optional<FetchFailure> refused_scheme(const std::string& scheme, bool from_https,
                                           bool allow_http) {
  if (scheme != "https" && scheme != "http") {
    return refused("the link's scheme is " + printable(scheme, 20) + ", not https");
  }
  if (scheme == "http" && from_https) {
    return refused("the link leads from https to http");
  }
  if (scheme == "http" && !allow_http) {
    return refused("the link is plain http; --allow-http accepts it");
  }
  return std::nullopt;
}

}  // namespace

// One download after the other on the same handle; each takes one or more hops: requests to the
// places to which answers lead.
class DownloadTransfers::Download final : public TransferHandler {
 public:
  explicit Download(DownloadTransfers& pool);

  void start(DownloadRequest request);
  void ended(CURLcode code) override;
  void aborted() override { release(); }
  /// None between two downloads.
  [[nodiscard]] std::optional<DownloadProgress> progress() const;

 private:
  // The current request.
  struct Hop {
    std::string url;
    Origin origin;
    std::int64_t resume_from = 0;
    bool with_key = false;  // sent to the task's own path at its gateway
  };

  static std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* download);
  [[nodiscard]] const GatewayRoute& route() const {
    return pool_.routes_.at(static_cast<std::size_t>(request_.account));
  }
  [[nodiscard]] std::optional<FetchFailure> begin_hop(const std::string& url, bool from_https);
  void set_headers();
  void begin();
  [[nodiscard]] std::optional<FetchFailure> go_on(CURLcode code);
  [[nodiscard]] std::optional<FetchFailure> follow_answer();
  [[nodiscard]] std::optional<FetchFailure> broken_by(CURLcode code) const;
  [[nodiscard]] std::string error_said() const;
  void publish(PromisedContent promised);
  void fail(FetchFailure failure);
  void release();

  DownloadTransfers& pool_;
  CurlTransfer transfer_;
  DownloadAnswer answer_;
  DownloadRequest request_;
  HeaderList headers_;
  Hop hop_;
  int hops_ = 0;
  bool from_zero_ = false;  // the object differs from the one to resume
  bool alone_ = false;      // over a new connection
};

DownloadTransfers::Download::Download(DownloadTransfers& pool)
    : pool_(pool),
      transfer_(pool.loop_, pool.settings_, *this),
      answer_(transfer_.easy(), pool.settings_.video_bytes_max) {
  const auto stall_seconds = static_cast<long>(
      std::chrono::ceil<std::chrono::seconds>(pool.settings_.stall_timeout).count());
  CURL* easy = transfer_.easy();
  set_option(easy, CURLOPT_BUFFERSIZE, kDownloadBufferBytes);
  set_option(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  set_option(easy, CURLOPT_LOW_SPEED_TIME, std::max(1L, stall_seconds));
  set_option(easy, CURLOPT_WRITEFUNCTION, &Download::on_bytes);
  set_option(easy, CURLOPT_WRITEDATA, this);
}

void DownloadTransfers::Download::start(DownloadRequest request) {
  request_ = std::move(request);
  hops_ = 0;
  from_zero_ = false;
  alone_ = false;
  assert(request_.sink != nullptr);
  const VideoSink& sink = *request_.sink;
  // An earlier run received everything, but ended before the check.
  if (sink.size() > 0 && sink.size() == sink.promised().length) {
    publish(sink.promised());
    return;
  }
  const std::string& link = request_.url;
  const std::string& content = request_.content_path;
  const std::string url = link.starts_with('/') ? route().base_url + link : link;
  // The query of the URL names one of several videos (gateway.md, section 12, G1).
  hop_.with_key =
      !content.empty() && url.substr(0, url.find_first_of("?#")) == route().base_url + content;
  if (auto failure = begin_hop(url, false)) {
    fail(std::move(*failure));
  }
}

std::optional<FetchFailure> DownloadTransfers::Download::begin_hop(const std::string& url,
                                                                   bool from_https) {
  const TransportSettings& settings = pool_.settings_;
  hop_.url = url;
  const auto origin = origin_of(hop_.url);
  if (!origin) {
    return refused("the link is not a URL");
  }
  hop_.origin = *origin;
  const bool is_own = hop_.origin == route().origin;
  if (auto failure =
          refused_scheme(hop_.origin.scheme, from_https, settings.allow_http || is_own)) {
    return failure;
  }
  transfer_.set_plain(hop_.origin.scheme != "https");
  transfer_.host().may_be_private = settings.allow_private_hosts || is_own;
  hop_.resume_from = from_zero_ ? 0 : request_.sink->size();
  answer_.begin(*request_.sink, {.resume_from = hop_.resume_from, .with_key = hop_.with_key});
  set_headers();
  CURL* easy = transfer_.easy();
  set_option(easy, CURLOPT_URL, hop_.url.c_str());
  const std::string range = std::to_string(hop_.resume_from) + "-";
  set_option(easy, CURLOPT_RANGE, hop_.resume_from > 0 ? range.c_str() : nullptr);
  // A proxy hides the address that must be checked, so the host is resolved here first.
  const std::string proxy = settings.proxies.of(hop_.url).url;
  transfer_.host().resolve_only = !proxy.empty() && !transfer_.host().may_be_private;
  transfer_.route(transfer_.host().resolve_only ? "" : proxy);
  begin();
  return std::nullopt;
}

void DownloadTransfers::Download::begin() {
  // A connection kept from a query of another account was opened without an address check.
  const bool unchecked =
      !transfer_.host().may_be_private && leads_to_gateway(pool_.routes_, hop_.origin);
  transfer_.begin(transfer_.host().resolve_only || unchecked || alone_);
}

void DownloadTransfers::Download::set_headers() {
  headers_.reset();
  if (hop_.with_key) {
    add_header(headers_, route().authorization);
  }
  if (hop_.resume_from > 0) {
    add_header(headers_, "If-Range: " + request_.sink->validator());
  }
  set_option(transfer_.easy(), CURLOPT_HTTPHEADER, headers_.get());
}

std::size_t DownloadTransfers::Download::on_bytes(char* bytes, std::size_t size, std::size_t count,
                                                  void* download) {
  auto* self = static_cast<Download*>(download);
  const std::size_t length = size * count;
  try {
    if (!self->pool_.rate_.takes(self->transfer_.easy(), length,
                                 std::chrono::steady_clock::now())) {
      return CURL_WRITEFUNC_PAUSE;
    }
    if (!self->answer_.judge_head()) {
      return 0;
    }
    if (self->answer_.is_video()) {
      self->pool_.bytes_received_ += static_cast<std::int64_t>(length);
    }
    return self->answer_.take({bytes, length}) ? length : 0;
  } catch (...) {
    self->transfer_.loop().keep_exception();
    return 0;
  }
}

void DownloadTransfers::Download::ended(CURLcode code) {
  pool_.rate_.leave(transfer_.easy());
  if (code == CURLE_OK) {
    answer_.judge_head();  // an answer without a body was not examined yet
  }
  if (auto failure = go_on(code)) {
    fail(std::move(*failure));
  }
}

// Starts the next hop or the publisher, or returns the failure that ends the download.
std::optional<FetchFailure> DownloadTransfers::Download::go_on(CURLcode code) {
  HostCheck& host = transfer_.host();
  if (answer_.failure()) {
    return std::move(answer_.failure());
  }
  if (answer_.is_other_object() && hop_.resume_from > 0) {
    from_zero_ = true;
    return begin_hop(hop_.url, false);
  }
  if (!host.refused.empty()) {
    return refused("the link is refused: " + host.refused + "; --allow-private-hosts accepts it");
  }
  if (host.resolve_only && host.resolved) {
    host.resolve_only = false;
    transfer_.route(pool_.settings_.proxies.of(hop_.url).url);
    begin();
    return std::nullopt;
  }
  if (auto failure = broken_by(code)) {
    return failure;
  }
  if (answer_.is_video()) {
    publish(std::move(answer_.promised()));
    return std::nullopt;
  }
  return follow_answer();
}

// The failure that broke the transfer, if it is more informative than the answer so far.
std::optional<FetchFailure> DownloadTransfers::Download::broken_by(CURLcode code) const {
  if (transfer_.connection().answered_early()) {
    return broken(std::string(kAnsweredEarly));
  }
  if (transfer_.headers_too_large()) {
    return broken(std::string(kHeadersTooLarge));
  }
  if (code == CURLE_OK && status_of(transfer_.easy()) == kRequestTimeout) {
    return broken(std::string(kDropped));
  }
  if (code != CURLE_OK && !answer_.is_enough()) {
    return broken(transfer_.failure(code));
  }
  return std::nullopt;
}

// Handles an answer without a video: a redirect, a link in JSON, or an error.
std::optional<FetchFailure> DownloadTransfers::Download::follow_answer() {
  constexpr long kRangeNotSatisfiable = 416;
  const long status = status_of(transfer_.easy());
  if (status == kRangeNotSatisfiable && hop_.resume_from > 0) {
    from_zero_ = true;
    return begin_hop(hop_.url, false);
  }
  if (is_refusal(status) && transfer_.connection().is_kept() && !hop_.with_key &&
      !std::exchange(alone_, true)) {
    return begin_hop(hop_.url, false);
  }
  if (const auto next = answer_.next_url(hop_.origin)) {
    hop_.with_key = false;
    return ++hops_ > CurlTransport::kRedirectsMax ? refused("more than five redirects")
                                                  : begin_hop(*next, hop_.origin.scheme == "https");
  }
  return answer_.status_failure(error_said());
}

// The text of the error page, for users. If a link leads to a page of the gateway, its text is not
// about the task.
std::string DownloadTransfers::Download::error_said() const {
  if (leads_to_gateway(pool_.routes_, hop_.origin) && !hop_.with_key) {
    return {};
  }
  const std::string& text = answer_.text();
  const std::string body = without_key(text, route().api_key).value_or(text);
  return for_people(std::string_view(body).substr(0, kErrorBytesMax), 120);
}

void DownloadTransfers::Download::publish(PromisedContent promised) {
  pool_.publisher_.submit({request_.token, std::move(request_.sink), std::move(promised)});
  release();
}

void DownloadTransfers::Download::fail(FetchFailure failure) {
  Completion completion;
  completion.token = request_.token;
  completion.outcome = std::move(failure);
  pool_.done_.push_back(std::move(completion));
  release();
}

std::optional<DownloadProgress> DownloadTransfers::Download::progress() const {
  if (request_.sink == nullptr) {
    return std::nullopt;
  }
  DownloadProgress progress{.token = request_.token};
  if (answer_.is_video()) {
    progress.received = answer_.bytes();
    progress.size = answer_.promised().length;
  }
  return progress;
}

void DownloadTransfers::Download::release() {
  pool_.rate_.leave(transfer_.easy());
  request_.sink.reset();
  headers_.reset();
  pool_.free_.push_back(this);
}

DownloadTransfers::DownloadTransfers(CurlLoop& loop, const TransportSettings& settings,
                                     const std::vector<GatewayRoute>& routes,
                                     std::vector<Completion>& done)
    : loop_(loop),
      settings_(settings),
      routes_(routes),
      done_(done),
      rate_(settings.limit_rate),
      publisher_(settings.publisher_threads, [&loop] { loop.sockets().wake(); }) {}

DownloadTransfers::~DownloadTransfers() = default;

void DownloadTransfers::start(DownloadRequest request) {
  if (free_.empty()) {
    downloads_.push_back(std::make_unique<Download>(*this));
    free_.push_back(downloads_.back().get());
  }
  Download& download = *free_.back();
  free_.pop_back();
  download.start(std::move(request));
}

std::vector<DownloadProgress> DownloadTransfers::in_flight() const {
  std::vector<DownloadProgress> all;
  for (const auto& download : downloads_) {
    if (auto progress = download->progress()) {
      all.push_back(*progress);
    }
  }
  return all;
}

void DownloadTransfers::resume() {
  while (const auto easy = rate_.next(std::chrono::steady_clock::now())) {
    // Delivers waiting bytes, so the download may be in the queue again afterwards.
    curl_easy_pause(*easy, CURLPAUSE_CONT);
  }
}

void DownloadTransfers::take_published() {
  for (Publisher::Result& result : publisher_.take()) {
    std::visit(
        [&](auto& outcome) {
          done_.push_back({result.token, std::move(outcome)});
        },
        result.outcome);
  }
}

}  // namespace core
