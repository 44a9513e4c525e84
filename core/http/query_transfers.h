// Queries: small bodies, kept in memory up to a limit, without redirects.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/engine/transport.h"
#include "core/http/curl_loop.h"
#include "core/http/curl_transport.h"
#include "core/http/gateway_routes.h"

namespace core {

/// Starts queries, and makes completions when they end. One thread.
class QueryTransfers {
 public:
  /// All arguments must outlive it. `done` receives the completions.
  QueryTransfers(CurlLoop& loop, const TransportSettings& settings,
                 const std::vector<GatewayRoute>& routes, std::vector<Completion>& done);
  ~QueryTransfers();
  QueryTransfers(const QueryTransfers&) = delete;
  QueryTransfers& operator=(const QueryTransfers&) = delete;

  void start(const QueryRequest& request);
  /// The memory of all answers in flight.
  [[nodiscard]] std::size_t body_bytes() const { return body_bytes_; }

 private:
  class Query;

  CurlLoop& loop_;
  const TransportSettings& settings_;
  const std::vector<GatewayRoute>& routes_;
  std::vector<Completion>& done_;
  std::size_t body_bytes_ = 0;
  std::vector<std::unique_ptr<Query>> queries_;
  std::vector<Query*> free_;
};

}  // namespace core
