#include "core/http/s3/sigv4.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "core/files/sha256.h"
#include "core/text/ascii.h"
#include "core/text/percent.h"

namespace core {
namespace {

// 20130524T000000Z
std::string basic_time(UtcTime now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - day));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text.data();
}

// Without blanks at both ends, and runs of them as one.
std::string canonical_value(std::string_view text) {
  std::string value;
  for (const char c : trim_ascii(text, " \t")) {
    if (c != ' ' || !value.ends_with(' ')) {
      value.push_back(c);
    }
  }
  return value;
}

}  // namespace

std::string canonical_query(HttpHeaders query) {
  for (auto& [name, value] : query) {
    name = percent_encoded(name, false);
    value = percent_encoded(value, false);
  }
  std::sort(query.begin(), query.end());
  std::string text;
  for (const auto& [name, value] : query) {
    text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  }
  return text;
}

HttpHeaders sign(const RequestToSign& request, const S3Keys& keys, std::string_view region,
                 UtcTime now, const SignatureKind& kind) {
  const std::string prefix(kind.header_prefix);
  const std::string time = basic_time(now);
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) {
    headers[lower_ascii(name)] = canonical_value(value);
  }
  headers["host"] = request.host;
  headers[prefix + "date"] = time;
  headers[prefix + "content-sha256"] = request.payload_sha256;
  if (!keys.token.empty()) {
    headers[prefix + "security-token"] = keys.token;
  }
  std::string lines;
  std::string names;
  for (const auto& [name, value] : headers) {
    lines.append(name).append(":").append(value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  std::string canonical(request.method);
  canonical.append("\n").append(percent_encoded(request.path, true));
  canonical.append("\n").append(canonical_query(request.query));
  canonical.append("\n").append(lines).append("\n").append(names);
  canonical.append("\n").append(request.payload_sha256);

  const std::string day = time.substr(0, 8);
  std::string scope = day;
  std::string key = std::string(kind.key_prefix) + keys.secret;
  key = bytes_of(hmac_sha256(key, day));
  for (const std::string_view word : {region, kind.service, kind.scope_end}) {
    scope.append("/").append(word);
    key = bytes_of(hmac_sha256(key, word));
  }
  std::string to_sign(kind.algorithm);
  to_sign.append("\n").append(time).append("\n").append(scope);
  to_sign.append("\n").append(sha256_hex(canonical));
  std::string authorization(kind.algorithm);
  authorization.append(" Credential=").append(keys.id).append("/").append(scope);
  authorization.append(",SignedHeaders=").append(names);
  authorization.append(",Signature=").append(hex(hmac_sha256(key, to_sign)));

  headers.erase("host");
  HttpHeaders all(headers.begin(), headers.end());
  all.emplace_back("authorization", std::move(authorization));
  return all;
}

}  // namespace core
