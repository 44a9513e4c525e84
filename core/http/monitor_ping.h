// Calls of a healthchecks-style monitor.
#pragma once

#include <chrono>
#include <string>

namespace core {

struct MonitorPing {
  std::string url;      ///< a secret: anyone who knows it can call it
  std::string ca_file;  ///< empty: the system's
  std::string proxy;    ///< empty: none
  std::string user_agent;
  std::chrono::milliseconds timeout{10'000};  ///< for all attempts together
};

/// "URL/START", inserted before the query of the URL.
[[nodiscard]] std::string ping_url(const std::string& url, const std::string& what);

/// GETs `ping.url`, at most three times while the network or the monitor fails. Returns the reason
/// of the failure, without the URL; empty on success. Blocks; any thread. Throws only
/// std::bad_alloc.
[[nodiscard]] std::string send_ping(const MonitorPing& ping);

}  // namespace core
