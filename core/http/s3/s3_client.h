// The S3 API as the store of videos needs it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/http/http_call.h"
#include "core/http/s3/s3_address.h"
#include "core/http/s3/s3_answer.h"
#include "core/http/s3/s3_keychain.h"
#include "core/http/s3/s3_sender.h"
#include "core/http/s3/s3_settings.h"

namespace core {

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
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;

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
  S3Keychain& keychain_;
  S3Settings settings_;
  S3Sender sender_;
};

}  // namespace core
