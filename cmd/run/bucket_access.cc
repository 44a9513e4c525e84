#include "cmd/run/bucket_access.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>

#include "cmd/cli/base_url.h"
#include "cmd/cli/config_lookup.h"
#include "cmd/cli/environment.h"
#include "cmd/run/run_settings.h"
#include "core/error.h"
#include "core/text/ascii.h"
#include "core/video/s3/bucket_videos.h"

namespace cmd {
namespace {

using core::CreateOnly;
using core::UsageError;

core::S3Keychain::Variables variables(const Settings& settings) {
  return [environment = settings.environment()](std::string_view name) {
    return variable(environment, name);
  };
}

std::optional<CreateOnly> create_only_of(const Settings& settings) {
  for (const CreateOnly way : {CreateOnly::if_none_match, CreateOnly::oss, CreateOnly::cos,
                               CreateOnly::gcs, CreateOnly::none}) {
    if (settings.text("s3-create-only") == core::name(way)) {
      return way;
    }
  }
  return std::nullopt;
}

core::S3Addressing addressing_of(const Settings& settings) {
  const std::string& text = settings.text("s3-addressing");
  return text == "path"   ? core::S3Addressing::path
         : text == "host" ? core::S3Addressing::host
                          : core::S3Addressing::automatic;
}

// Others on the way could read the videos, and change them.
void require_private(const core::S3Endpoint& endpoint, const std::string& source,
                     const Settings& settings) {
  if (!endpoint.is_plain() || settings.flag("allow-http")) {
    return;
  }
  const core::Proxy proxy = proxies(settings).of(endpoint.url());
  const bool far_proxy = !proxy.url.empty() && !core::is_loopback_proxy(proxy.url);
  if (!is_loopback_host(endpoint.host()) || far_proxy) {
    throw UsageError("the S3 endpoint " + endpoint.url() + " of " + source + " is plain http" +
                     (far_proxy ? " through a proxy" : "") +
                     ", which would show the videos to the network; use https:// or give "
                     "--allow-http");
  }
}

core::S3Endpoint endpoint_of(const Settings& settings, const std::string& region) {
  std::string url = settings.given_text("s3-endpoint").value_or("");
  std::string source = url.empty() ? "" : settings.origin("s3-endpoint").text;
  for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    if (url.empty()) {
      url = variable(settings.environment(), name).value_or("");
      source = name;
    }
  }
  core::S3Endpoint endpoint(url, region, addressing_of(settings), source);
  require_private(endpoint, source, settings);
  return endpoint;
}

// Those that a new object may carry, and that hold no secret.
bool is_object_header(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames{"x-amz-storage-class", "x-amz-acl",
                                                   "x-amz-tagging", "cache-control"};
  constexpr std::array<std::string_view, 4> kPrefixes{"x-amz-server-side-encryption", "x-oss-",
                                                      "x-cos-", "x-goog-"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         (name.find("customer") == std::string_view::npos &&
          std::any_of(kPrefixes.begin(), kPrefixes.end(),
                      [name](std::string_view prefix) { return name.starts_with(prefix); }));
}

core::HttpHeaders upload_headers(const Settings& settings) {
  core::HttpHeaders headers;
  // `verify` writes nothing.
  if (settings.command() == Command::verify || !settings.is_given("s3-header")) {
    return headers;
  }
  for (const std::string& text : settings.list("s3-header")) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    std::string name = core::lower_ascii(core::trim_ascii(text.substr(0, colon), " "));
    const std::string_view value =
        core::trim_ascii(std::string_view(text).substr(std::min(colon + 1, text.size())), " ");
    const bool printable =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (value.empty() || !printable || !is_object_header(name)) {
      throw UsageError(settings.origin("s3-header").text + " " + name +
                       " is no header that is passed on; write \"NAME: VALUE\" with "
                       "x-amz-server-side-encryption or another x-amz-server-side-encryption-…, "
                       "x-amz-storage-class, x-amz-acl, x-amz-tagging, or one of x-oss-, x-cos- "
                       "and x-goog-; keys of one's own (SSE-C) are not taken");
    }
    headers.emplace_back(std::move(name), value);
  }
  return headers;
}

core::S3Settings s3_settings(const Settings& settings) {
  const std::string region = core::s3_region(variables(settings));
  core::S3Settings s3{.endpoint = endpoint_of(settings, region), .region = region};
  // Google's storage has a signature of its own; the others are found out by a probe.
  const bool is_google = s3.endpoint.host().ends_with("googleapis.com");
  s3.create_only =
      create_only_of(settings).value_or(is_google ? CreateOnly::gcs : CreateOnly::if_none_match);
  s3.upload_headers = upload_headers(settings);
  return s3;
}

core::HttpCallerSettings caller_settings(const Settings& settings, std::function<bool()> stop) {
  return {.ca_file = ca_file(settings),
          .proxies = proxies(settings),
          .user_agent = user_agent(),
          .stop = std::move(stop)};
}

class BucketLook {
 public:
  explicit BucketLook(const Settings& settings)
      : access_(std::make_shared<BucketAccess>(settings)),
        videos_(client_of(access_), access_->place()) {}

  bool holds(const std::string& path, std::int64_t bytes) {
    constexpr int kLookedUp = 64;
    if (!videos_.holds(path) || ++asked_ <= kLookedUp) {
      const auto found = videos_.find(path);
      const auto* file = std::get_if<core::StoredFile>(&found);
      return file != nullptr && file->bytes == bytes;
    }
    if (!listed_) {
      listed_.emplace();
      const auto listing = videos_.in_order();
      while (const auto file = listing->next()) {
        listed_->emplace(std::hash<std::string>{}(file->path), file->bytes);
      }
    }
    const auto found = listed_->find(std::hash<std::string>{}(path));
    return found != listed_->end() && found->second == bytes;
  }

 private:
  std::shared_ptr<BucketAccess> access_;
  core::BucketVideos videos_;
  int asked_ = 0;
  std::optional<std::unordered_map<std::size_t, std::int64_t>> listed_;  // hash of a path -> bytes
};

}  // namespace

core::OnDisk on_disk_in_bucket(const Settings& settings) {
  return [look = std::make_shared<BucketLook>(settings)](
             const std::string& path, std::int64_t bytes) { return look->holds(path, bytes); };
}

bool wants_bucket(const Settings& settings) { return core::is_s3_url(settings.text("output")); }

BucketAccess::BucketAccess(const Settings& settings, std::function<bool()> stop)
    : place_(core::parse_s3_place(settings.text("output"))),
      create_only_(create_only_of(settings)),
      caller_(caller_settings(settings, std::move(stop))),
      keychain_(caller_,
                {.variables = variables(settings), .region = core::s3_region(variables(settings))},
                clock_),
      client_(caller_, keychain_, s3_settings(settings), clock_) {}

std::shared_ptr<core::S3Client> client_of(const std::shared_ptr<BucketAccess>& access) {
  return {access, &access->client()};
}

std::string part_folder(const Settings& settings) {
  if (auto folder = settings.given_text("part-dir")) {
    return *std::move(folder);
  }
  const auto cache = xdg_folder(settings.environment(), "XDG_CACHE_HOME", "/.cache");
  if (!cache) {
    throw UsageError(
        "where do videos arrive before they go into the bucket? Neither HOME nor XDG_CACHE_HOME is "
        "set; give --part-dir DIR");
  }
  return *cache + "/reeltally/parts";
}

}  // namespace cmd
