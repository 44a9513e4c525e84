// The gateway's lists for a user: tasks and log, page by page (gateway.md, G12 and G13).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/text/json.h"

namespace core {

/// The largest page that gateways give.
inline constexpr std::int64_t kUserPageSize = 100;

/// Which entries are listed: those of these times, both inclusive. None: no bound.
struct UserListQuery {
  std::optional<UtcTime> from;
  std::optional<UtcTime> to;
};

/// `/api/task/self?…`, the newest first.
[[nodiscard]] std::string task_list_path(const UserListQuery& query, std::int64_t page);
/// The type of a row of the log; the numbers are the gateway's.
enum class LogType { charge = 2, refund = 6 };
/// `/api/log/self?…`, the newest first.
[[nodiscard]] std::string log_list_path(const UserListQuery& query, LogType type,
                                        std::int64_t page);

/// What an answer to such a query is.
enum class UserListAnswer {
  page,
  refused,        ///< the token, or its user, may not read this
  no_endpoint,    ///< this gateway has no such list
  throttled,      ///< 429: to be asked again
  passing,        ///< a fault of the gateway, or of what is before it: to be asked again
  unknown_shape,  ///< JSON, but no such list
};

/// Whether an entry of the list of tasks is about a video; other tasks make music.
[[nodiscard]] bool is_video(JsonValue item);

/// A page of a list. One thread; values are valid until the next `read`.
class UserListPage {
 public:
  /// Accepts every body of any size. Message texts decide nothing: they are in the language of the
  /// gateway's users.
  [[nodiscard]] UserListAnswer read(int http_status, std::string_view body);

  [[nodiscard]] JsonValue items() const { return document_.root()["data"]["items"]; }
  [[nodiscard]] std::uint64_t count() const { return count_; }  ///< of the items
  [[nodiscard]] std::uint64_t total() const { return total_; }  ///< in all pages, or a limit
  /// As the gateway understood them; 0: not said.
  [[nodiscard]] std::uint64_t page() const { return page_; }
  [[nodiscard]] std::uint64_t page_size() const { return page_size_; }
  /// The gateway's own words about a failure: printable, without secrets but the token.
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  [[nodiscard]] UserListAnswer read_success();

  JsonDocument document_;
  std::uint64_t count_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t page_ = 0;
  std::uint64_t page_size_ = 0;
  std::string message_;
};

/// An entry of the list of tasks, byte-exact: an answer about this task without an envelope.
struct ListedTaskText {
  TaskId id;
  std::string_view text;
};
/// The entries of a page that was read from `body`, in its order, without those that are no videos
/// or have no usable ID. Views of `body`.
[[nodiscard]] std::vector<ListedTaskText> listed_tasks(const UserListPage& page,
                                                       std::string_view body);

/// Which page to ask next, so that each entry is met at least once although pages shift meanwhile:
/// a new entry moves others to later pages, where they are met again; a removed one moves others to
/// earlier pages, which are then asked again. Gateways count no further than 10,000 or so: a full
/// page is never the last one.
class UserListWalk {
 public:
  /// Enough for twenty million entries.
  static constexpr std::uint64_t kPagesMax = 200'000;

  /// From 1.
  [[nodiscard]] std::int64_t page() const { return page_; }
  [[nodiscard]] bool at_end() const { return at_end_; }
  /// Takes the page that was asked for. Returns why the list cannot be read completely; empty: it
  /// can, so far.
  [[nodiscard]] std::string advance(const UserListPage& page);

 private:
  std::int64_t page_ = 1;
  std::uint64_t page_size_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t asked_ = 0;
  bool at_end_ = false;
};

}  // namespace core
