#include "cmd/run/run_settings.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <variant>

#include "cmd/cli/api_key.h"
#include "cmd/cli/base_url.h"
#include "cmd/cli/version.h"
#include "cmd/os/child_process.h"
#include "cmd/os/process.h"
#include "cmd/run/bucket_access.h"
#include "core/error.h"
#include "core/http/ca_file.h"
#include "core/video/local/local_videos.h"

namespace cmd {
namespace {

// Also without variables that hold a key under another name.
Environment without_keys(const Settings& settings, const core::TransportSettings& transport) {
  Environment environment = without_keys(settings);
  std::erase_if(environment, [&transport](const auto& variable) {
    return std::any_of(transport.accounts.begin(), transport.accounts.end(),
                       [&](const core::GatewayAccount& account) {
                         return variable.second.find(account.api_key) != std::string::npos;
                       });
  });
  return environment;
}

}  // namespace

Environment without_keys(const Settings& settings) {
  Environment environment = settings.environment();
  for (const char* name : {"CREDENTIALS_DIRECTORY", "ANYFAST_API_KEY", "REELTALLY_API_KEY"}) {
    environment.erase(name);
  }
  for (const std::string& name : account_names(settings)) {
    if (const auto account = account_named(settings, name)) {
      environment.erase(account->api_key_env);
    }
  }
  return environment;
}

core::RunPlan plan_of(const Settings& settings, std::int64_t run) {
  core::RunPlan plan;
  plan.run = run;
  plan.rate = static_cast<int>(settings.count("rate"));
  plan.retry.retries = static_cast<int>(settings.count("retries"));
  plan.wait = settings.flag("wait");
  plan.poll_interval = settings.duration("poll-interval");
  plan.stale_after = settings.duration("stale-after");
  plan.download = !settings.flag("no-download");
  plan.claims_tasks = settings.given_text("crew").has_value();
  plan.seed = std::random_device()();
  return plan;
}

core::TransportSettings transport_settings(const Settings& settings,
                                           const std::vector<Account>& accounts) {
  core::TransportSettings transport;
  for (const Account& account : accounts) {
    transport.accounts.push_back(
        {base_url_of(account, settings), read_api_key(account, settings.environment()).reveal()});
  }
  transport.concurrency = static_cast<int>(settings.count("concurrency"));
  transport.download_concurrency = static_cast<int>(settings.count("download-concurrency"));
  transport.connect_timeout = settings.duration("connect-timeout");
  transport.query_timeout = settings.duration("timeout");
  transport.stall_timeout = settings.duration("stall-timeout");
  transport.limit_rate = settings.size("limit-rate");
  transport.video_bytes_max = settings.size("max-video-size");
  transport.ca_file = ca_file(settings);
  transport.proxies = proxies(settings);
  transport.allow_http = settings.flag("allow-http");
  transport.allow_private_hosts = settings.flag("allow-private-hosts");
  transport.user_agent = user_agent();
  return transport;
}

std::string ca_file(const Settings& settings) {
  const auto given = settings.given_text("ca-file");
  std::string path =
      given ? *given : variable(settings.environment(), "SSL_CERT_FILE").value_or("");
  if (path.empty()) {
    return path;
  }
  if (const std::string failure = core::ca_file_failure(path); !failure.empty()) {
    throw core::UsageError((given ? settings.origin("ca-file").text : "SSL_CERT_FILE") + " " +
                           path + ": " + failure + "; name a file of CA certificates, or none");
  }
  return path;
}

core::Proxies proxies(const Settings& settings) {
  core::Proxy given;
  if (const auto url = settings.given_text("proxy")) {
    given = {*url, settings.origin("proxy").text};
  }
  return {std::move(given),
          [&settings](std::string_view name) { return variable(settings.environment(), name); }};
}

std::string base_url_of(const Account& account, const Settings& settings) {
  const bool allow_http = settings.flag("allow-http");
  std::string url = check_base_url(account.base_url, allow_http, account.base_url_origin.text);
  const core::Proxy proxy = proxies(settings).of(url);
  if (url.starts_with("http://") && !allow_http && !proxy.url.empty() &&
      !core::is_loopback_proxy(proxy.url)) {
    throw core::UsageError("the base URL " + url + " is plain http, so the proxy " +
                           core::shown_proxy(proxy.url) + " of " + proxy.source +
                           " would see the key; name the host in NO_PROXY, or use --allow-http");
  }
  return url;
}

std::string user_agent() { return "reeltally/" + std::string(program_version()); }

core::OnDisk on_disk(const Settings& settings) {
  if (settings.flag("no-download")) {
    return nullptr;
  }
  if (wants_bucket(settings)) {
    return on_disk_in_bucket(settings);
  }
  return [videos = std::make_shared<core::LocalVideos>(settings.text("output"))](
             const std::string& path, std::int64_t bytes) {
    const auto found = videos->find(path);
    const auto* file = std::get_if<core::StoredFile>(&found);
    return file != nullptr && file->is_regular && file->bytes == bytes;
  };
}

void fit_to_open_files(core::TransportSettings& transport, Log& log) {
  constexpr int kOthers = 24;  // ledger, output folder, event loop, standard streams
  constexpr int kQuery = 3;    // a connection, and two while its name is resolved
  constexpr int kDownload = 6;
  const int wanted =
      kOthers + kQuery * transport.concurrency + kDownload * transport.download_concurrency;
  const std::uint64_t allowed = allow_open_files(static_cast<std::uint64_t>(wanted));
  if (allowed >= static_cast<std::uint64_t>(wanted)) {
    return;
  }
  const int left = std::max(static_cast<int>(allowed) - kOthers, 0);
  transport.download_concurrency =
      std::clamp(left / (2 * kDownload), 1, transport.download_concurrency);
  transport.concurrency = std::clamp((left - kDownload * transport.download_concurrency) / kQuery,
                                     1, transport.concurrency);
  log.warning("only " + std::to_string(allowed) + " open files are allowed (ulimit -n): " +
              std::to_string(transport.concurrency) + " queries and " +
              std::to_string(transport.download_concurrency) + " downloads run at once");
}

std::string found_program(const Settings& settings, GivenTextName option,
                          const std::string& program) {
  std::string path = find_program(program, settings.environment());
  if (path.empty()) {
    throw core::UsageError(settings.origin(option).text + " " + program +
                           ": there is no executable program of this name");
  }
  return path;
}

VideoHookSettings hook_settings(const Settings& settings,
                                const core::TransportSettings& transport) {
  VideoHookSettings hooks{.sidecar = settings.flag("sidecar"),
                          .environment = without_keys(settings, transport)};
  if (const auto program = settings.given_text("exec")) {
    hooks.program = found_program(settings, "exec", *program);
  }
  return hooks;
}

}  // namespace cmd
