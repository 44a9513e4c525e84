// Selects the proxy of a request, by option and environment, with the rules of curl.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// A proxy and where it is set; an empty `url` means none. The URL may contain a password: show it
/// only with `shown_proxy`.
struct Proxy {
  std::string url;
  std::string source;  ///< "--proxy", "HTTPS_PROXY" …
};

/// The proxies of a run. Immutable; any thread.
class Proxies {
 public:
  /// Returns the variable's value; none if it is unset or empty.
  using Variables = std::function<std::optional<std::string>(std::string_view name)>;

  /// Without any proxy.
  Proxies() = default;
  /// `given` (empty `url`: none) has precedence over `https_proxy`, `HTTPS_PROXY`, `http_proxy`
  /// and, for both schemes, `all_proxy` and `ALL_PROXY`. `HTTP_PROXY` is not read, because a CGI
  /// server sets it from a request header. Hosts in `no_proxy` or `NO_PROXY` are contacted
  /// directly, wherever the proxy is set. Throws core::UsageError for an invalid proxy URL.
  Proxies(Proxy given, const Variables& variables);

  /// The proxy for this http or https URL.
  [[nodiscard]] Proxy of(const std::string& url) const;

 private:
  Proxy given_;
  Proxy http_;
  Proxy https_;
  std::string excluded_;
};

/// Scheme, host and port, without user and password.
[[nodiscard]] std::string shown_proxy(const std::string& url);

/// Whether the proxy reads the targets of plain http requests, which must then be complete URLs:
/// true for http and https proxies, false for socks.
[[nodiscard]] bool reads_targets(const std::string& url);

/// Whether the proxy's URL says that it is on this machine (127.0.0.0/8, ::1, localhost).
[[nodiscard]] bool is_loopback_proxy(const std::string& url);

/// Whether a list like `NO_PROXY` ("example.com, .corp, 10.0.0.0/8", or only "*") contains the
/// host: its name, a domain of it, its address, or a network of its address.
[[nodiscard]] bool is_excluded(std::string_view host, std::string_view list);

}  // namespace core
