// Which proxy a request goes through, by option and environment as curl reads them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// A proxy and who named it; an empty `url` is none. The URL may hold a password: show it by
/// `shown_proxy` alone.
struct Proxy {
  std::string url;
  std::string source;  ///< "--proxy", "HTTPS_PROXY" …
};

/// The proxies of a run. Immutable; any thread.
class Proxies {
 public:
  /// The variable's value; none when it is unset or empty.
  using Variables = std::function<std::optional<std::string>(std::string_view name)>;

  /// None at all.
  Proxies() = default;
  /// `given` (empty `url`: none) beats `https_proxy`, `HTTPS_PROXY`, `http_proxy`, and for either
  /// scheme `all_proxy` and `ALL_PROXY`; `HTTP_PROXY` is not read, since a CGI server sets it from
  /// a request's header. Hosts in `no_proxy` or `NO_PROXY` are asked directly, whoever named the
  /// proxy. Throws core::UsageError for a proxy that is no URL of a proxy.
  Proxies(Proxy given, const Variables& variables);

  /// The one for this http or https URL.
  [[nodiscard]] Proxy of(const std::string& url) const;

 private:
  Proxy given_;
  Proxy http_;
  Proxy https_;
  std::string excluded_;
};

/// Scheme, host and port, without user and password.
[[nodiscard]] std::string shown_proxy(const std::string& url);

/// Whether the proxy reads the targets of plain http requests, which must then be whole URLs: an
/// http or https proxy, but no socks.
[[nodiscard]] bool reads_targets(const std::string& url);

/// Whether the proxy is on this machine by its own words (127.0.0.0/8, ::1, localhost).
[[nodiscard]] bool is_loopback_proxy(const std::string& url);

/// Whether a list like `NO_PROXY` ("example.com, .corp, 10.0.0.0/8", or "*" alone) names the host:
/// itself, a domain it is in, its address, or a network that address is in.
[[nodiscard]] bool is_excluded(std::string_view host, std::string_view list);

}  // namespace core
