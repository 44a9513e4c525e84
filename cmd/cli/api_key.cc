#include "cmd/cli/api_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/files/descriptor.h"
#include "core/text/ascii.h"

namespace cmd {
namespace {

using core::UsageError;

constexpr std::size_t kKeyBytesMax = 4096;
constexpr std::string_view kVariable = "ANYFAST_API_KEY";
constexpr std::string_view kCredential = "anyfast-api-key";

// What a secret is called in messages.
constexpr std::string_view kApiKey = "API key";
constexpr std::string_view kUserToken = "user access token";
constexpr std::string_view kPageToken = "token";

enum class Guard { mode, systemd };

struct SecretFile {
  std::string_view what;
  const std::string& path;
  Guard guard = Guard::mode;

  [[noreturn]] void refuse(const std::string& why) const {
    throw UsageError("the " + std::string(what) + " file " + path + " " + why);
  }
};

void check_file(int fd, const SecretFile& secret) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    secret.refuse("cannot be examined: " + core::errno_text(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    secret.refuse("is not a regular file");
  }
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if (secret.guard == Guard::mode && (status.st_mode & kOthers) != 0) {
    secret.refuse("can be read or changed by other users; run: chmod 600 " + secret.path);
  }
}

// O_NONBLOCK: a FIFO must not hold the program before it is refused.
std::string read_file(const SecretFile& secret) {
  const core::Descriptor file(
      ::open(secret.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid() && errno == ELOOP) {
    secret.refuse("is a symbolic link; name the file itself");
  }
  if (!file.valid()) {
    const int error = errno;
    secret.refuse("cannot be opened: " + core::errno_text(error) +
                  (error == EACCES ? "; it must belong to the user who runs this" : ""));
  }
  check_file(file.number(), secret);
  std::array<char, kKeyBytesMax + 64> bytes{};
  std::size_t used = 0;
  ssize_t got = 0;
  while (used < bytes.size() &&
         (got = ::read(file.number(), bytes.data() + used, bytes.size() - used)) > 0) {
    used += static_cast<std::size_t>(got);
  }
  if (got < 0) {
    secret.refuse("cannot be read: " + core::errno_text(errno));
  }
  return {bytes.data(), used};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return core::trim_ascii(text, kBlanks);
}

std::string_view without_bearer(std::string_view text) {
  constexpr std::string_view kWord = "bearer";
  if (!core::equal_but_for_case(text.substr(0, kWord.size()), kWord)) {
    return text;
  }
  const std::string_view rest = text.substr(kWord.size());
  if (!rest.empty() && rest.front() != ' ' && rest.front() != '\t') {
    return text;
  }
  return trimmed(rest);
}

ApiKey checked_key(std::string_view text, const std::string& source,
                   std::string_view what = kApiKey) {
  const std::string_view key = without_bearer(trimmed(text));
  const std::string named = "the " + std::string(what) + " of " + source;
  const std::string it = what == kApiKey ? "the key" : "the token";
  if (key.empty()) {
    throw UsageError(named + " is empty: put " + it + " there");
  }
  if (key.size() > kKeyBytesMax) {
    throw UsageError(named + " is over " + std::to_string(kKeyBytesMax) +
                     " bytes: is it the right file?");
  }
  const bool clean =
      std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!clean) {
    throw UsageError(named + " has a blank, a control character or a non-ASCII one: is it " + it +
                     " alone?");
  }
  return {std::string(key), source};
}

bool is_credential(const std::string& path, const std::optional<std::string>& folder) {
  return folder && path.starts_with(*folder + "/") && path.find("/../") == std::string::npos;
}

// systemd lets a service's user read by an ACL, which shows as bits of the group.
ApiKey secret_of_file(const std::string& path, const std::optional<std::string>& credentials,
                      std::string_view what) {
  const Guard guard = is_credential(path, credentials) ? Guard::systemd : Guard::mode;
  return checked_key(read_file({.what = what, .path = path, .guard = guard}), path, what);
}

ApiKey key_of_variable(const Environment& environment, const std::string& name,
                       const std::string& named_by) {
  const auto found = environment.find(name);
  if (found == environment.end()) {
    throw UsageError("the variable " + name + " (" + named_by + ") is not set");
  }
  return checked_key(found->second, name);
}

}  // namespace

ApiKey read_api_key(const Account& account, const Environment& environment) {
  const auto credentials = variable(environment, "CREDENTIALS_DIRECTORY");
  if (!account.api_key_file.empty()) {
    return secret_of_file(account.api_key_file, credentials, kApiKey);
  }
  if (!account.api_key_env.empty()) {
    return key_of_variable(environment, account.api_key_env, account.api_key_origin.text);
  }
  if (const auto found = environment.find(kVariable); found != environment.end()) {
    return checked_key(found->second, std::string(kVariable));
  }
  if (credentials) {
    const std::string path = *credentials + "/" + std::string(kCredential);
    if (::access(path.c_str(), F_OK) == 0) {
      return secret_of_file(path, credentials, kApiKey);
    }
  }
  throw UsageError("no API key for the account " + account.name +
                   ": give --api-key-file FILE or set ANYFAST_API_KEY");
}

UserToken read_user_token(const Account& account, const Environment& environment) {
  if (account.user_token_file.empty()) {
    throw UsageError("no user access token for the account " + account.name +
                     ": make one in the gateway's console (an API key is none), put it into a "
                     "file of its own (chmod 600) and give --user-token-file FILE");
  }
  return {.token = secret_of_file(account.user_token_file,
                                  variable(environment, "CREDENTIALS_DIRECTORY"), kUserToken),
          .user_id = account.user_id};
}

ApiKey read_page_token(const std::string& path, const Environment& environment) {
  constexpr std::size_t kShortest = 16;
  ApiKey token = secret_of_file(path, variable(environment, "CREDENTIALS_DIRECTORY"), kPageToken);
  if (token.reveal().size() < kShortest) {
    throw UsageError("the token of " + path + " has less than 16 characters, so others can guess " +
                     "it; make one with: openssl rand -hex 24");
  }
  return token;
}

}  // namespace cmd
