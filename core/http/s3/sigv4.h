// AWS Signature Version 4 for S3, and Google's variant of it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/http/http_call.h"

namespace core {

/// Who signs. `secret` and `token` are never shown.
struct S3Keys {
  std::string id;
  std::string secret;
  std::string token;  ///< of temporary keys; empty: none
  friend bool operator==(const S3Keys&, const S3Keys&) = default;
};

/// The words in which the two kinds of signature differ. Google's storage refuses requests in which
/// headers of both kinds stand.
struct SignatureKind {
  std::string_view algorithm = "AWS4-HMAC-SHA256";
  std::string_view key_prefix = "AWS4";
  std::string_view service = "s3";
  std::string_view scope_end = "aws4_request";
  std::string_view header_prefix = "x-amz-";
};
inline constexpr SignatureKind kAwsSignature{};
inline constexpr SignatureKind kGoogleSignature{.algorithm = "GOOG4-HMAC-SHA256",
                                                .key_prefix = "GOOG4",
                                                .service = "storage",
                                                .scope_end = "goog4_request",
                                                .header_prefix = "x-goog-"};

struct RequestToSign {
  std::string_view method;
  std::string_view host;            ///< as in the header: with a port that is not the scheme's own
  std::string_view path;            ///< not encoded; begins with `/`
  HttpHeaders query;                ///< not encoded
  HttpHeaders headers;              ///< names in any case
  std::string_view payload_sha256;  ///< 64 lower-case hex digits
};

/// The text of a query, encoded and in the order in which it is signed.
[[nodiscard]] std::string canonical_query(HttpHeaders query);

/// The headers to send: those given, the date, the payload's hash, the token and the authorization;
/// all are signed, and `host` with them, which libcurl sends itself. Pure.
[[nodiscard]] HttpHeaders sign(const RequestToSign& request, const S3Keys& keys,
                               std::string_view region, UtcTime now,
                               const SignatureKind& kind = kAwsSignature);

}  // namespace core
