// The S3 API as the store of videos needs it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/engine/retry.h"
#include "core/http/http_call.h"
#include "core/http/s3/s3_address.h"
#include "core/http/s3/s3_answer.h"
#include "core/http/s3/s3_keychain.h"

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

/// What an upload carries.
struct S3Content {
  HttpBody body{};
  std::string sha256{};  ///< of the body, 64 hex digits
};

struct ObjectFacts {
  std::int64_t bytes = 0;
  std::string sha256;  ///< as the upload stated it; empty: it did not
  std::string etag;
  UtcTime changed_at{};
};

/// Which objects a write may replace.
struct WriteCondition {
  bool create_only = false;
  std::string if_match;  ///< an ETag; empty: any. Not every service knows it.
};

/// Every call blocks, tries again what passes by itself, and signs. Any thread.
class S3Client {
 public:
  template <typename Value>
  using Result = std::variant<Value, S3Failure>;
  struct Done {};

  /// All outlive it.
  S3Client(HttpCaller& caller, S3Keychain& keychain, S3Settings settings, const Clock& clock);

  [[nodiscard]] const S3Settings& settings() const { return settings_; }
  void set_create_only(CreateOnly way) { settings_.create_only = way; }  ///< before other threads
  [[nodiscard]] S3Keychain& keychain() { return keychain_; }

  /// `object_sha256` is remembered with the object; empty: nothing is.
  [[nodiscard]] Result<Done> put(const S3Object& object, const S3Content& content,
                                 const std::string& object_sha256, const WriteCondition& condition);
  [[nodiscard]] Result<ObjectFacts> head(const S3Object& object);
  /// `begin` is called before each try, since the next one brings all bytes again.
  [[nodiscard]] Result<Done> get(const S3Object& object, const std::function<void()>& begin,
                                 const std::function<bool(std::string_view)>& take);
  /// Keys with the prefix, in the order of their bytes, from behind `after` (ObjectPage::next).
  [[nodiscard]] Result<ObjectPage> list(const S3Place& place, const std::string& after);

  /// The ID of a new upload in parts.
  [[nodiscard]] Result<std::string> begin_upload(const S3Object& object,
                                                 const std::string& object_sha256);
  [[nodiscard]] Result<UploadedPart> upload_part(const S3Object& object, const std::string& upload,
                                                 int number, const S3Content& content);
  [[nodiscard]] Result<Done> complete(const S3Object& object, const std::string& upload,
                                      const std::vector<UploadedPart>& parts,
                                      const WriteCondition& condition);
  [[nodiscard]] Result<std::vector<UploadedPart>> parts(const S3Object& object,
                                                        const std::string& upload);
  [[nodiscard]] Result<std::vector<std::string>> uploads(const S3Object& object);
  [[nodiscard]] Result<Done> abort(const S3Object& object, const std::string& upload);

 private:
  struct Request {
    std::string method;
    S3Object object;
    HttpHeaders query{};
    HttpHeaders headers{};
    S3Content content{};
    std::function<void()> begin{};  ///< before each try
    std::function<bool(std::string_view)> take{};
    bool judge_body = false;
  };

  [[nodiscard]] Result<HttpAnswer> send(const Request& request);
  [[nodiscard]] HttpAnswer send_once(const Request& request, const S3Keys& keys);
  /// False: the program is to end.
  [[nodiscard]] bool pause(std::chrono::milliseconds time) const;
  [[nodiscard]] HttpHeaders object_headers(const std::string& sha256) const;
  void add_condition(HttpHeaders& headers, const WriteCondition& condition) const;
  [[nodiscard]] std::string meta_name() const;
  [[nodiscard]] const SignatureKind& signature() const;

  HttpCaller& caller_;
  S3Keychain& keychain_;
  S3Settings settings_;
  const Clock& clock_;
};

/// The SHA-256 of a text, as S3Content wants it.
[[nodiscard]] std::string sha256_text(std::string_view text);

}  // namespace core
