#include "core/gateway/key_standing.h"

#include "core/domain/time_zone.h"
#include "core/gateway/usage.h"
#include "core/text/json.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"

namespace core {
namespace {

constexpr std::size_t kModelsBytesMax = 300;
constexpr int kUnauthorised = 401;
constexpr int kForbidden = 403;

// `model_limits` is an object of name: true; in some builds a list or a text.
std::string names_of(JsonValue models) {
  std::string names(models.text());
  for (const JsonValue model : models.children()) {
    const std::string_view name = models.is_array() ? model.text() : model.key();
    names.append(names.empty() ? "" : ", ").append(name);
    if (names.size() > kModelsBytesMax) {
      break;
    }
  }
  return printable(redact_keys(names), kModelsBytesMax);
}

std::optional<UtcTime> expiry_of(JsonValue seconds) {
  // 0 and -1 mean never.
  const std::string digits = plain_decimal(seconds);
  constexpr std::size_t kDigitsMax = 11;
  if (digits.empty() || digits == "0" || digits.size() > kDigitsMax ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return UtcTime(std::chrono::seconds(std::stoll(digits)));
}

}  // namespace

bool KeyStanding::is_used_up() const {
  return kind == Kind::known && !unlimited && !left.empty() &&
         (left.starts_with('-') || left.find_first_not_of("0.") == std::string::npos);
}

KeyStanding read_key_standing(int http_status, std::string_view body) {
  KeyStanding standing;
  JsonDocument document;
  if (document.read(body) != JsonFailure::none || !document.root().is_object()) {
    return standing;
  }
  if (http_status == kUnauthorised) {
    standing.kind = KeyStanding::Kind::no_key;
  } else if (http_status == kForbidden) {
    standing.kind = KeyStanding::Kind::user_out;
  }
  const JsonValue usage = document.root()["data"];
  constexpr int kOk = 200;
  if (http_status != kOk || !usage["total_available"].is_number()) {
    return standing;
  }
  standing.kind = KeyStanding::Kind::known;
  standing.expires_at = expiry_of(usage["expires_at"]);
  standing.left = plain_decimal(usage["total_available"]);
  standing.used = plain_decimal(usage["total_used"]);
  standing.name = usage["name"].text();
  standing.unlimited = usage["unlimited_quota"].scalar() == "true";
  standing.has_model_list = usage["model_limits_enabled"].scalar() == "true";
  standing.models = names_of(usage["model_limits"]);
  return standing;
}

std::string why_rejected(const KeyStanding& key, const Rejection& rejection, UtcTime now) {
  const std::string status = " (HTTP " + std::to_string(rejection.http_status) + ")";
  switch (key.kind) {
    case KeyStanding::Kind::unknown:
      return rejection.message + "; check the key, its quota and its list of models and addresses";
    case KeyStanding::Kind::no_key:
      return "the gateway does not know the key" + status +
             "; correct it, or make a new one in the gateway's console";
    case KeyStanding::Kind::user_out:
      return "its user may not use the gateway" + status + "; ask the gateway's support";
    case KeyStanding::Kind::known:
      break;
  }
  if (key.is_expired(now)) {
    return "it expired at " + TimeZone("UTC").text(*key.expires_at) + status +
           "; give it a later date in the gateway's console, or make a new one";
  }
  if (key.is_used_up()) {
    return "its quota is used up" + status +
           "; raise it in the gateway's console, and enable the key there again";
  }
  if (rejection.http_status == kUnauthorised) {
    return "it is disabled" + status + "; enable it in the gateway's console (a key whose quota " +
           "was used up stays disabled when the quota is raised)";
  }
  if (rejection.access_denied) {
    return "this machine's address, or the key's group, is not allowed" + status +
           "; check the key's list of addresses in the gateway's console";
  }
  return "the key itself is valid, but every task was forbidden" + status +
         "; check the rights of its user, and a suffix such as -1 in the key (it selects a " +
         "channel, which only administrators may do)";
}

}  // namespace core
