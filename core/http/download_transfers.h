// Downloads: from a request, over checked hops, to the publisher.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/engine/transport.h"
#include "core/http/curl_loop.h"
#include "core/http/curl_transport.h"
#include "core/http/gateway_routes.h"
#include "core/http/shared_rate.h"
#include "core/video/publisher.h"

namespace core {

/// Starts downloads, and makes completions when they end. One thread.
class DownloadTransfers {
 public:
  /// All arguments must outlive it. `done` receives the completions.
  DownloadTransfers(CurlLoop& loop, const TransportSettings& settings,
                    const std::vector<GatewayRoute>& routes, std::vector<Completion>& done);
  ~DownloadTransfers();
  DownloadTransfers(const DownloadTransfers&) = delete;
  DownloadTransfers& operator=(const DownloadTransfers&) = delete;

  void start(DownloadRequest request);

  /// Continues downloads that the shared rate has paused.
  void resume();
  /// When `resume` is next needed.
  [[nodiscard]] SteadyTime next_due() const { return rate_.next_due(); }
  /// Makes completions of the publisher's results.
  void take_published();
  /// Forgets the jobs of the publisher.
  void drop_published() { publisher_.clear(); }
  [[nodiscard]] std::int64_t bytes_received() const { return bytes_received_; }
  /// See Transport::downloads.
  [[nodiscard]] std::vector<DownloadProgress> in_flight() const;

 private:
  class Download;

  CurlLoop& loop_;
  const TransportSettings& settings_;
  const std::vector<GatewayRoute>& routes_;
  std::vector<Completion>& done_;
  SharedRate<CURL*> rate_;
  std::int64_t bytes_received_ = 0;
  std::vector<std::unique_ptr<Download>> downloads_;
  std::vector<Download*> free_;
  Publisher publisher_;
};

}  // namespace core
