// Where a bucket is: `s3://BUCKET/KEY` as users and the ledger write it, and the URL that is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace core {

struct S3Object {
  std::string bucket;
  std::string key;  ///< empty: the bucket itself

  /// `s3://BUCKET/KEY`
  [[nodiscard]] std::string url() const { return "s3://" + bucket + "/" + key; }
};

/// Whether the text is meant as the address of a bucket.
[[nodiscard]] inline bool is_s3_url(std::string_view text) { return text.starts_with("s3://"); }
/// None if the name of the bucket is none: 3 to 63 letters, digits, `.`, `-` and `_`.
[[nodiscard]] std::optional<S3Object> parse_s3_url(std::string_view text);

/// Whether the parts between slashes are names: none is empty, `.` or `..`.
[[nodiscard]] bool is_plain_path(std::string_view text);

/// The prefix under which videos lie in a bucket.
struct S3Place {
  std::string bucket;
  std::string prefix;  ///< empty, or ends with `/`

  /// `s3://BUCKET/PREFIX`: what all paths begin with.
  [[nodiscard]] std::string root() const { return S3Object{bucket, prefix}.url(); }
  [[nodiscard]] S3Object object(std::string_view relative) const {
    return {bucket, prefix + std::string(relative)};
  }
};
/// Throws core::UsageError for what is no `s3://BUCKET[/PREFIX]`, or has an empty, `.` or `..`
/// part.
[[nodiscard]] S3Place parse_s3_place(std::string_view text);

enum class S3Addressing {
  automatic,  ///< virtual-hosted at the large providers, by path elsewhere
  path,       ///< https://ENDPOINT/BUCKET/KEY
  host,       ///< https://BUCKET.ENDPOINT/KEY
};

/// How the API is reached. Immutable; any thread.
class S3Endpoint {
 public:
  /// `url`: "https://HOST[:PORT]"; empty: Amazon's in the region. Throws core::UsageError that
  /// begins with `source` if it is no such URL.
  S3Endpoint(std::string_view url, const std::string& region, S3Addressing addressing,
             std::string_view source);

  struct Target {
    std::string host;  ///< as in the header
    std::string path;  ///< not encoded
    std::string url;   ///< without a query
  };
  [[nodiscard]] Target target(const S3Object& object) const;
  [[nodiscard]] std::string url() const { return scheme_ + "://" + authority_; }
  [[nodiscard]] bool is_plain() const { return scheme_ == "http"; }
  /// Without port; IPv6 in brackets.
  [[nodiscard]] const std::string& host() const { return host_; }

 private:
  [[nodiscard]] bool by_host(const std::string& bucket) const;

  std::string scheme_;
  std::string host_;
  std::string authority_;  ///< with the port if it is not the scheme's own
  S3Addressing addressing_;
};

}  // namespace core
