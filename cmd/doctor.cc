#include "cmd/doctor.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cmd/cli/accounts.h"
#include "cmd/cli/api_key.h"
#include "cmd/cli/base_url.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/run/bucket_access.h"
#include "cmd/run/run_settings.h"
#include "cmd/run/shared_task_warnings.h"
#include "core/clock.h"
#include "core/domain/time_zone.h"
#include "core/error.h"
#include "core/files/free_space.h"
#include "core/gateway/api.h"
#include "core/gateway/key_standing.h"
#include "core/http/curl_transport.h"
#include "core/text/printable.h"
#include "core/video/s3/bucket_videos.h"
#include "storage/ledger_error.h"
#include "storage/open_ledger.h"
#include "storage/postgres/ledger_url.h"
#include "storage/postgres/server_facts.h"
#include "storage/sqlite/check/ledger_check.h"

namespace cmd {
namespace {

namespace fs = std::filesystem;

// Video links are valid for hours, so a clock that is minutes off is only a warning.
constexpr std::chrono::seconds kSkewNoted{5};
constexpr std::chrono::seconds kSkewMax{120};
// No gateway creates such an ID, so a valid key gets the answer "no such task".
constexpr const char* kHarmlessId = "reeltally-doctor";

class Findings {
 public:
  Findings(bool json, std::ostream& out) : json_(json), out_(out) {}

  void fine(const char* what, const std::string& how) { tell(what, "ok", how, ""); }
  void warning(const char* what, const std::string& how, const std::string& advice) {
    tell(what, "warning", how, advice);
  }
  void failed(const char* what, const std::string& how, const std::string& advice,
              ExitCode code = ExitCode::fatal) {
    tell(what, "problem", how, advice);
    code_ = code_ == ExitCode::no_ledger ? ExitCode::no_ledger : code;
  }
  [[nodiscard]] ExitCode exit_code() const { return code_; }

 private:
  void tell(const char* what, const char* level, const std::string& how,
            const std::string& advice) {
    constexpr std::size_t kShownMax = 1000;
    constexpr int kNameWidth = 14;
    constexpr int kLevelWidth = 9;
    const std::string text = core::printable(core::redact_urls(how), kShownMax);
    const std::string what_to_do = core::printable(advice, kShownMax);
    if (json_) {
      const nlohmann::ordered_json line{{"type", "check"},
                                        {"name", what},
                                        {"result", level},
                                        {"text", text},
                                        {"advice", what_to_do}};
      print_json(out_, line);
      return;
    }
    out_ << std::left << std::setw(kNameWidth) << what << std::setw(kLevelWidth) << level << text
         << '\n';
    if (!what_to_do.empty()) {
      out_ << std::string(kNameWidth + kLevelWidth, ' ') << "-> " << what_to_do << '\n';
    }
  }

