// One HTTP exchange that the calling thread waits for: what the bucket and the sources of its keys
// are asked by. The engine's transport is curl_transport.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/proxy.h"

namespace core {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// Bytes that are sent: a text, or a piece of an open file.
struct HttpBody {
  std::string_view text{};
  int file = -1;  ///< below 0: the text
  std::int64_t offset = 0;
  std::int64_t bytes = 0;  ///< of the file's piece
};

struct HttpCall {
  std::string method;
  std::string url;
  HttpHeaders headers{};
  HttpBody body{};
  /// Takes the body of an answer that is a success; false stops the call. Empty: it is kept.
  std::function<bool(std::string_view piece)> take{};
  bool direct = false;  ///< past every proxy
  /// For all of the call; 0: as long as bytes flow.
  std::chrono::milliseconds timeout{0};
};

struct HttpAnswer {
  long status = 0;       ///< 0: there was no whole answer, `failure` says why
  HttpHeaders headers;   ///< names in lower case
  std::string body;      ///< at most HttpCaller::kBodyBytesMax
  std::string failure;   ///< for people; no secrets
  bool stopped = false;  ///< by HttpCallerSettings::stop
  int body_errno = 0;    ///< why the file that was to be sent could not be read; -1: it was cut

  /// The first header of that name; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpCallerSettings {
  std::string ca_file;  ///< empty: the system's
  Proxies proxies;
  std::string user_agent;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{60'000};  ///< below 1 KiB/s for this long
  /// Asked all the time; true ends every call. Any thread. Empty: never.
  std::function<bool()> stop;
};

/// Makes calls and keeps their connections for the next ones. Any thread; calls of several threads
/// go on at once. No redirect is followed.
class HttpCaller {
 public:
  static constexpr std::size_t kBodyBytesMax = std::size_t{8} << 20U;

  explicit HttpCaller(HttpCallerSettings settings);
  ~HttpCaller();
  HttpCaller(const HttpCaller&) = delete;
  HttpCaller& operator=(const HttpCaller&) = delete;

  /// Throws core::Error when libcurl lacks what is needed; `take`'s exceptions pass through.
  [[nodiscard]] HttpAnswer call(const HttpCall& call);
  [[nodiscard]] bool is_stopped() const { return settings_.stop && settings_.stop(); }
  /// Waits, before a call is made again; false: it was stopped.
  [[nodiscard]] bool pause(std::chrono::milliseconds time) const;

 private:
  struct Exchange;
  struct Handles;

  HttpCallerSettings settings_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace core
