#include "cmd/run/gateway_lists.h"

#include <string>
#include <utility>
#include <variant>

#include "cmd/cli/api_key.h"
#include "cmd/run/run_settings.h"
#include "core/error.h"

namespace cmd {
namespace {

constexpr std::size_t kIdShownBytes = 200;

core::HttpCallerSettings list_caller_settings(const Settings& settings,
                                              const ListPatience& patience) {
  return {.ca_file = ca_file(settings),
          .proxies = proxies(settings),
          .user_agent = user_agent(),
          .connect_timeout = settings.duration("connect-timeout"),
          .stop = patience.stop};
}

core::RejectedRow rejected_row(std::string_view id, core::IdFailure failure) {
  const std::string source = kGatewayList;
  const std::string reason(core::describe(failure));
  return {.source = source,
          .line = 0,
          .reason = reason,
          .text = std::string(id.substr(0, kIdShownBytes)),
          .mark = core::rejection_mark(source, reason, id)};
}

}  // namespace

core::UserApi user_api(const Account& account, const Settings& settings,
                       const ListPatience& patience) {
  const UserToken user = read_user_token(account, settings.environment());
  core::UserApiTerms terms{.timeout = settings.duration("timeout"),
                           .retry_after_max = patience.retry_after_max};
  terms.retry.retries = static_cast<int>(patience.retries);
  return {{.base_url = base_url_of(account, settings),
           .token = user.token.reveal(),
           .user_id = user.user_id},
          list_caller_settings(settings, patience),
          terms};
}

std::optional<core::KeyStanding> standing_of_key(const Account& account, const Settings& settings) {
  std::string key;
  try {
    key = read_api_key(account, settings.environment()).reveal();
  } catch (const core::UsageError&) {
    return std::nullopt;
  }
  core::HttpCaller caller(list_caller_settings(settings, {}));
  core::HttpCall call{.method = "GET",
                      .url = base_url_of(account, settings) + core::kKeyUsagePath,
                      .timeout = settings.duration("timeout")};
  call.headers.emplace_back("Authorization", "Bearer " + key);
  const core::HttpAnswer answer = caller.call(call);
  core::KeyStanding standing =
      core::read_key_standing(static_cast<int>(answer.status), answer.body);
  return standing.kind == core::KeyStanding::Kind::known ? std::optional(std::move(standing))
                                                         : std::nullopt;
}

ListedTasks each_listed_task(core::UserApi& api, core::UtcTime now, std::chrono::milliseconds since,
                             const std::function<void(core::WantedTask&&)>& take,
                             const std::function<void(const core::RejectedRow&)>& reject) {
  ListedTasks counts;
  // A fixed end: entries that come meanwhile do not shift the pages.
  const core::UserListQuery query{.from = now - since, .to = now};
  api.each([&query](std::int64_t page) { return core::task_list_path(query, page); },
           [&](core::JsonValue item) {
             ++counts.listed;
             if (!core::is_video(item)) {
               ++counts.others;
               return;
             }
             const std::string_view text = item["task_id"].scalar();
             auto id = core::TaskId::parse(text);
             if (const auto* failure = std::get_if<core::IdFailure>(&id)) {
               ++counts.rejected;
               reject(rejected_row(text, *failure));
               return;
             }
             take({.id = std::get<core::TaskId>(std::move(id)), .model = {}, .labels = {}});
           });
  return counts;
}

}  // namespace cmd
