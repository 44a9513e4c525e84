// Calls of a healthchecks-style monitor.
#pragma once

#include <chrono>
#include <string>

namespace core {

struct MonitorPing {
  std::string url;      ///< a secret: who knows it can call it
  std::string ca_file;  ///< empty: the system's
  std::string proxy;    ///< empty: none
  std::string user_agent;
  std::chrono::milliseconds timeout{10'000};  ///< for all tries
};

/// "URL/START", before any query of the URL.
[[nodiscard]] std::string ping_url(const std::string& url, const std::string& what);

/// GETs `ping.url`, three times at most while the network or the monitor fails. Returns why it did
/// not get through, without the URL; empty: it did. Blocks; any thread. Never throws but
/// std::bad_alloc.
[[nodiscard]] std::string send_ping(const MonitorPing& ping);

}  // namespace core
