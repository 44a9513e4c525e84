#include "core/http/socket_set.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "core/error.h"
#include "core/http/curl_handles.h"

namespace core {
namespace {

constexpr int kEventsMax = 256;

}  // namespace

SocketSet::SocketSet()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      ready_(kEventsMax) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake_.number()}};
  if (!epoll_.valid() || !wake_.valid() ||
      epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_.number(), &event) != 0) {
    throw Error("the event loop does not start: " + errno_text(errno));
  }
}

SocketSet::Socket& SocketSet::socket(int number) {
  assert(number >= 0);
  const auto index = static_cast<std::size_t>(number);
  if (index >= sockets_.size()) {
    sockets_.resize(index + 1);
  }
  return sockets_[index];
}

int SocketSet::open(int family, int type, int protocol) {
  const int number = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (number < 0) {
    return number;
  }
  try {
    socket(number) = Socket{.is_ours = true};
  } catch (...) {
    ::close(number);
    throw;
  }
  ++opened_;
  return number;
}

int SocketSet::close(int number) {
  // Closing also removes the socket from the epoll set.
  socket(number) = Socket{};
  return ::close(number);
}

// libcurl asks to remove and add a socket around every transfer on a kept-alive connection. The
// request is only stored; the socket is removed when an event arrives that is not wanted, or at
// close.
void SocketSet::watch(int number, int what) {
  Socket& one = socket(number);
  if (what == CURL_POLL_REMOVE) {
    one.wanted = 0;
    if (!one.is_ours) {
      unregister(number);  // libcurl closes its own sockets (of the resolver) without notice
    }
    return;
  }
  one.wanted = what;
  const std::uint32_t events = ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
                               ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
  if (one.is_registered && one.events == events) {
    return;
  }
  if (!add_or_change(number, events, one.is_registered)) {
    throw Error("the event loop cannot watch a socket: " + errno_text(errno));
  }
  one.is_registered = true;
  one.events = events;
}

// libcurl may have closed its own descriptor unnoticed, and the number may be in use again.
bool SocketSet::add_or_change(int number, std::uint32_t events, bool is_registered) const {
  epoll_event event{.events = events, .data = {.fd = number}};
  const auto control = [&](int operation) {
    return epoll_ctl(epoll_.number(), operation, number, &event) == 0;
  };
  return (is_registered && control(EPOLL_CTL_MOD)) || control(EPOLL_CTL_ADD) ||
         (errno == EEXIST && control(EPOLL_CTL_MOD));
}

void SocketSet::unregister(int number) {
  Socket& one = socket(number);
  if (one.is_registered) {
    epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, number, nullptr);
    one.is_registered = false;
  }
}

bool SocketSet::wait(int milliseconds, const OnReady& on_ready) {
  const int count = epoll_wait(epoll_.number(), ready_.data(), kEventsMax, milliseconds);
  if (count < 0 && errno != EINTR) {
    throw Error("the event loop fails: " + errno_text(errno));
  }
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready_.at(static_cast<std::size_t>(i));
    const int number = event.data.fd;
    if (number == wake_.number()) {
      woken = drain_wake() || woken;
    } else if (socket(number).wanted == 0) {
      unregister(number);  // usually an idle connection that the server closed
    } else {
      on_ready(number, event.events);
    }
  }
  return woken;
}

bool SocketSet::drain_wake() const {
  std::uint64_t count = 0;
  return read(wake_.number(), &count, sizeof count) > 0;
}

void SocketSet::wake() const {
  const std::uint64_t one = 1;
  // Fails only if a wake-up is already pending.
  static_cast<void>(!write(wake_.number(), &one, sizeof one));
}

}  // namespace core
