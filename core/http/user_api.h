// Reads the gateway's lists for a user, with a user access token (gateway.md, G12 and G13).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "core/engine/retry.h"
#include "core/gateway/user_list.h"
#include "core/http/http_call.h"

namespace core {

/// Whose lists are read, and where.
struct UserAccess {
  std::string base_url;  ///< without a trailing slash
  std::string token;
  std::int64_t user_id = 0;  ///< 0: not given
};

struct UserApiTerms {
  RetryPolicy retry{};
  std::chrono::milliseconds timeout{60'000};  ///< of one request
  std::chrono::seconds retry_after_max{600};  ///< a longer Retry-After is cut
};

/// One thread.
class UserApi {
 public:
  UserApi(UserAccess access, HttpCallerSettings caller, UserApiTerms terms);

  /// Asks for one page; faults that pass are retried. Throws core::Refused if the token is refused,
  /// core::Stopped, and core::ListUnreadable, each with the gateway, the reason and what to do.
  /// Returns the page's text.
  std::string read(const std::string& path, UserListPage& page);
  /// Reads a list to its end, or until `visit` returns false: calls it with each page and its text,
  /// an entry perhaps more than once. `path_of` makes the path of a page. Throws as above, and what
  /// `visit` throws.
  void each_page(const std::function<std::string(std::int64_t page)>& path_of,
                 const std::function<bool(const UserListPage& page, std::string_view text)>& visit);
  /// The same with each item.
  void each(const std::function<std::string(std::int64_t page)>& path_of,
            const std::function<void(JsonValue item)>& visit);
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  /// Of these, asked again for the same page.
  [[nodiscard]] std::uint64_t retries() const { return retries_; }

 private:
  [[nodiscard]] HttpAnswer ask(const std::string& path);
  void wait(int retry, const HttpAnswer& answer) const;
  [[noreturn]] void refuse(const HttpAnswer& answer, const UserListPage& page) const;
  [[noreturn]] void fail(const std::string& path, const std::string& why) const;
  [[nodiscard]] std::string words_of(const UserListPage& page) const;

  UserAccess access_;
  HttpCaller caller_;
  UserApiTerms terms_;
  std::uint64_t requests_ = 0;
  std::uint64_t retries_ = 0;
};

}  // namespace core
