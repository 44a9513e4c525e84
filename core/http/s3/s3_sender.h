// One request to a store with the S3 API: signed, and sent until it has an answer.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "core/clock.h"
#include "core/http/http_call.h"
#include "core/http/s3/s3_address.h"
#include "core/http/s3/s3_answer.h"
#include "core/http/s3/s3_keychain.h"
#include "core/http/s3/s3_settings.h"

namespace core {

/// What an upload carries.
struct S3Content {
  HttpBody body{};
  std::string sha256{};  ///< of the body, 64 hex digits
};

struct S3Request {
  std::string method;
  S3Object object;
  HttpHeaders query{};
  HttpHeaders headers{};
  S3Content content{};
  std::function<void()> begin{};  ///< before each try
  std::function<bool(std::string_view)> take{};
  bool judge_body = false;  ///< a success may hide a failure in its body
};

/// Signs, renews keys that have expired, and tries again what passes by itself. Any thread.
class S3Sender {
 public:
  /// All must outlive it.
  S3Sender(HttpCaller& caller, S3Keychain& keychain, const S3Settings& settings, const Clock& clock)
      : caller_(caller), keychain_(keychain), settings_(settings), clock_(clock) {}

  /// Blocks. A failure names the object.
  [[nodiscard]] std::variant<HttpAnswer, S3Failure> send(const S3Request& request);

 private:
  [[nodiscard]] HttpAnswer send_once(const S3Request& request, const S3Keys& keys);
  /// False: the program is to end.

  HttpCaller& caller_;
  S3Keychain& keychain_;
  const S3Settings& settings_;
  const Clock& clock_;
};

}  // namespace core
