// Where the keys for a bucket come from, in the order in which AWS's tools look for them.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/clock.h"
#include "core/http/http_call.h"
#include "core/http/s3/sigv4.h"

namespace core {

/// Keys and until when they are good. The text says where they come from, or why there are none.
struct IssuedKeys {
  S3Keys keys;
  std::optional<UtcTime> expires;  ///< none: never
  std::string source;
};

/// Environment (AWS_ACCESS_KEY_ID), web identity (AWS_WEB_IDENTITY_TOKEN_FILE), the profile's file,
/// a container's agent (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI), the instance's
/// metadata (IMDSv2). The first that is set up counts: if it fails, no other is tried. Any thread.
class S3Keychain {
 public:
  using Variables = std::function<std::optional<std::string>(std::string_view name)>;

  struct Settings {
    Variables variables;
    std::string region;  ///< of the service that takes web identities
  };

  /// Keys that expire are renewed so long before.
  static constexpr std::chrono::minutes kRenewedBefore{5};

  /// All outlive it.
  S3Keychain(HttpCaller& caller, Settings settings, const Clock& clock);

  /// Keys to sign with, or why there are none: what to do about it, and no secret.
  [[nodiscard]] std::variant<S3Keys, std::string> keys();
  /// The bucket says that these are expired. Whether there are others now.
  [[nodiscard]] bool renew(const S3Keys& refused);
  /// Where the keys come from, once there are any.
  [[nodiscard]] std::string source();

 private:
  using Found = std::variant<IssuedKeys, std::string>;
  /// None: the source is not set up.
  using Looked = std::optional<Found>;

  Found find();
  Looked in_environment() const;
  Looked by_web_identity();
  Looked in_profile() const;
  Looked of_container();
  Looked of_instance();
  [[nodiscard]] std::optional<std::string> variable(std::string_view name) const;

  HttpCaller& caller_;
  Settings settings_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<IssuedKeys> current_;  // under mutex_
};

/// The region of the environment or the profile (AWS_REGION, AWS_DEFAULT_REGION, the file of
/// AWS_CONFIG_FILE), else us-east-1.
[[nodiscard]] std::string s3_region(const S3Keychain::Variables& variables);

/// A setting of a profile in the text of a file like ~/.aws/credentials; none if it is not there.
[[nodiscard]] std::optional<std::string> profile_value(std::string_view text,
                                                       std::string_view section,
                                                       std::string_view name);

}  // namespace core
