// Where `serve` listens, and by which names a browser may call it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cmd {

struct ListenAddress {
  std::string host;  ///< an IPv4 or IPv6 address, without brackets
  std::uint16_t port = 0;

  /// Only this machine can connect.
  [[nodiscard]] bool is_loopback() const;
  /// All addresses of this machine: 0.0.0.0 or [::], in any spelling.
  [[nodiscard]] bool is_everywhere() const;
  /// "127.0.0.1:8090", "[::1]:8090".
  [[nodiscard]] std::string text() const;
};

/// "127.0.0.1:8090", "[::1]:8090", "localhost:8090". Throws core::UsageError.
[[nodiscard]] ListenAddress parse_listen_address(std::string_view text);

/// Whether a Host header names this machine by a loopback address or as localhost, with any port:
/// a tunnel may use another one.
[[nodiscard]] bool names_this_machine(std::string_view host);

}  // namespace cmd
