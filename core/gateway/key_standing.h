// What a gateway says about a key, and why it rejects one (gateway.md, section 7 and G4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace core {

/// Queried with the key itself. Without the final slash a gateway redirects.
inline constexpr const char* kKeyUsagePath = "/api/usage/token/";

/// The error `code` for a client address or a user group that is not allowed.
inline constexpr std::string_view kAccessDenied = "access_denied";

/// The answer to kKeyUsagePath. A gateway answers also for keys that may no longer query tasks.
struct KeyStanding {
  enum class Kind {
    unknown,   ///< no such address there, or no usable answer
    no_key,    ///< the gateway does not know the key
    user_out,  ///< the key's user may not use the gateway
    known,     ///< the fields below are filled
  };
  Kind kind = Kind::unknown;
  std::optional<UtcTime> expires_at;  ///< none: never
  std::string left;                   ///< quota left, in gateway units
  std::string used;                   ///< net, since the key was made; empty: not said
  std::string name;                   ///< as the gateway's log has it; as sent
  bool unlimited = false;             ///< if true, `left` has no meaning
  bool has_model_list = false;        ///< it may use only those models
  std::string models;                 ///< their names, printable
  [[nodiscard]] bool is_expired(UtcTime now) const { return expires_at && *expires_at <= now; }
  [[nodiscard]] bool is_used_up() const;
};

/// Accepts every body of any size. Message texts decide nothing: they are in the language of the
/// gateway's users.
[[nodiscard]] KeyStanding read_key_standing(int http_status, std::string_view body);

/// An answer to a query that rejects the key.
struct Rejection {
  int http_status = 0;         ///< 401 or 403
  bool access_denied = false;  ///< by the error's `code`: mostly the caller's address
  std::string message;         ///< the gateway's own words
  int account = 0;             ///< the owner of the key, as TaskRecord::account
};

/// The reason and what to do, for the end of a message.
[[nodiscard]] std::string why_rejected(const KeyStanding& key, const Rejection& rejection,
                                       UtcTime now);

}  // namespace core
