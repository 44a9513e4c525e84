#include "cmd/run/listed_pages.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace cmd {

ListedPages::ListedPages(Source source) : source_(std::move(source)), thread_([this] { read(); }) {}

ListedPages::~ListedPages() {
  source_.over.request_stop();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void ListedPages::ask() {
  const std::lock_guard lock(mutex_);
  ++asked_;
  changed_.notify_all();
}

std::optional<ListedPage> ListedPages::take() {
  std::unique_lock lock(mutex_);
  assert(asked_ > taken_);
  changed_.wait(lock, [this] { return ended_ || !pages_.empty(); });
  if (pages_.empty()) {
    if (failure_) {
      std::rethrow_exception(failure_);
    }
    return std::nullopt;
  }
  ListedPage page = std::move(pages_.front());
  pages_.pop_front();
  ++taken_;
  return page;
}

void ListedPages::read() {
  std::exception_ptr failure;
  try {
    if (may_read()) {
      source_.api.each_page(
          [this](std::int64_t page) { return core::task_list_path(source_.query, page); },
          [this](const core::UserListPage& page, std::string_view text) {
            keep(page, text);
            return may_read();
          });
    }
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  failure_ = failure;
  ended_ = true;
  changed_.notify_all();
}

// Waits until a page is asked for.
bool ListedPages::may_read() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || begun_ < asked_; });
  ++begun_;
  return !stopping_;
}

void ListedPages::keep(const core::UserListPage& page, std::string_view text) {
  ListedPage kept{.answers = {},
                  .size = std::max<std::uint64_t>(page.page_size(), page.count()),
                  .total = page.total()};
  for (core::ListedTaskText& one : core::listed_tasks(page, text)) {
    const bool holds_secret = std::any_of(source_.secrets.begin(), source_.secrets.end(),
                                          [&one](const std::string& secret) {
                                            return one.text.find(secret) != std::string_view::npos;
                                          });
    if (!holds_secret) {
      kept.answers.push_back({std::move(one.id), std::string(one.text)});
    }
  }
  const std::lock_guard lock(mutex_);
  pages_.push_back(std::move(kept));
  changed_.notify_all();
}

}  // namespace cmd
