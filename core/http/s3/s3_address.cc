#include "core/http/s3/s3_address.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/http/curl_handles.h"
#include "core/text/ascii.h"
#include "core/text/percent.h"
#include "core/text/redaction.h"

namespace core {
namespace {

constexpr std::string_view kScheme = "s3://";

bool is_bucket_name(std::string_view name) {
  constexpr std::size_t kShortest = 3;
  constexpr std::size_t kLongest = 63;
  constexpr std::string_view kOthers = ".-_";
  return name.size() >= kShortest && name.size() <= kLongest &&
         is_ascii_alphanumeric(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_ascii_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
         });
}

[[noreturn]] void refuse_place(std::string_view text, const std::string& why) {
  throw UsageError("the output " + std::string(text) + " " + why);
}

}  // namespace

std::optional<S3Object> parse_s3_url(std::string_view text) {
  if (!is_s3_url(text)) {
    return std::nullopt;
  }
  text.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view bucket = text.substr(0, slash);
  if (!is_bucket_name(bucket)) {
    return std::nullopt;
  }
  return S3Object{std::string(bucket), std::string(text.substr(std::min(slash + 1, text.size())))};
}

bool is_plain_path(std::string_view text) {
  while (true) {
    const std::size_t end = std::min(text.find('/'), text.size());
    const std::string_view part = text.substr(0, end);
    if (part.empty() || part == "." || part == "..") {
      return false;
    }
    if (end == text.size()) {
      return true;
    }
    text.remove_prefix(end + 1);
  }
}

S3Place parse_s3_place(std::string_view text) {
  const auto object = parse_s3_url(text);
  if (!object) {
    refuse_place(text, "names no bucket; write s3://BUCKET or s3://BUCKET/PREFIX");
  }
  std::string prefix = object->key;
  if (prefix.size() > 1 && prefix.ends_with('/')) {
    prefix.pop_back();
  }
  if (!prefix.empty()) {
    if (!is_plain_path(prefix)) {
      refuse_place(text, "has an empty part, \".\" or \"..\" in its prefix");
    }
    prefix += '/';
  }
  return {object->bucket, std::move(prefix)};
}

S3Endpoint::S3Endpoint(std::string_view url, const std::string& region, S3Addressing addressing,
                       std::string_view source)
    : addressing_(addressing) {
  const std::string whole = url.empty() ? "https://s3." + region + ".amazonaws.com" +
                                              (region.starts_with("cn-") ? ".cn" : "")
                                        : std::string(url);
  const auto fail = [&](const char* why) {
    throw UsageError(std::string(source) + " " + redacted_url(whole) + " " + why +
                     "; write it as https://HOST or https://HOST:PORT");
  };
  const std::size_t scheme_end = whole.find("://");
  const auto origin = scheme_end == std::string::npos ? std::optional<Origin>() : origin_of(whole);
  if (!origin || (origin->scheme != "https" && origin->scheme != "http") || origin->host.empty()) {
    fail("is no address of an S3 service");
  }
  std::string_view rest = std::string_view(whole).substr(scheme_end + 3);
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (rest.find_first_of("/?#@\\ ") != std::string_view::npos) {
    fail("has more than a host and a port");
  }
  scheme_ = origin->scheme;
  host_ = origin->host;
  const bool usual_port = origin->port == (is_plain() ? "80" : "443");
  authority_ = host_ + (usual_port ? "" : ":" + origin->port);
}

bool S3Endpoint::by_host(const std::string& bucket) const {
  if (addressing_ != S3Addressing::automatic) {
    return addressing_ == S3Addressing::host;
  }
  constexpr std::array<std::string_view, 6> kProviders{".amazonaws.com", ".amazonaws.com.cn",
                                                       ".aliyuncs.com",  ".myqcloud.com",
                                                       ".volces.com",    ".digitaloceanspaces.com"};
  // A certificate for *.HOST does not cover a name with dots.
  return bucket.find('.') == std::string::npos &&
         std::any_of(kProviders.begin(), kProviders.end(),
                     [&](std::string_view provider) { return host_.ends_with(provider); });
}

S3Endpoint::Target S3Endpoint::target(const S3Object& object) const {
  Target target;
  if (by_host(object.bucket)) {
    target.host = object.bucket + "." + authority_;
    target.path = "/" + object.key;
  } else {
    target.host = authority_;
    target.path = "/" + object.bucket + (object.key.empty() ? "" : "/" + object.key);
  }
  target.url = scheme_ + "://" + target.host + percent_encoded(target.path, true);
  return target;
}

}  // namespace core
