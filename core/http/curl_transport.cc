#include "core/http/curl_transport.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <iterator>
#include <utility>

#include "core/http/curl_loop.h"
#include "core/http/download_transfers.h"
#include "core/http/gateway_routes.h"
#include "core/http/query_transfers.h"

namespace core {

struct CurlTransport::Parts {
  explicit Parts(TransportSettings given);
  ~Parts() { loop.abort(); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void settle_ended();

  TransportSettings settings;
  std::vector<GatewayRoute> routes;
  CurlLoop loop;
  std::vector<Completion> done;
  QueryTransfers queries;
  DownloadTransfers downloads;
};

// With fewer connections than transfers, connections would be closed and opened all the time
// (design.md, section 7).
CurlTransport::Parts::Parts(TransportSettings given)
    : settings(std::move(given)),
      routes(routes_of(settings)),
      loop(static_cast<long>(settings.concurrency + settings.download_concurrency)),
      queries(loop, settings, routes, done),
      downloads(loop, settings, routes, done) {}

// Large answers are settled one at a time: the waiting ones still count for kBodiesBytesMax.
void CurlTransport::Parts::settle_ended() {
  constexpr std::size_t kSettledBytesMax = CurlTransport::kBodyBytesMax / 8;
  const std::size_t body_bytes = queries.body_bytes();
  while (body_bytes - queries.body_bytes() < kSettledBytesMax && loop.end_next()) {
  }
}

CurlTransport::CurlTransport(TransportSettings settings)
    : parts_(std::make_unique<Parts>(std::move(settings))) {
  assert(parts_->settings.concurrency > 0 && parts_->settings.download_concurrency > 0);
  assert(parts_->settings.connect_timeout.count() > 0);
  assert(parts_->settings.query_timeout.count() > 0);
}

CurlTransport::~CurlTransport() = default;

void CurlTransport::start(QueryRequest request) { parts_->queries.start(request); }
void CurlTransport::start(DownloadRequest request) { parts_->downloads.start(std::move(request)); }

void CurlTransport::wait(SteadyTime until, std::vector<Completion>& completions) {
  std::vector<Completion>& done = parts_->done;
  bool woken = false;
  while (true) {
    parts_->loop.drive_timer();
    parts_->downloads.resume();
    parts_->settle_ended();
    parts_->downloads.take_published();
    parts_->loop.rethrow();
    if (!done.empty() || woken || std::chrono::steady_clock::now() >= until) {
      break;
    }
    woken = parts_->loop.wait(std::min(until, parts_->downloads.next_due())) || woken;
  }
  std::move(done.begin(), done.end(), std::back_inserter(completions));
  done.clear();
}

void CurlTransport::wake() { parts_->loop.sockets().wake(); }

void CurlTransport::abort() {
  parts_->loop.abort();
  parts_->done.clear();
  parts_->downloads.drop_published();
}

std::vector<DownloadProgress> CurlTransport::downloads() const {
  return parts_->downloads.in_flight();
}

std::int64_t CurlTransport::bytes_received() const { return parts_->downloads.bytes_received(); }
std::int64_t CurlTransport::connections_opened() const { return parts_->loop.sockets().opened(); }

std::string curl_version_text() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  return std::string(info->version) + " (" + info->ssl_version + ")";
}

}  // namespace core
