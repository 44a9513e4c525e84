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

/// Starts downloads, and makes completions of their ends. One thread.
class DownloadTransfers {
 public:
  /// All outlive it. `done` takes the completions.
  DownloadTransfers(CurlLoop& loop, const TransportSettings& settings,
                    const std::vector<GatewayRoute>& routes, std::vector<Completion>& done);
  ~DownloadTransfers();
  DownloadTransfers(const DownloadTransfers&) = delete;
  DownloadTransfers& operator=(const DownloadTransfers&) = delete;

  void start(DownloadRequest request);

  /// Goes on with those that the shared rate held up.
  void resume();
  /// When `resume` has something to do.
  [[nodiscard]] SteadyTime next_due() const { return rate_.next_due(); }
  /// Makes completions of what the publisher is done with.
  void take_published();
  /// Forgets what waits for the publisher.
  void drop_published() { publisher_.clear(); }
  [[nodiscard]] std::int64_t bytes_received() const { return bytes_received_; }

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
