#include "core/http/s3/s3_keychain.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "core/files/read_whole.h"
#include "core/http/curl_handles.h"
#include "core/text/ascii.h"
#include "core/text/json.h"
#include "core/text/percent.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"
#include "core/text/xml.h"

namespace core {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;
constexpr milliseconds kTimeout{5'000};
constexpr milliseconds kInstanceTimeout{1'000};  // there is no such service on most machines
constexpr long kOk = 200;

std::string why(const HttpAnswer& answer) {
  return answer.status == 0 ? answer.failure : "HTTP " + std::to_string(answer.status);
}

std::optional<std::string> trimmed_file(const std::string& path) {
  const auto text = read_small_file(path, kFileBytesMax);
  return text ? std::optional(std::string(trim_ascii(*text))) : std::nullopt;
}

// 2026-11-27T00:05:17Z, with or without fractions of a second.
std::optional<UtcTime> iso_time(std::string_view text) {
  constexpr std::size_t kParts = 6;
  std::array<int, kParts> parts{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < kParts; ++i) {
    constexpr std::string_view kBetween = "--T::";
    const auto read = std::from_chars(text.data() + at, text.data() + text.size(), parts.at(i));
    at = static_cast<std::size_t>(read.ptr - text.data());
    if (read.ec != std::errc() ||
        (i + 1 < kParts && (at >= text.size() || text[at++] != kBetween[i]))) {
      return std::nullopt;
    }
  }
  const std::chrono::year_month_day day{std::chrono::year{parts[0]},
                                        std::chrono::month{static_cast<unsigned>(parts[1])},
                                        std::chrono::day{static_cast<unsigned>(parts[2])}};
  if (!day.ok() || !text.ends_with('Z')) {
    return std::nullopt;
  }
  return UtcTime(std::chrono::sys_days{day} + std::chrono::hours(parts[3]) +
                 std::chrono::minutes(parts[4]) + std::chrono::seconds(parts[5]));
}

std::variant<IssuedKeys, std::string> keys_if_whole(IssuedKeys issued) {
  if (issued.keys.id.empty() || issued.keys.secret.empty()) {
    return issued.source + " gives no keys: its answer has no AccessKeyId and SecretAccessKey";
  }
  return issued;
}

// The JSON of a container's agent and of the metadata service.
std::variant<IssuedKeys, std::string> keys_of_document(const HttpAnswer& answer,
                                                       const std::string& source) {
  if (answer.status != kOk) {
    return source + " gives no keys: " + why(answer);
  }
  JsonDocument json;
  if (json.read(answer.body) != JsonFailure::none) {
    return source + " gives no keys: its answer is no JSON";
  }
  const JsonValue root = json.root();
  IssuedKeys issued{.keys = {.id = std::string(root["AccessKeyId"].text()),
                             .secret = std::string(root["SecretAccessKey"].text()),
                             .token = std::string(root["Token"].text())},
                    .expires = iso_time(root["Expiration"].text()),
                    .source = source};
  return keys_if_whole(std::move(issued));
}

// AWS's tools send the token of a container's agent to these alone.
bool may_have_container_token(const std::string& url) {
  const auto origin = origin_of(url);
  return origin &&
         (origin->scheme == "https" || is_excluded(origin->host,
                                                   "localhost,127.0.0.0/8,::1,169.254.170.2,"
                                                   "169.254.170.23,fd00:ec2::23"));
}

std::string form(std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    text.append(text.empty() ? "" : "&")
        .append(name)
        .append("=")
        .append(percent_encoded(value, false));
  }
  return text;
}

std::optional<std::string> in_home(const S3Keychain::Variables& variables, std::string_view named,
                                   std::string_view usual) {
  if (auto path = variables(named)) {
    return path;
  }
  const auto home = variables("HOME");
  return home ? std::optional(*home + std::string(usual)) : std::nullopt;
}

std::string profile_of(const S3Keychain::Variables& variables) {
  return variables("AWS_PROFILE").value_or("default");
}

std::string config_section(const std::string& profile) {
  return profile == "default" ? profile : "profile " + profile;
}

}  // namespace

std::optional<std::string> profile_value(std::string_view text, std::string_view section,
                                         std::string_view name) {
  bool inside = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim_ascii(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('[')) {
      const std::string_view found = line.substr(1, std::min(line.find(']'), line.size()) - 1);
      inside = trim_ascii(found) == section;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (inside && equals != std::string_view::npos && !line.starts_with('#') &&
        equal_but_for_case(trim_ascii(line.substr(0, equals)), name)) {
      return std::string(trim_ascii(line.substr(equals + 1)));
    }
  }
  return std::nullopt;
}

std::string s3_region(const S3Keychain::Variables& variables) {
  for (const std::string_view name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (auto region = variables(name)) {
      return *std::move(region);
    }
  }
  const auto path = in_home(variables, "AWS_CONFIG_FILE", "/.aws/config");
  const auto text = path ? read_small_file(*path, kFileBytesMax) : std::nullopt;
  const auto region =
      text ? profile_value(*text, config_section(profile_of(variables)), "region") : std::nullopt;
  return region && !region->empty() ? *region : "us-east-1";
}

S3Keychain::S3Keychain(HttpCaller& caller, Settings settings, const Clock& clock)
    : caller_(caller), settings_(std::move(settings)), clock_(clock) {}

std::optional<std::string> S3Keychain::variable(std::string_view name) const {
  return settings_.variables(name);
}

std::variant<S3Keys, std::string> S3Keychain::keys() {
  const std::lock_guard lock(mutex_);
  const UtcTime now = clock_.utc();
  if (current_ && (!current_->expires || now < *current_->expires - kRenewedBefore)) {
    return current_->keys;
  }
  Found found = find();
  if (auto* issued = std::get_if<IssuedKeys>(&found)) {
    current_ = std::move(*issued);
    return current_->keys;
  }
  // What gives no new keys for the moment may do so before the old ones end.
  if (current_ && now < *current_->expires) {
    return current_->keys;
  }
  return std::get<std::string>(found);
}

bool S3Keychain::renew(const S3Keys& refused) {
  const std::lock_guard lock(mutex_);
  if (current_ && current_->keys != refused) {
    return true;  // another thread was first
  }
  Found found = find();
  auto* issued = std::get_if<IssuedKeys>(&found);
  if (issued == nullptr || issued->keys == refused) {
    return false;
  }
  current_ = std::move(*issued);
  return true;
}

std::string S3Keychain::source() {
  const std::lock_guard lock(mutex_);
  return current_ ? current_->source : std::string();
}

S3Keychain::Found S3Keychain::find() {
  if (auto found = in_environment()) {
    return *std::move(found);
  }
  if (auto found = by_web_identity()) {
    return *std::move(found);
  }
  if (auto found = in_profile()) {
    return *std::move(found);
  }
  if (auto found = of_container()) {
    return *std::move(found);
  }
  if (auto found = of_instance()) {
    return *std::move(found);
  }
  return std::string(
      "there are no keys for the bucket: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a "
      "profile in ~/.aws/credentials (AWS_PROFILE), or give this machine a role");
}

S3Keychain::Looked S3Keychain::in_environment() const {
  const auto id = variable("AWS_ACCESS_KEY_ID");
  const auto secret = variable("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) {
    return std::nullopt;
  }
  if (!id || !secret) {
    return std::string(id ? "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"
                          : "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not");
  }
  return IssuedKeys{.keys = {*id, *secret, variable("AWS_SESSION_TOKEN").value_or("")},
                    .expires = {},
                    .source = "AWS_ACCESS_KEY_ID"};
}

S3Keychain::Looked S3Keychain::by_web_identity() {
  const auto file = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  const auto role = variable("AWS_ROLE_ARN");
  if (!file || !role) {
    return std::nullopt;
  }
  const std::string source = "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE";
  const auto token = trimmed_file(*file);
  if (!token) {
    return source + " cannot be read: " + *file;
  }
  const std::string url = variable("AWS_ENDPOINT_URL_STS")
                              .value_or("https://sts." + settings_.region + ".amazonaws.com");
  const std::string text =
      form({{"Action", "AssumeRoleWithWebIdentity"},
            {"Version", "2011-06-15"},
            {"RoleArn", *role},
            {"RoleSessionName", variable("AWS_ROLE_SESSION_NAME").value_or("reeltally")},
            {"WebIdentityToken", *token}});
  const HttpAnswer answer =
      caller_.call({.method = "POST",
                    .url = url + (url.ends_with('/') ? "" : "/"),
                    .headers = {{"content-type", "application/x-www-form-urlencoded"}},
                    .body = {.text = text},
                    .timeout = kTimeout});
  const auto root = parse_xml(answer.body);
  if (answer.status != kOk || !root) {
    const XmlElement* error = root ? root->child("Error") : nullptr;
    return source + " gives no keys: " + why(answer) +
           (error == nullptr ? "" : " " + printable(error->text_of("Code"), 100));
  }
  const XmlElement* result = root->child("AssumeRoleWithWebIdentityResult");
  const XmlElement* found = result == nullptr ? nullptr : result->child("Credentials");
  if (found == nullptr) {
    return source + " gives no keys: the answer has none";
  }
  return keys_if_whole({.keys = {std::string(found->text_of("AccessKeyId")),
                                 std::string(found->text_of("SecretAccessKey")),
                                 std::string(found->text_of("SessionToken"))},
                        .expires = iso_time(found->text_of("Expiration")),
                        .source = source});
}

S3Keychain::Looked S3Keychain::in_profile() const {
  const std::string profile = profile_of(settings_.variables);
  const auto look = [&](const std::optional<std::string>& path,
                        const std::string& section) -> Looked {
    const auto text = path ? read_small_file(*path, kFileBytesMax) : std::nullopt;
    if (!text) {
      return std::nullopt;
    }
    const auto value = [&](std::string_view name) { return profile_value(*text, section, name); };
    const auto id = value("aws_access_key_id");
    const auto secret = value("aws_secret_access_key");
    if (!id || !secret) {
      return std::nullopt;
    }
    return IssuedKeys{.keys = {*id, *secret, value("aws_session_token").value_or("")},
                      .expires = {},
                      .source = "the profile " + profile + " in " + *path};
  };
  if (auto found =
          look(in_home(settings_.variables, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"),
               profile)) {
    return found;
  }
  auto found = look(in_home(settings_.variables, "AWS_CONFIG_FILE", "/.aws/config"),
                    config_section(profile));
  if (!found && variable("AWS_PROFILE")) {
    return "there is no profile " + profile + " (AWS_PROFILE) with keys in ~/.aws/credentials";
  }
  return found;
}

S3Keychain::Looked S3Keychain::of_container() {
  const auto relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) {
    return std::nullopt;
  }
  const std::string url = relative ? "http://169.254.170.2" + *relative : *full;
  const std::string source = "the container's agent at " + redacted_url(url);
  if (!may_have_container_token(url)) {
    return source + " is not asked: it is neither https nor on this machine";
  }
  HttpHeaders headers;
  if (const auto file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    const auto token = trimmed_file(*file);
    if (!token) {
      return source + " is not asked: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read";
    }
    headers.emplace_back("authorization", *token);
  } else if (const auto token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
    headers.emplace_back("authorization", *token);
  }
  return keys_of_document(caller_.call({.method = "GET",
                                        .url = url,
                                        .headers = std::move(headers),
                                        .direct = true,
                                        .timeout = kTimeout}),
                          source);
}

S3Keychain::Looked S3Keychain::of_instance() {
  if (variable("AWS_EC2_METADATA_DISABLED").value_or("") == "true") {
    return std::nullopt;
  }
  std::string base =
      variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254");
  base += (base.ends_with('/') ? "" : "/") + std::string("latest/");
  const auto ask = [&](const char* method, const std::string& path, HttpHeaders headers) {
    return caller_.call({.method = method,
                         .url = base + path,
                         .headers = std::move(headers),
                         .direct = true,
                         .timeout = kInstanceTimeout});
  };
  const HttpAnswer token =
      ask("PUT", "api/token", {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}});
  if (token.status != kOk) {
    return std::nullopt;  // no such service here
  }
  const HttpHeaders with_token{{"x-aws-ec2-metadata-token", token.body}};
  const std::string path = "meta-data/iam/security-credentials/";
  const HttpAnswer roles = ask("GET", path, with_token);
  const std::string source = "the instance's metadata (IMDSv2)";
  if (roles.status != kOk) {
    return source + " gives no keys: the instance has no role (" + why(roles) + ")";
  }
  const std::string_view role =
      std::string_view(roles.body).substr(0, std::min(roles.body.find('\n'), roles.body.size()));
  return keys_of_document(ask("GET", path + percent_encoded(role, false), with_token), source);
}

}  // namespace core
