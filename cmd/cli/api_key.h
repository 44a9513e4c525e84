// The API key: where it is read from, and which texts are refused.
#pragma once

#include <string>
#include <utility>

#include "cmd/cli/accounts.h"
#include "cmd/cli/environment.h"
#include "cmd/cli/settings.h"

namespace cmd {

/// A secret. Only `reveal` gives the text, and only the transport may call it.
class ApiKey {
 public:
  ApiKey(std::string secret, std::string source)
      : secret_(std::move(secret)), source_(std::move(source)) {}
  [[nodiscard]] const std::string& reveal() const { return secret_; }
  /// Where it was read: a path or "ANYFAST_API_KEY".
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  std::string secret_;
  std::string source_;
};

/// The account's key: of its file or variable, else of ANYFAST_API_KEY, else of the systemd
/// credential $CREDENTIALS_DIRECTORY/anyfast-api-key. Blanks and line ends around it and a pasted
/// `Bearer ` in front are dropped. Throws core::UsageError, without the key in its text, when there
/// is none, when the file is a symbolic link, no regular file or open to others (any bit of 077;
/// files in $CREDENTIALS_DIRECTORY are systemd's to guard), and when the text is no key: empty,
/// over 4096 bytes, or anything but printable ASCII.
[[nodiscard]] ApiKey read_api_key(const Account& account, const Environment& environment);

}  // namespace cmd
