// How a store with the S3 API is addressed, and what differs between services.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/engine/retry.h"
#include "core/http/s3/s3_address.h"
#include "core/http/s3/sigv4.h"

namespace core {

/// How a service is told to create an object and to replace none.
enum class CreateOnly {
  if_none_match,  ///< `If-None-Match: *`: Amazon, and most others
  oss,            ///< Alibaba's OSS
  cos,            ///< Tencent's COS
  gcs,            ///< Google's storage, with Google's signature
  none,           ///< it cannot be: the object is looked for before
};
/// As in --s3-create-only.
[[nodiscard]] std::string_view name(CreateOnly way);

struct S3Settings {
  S3Endpoint endpoint;
  std::string region;
  CreateOnly create_only = CreateOnly::if_none_match;
  HttpHeaders upload_headers;  ///< of every new object: encryption, storage class
  /// About half a minute in all. Full jitter.
  RetryPolicy retry{.retries = 7,
                    .first_delay_max = std::chrono::milliseconds(500),
                    .delay_max = std::chrono::milliseconds(20'000)};
};

[[nodiscard]] const SignatureKind& signature_of(const S3Settings& settings);

}  // namespace core
