// The gateway's base URL: which URLs are accepted, and their normal form.
#pragma once

#include <string>
#include <string_view>

namespace cmd {

/// The URL in the form to which `/v1/…` is appended: scheme and host in lower case, no slash at
/// the end. A trailing `/v1` is dropped, because many clients call that part of their base URL.
/// `source` ("--base-url", "FILE:3") begins every message. Throws core::UsageError unless it is
/// https, or http to a loopback host, or http with `allow_http`; and for user information, a query,
/// a fragment, an empty host, a bad port, blanks or control characters.
[[nodiscard]] std::string check_base_url(std::string_view url, bool allow_http,
                                         std::string_view source);

/// True if the host (without port; IPv6 in brackets) is written as this machine: localhost,
/// 127.0.0.0/8 in four decimal parts, [::1].
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace cmd
