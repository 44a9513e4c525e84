#include "cmd/serve/listen_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/text/ascii.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

constexpr std::string_view kLocalhost = "localhost";

std::optional<std::uint16_t> port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, port);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(port) : std::nullopt;
}

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

struct HostAndPort {
  std::string host;
  std::string_view port;  // empty: none
};

// Of an IPv6 address in brackets, or any other text with a colon before its port.
std::optional<HostAndPort> split(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : text.find(':');
  const std::size_t begin = bracketed ? 1 : 0;
  if (bracketed && end == std::string_view::npos) {
    return std::nullopt;
  }
  HostAndPort parts{.host = std::string(text.substr(begin, end - begin)), .port = {}};
  text.remove_prefix(std::min(end == std::string_view::npos ? end : end + begin, text.size()));
  if (!text.empty() && text.front() != ':') {
    return std::nullopt;
  }
  parts.port = text.substr(text.empty() ? 0 : 1);
  if (parts.host.empty() || (bracketed && !is_ipv6(parts.host))) {
    return std::nullopt;
  }
  return parts;
}

}  // namespace

bool ListenAddress::is_loopback() const { return host.starts_with("127.") || host == "::1"; }

bool ListenAddress::is_everywhere() const {
  in6_addr address{};
  return host == "0.0.0.0" ||
         (::inet_pton(AF_INET6, host.c_str(), &address) == 1 && IN6_IS_ADDR_UNSPECIFIED(&address));
}

std::string ListenAddress::text() const {
  const bool is_long = host.find(':') != std::string::npos;
  return (is_long ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ListenAddress parse_listen_address(std::string_view text) {
  constexpr std::size_t kShownMax = 100;
  auto parts = split(text);
  const auto port = parts ? port_of(parts->port) : std::nullopt;
  if (parts && core::equal_but_for_case(parts->host, kLocalhost)) {
    parts->host = "127.0.0.1";
  }
  if (!port || (!is_ipv4(parts->host) && !is_ipv6(parts->host))) {
    throw core::UsageError("--listen " + core::printable(text, kShownMax) +
                           ": not an IP address and a port, as in 127.0.0.1:8090 or [::1]:8090");
  }
  return {.host = std::move(parts->host), .port = *port};
}

bool names_this_machine(std::string_view host) {
  const auto parts = split(host);
  if (!parts || (!parts->port.empty() && !port_of(parts->port))) {
    return false;
  }
  return core::equal_but_for_case(parts->host, kLocalhost) || parts->host == "::1" ||
         (is_ipv4(parts->host) && parts->host.starts_with("127."));
}

}  // namespace cmd
