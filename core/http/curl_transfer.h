// One request and its answer in libcurl: the common part of queries and downloads.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/curl_handles.h"
#include "core/http/curl_loop.h"
#include "core/http/kept_connections.h"

namespace core {

struct TransportSettings;

/// The owner of a transfer. Called by the loop, outside of libcurl's callbacks.
class TransferHandler {
 public:
  virtual void ended(CURLcode code) = 0;
  /// The transfer was removed before its end.
  virtual void aborted() = 0;

 protected:
  ~TransferHandler() = default;
};

// Failures of a transfer that libcurl does not report itself.
inline constexpr std::string_view kAnsweredEarly = "the server sent an answer before the request";
inline constexpr std::string_view kHeadersTooLarge = "the headers are larger than 256 KiB";
inline constexpr std::string_view kDropped = "the server dropped the connection (HTTP 408)";
inline constexpr long kRequestTimeout = 408;

/// Which hosts a transfer may connect to.
struct HostCheck {
  bool may_be_private = true;
  bool resolve_only = false;  ///< only look for a public address; open no connection
  bool resolved = false;      ///< with resolve_only: a public address was found
  std::string refused;        ///< why no socket was opened; empty: not refused
};

/// An easy handle that is reused for one transfer after the other. One thread.
class CurlTransfer {
 public:
  /// Loop, settings and handler must outlive it. Throws core::Error.
  CurlTransfer(CurlLoop& loop, const TransportSettings& settings, TransferHandler& handler);

  /// For setting options before `begin`, and for reading the answer afterwards.
  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] TransferHandler& handler() const { return handler_; }
  [[nodiscard]] CurlLoop& loop() const { return loop_; }
  /// Uses a proxy; empty: connects directly, whatever the environment says.
  void route(const std::string& proxy);
  /// `plain`: without TLS.
  void set_plain(bool plain) { is_plain_ = plain; }
  [[nodiscard]] HostCheck& host() { return host_; }

  void begin(bool fresh_connection);
  /// To be called when libcurl has released the connection for reuse.
  void keep_connection();

  [[nodiscard]] const ConnectionUse& connection() const { return connection_; }
  [[nodiscard]] bool headers_too_large() const;
  /// libcurl's description of `code`, for users.
  [[nodiscard]] std::string failure(CURLcode code) const { return failure_text(code, &error_[0]); }

 private:
  // Including trailers.
  struct HeaderCount {
    std::size_t bytes = 0;
    std::size_t lines = 0;
  };

  static curl_socket_t on_open(void* transfer, curlsocktype purpose, curl_sockaddr* address);
  static int on_request(void* transfer, char* remote_address, char* local_address, int remote_port,
                        int local_port);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* transfer);

  CurlLoop& loop_;
  TransferHandler& handler_;
  Easy easy_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::optional<std::string> proxy_;
  bool is_plain_ = false;
  HostCheck host_;
  ConnectionUse connection_;
  HeaderCount headers_;
};

}  // namespace core
