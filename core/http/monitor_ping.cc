#include "core/http/monitor_ping.h"

#include <algorithm>

#include "core/http/curl_handles.h"

namespace core {
namespace {

constexpr int kTries = 3;

std::size_t ignore_body(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// Returns an empty text on success.
std::string try_once(const MonitorPing& ping, std::chrono::milliseconds timeout) {
  const Easy easy(curl_easy_init());
  if (easy == nullptr) {
    return "libcurl has no handle";
  }
  set_option(easy.get(), CURLOPT_URL, ping.url.c_str());
  set_option(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  set_option(easy.get(), CURLOPT_NOSIGNAL, 1L);
  set_option(easy.get(), CURLOPT_QUICK_EXIT, 1L);  // a dead name server would exceed the timeout
  set_option(easy.get(), CURLOPT_USERAGENT, ping.user_agent.c_str());
  set_option(easy.get(), CURLOPT_WRITEFUNCTION, &ignore_body);
  set_option(easy.get(), CURLOPT_PROXY, ping.proxy.c_str());
  set_option(easy.get(), CURLOPT_NOPROXY, ping.proxy.empty() ? "*" : "");
  if (!ping.ca_file.empty()) {
    set_option(easy.get(), CURLOPT_CAINFO, ping.ca_file.c_str());
    set_option(easy.get(), CURLOPT_PROXY_CAINFO, ping.ca_file.c_str());
  }
  if (const CURLcode code = curl_easy_perform(easy.get()); code != CURLE_OK) {
    return curl_easy_strerror(code);
  }
  constexpr long kSuccessEnd = 300;
  const long status = status_of(easy.get());
  return status < kSuccessEnd ? std::string() : "HTTP " + std::to_string(status);
}

}  // namespace

std::string ping_url(const std::string& url, const std::string& what) {
  const std::size_t query = std::min(url.find('?'), url.size());
  const bool slash = query > 0 && url[query - 1] == '/';
  return url.substr(0, query) + (slash ? "" : "/") + what + url.substr(query);
}

std::string send_ping(const MonitorPing& ping) {
  const auto end = std::chrono::steady_clock::now() + ping.timeout;
  std::string why = "it took too long";
  for (int i = 0; i < kTries; ++i) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      break;
    }
    try {
      why = try_once(ping, left);
    } catch (const Error& failure) {
      return failure.what();
    }
    if (why.empty()) {
      break;
    }
  }
  return why;
}

}  // namespace core
