// The pages of a gateway's list of tasks, read ahead of whoever takes them.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/engine/transport.h"
#include "core/gateway/user_list.h"
#include "core/http/user_api.h"

namespace cmd {

/// What the run needs of a page.
struct ListedPage {
  std::vector<core::ListedAnswer> answers;
  std::uint64_t size = 0;   ///< of a full page
  std::uint64_t total = 0;  ///< entries in all pages
};

/// Reads on a thread of its own, one request at a time: gateways allow few, 180 in three minutes
/// where nothing else is set. The other methods belong to the thread that makes this object.
class ListedPages {
 public:
  struct Source {
    core::UserApi& api;     ///< used by the reading thread until this object is destroyed
    std::stop_source over;  ///< its stop ends the API's requests
    core::UserListQuery query;
    /// Entries that hold one of these are left out: the answer to a query is recorded without them.
    std::array<std::string, 2> secrets;
  };
  explicit ListedPages(Source source);
  /// Ends the request in progress.
  ~ListedPages();
  ListedPages(const ListedPages&) = delete;
  ListedPages& operator=(const ListedPages&) = delete;

  /// Lets one more page be read.
  void ask();
  /// Pages that were asked for and not taken yet.
  [[nodiscard]] std::uint64_t ahead() const { return asked_ - taken_; }
  /// The next page that was asked for; none after the last one. Waits for it. Throws as
  /// core::UserApi.
  [[nodiscard]] std::optional<ListedPage> take();

 private:
  void read();
  [[nodiscard]] bool may_read();
  void keep(const core::UserListPage& page, std::string_view text);

  Source source_;
  std::uint64_t taken_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_; asked_ is written by the owner alone:
  std::uint64_t asked_ = 0;
  std::uint64_t begun_ = 0;
  std::deque<ListedPage> pages_;
  std::exception_ptr failure_;
  bool stopping_ = false;
  bool ended_ = false;

  std::thread thread_;
};

}  // namespace cmd
