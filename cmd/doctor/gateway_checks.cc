#include "cmd/doctor/gateway_checks.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cmd/cli/accounts.h"
#include "cmd/cli/api_key.h"
#include "cmd/cli/base_url.h"
#include "cmd/cli/units.h"
#include "cmd/doctor/clock_skew.h"
#include "cmd/run/gateway_lists.h"
#include "cmd/run/run_settings.h"
#include "core/clock.h"
#include "core/domain/time_zone.h"
#include "core/error.h"
#include "core/gateway/api.h"
#include "core/gateway/key_standing.h"
#include "core/gateway/user_list.h"
#include "core/http/curl_transport.h"

namespace cmd {
namespace {

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
  // No gateway creates such an ID, so a valid key gets the answer "no such task".
  const auto id = std::get<core::TaskId>(core::TaskId::parse("reeltally-doctor"));
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

void check_user_token(const Account& account, const Settings& settings, Findings& findings) {
  if (account.user_token_file.empty()) {
    return;
  }
  try {
    core::UserApi api = user_api(account, settings, {});
    core::UserListPage page;
    api.read(core::task_list_path({}, 1), page);
    findings.fine("user token", "read from " + account.user_token_file + " for account " +
                                    account.name + "; the gateway accepts it and lists " +
                                    format_count(page.total(), "task"));
  } catch (const core::UsageError& failure) {
    findings.failed("user token", failure.what(), "correct " + account.user_token_origin.text);
  } catch (const core::Error& failure) {
    findings.failed("user token", failure.what(), "");
  }
}

}  // namespace

void check_gateways(const Settings& settings, Findings& findings) {
  check_gateway(chosen_account(settings), settings, findings);
  check_user_token(chosen_account(settings), settings, findings);
  for (const std::string& name : account_names(settings)) {
    const auto account =
        account_named(settings, name);  // none if the account has no key of its own
    if (account && name != settings.text("account")) {
      check_gateway(*account, settings, findings);
      check_user_token(*account, settings, findings);
    }
  }
}

}  // namespace cmd
