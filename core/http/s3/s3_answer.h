// What the answers of the S3 API mean. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/http/http_call.h"

namespace core {

/// Why a request did not succeed.
struct S3Failure {
  enum class Kind {
    absent,   ///< no such object or upload
    taken,    ///< the name is, and the request was to create alone
    passing,  ///< worth another try: the network, an overloaded service, a competing write
    expired,  ///< the keys are
    full,     ///< no room, or a quota
    name,     ///< the key is none that this service takes
    refused,  ///< anything that will not pass by itself: rights, bucket, signature
    local,    ///< the file that was to be sent cannot be read
    stopped,  ///< the program is to end
  };
  Kind kind = Kind::passing;
  std::string code{};  ///< S3's word, e.g. "SlowDown"; empty: none
  std::string text{};  ///< for people; no secrets
  int body_errno = 0;
  std::optional<std::chrono::milliseconds> retry_after{};
};

/// The failure of an answer that is no success; none for one that is. `is_head`: it has no body.
/// With `judge_body` a success whose body is an error is a failure too (CompleteMultipartUpload).
[[nodiscard]] std::optional<S3Failure> s3_failure(const HttpAnswer& answer, bool is_head,
                                                  bool judge_body);

struct ListedObject {
  std::string key;
  std::int64_t bytes = 0;
};
struct ObjectPage {
  std::vector<ListedObject> objects;
  std::string next;  ///< continues behind this page; empty: it is the last
};
/// None for what is no such answer.
[[nodiscard]] std::optional<ObjectPage> read_object_page(std::string_view body);

struct UploadedPart {
  int number = 0;
  std::int64_t bytes = 0;
  std::string etag;
};
struct PartPage {
  std::vector<UploadedPart> parts;
  std::string next;  ///< as of ObjectPage
};
[[nodiscard]] std::optional<PartPage> read_part_page(std::string_view body);

/// IDs of the uploads under way of exactly this key.
[[nodiscard]] std::optional<std::vector<std::string>> read_uploads(std::string_view body,
                                                                   std::string_view key);
/// Empty for what is no such answer.
[[nodiscard]] std::string read_upload_id(std::string_view body);

/// The body of CompleteMultipartUpload.
[[nodiscard]] std::string completion_text(const std::vector<UploadedPart>& parts);

}  // namespace core
