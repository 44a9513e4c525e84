#include "core/http/curl_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/http/curl_transfer.h"

namespace core {

using std::chrono::milliseconds;

CurlLoop::CurlLoop(long connections_max) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kReady != CURLE_OK) {
    throw Error("libcurl does not start: " + std::string(curl_easy_strerror(kReady)));
  }
  multi_.reset(curl_multi_init());
  if (multi_ == nullptr) {
    throw Error("the event loop does not start: libcurl makes no multi handle");
  }
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, connections_max);
}

CurlLoop::~CurlLoop() { assert(running_.empty()); }

int CurlLoop::on_socket(CURL* /*easy*/, curl_socket_t number, int what, void* loop,
                        void* /*unused*/) {
  auto* self = static_cast<CurlLoop*>(loop);
  try {
    self->sockets_.watch(number, what);
  } catch (...) {
    self->keep_exception();
    return -1;
  }
  return 0;
}

int CurlLoop::on_close(void* loop, curl_socket_t number) {
  auto* self = static_cast<CurlLoop*>(loop);
  self->kept_.forget(number);
  return self->sockets_.close(number);
}

int CurlLoop::on_timer(CURLM* /*multi*/, long timeout_ms, void* loop) {
  auto* self = static_cast<CurlLoop*>(loop);
  self->timer_ = timeout_ms < 0 ? SteadyTime::max()
                                : std::chrono::steady_clock::now() + milliseconds(timeout_ms);
  return 0;
}

void CurlLoop::add(CurlTransfer& transfer) {
  assert(owner_.is_here());
  running_.push_back(&transfer);
  curl_multi_add_handle(multi_.get(), transfer.easy());
}

void CurlLoop::abort() {
  assert(owner_.is_here());
  for (CurlTransfer* transfer : std::exchange(running_, {})) {
    curl_multi_remove_handle(multi_.get(), transfer->easy());
    transfer->handler().aborted();
  }
}

void CurlLoop::drive_timer() {
  assert(owner_.is_here());
  if (timer_ <= std::chrono::steady_clock::now()) {
    timer_ = SteadyTime::max();
    int running = 0;
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

bool CurlLoop::end_next() {
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
  if (message == nullptr) {
    return false;
  }
  if (message->msg != CURLMSG_DONE) {
    return true;
  }
  const CURLcode code = message->data.result;
  CurlTransfer* transfer = nullptr;
  curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
  transfer->keep_connection();
  curl_multi_remove_handle(multi_.get(), transfer->easy());
  const auto place = std::find(running_.begin(), running_.end(), transfer);
  assert(place != running_.end());
  running_.erase(place);
  if (transfer->connection().is_stale()) {
    transfer->begin(true);  // nothing was requested yet
  } else {
    transfer->handler().ended(code);
  }
  return true;
}

bool CurlLoop::wait(SteadyTime until) {
  constexpr std::int64_t kWaitMsMax = 60'000;
  const auto left =
      std::chrono::ceil<milliseconds>(std::min(until, timer_) - std::chrono::steady_clock::now());
  const auto wait_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kWaitMsMax));
  return sockets_.wait(wait_ms, [this](int number, std::uint32_t events) {
    int flags = 0;
    flags |= (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
    flags |= (events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0;
    int running = 0;
    curl_multi_socket_action(multi_.get(), number, flags, &running);
  });
}

void CurlLoop::rethrow() {
  if (thrown_) {
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
}

}  // namespace core
