// The interface between the engine and the network: takes requests, returns completions.
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

/// Queries the gateway of `account` for `path` (already percent-encoded).
struct QueryRequest {
  std::uint64_t token = 0;  ///< returned with the completion
  int account = 0;
  std::string path;
  bool fresh_connection = false;  ///< not over a reused connection
};

/// Downloads one video into its sink and publishes it. If the sink already has all bytes, nothing
/// is downloaded.
struct DownloadRequest {
  std::uint64_t token = 0;
  int account = 0;
  std::string url;  ///< sent unchanged; one that starts with `/` belongs to the account's gateway
  /// The task's own path at the account's gateway. The key is sent only while `url` is exactly this
  /// path, and never to a place to which an answer leads; empty: never.
  std::string content_path;
  std::unique_ptr<VideoSink> sink;  ///< destroyed before the completion is returned
};

/// An HTTP answer to a query.
struct QueryAnswer {
  int http_status = 0;
  std::string body;  ///< decoded, complete
  /// If the body contains the account's key: the key, and the part of the body that may be shown.
  /// Otherwise empty and none: all of it may be shown.
  std::string key_in_body;
  std::optional<std::string> body_without_key;
  std::optional<UtcTime> date;  ///< the server's clock (gateway.md T32)
  /// Relative to now, clamped to 0 … 10 minutes; none if absent or unreadable (RFC 9110 §10.2.3).
  std::optional<std::chrono::milliseconds> retry_after;
  std::string request_id;  ///< X-Oneapi-Request-Id as sent; only if requested
  /// The answer came over a reused HTTP/1.1 connection. Unrequested bytes that arrive during the
  /// request look the same, so an answer that does not name its task may belong to no request.
  bool kept_connection = false;

  /// The part of the body that may be shown.
  [[nodiscard]] std::string_view readable_body() const {
    return body_without_key ? *body_without_key : body;
  }
};

/// A task's entry in the gateway's list of tasks: an answer without an envelope.
struct ListedAnswer {
  TaskId id;
  std::string body;  ///< byte-exact
};

/// No answer: connection, TLS, time-out, a body over the limit … `text` is for users.
struct TransportFailure {
  /// There was no room for a large body beside others. This is not a fault, and may be retried
  /// without limit, because one of the others always has room.
  static constexpr std::string_view kNoRoom = "no_room";
  std::string kind;  ///< one word, for counters: "connect", "timeout", "tls", "too_large" …
  std::string text;
};

struct Completion {
  std::uint64_t token = 0;
  std::variant<QueryAnswer, TransportFailure, SavedFile, FetchFailure> outcome;
};

/// A download that is in flight.
struct DownloadProgress {
  std::uint64_t token = 0;
  std::int64_t received = 0;         ///< bytes of the video, also those of earlier attempts
  std::optional<std::int64_t> size;  ///< of the whole video, once its server has stated it
};

/// Performs requests. Belongs to the engine's thread; only `wake` may be called by others.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Starts at once; the caller limits the number of requests in flight.
  virtual void start(QueryRequest request) = 0;
  virtual void start(DownloadRequest request) = 0;

  /// Drives all requests until one completes, `wake` is called, or `until` has passed, and appends
  /// the completed ones. Throws core::Error if the event loop itself fails.
  virtual void wait(SteadyTime until, std::vector<Completion>& completions) = 0;

  /// Makes the current or next `wait` return. Any thread; async-signal-safe.
  virtual void wake() = 0;

  /// Drops all requests in flight; none of them completes any more. Resumable bytes in their sinks
  /// stay.
  virtual void abort() = 0;

  /// Bytes of videos received so far.
  [[nodiscard]] virtual std::int64_t bytes_received() const = 0;
  /// The downloads in flight, in any order, without those that are being published.
  [[nodiscard]] virtual std::vector<DownloadProgress> downloads() const { return {}; }
  /// Connections opened so far.
  [[nodiscard]] virtual std::int64_t connections_opened() const = 0;
};

}  // namespace core