  bool json_;
  std::ostream& out_;
  ExitCode code_ = ExitCode::ok;
};

std::optional<core::TransportSettings> transport_settings(const Account& account,
                                                          const Settings& settings,
                                                          Findings& findings) {
  core::TransportSettings transport;
  try {
    const std::string url = base_url_of(account, settings);
    transport.proxies = proxies(settings);
    findings.fine("base URL",
                  url + " (" + account.base_url_origin.text + ") of account " + account.name);
    transport.accounts.push_back({url, ""});
    if (const core::Proxy proxy = transport.proxies.of(url); !proxy.url.empty()) {
      findings.fine("proxy", core::shown_proxy(proxy.url) + " (" + proxy.source + ") to " + url);
    }
  } catch (const core::UsageError& failure) {
    findings.failed("base URL", failure.what(), "correct " + account.base_url_origin.text);
  }
  try {
    const ApiKey key = read_api_key(account, settings.environment());
    findings.fine("API key", "read from " + key.source() + " for account " + account.name);
    if (!transport.accounts.empty()) {
      transport.accounts.front().api_key = key.reveal();
    }
  } catch (const core::UsageError& failure) {
    findings.failed("API key", failure.what(),
                    "see reeltally-config(5) for where it is looked for");
    return std::nullopt;
  }
  try {
    transport.ca_file = ca_file(settings);
  } catch (const core::UsageError& failure) {
    findings.failed("CA file", failure.what(), "");
    return std::nullopt;
  }
  transport.concurrency = 1;
  transport.download_concurrency = 1;
  transport.connect_timeout = settings.duration("connect-timeout");
  transport.query_timeout = settings.duration("timeout");
  transport.allow_http = settings.flag("allow-http");
  transport.user_agent = user_agent();
  return transport.accounts.empty() ? std::nullopt : std::optional(std::move(transport));
}

void check_clock(const core::QueryAnswer& answer, core::UtcTime now, Findings& findings) {
  if (!answer.date) {
    findings.warning("clock", "the gateway sends no time", "check the clock yourself");
    return;
  }
  const auto skew = std::chrono::duration_cast<std::chrono::seconds>(now - *answer.date);
  const auto size = std::chrono::abs(skew);
  const std::string text = size <= kSkewNoted
                               ? "agrees with the gateway's"
                               : format_duration(size) + (skew.count() > 0 ? " fast" : " slow") +
                                     " compared with the gateway's";
  if (size > kSkewMax) {
    findings.failed("clock", text, "set the clock (timedatectl set-ntp true): links expire by it");
  } else {
    findings.fine("clock", text);
  }
}

// If the key has a list of models, a gateway refuses an ID that it does not know (gateway.md G4).
bool is_refused_for_its_id(const core::Answer& answer, const core::KeyStanding& key) {
  return answer.verdict == core::Verdict::forbidden && key.has_model_list &&
         answer.code != core::kAccessDenied;
}

// The gateway's own message about the key is better advice than ours.
std::string advice_on_key(const core::QueryAnswer& answer, const core::Answer& parsed,
                          const core::KeyStanding& key, const std::string& otherwise) {
  if (key.kind == core::KeyStanding::Kind::unknown) {
    return otherwise;
  }
  return core::why_rejected(key,
                            {.http_status = answer.http_status,
                             .access_denied = parsed.code == core::kAccessDenied,
                             .message = parsed.message},
                            core::SystemClock().utc());
}

void judge(const core::QueryAnswer& answer, const core::TaskId& id, const core::KeyStanding& key,
           Findings& findings) {
  const core::Answer parsed = core::parse_answer(answer.http_status, answer.body, id);
  const core::Verdict verdict =
      is_refused_for_its_id(parsed, key) ? core::Verdict::not_found : parsed.verdict;
  const std::string answered =
      "HTTP " + std::to_string(answer.http_status) + ", " + std::string(core::name(verdict));
  switch (verdict) {
    case core::Verdict::unauthorised:
      findings.failed("gateway", answered + ": it rejects the key",
                      advice_on_key(answer, parsed, key,
                                    "make a new key in the gateway's console, or correct the "
                                    "file"));
      break;
    case core::Verdict::forbidden:
      findings.failed("gateway", answered + ": the key may not query tasks",
                      advice_on_key(answer, parsed, key,
                                    "check the key's quota and its list of models and "
                                    "addresses"));
      break;
    case core::Verdict::invalid_url:
      findings.failed("gateway", answered + ": no such address there",
                      "check --base-url: it must end before /v1");
      break;
    case core::Verdict::throttled:
    case core::Verdict::server_error:
      findings.warning("gateway", answered,
                       "try again later; a run waits and tries again by itself");
      break;
    case core::Verdict::unreadable:
    case core::Verdict::unexpected:
      findings.failed("gateway", answered + ": this is not an answer of such a gateway",
                      "check --base-url, and proxies in between");
      break;
    case core::Verdict::unfinished:
    case core::Verdict::succeeded:
    case core::Verdict::failed:
    case core::Verdict::unrecognised:
    case core::Verdict::not_found:
    case core::Verdict::wrong_task:
      findings.fine("gateway", "it answers and accepts the key");
      break;
  }
}

// Reports the remaining quota of the key; nothing if the gateway does not state it.
void tell_key(const core::KeyStanding& key, core::UtcTime now, Findings& findings) {
  if (key.kind != core::KeyStanding::Kind::known) {
    return;
  }
  const std::string expiry = key.expires_at ? core::TimeZone("UTC").text(*key.expires_at) : "";
  std::string text = key.unlimited ? "no limit" : key.left + " gateway units left";
  text += expiry.empty() ? ", never expires" : ", expires " + expiry;
  text += key.has_model_list ? ", only for these models: " + key.models : "";
  constexpr std::chrono::hours kExpiryNoted{7 * 24};
  if (key.is_used_up() || key.is_expired(now + kExpiryNoted)) {
    findings.warning("key's quota", text,
                     "raise its quota, or give it a later date, in the gateway's console");
  } else {
    findings.fine("key's quota", text);
  }
}

// Sends one query; the transport limits the time.
core::Completion ask(core::CurlTransport& transport, std::string path) {
  transport.start(core::QueryRequest{.token = 1, .path = std::move(path)});
  std::vector<core::Completion> completions;
  while (completions.empty()) {
    transport.wait(core::SteadyTime::max(), completions);
  }
  return std::move(completions.front());
}

void check_gateway(const Account& account, const Settings& settings, Findings& findings) {
  std::optional<core::TransportSettings> wanted = transport_settings(account, settings, findings);
  if (!wanted) {
    return;
  }
  const auto id = std::get<core::TaskId>(core::TaskId::parse(kHarmlessId));
  core::CurlTransport transport(std::move(*wanted));
  const auto outcome = ask(transport, core::query_path(id)).outcome;
  if (const auto* answer = std::get_if<core::QueryAnswer>(&outcome)) {
    const core::UtcTime now = core::SystemClock().utc();
    const auto about_key = ask(transport, core::kKeyUsagePath).outcome;
    core::KeyStanding key;
    if (const auto* told = std::get_if<core::QueryAnswer>(&about_key)) {
      key = core::read_key_standing(told->http_status,
                                    told->body_without_key ? *told->body_without_key : told->body);
    }
    judge(*answer, id, key, findings);
    tell_key(key, answer->date.value_or(now), findings);
    check_clock(*answer, now, findings);
  } else if (const auto* failure = std::get_if<core::TransportFailure>(&outcome)) {
    findings.failed("gateway", failure->text,
                    failure->kind == "tls" ? "check the clock, --ca-file, and which server answers"
                                           : "check the network and --base-url");
  }
}

void check_gateways(const Settings& settings, Findings& findings) {
  check_gateway(chosen_account(settings), settings, findings);
  for (const std::string& name : account_names(settings)) {
    const auto account =
        account_named(settings, name);  // none if the account has no key of its own
    if (account && name != settings.text("account")) {
      check_gateway(*account, settings, findings);
    }
  }
}

// The folder, or the deepest existing folder on its path.
fs::path existing_part(fs::path path) {
  path = fs::absolute(path);
  std::error_code ignored;
  while (!fs::exists(path, ignored) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

bool may_write_in(const fs::path& folder) {
  return fs::is_directory(folder) && ::access(folder.c_str(), W_OK | X_OK) == 0;
}

void check_folder(const char* what, const std::string& output, const char* option,
                  const Settings& settings, Findings& findings) {
  const fs::path there = existing_part(output);
  if (!may_write_in(there)) {
    findings.failed(what, there.string() + " is not a writable folder",
                    "change its owner or mode, or name another with " + std::string(option));
    return;
  }
  const auto room = core::free_bytes(there);
  const std::int64_t wanted = settings.size("min-free");
  if (room && *room < wanted) {
    findings.failed(
        what, output + " has " + format_size(*room) + " free, --min-free is " + format_size(wanted),
        "free space: with less, runs download no videos");
    return;
  }
  findings.fine(what,
                fs::absolute(output).string() + (room ? ", " + format_size(*room) + " free" : ""));
}

void check_bucket(const Settings& settings, Findings& findings) {
  try {
    BucketAccess bucket(settings);
    core::find_create_only(bucket.client(), bucket.place(), bucket.create_only());
    const core::S3Settings& found = bucket.client().settings();
    findings.fine("bucket", bucket.place().root() + " at " + found.endpoint.url() + ", keys from " +
                                bucket.client().keychain().source());
    if (found.create_only == core::CreateOnly::none) {
      findings.warning("create-only", "the bucket is not asked to keep what is there",
                       "let one run at a time write there, or leave out --s3-create-only none");
    } else {
      findings.fine("create-only", "the bucket refuses to replace an object (" +
                                       std::string(core::name(found.create_only)) + ")");
    }
    const auto listed = bucket.client().list(bucket.place(), "");
    if (const auto* failure = std::get_if<core::S3Failure>(&listed)) {
      findings.warning("bucket's list", failure->text,
                       "allow s3:ListBucket: verify and lists of recorded videos need it");
    }
  } catch (const core::UsageError& failure) {
    findings.failed("bucket", failure.what(), "correct --output or the option that is named");
  } catch (const core::Error& failure) {
    findings.failed("bucket", failure.what(),
                    "check keys, region (AWS_REGION), --s3-endpoint and the bucket's policy");
  }
}

void check_output(const Settings& settings, Findings& findings) {
  if (!wants_bucket(settings)) {
    check_folder("output folder", settings.text("output"), "--output", settings, findings);
    return;
  }
  check_bucket(settings, findings);
  try {
    check_folder("parts", part_folder(settings), "--part-dir", settings, findings);
  } catch (const core::UsageError& failure) {
    findings.failed("parts", failure.what(), "");
  }
}

void check_ledger_folder(const fs::path& ledger, Findings& findings) {
  const fs::path folder = existing_part(fs::absolute(ledger).parent_path());
  if (!may_write_in(folder)) {
    findings.failed("ledger folder", folder.string() + " is not a writable folder",
                    "change its owner or mode, or name another place with --db");
  }
  constexpr std::int64_t kLedgerRoom = std::int64_t{100} << 20U;
  const auto room = core::free_bytes(existing_part(ledger));
  if (room && *room < kLedgerRoom) {
    findings.failed("ledger", "its volume has " + format_size(*room) + " free",
                    "free space: a run on a full disk ends with exit code 1");
  }
}

void check_lock(const std::string& ledger, Findings& findings) {
  const std::string holder = storage::ledger_writer(ledger);
  if (holder.empty()) {
    findings.fine("lock", "free");
  } else {
    findings.warning("lock", "held by " + holder,
                     "a run is in progress; meanwhile others exit with 11");
  }
}

void check_rights(const storage::ServerFacts& facts, Findings& findings) {
  std::string rights = "role " + facts.role + " may read";
  rights += facts.may_run ? ", run" : "";
  rights += facts.may_close ? ", close" : "";
  if (!facts.may_read) {
    findings.failed("rights", "role " + facts.role + " may not read the ledger",
                    "grant it a role of docs/roles.sql");
  } else if (facts.may_change_history) {
    findings.warning("rights", rights + ", and change what was recorded",
                     "use a role of docs/roles.sql; the owner is for `db migrate`");
  } else {
    findings.fine("rights", rights);
  }
}

void check_server_clock(std::chrono::milliseconds ahead, Findings& findings) {
  const auto size = std::chrono::abs(ahead);
  if (size < kSkewNoted) {
    findings.fine("server's clock", "as ours");
    return;
  }
  const std::string text =
      format_duration(size) + (ahead.count() > 0 ? " ahead of ours" : " behind ours");
  const char* advice = "synchronise both clocks (NTP): tasks and closed periods go by ours";
  if (size > kSkewMax) {
    findings.failed("server's clock", text, advice);
  } else {
    findings.warning("server's clock", text, advice);
  }
}

void check_server(const std::string& ledger, Findings& findings) {
  static_cast<void>(storage::open_ledger_reader(ledger));  // throws if the schema is another one
  const storage::LedgerUrl url(ledger);
  const storage::ServerFacts facts = storage::server_facts(url);
  findings.fine("ledger", url.shown() + " can be read");
  findings.fine("server", "PostgreSQL " + facts.version +
                              (facts.pooled ? ", behind a pooler" : ", without a pooler"));
  check_rights(facts, findings);
  check_server_clock(facts.ahead_of_us, findings);
  check_lock(ledger, findings);
}

void check_ledger_state(const Settings& settings, Findings& findings) {
  try {
    const std::string ledger = settings.ledger_path();
    if (storage::is_postgres_url(ledger)) {
      check_server(ledger, findings);
      return;
    }
    check_ledger_folder(ledger, findings);
    std::error_code unknown;
    if (fs::status(ledger, unknown).type() == fs::file_type::not_found) {
      findings.fine("ledger", "none yet at " + ledger + "; the first run creates it");
      return;
    }
    check_lock(ledger, findings);
    const std::vector<std::string> damage = storage::check_ledger_file(ledger);
    if (!damage.empty()) {
      findings.failed("ledger", ledger + " is damaged: " + damage.front(),
                      "keep a copy, then restore a backup; see `reeltally db check`");
    } else {
      findings.fine("ledger", ledger + " is sound");
      warn_of_shared_tasks(settings, ledger, core::SharedTaskScope::ledger,
                           [&](const std::string& text, const std::string& advice) {
                             findings.warning("accounts", text, advice);
                           });
    }
  } catch (const storage::LedgerUnreadable& failure) {
    findings.failed("ledger", failure.what(), "", ExitCode::no_ledger);
  } catch (const core::UsageError& failure) {
    findings.failed("ledger", failure.what(), "");
  } catch (const core::Error& failure) {
    findings.failed("ledger", failure.what(), "");
  }
}

}  // namespace

ExitCode doctor(const Settings& settings, Log& /*log*/, std::ostream& out) {
  Findings findings(settings.flag("json"), out);
  findings.fine("configuration", settings.file().path.empty() ? "no file" : settings.file().path);
  check_gateways(settings, findings);
  check_output(settings, findings);
  check_ledger_state(settings, findings);
  findings.fine("libcurl", core::curl_version_text());
  findings.fine("SQLite", storage::back_end_version());
  return findings.exit_code();
}

}  // namespace cmd
