#include "cmd/cli/base_url.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/text/ascii.h"

namespace cmd {
namespace {

[[noreturn]] void refuse(std::string_view source, const std::string& why) {
  throw core::UsageError("the base URL of " + std::string(source) + " " + why);
}

bool is_number_within(std::string_view text, unsigned minimum, unsigned maximum) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  return error == std::errc() && end == text.end() && number >= minimum && number <= maximum;
}

struct Parts {
  std::string scheme;
  std::string host;  // IPv6 with its brackets
  std::string port;  // with its colon; empty: none
  std::string path;  // without a slash at the end
};

bool is_host(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    return host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1;
  }
  return !host.empty() &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") == std::string::npos;
}

Parts split_authority(std::string_view authority, std::string_view source) {
  Parts parts;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  parts.host = core::lower_ascii(authority.substr(0, has_port ? colon : authority.size()));
  if (has_port) {
    parts.port = authority.substr(colon);
  }
  if (!is_host(parts.host)) {
    refuse(source, "has no valid host; write https://HOST");
  }
  if (has_port && !is_number_within(std::string_view(parts.port).substr(1), 1, 65535)) {
    refuse(source, "has no valid port");
  }
  return parts;
}

void refuse_foreign_characters(std::string_view url, std::string_view source) {
  const bool clean =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!clean) {
    refuse(source, "has a blank, a control character or a non-ASCII one");
  }
  if (url.find('@') != std::string_view::npos) {
    refuse(source, "has a user name or `@`; the key belongs into --api-key-file");
  }
  if (url.find_first_of("?#") != std::string_view::npos) {
    refuse(source, "has a query or fragment; write it without `?` and `#`");
  }
  if (url.find('\\') != std::string_view::npos) {
    refuse(source, "has a backslash");
  }
}

void drop_end(std::string& path, std::string_view end) {
  if (path.ends_with(end)) {
    path.resize(path.size() - end.size());
  }
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  const std::string name = core::lower_ascii(host);
  if (name == "localhost" || name == "[::1]") {
    return true;
  }
  if (!name.starts_with("127.")) {
    return false;
  }
  std::string_view rest = name;
  for (int part = 0; part < 4; ++part) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    const bool last = part == 3;
    if (!is_number_within(rest.substr(0, end), 0, 255) || last != (end == rest.size())) {
      return false;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

std::string check_base_url(std::string_view url, bool allow_http, std::string_view source) {
  refuse_foreign_characters(url, source);
  const std::size_t colon = url.find("://");
  const std::string scheme = core::lower_ascii(url.substr(0, std::min(colon, url.size())));
  if (colon == std::string_view::npos || (scheme != "https" && scheme != "http")) {
    refuse(source, "must begin with https://");
  }
  const std::string_view rest = url.substr(colon + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  Parts parts = split_authority(rest.substr(0, slash), source);
  if (scheme == "http" && !allow_http && !is_loopback_host(parts.host)) {
    refuse(source,
           "is plain http://, which would show the key to the network; use https:// or "
           "give --allow-http");
  }
  parts.path = rest.substr(slash);
  while (parts.path.ends_with("/")) {
    parts.path.pop_back();
  }
  drop_end(parts.path, "/v1");
  while (parts.path.ends_with("/")) {
    parts.path.pop_back();
  }
  return scheme + "://" + parts.host + parts.port + parts.path;
}

}  // namespace cmd
