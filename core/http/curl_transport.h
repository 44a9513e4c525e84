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

/// A gateway and its key. The key is sent only with queries, and to DownloadRequest::content_path.
struct GatewayAccount {
  std::string base_url;  ///< without a trailing slash
  std::string api_key;
};

/// The defaults are in the option table.
struct TransportSettings {
  std::vector<GatewayAccount> accounts;  ///< by TaskRecord::account
  int concurrency = 0;                   ///< the maximum number of queries at once; at least 1
  int download_concurrency = 0;          ///< at least 1
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds query_timeout{};
  /// A query that receives nothing for this long is dropped: half of its timeout, but at least 30
  /// s, so that a longer timeout has an effect.
  [[nodiscard]] std::chrono::seconds query_silence() const {
    return std::max(std::chrono::seconds(30),
                    std::chrono::duration_cast<std::chrono::seconds>(query_timeout / 2));
  }
  std::chrono::milliseconds stall_timeout{};  ///< slower than 1 KiB/s for this long
  std::int64_t limit_rate = 0;       ///< bytes per second for all downloads together; 0: no limit
  std::int64_t video_bytes_max = 0;  ///< the maximum size of one video
  std::string ca_file;               ///< empty: the system's
  Proxies proxies;                   ///< for queries and downloads
  bool allow_http = false;
  bool allow_private_hosts = false;
  std::string user_agent;
  bool request_ids = false;   ///< fill QueryAnswer::request_id
  int publisher_threads = 0;  ///< one is enough for a transport without downloads
};

/// core::Transport with libcurl. Belongs to one thread, except `wake`.
class CurlTransport final : public Transport {
 public:
  static constexpr std::size_t kBodyBytesMax = std::size_t{8} * 1024 * 1024;
  /// The memory for the answers of all queries in flight, except the first kSmallBodyBytes of each.
  /// An answer without room fails with TransportFailure::kNoRoom. At least two of the largest
  /// answers have room at once, so that at least one query always makes progress.
  static constexpr std::size_t kBodiesBytesMax = 2 * kBodyBytesMax;
  static constexpr std::size_t kSmallBodyBytes = std::size_t{64} * 1024;
  static constexpr int kRedirectsMax = 5;

  /// Throws core::UsageError for a base URL that is not a URL, core::Error if curl or epoll fails.
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
  [[nodiscard]] std::vector<DownloadProgress> downloads() const override;
  [[nodiscard]] std::int64_t connections_opened() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The versions of libcurl and its libraries, for --version and `doctor`.
[[nodiscard]] std::string curl_version_text();

}  // namespace core
