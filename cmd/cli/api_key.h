// The API key: where it is read from, and which texts are refused.
#pragma once

#include <cstdint>
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

/// The account's key: from its file or variable, else from ANYFAST_API_KEY, else from the systemd
/// credential $CREDENTIALS_DIRECTORY/anyfast-api-key. Blanks and line ends around it and a pasted
/// `Bearer ` in front are removed. Throws core::UsageError, without the key in its text, if there
/// is no key; if the file is a symbolic link, not a regular file, or accessible to others (any bit
/// of 077; systemd protects the files in $CREDENTIALS_DIRECTORY); and if the text is not a key:
/// empty, over 4096 bytes, or not printable ASCII.
[[nodiscard]] ApiKey read_api_key(const Account& account, const Environment& environment);

/// A user's right to read all of the user's tasks and charges (gateway.md G12, G13).
struct UserToken {
  ApiKey token;
  std::int64_t user_id = 0;  ///< 0: not given
};

/// The account's token from its file, which is guarded as a key file is. Throws core::UsageError as
/// above.
[[nodiscard]] UserToken read_user_token(const Account& account, const Environment& environment);

/// What a browser must know to read the pages of `serve`, from a file that is guarded as a key file
/// is. Throws core::UsageError as above, and for a token that is easily guessed.
[[nodiscard]] ApiKey read_page_token(const std::string& path, const Environment& environment);

}  // namespace cmd
