#include "core/http/user_api.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/text/http_headers.h"
#include "core/text/redaction.h"

namespace core {
namespace {

std::string path_alone(const std::string& path) { return path.substr(0, path.find('?')); }

bool is_passing_list_fault(const HttpAnswer& answer, UserListAnswer meaning) {
  return answer.status == 0 || meaning == UserListAnswer::throttled ||
         meaning == UserListAnswer::passing;
}

}  // namespace

UserApi::UserApi(UserAccess access, HttpCallerSettings caller, UserApiTerms terms)
    : access_(std::move(access)), caller_(std::move(caller)), terms_(terms) {}

HttpAnswer UserApi::ask(const std::string& path) {
  HttpCall call{.method = "GET", .url = access_.base_url + path, .timeout = terms_.timeout};
  call.headers.emplace_back("Authorization", "Bearer " + access_.token);
  call.headers.emplace_back("Accept", "application/json");
  if (access_.user_id != 0) {
    call.headers.emplace_back("New-Api-User", std::to_string(access_.user_id));
  }
  ++requests_;
  return caller_.call(call);
}

std::string UserApi::read(const std::string& path, UserListPage& page) {
  for (int retry = 1;; ++retry) {
    HttpAnswer answer = ask(path);
    if (answer.stopped) {
      throw Stopped("reading the gateway's list was ended");
    }
    const UserListAnswer meaning = page.read(static_cast<int>(answer.status), answer.body);
    if (answer.status != 0 && meaning == UserListAnswer::page) {
      return std::move(answer.body);
    }
    if (is_passing_list_fault(answer, meaning)) {
      if (retry <= terms_.retry.retries) {
        wait(retry, answer);
        ++retries_;
        continue;
      }
      fail(path, (answer.status == 0 ? answer.failure : "HTTP " + std::to_string(answer.status)) +
                     words_of(page) + "; try again later");
    }
    if (meaning == UserListAnswer::refused) {
      refuse(answer, page);
    }
    if (meaning == UserListAnswer::no_endpoint) {
      fail(path, "HTTP " + std::to_string(answer.status) +
                     ": this gateway has no such list; without it, name the tasks in FILEs, and "
                     "reconcile with an export of its log");
    }
    fail(path, "HTTP " + std::to_string(answer.status) + words_of(page) +
                   ": the answer has another shape than a new-api gateway's; check --base-url");
  }
}

void UserApi::each_page(
    const std::function<std::string(std::int64_t page)>& path_of,
    const std::function<bool(const UserListPage& page, std::string_view text)>& visit) {
  UserListPage page;
  UserListWalk walk;
  bool go_on = true;
  while (go_on && !walk.at_end()) {
    const std::string path = path_of(walk.page());
    const std::string text = read(path, page);
    if (const std::string failure = walk.advance(page); !failure.empty()) {
      fail(path, failure + "; try again later");
    }
    go_on = visit(page, text);
  }
}

void UserApi::each(const std::function<std::string(std::int64_t page)>& path_of,
                   const std::function<void(JsonValue item)>& visit) {
  each_page(path_of, [&visit](const UserListPage& page, std::string_view /*text*/) {
    for (const JsonValue item : page.items().children()) {
      visit(item);
    }
    return true;
  });
}

// A gateway's Retry-After beats our own delay.
void UserApi::wait(int retry, const HttpAnswer& answer) const {
  std::chrono::milliseconds delay = retry_delay(terms_.retry, retry, random_unit());
  if (const auto seconds = parse_unsigned(answer.header("retry-after"))) {
    const auto asked = std::min<std::uint64_t>(
        *seconds, static_cast<std::uint64_t>(terms_.retry_after_max.count()));
    delay = std::max<std::chrono::milliseconds>(delay, std::chrono::seconds(asked));
  }
  if (!caller_.pause(delay)) {
    throw Stopped("reading the gateway's list was ended");
  }
}

std::string UserApi::words_of(const UserListPage& page) const {
  std::string words = page.message();
  mask_key(words, access_.token);
  return words.empty() ? "" : " (the gateway says: " + words + ")";
}

void UserApi::refuse(const HttpAnswer& answer, const UserListPage& page) const {
  throw Refused("the gateway " + access_.base_url + " refuses the user access token (HTTP " +
                std::to_string(answer.status) + ")" + words_of(page) +
                (access_.user_id == 0
                     ? "; name its user with --user-id, which many gateways need, or make a new "
                       "token in the gateway's console (an API key is none)"
                     : "; check --user-id, or make a new token in the gateway's console (an API "
                       "key is none)"));
}

void UserApi::fail(const std::string& path, const std::string& why) const {
  throw ListUnreadable("cannot read " + access_.base_url + path_alone(path) + ": " + why);
}

}  // namespace core
