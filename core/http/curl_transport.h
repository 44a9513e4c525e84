// The network: one curl multi handle for queries and downloads, driven by epoll.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/transport.h"
#include "core/http/proxy.h"

namespace core {

/// A gateway and the key for it. The key is sent with queries, and to
/// DownloadRequest::content_path.
struct GatewayAccount {
  std::string base_url;  ///< without a trailing slash
  std::string api_key;
};

struct TransportSettings {
  std::vector<GatewayAccount> accounts;  ///< by TaskRecord::account
  int concurrency = 32;                  ///< queries at once, at most
  int download_concurrency = 8;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds query_timeout{60'000};
  /// A query that brings nothing for so long is dropped: half the time it has, or 30 s if that is
  /// more, so that who asks for a longer time gets it.
  [[nodiscard]] std::chrono::seconds query_silence() const {
    return std::max(std::chrono::seconds(30),
                    std::chrono::duration_cast<std::chrono::seconds>(query_timeout / 2));
  }
  std::chrono::milliseconds stall_timeout{60'000};  ///< below 1 KiB/s for this long
  std::int64_t limit_rate = 0;  ///< bytes/s over all downloads together; 0: no limit
  std::int64_t video_bytes_max = std::int64_t{4} << 30;
  std::string ca_file;  ///< empty: the system's
  Proxies proxies;      ///< of queries and downloads
  bool allow_http = false;
  bool allow_private_hosts = false;
  std::string user_agent;
  bool request_ids = false;   ///< fill QueryAnswer::request_id
  int publisher_threads = 0;  ///< enough while nothing is downloaded
};

/// core::Transport on libcurl. Belongs to one thread, but for `wake`.
class CurlTransport final : public Transport {
 public:
  static constexpr std::size_t kBodyBytesMax = std::size_t{8} * 1024 * 1024;
  /// Of all queries in flight, but for the first kSmallBodyBytes of each: an answer that finds no
  /// room fails with TransportFailure::kNoRoom. At least two of the largest have room at once, so
  /// some query always goes on.
  static constexpr std::size_t kBodiesBytesMax = 2 * kBodyBytesMax;
  static constexpr std::size_t kSmallBodyBytes = std::size_t{64} * 1024;
  static constexpr int kRedirectsMax = 5;

  /// Throws core::UsageError for a base URL that is none, core::Error when curl or epoll fail.
  explicit CurlTransport(TransportSettings settings);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void start(QueryRequest request) override;
  void start(DownloadRequest request) override;
  void wait(SteadyTime until, std::vector<Completion>& completions) override;
  void wake() override;
  void abort() override;
  [[nodiscard]] std::int64_t bytes_received() const override;
  [[nodiscard]] std::int64_t connections_opened() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Version of libcurl and of what it is built on, for --version and `doctor`.
[[nodiscard]] std::string curl_version_text();

}  // namespace core
