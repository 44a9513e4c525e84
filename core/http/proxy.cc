#include "core/http/proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "core/error.h"
#include "core/http/curl_handles.h"
#include "core/text/ascii.h"

namespace core {
namespace {

constexpr std::array<std::string_view, 6> kSchemes{"http",    "https",  "socks4",
                                                   "socks4a", "socks5", "socks5h"};

struct Address {
  int family = 0;  // 0: not an address
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
};

std::string_view without_brackets(std::string_view host) {
  const bool bracketed = host.size() > 1 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

Address address_of(std::string_view text) {
  const std::string host(without_brackets(text));
  Address address;
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, host.c_str(), address.bytes.data()) == 1) {
      address.family = family;
    }
  }
  return address;
}

// `network` is an address, optionally with a number of bits.
bool is_in_network(const Address& host, std::string_view network) {
  const std::size_t slash = std::min(network.find('/'), network.size());
  const Address base = address_of(network.substr(0, slash));
  if (host.family == 0 || host.family != base.family) {
    return false;
  }
  const unsigned width = 8U * (host.family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr));
  unsigned bits = width;
  if (slash < network.size()) {
    const std::string_view digits = network.substr(slash + 1);
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, bits);
    if (read.ec != std::errc() || read.ptr != end || bits > width) {
      return false;
    }
  }
  const std::size_t whole = bits / 8;
  if (!std::equal(host.bytes.begin(), host.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  base.bytes.begin())) {
    return false;
  }
  const unsigned mask = 0xFFU << (8U - bits % 8) & 0xFFU;
  return bits % 8 == 0 || (host.bytes.at(whole) & mask) == (unsigned{base.bytes.at(whole)} & mask);
}

bool is_in_domain(std::string_view host, std::string_view domain) {
  if (domain.starts_with('.')) {
    domain.remove_prefix(1);
  }
  if (domain.ends_with('.')) {
    domain.remove_suffix(1);
  }
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  if (domain.empty() || host.size() < domain.size()) {
    return false;
  }
  const std::size_t before = host.size() - domain.size();
  return equal_but_for_case(host.substr(before), domain) &&
         (before == 0 || host[before - 1] == '.');
}

// As in curl, a proxy without a scheme is an http proxy.
std::string with_scheme(const std::string& proxy) {
  return proxy.find("://") == std::string::npos ? "http://" + proxy : proxy;
}

Proxy checked(Proxy proxy) {
  if (proxy.url.empty()) {
    return proxy;
  }
  const auto origin = origin_of(with_scheme(proxy.url));
  if (!origin || origin->host.empty() ||
      std::find(kSchemes.begin(), kSchemes.end(), origin->scheme) == kSchemes.end()) {
    throw UsageError(proxy.source +
                     " is not a proxy; write it as http://HOST:PORT (or https, socks4, "
                     "socks4a, socks5, socks5h)");
  }
  return proxy;
}

Proxy first_of(const Proxies::Variables& variables, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (auto value = variables(name)) {
      return checked({*std::move(value), std::string(name)});
    }
  }
  return {};
}

}  // namespace

Proxies::Proxies(Proxy given, const Variables& variables)
    : given_(checked(std::move(given))), excluded_([&variables] {
        const auto lower_case = variables("no_proxy");
        return lower_case ? *lower_case : variables("NO_PROXY").value_or("");
      }()) {
  if (given_.url.empty()) {
    http_ = first_of(variables, {"http_proxy", "all_proxy", "ALL_PROXY"});
    https_ = first_of(variables, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  }
}

Proxy Proxies::of(const std::string& url) const {
  if (given_.url.empty() && http_.url.empty() && https_.url.empty()) {
    return {};
  }
  const auto origin = origin_of(url);
  if (!origin || is_excluded(origin->host, excluded_)) {
    return {};
  }
  if (!given_.url.empty()) {
    return given_;
  }
  return origin->scheme == "https" ? https_ : http_;
}

std::string shown_proxy(const std::string& url) {
  const auto origin = origin_of(with_scheme(url));
  if (!origin) {
    return "(hidden)";
  }
  return origin->scheme + "://" + origin->host + (origin->port.empty() ? "" : ":" + origin->port);
}

bool reads_targets(const std::string& url) {
  return !url.empty() && with_scheme(url).starts_with("http");
}

bool is_loopback_proxy(const std::string& url) {
  const auto origin = origin_of(with_scheme(url));
  return origin && is_excluded(origin->host, "localhost,127.0.0.0/8,::1");
}

bool is_excluded(std::string_view host, std::string_view list) {
  if (list == "*") {
    return true;
  }
  const Address address = address_of(host);
  constexpr std::string_view kBetween = " ,";
  for (std::size_t at = list.find_first_not_of(kBetween); at != std::string_view::npos;) {
    const std::size_t end = std::min(list.find_first_of(kBetween, at), list.size());
    const std::string_view one = list.substr(at, end - at);
    if (address.family != 0 ? is_in_network(address, one) : is_in_domain(host, one)) {
      return true;
    }
    at = list.find_first_not_of(kBetween, end);
  }
  return false;
}

}  // namespace core
