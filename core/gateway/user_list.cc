#include "core/gateway/user_list.h"

#include <algorithm>
#include <charconv>

#include "core/gateway/api.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"

namespace core {
namespace {

constexpr int kListOk = 200;
constexpr int kListUnauthorised = 401;
constexpr int kListForbidden = 403;
constexpr int kListNotFound = 404;
constexpr int kNotAllowed = 405;
constexpr int kTimeOut = 408;
constexpr int kTooMany = 429;
constexpr int kFirstServerError = 500;

std::uint64_t whole_number(JsonValue value) {
  std::uint64_t number = 0;
  const std::string_view text = value.scalar();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

std::string list_path(std::string_view path, const UserListQuery& query, std::int64_t page) {
  std::string text(path);
  text += "?p=" + std::to_string(page) + "&page_size=" + std::to_string(kUserPageSize);
  const auto add = [&text](const char* name, const std::optional<UtcTime>& time) {
    if (time) {
      const auto seconds =
          std::chrono::floor<std::chrono::seconds>(time->time_since_epoch()).count();
      text.append("&").append(name).append("=").append(std::to_string(seconds));
    }
  };
  add("start_timestamp", query.from);
  add("end_timestamp", query.to);
  return text;
}

UserListAnswer answer_of_status(int http_status) {
  switch (http_status) {
    case kListUnauthorised:
    case kListForbidden:
      return UserListAnswer::refused;
    case kListNotFound:
    case kNotAllowed:
      return UserListAnswer::no_endpoint;
    case kTooMany:
      return UserListAnswer::throttled;
    case kTimeOut:
      return UserListAnswer::passing;
    default:
      return http_status >= kFirstServerError ? UserListAnswer::passing
                                              : UserListAnswer::unknown_shape;
  }
}

}  // namespace

std::string task_list_path(const UserListQuery& query, std::int64_t page) {
  return list_path("/api/task/self", query, page);
}

std::string log_list_path(const UserListQuery& query, LogType type, std::int64_t page) {
  return list_path("/api/log/self", query, page) +
         "&type=" + std::to_string(static_cast<int>(type));
}

UserListAnswer UserListPage::read(int http_status, std::string_view body) {
  count_ = total_ = page_ = page_size_ = 0;
  const JsonFailure failure = document_.read(body);
  const JsonValue root = document_.root();
  message_ = printable(redact_keys(redact_urls(root["message"].text())), kMessageBytesMax);
  if (http_status != kListOk) {
    return answer_of_status(http_status);
  }
  if (failure != JsonFailure::none) {
    return is_web_page(body) ? UserListAnswer::no_endpoint : UserListAnswer::passing;
  }
  if (root["success"].scalar() == "false") {
    return UserListAnswer::refused;
  }
  return read_success();
}

UserListAnswer UserListPage::read_success() {
  const JsonValue list = document_.root()["data"];
  if (!list["items"].is_array() || !list["total"].is_number()) {
    return UserListAnswer::unknown_shape;
  }
  for ([[maybe_unused]] const JsonValue item : items().children()) {
    ++count_;
  }
  total_ = whole_number(list["total"]);
  page_ = whole_number(list["page"]);
  page_size_ = whole_number(list["page_size"]);
  return UserListAnswer::page;
}

bool is_video(JsonValue item) { return item["platform"].text() != "suno"; }

std::vector<ListedTaskText> listed_tasks(const UserListPage& page, std::string_view body) {
  const std::vector<std::string_view> texts = objects_as_sent(body, "/data/items");
  std::vector<ListedTaskText> tasks;
  if (texts.size() != page.count()) {
    return tasks;
  }
  auto text = texts.begin();
  for (const JsonValue item : page.items().children()) {
    auto id = TaskId::parse(item["task_id"].scalar());
    if (auto* parsed = std::get_if<TaskId>(&id); parsed != nullptr && is_video(item)) {
      tasks.push_back({std::move(*parsed), *text});
    }
    ++text;
  }
  return tasks;
}

std::string UserListWalk::advance(const UserListPage& page) {
  const auto asked = static_cast<std::uint64_t>(page_);
  if (page.page() != 0 && page.page() != asked) {
    return "it gave page " + std::to_string(page.page()) + " for page " + std::to_string(asked);
  }
  if (page_size_ == 0) {
    page_size_ = page.page_size() != 0 ? page.page_size() : page.count();
  }
  if (++asked_ == kPagesMax) {
    return "it has more than " + std::to_string(kPagesMax) + " pages";
  }
  const std::uint64_t removed = total_ > page.total() ? total_ - page.total() : 0;
  total_ = page.total();
  if (removed > 0 && asked > 1) {  // the first entry not met yet is on an earlier page now
    const std::uint64_t back = (removed + page_size_ - 1) / std::max<std::uint64_t>(page_size_, 1);
    page_ = static_cast<std::int64_t>(asked - std::min(back, asked - 1));
    return "";
  }
  const std::uint64_t met = (asked - 1) * page_size_ + page.count();
  const bool is_full = page.count() > 0 && page.count() >= page_size_;
  at_end_ = met >= total_ && !is_full;
  if (!at_end_ && !is_full) {
    return "page " + std::to_string(asked) + " ends it after " + std::to_string(met) + " of " +
           std::to_string(total_) + " entries";
  }
  ++page_;
  return "";
}

}  // namespace core
