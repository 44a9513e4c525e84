// The seam between the engine and the network: requests go in, completions come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"
#include "core/video/video_store.h"

namespace core {

/// Asks the gateway of `account` for `path` (already percent-encoded).
struct QueryRequest {
  std::uint64_t token = 0;  ///< comes back with the completion
  int account = 0;
  std::string path;
  bool fresh_connection = false;  ///< not over one that was used before
};

/// Fetches one video into its sink and publishes it. If the sink holds all bytes already, nothing
/// is fetched.
struct DownloadRequest {
  std::uint64_t token = 0;
  int account = 0;
  std::string url;  ///< byte for byte; one that starts with `/` belongs to the account's gateway
  /// The task's own path at the account's gateway. The key goes along while `url` is just that, and
  /// to no place that an answer leads to; empty: never.
  std::string content_path;
  std::unique_ptr<VideoSink> sink;  ///< freed before the completion comes
};

/// An HTTP answer to a query.
struct QueryAnswer {
  int http_status = 0;
  std::string body;  ///< decoded, complete
  /// Of a body that says the account's key aloud: the key, and what may be told of the body. Else
  /// empty, and none: all of it.
  std::string key_in_body;
  std::optional<std::string> body_without_key;
  std::optional<UtcTime> date;  ///< the server's clock (gateway.md T32)
  /// From now, already clamped to 0 … 10 minutes; none when absent or unreadable (RFC 9110
  /// §10.2.3).
  std::optional<std::chrono::milliseconds> retry_after;
  std::string request_id;  ///< X-Oneapi-Request-Id as sent; only when asked for
  /// Came over a kept-alive HTTP/1.1 connection. What is sent there unasked while the request is on
  /// its way looks the same: an answer that does not name its task may belong to nobody.
  bool kept_connection = false;

  /// What may be told of the body.
  [[nodiscard]] std::string_view readable_body() const {
    return body_without_key ? *body_without_key : body;
  }
};

/// No answer: connection, TLS, time-out, a body over the limit … `text` is for people.
struct TransportFailure {
  /// There was no room for a large body beside others: no fault, and worth another try for ever,
  /// since one of those others always has room.
  static constexpr std::string_view kNoRoom = "no_room";
  std::string kind;  ///< one word for counting: "connect", "timeout", "tls", "too_large" …
  std::string text;
};

struct Completion {
  std::uint64_t token = 0;
  std::variant<QueryAnswer, TransportFailure, SavedFile, FetchFailure> outcome;
};

/// Runs requests. Owned by the engine's thread; only `wake` may be called by others.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Starts at once; the caller keeps count of what is in flight.
  virtual void start(QueryRequest request) = 0;
  virtual void start(DownloadRequest request) = 0;

  /// Drives everything until something completes, `wake` is called, or `until` has passed, and
  /// appends what completed. Throws core::Error when the event loop itself fails.
  virtual void wait(SteadyTime until, std::vector<Completion>& completions) = 0;

  /// Makes the running or next `wait` return. Any thread; async-signal-safe.
  virtual void wake() = 0;

  /// Drops all requests in flight; none of them completes any more. What their sinks can resume
  /// stays.
  virtual void abort() = 0;

  /// Bytes of videos received so far.
  [[nodiscard]] virtual std::int64_t bytes_received() const = 0;
  /// Connections opened so far.
  [[nodiscard]] virtual std::int64_t connections_opened() const = 0;
};

}  // namespace core
