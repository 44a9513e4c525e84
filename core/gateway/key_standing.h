// What a gateway tells of a key, and why it rejects one (gateway.md, section 7 and G4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace core {

/// Asked with the key itself. Without the slash at its end a gateway redirects.
inline constexpr const char* kKeyUsagePath = "/api/usage/token/";

/// The `code` of an error for who asks from an address, or in a group, that is not allowed.
inline constexpr std::string_view kAccessDenied = "access_denied";

/// What the answer to kKeyUsagePath says. A gateway answers for keys that may not ask any more.
struct KeyStanding {
  enum class Kind {
    unknown,   ///< no such address there, or no answer that says anything
    no_key,    ///< the gateway knows no such key
    user_out,  ///< the key's user may not use the gateway
    known,     ///< the fields below are said
  };
  Kind kind = Kind::unknown;
  std::optional<UtcTime> expires_at;  ///< none: never
  std::string left;                   ///< quota left, in gateway units
  bool unlimited = false;             ///< whatever `left` says
  bool has_model_list = false;        ///< it may use those models alone
  std::string models;                 ///< their names, for people; harmless to print
  [[nodiscard]] bool is_expired(UtcTime now) const { return expires_at && *expires_at <= now; }
  [[nodiscard]] bool is_used_up() const;
};

/// Every body of every size is understood as something. Texts of the gateway decide nothing: they
/// come in the language of its users.
[[nodiscard]] KeyStanding read_key_standing(int http_status, std::string_view body);

/// A query's answer that rejects the key.
struct Rejection {
  int http_status = 0;         ///< 401 or 403
  bool access_denied = false;  ///< the error's `code` says so: mostly the address of the caller
  std::string message;         ///< the gateway's own words
  int account = 0;             ///< whose key, as TaskRecord::account
};

/// Why, and what to do, for the end of a line.
[[nodiscard]] std::string why_rejected(const KeyStanding& key, const Rejection& rejection,
                                       UtcTime now);

}  // namespace core
