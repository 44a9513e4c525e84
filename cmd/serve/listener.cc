#include "cmd/serve/listener.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"

namespace cmd {
namespace {

constexpr std::size_t kThreads = 24;
constexpr int kBacklog = 64;
constexpr std::chrono::milliseconds kGoodbyeMax{700};

// An address of either family, as the socket calls want it.
struct SocketAddress {
  explicit SocketAddress(const ListenAddress& from) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (::inet_pton(AF_INET, from.host.c_str(), &v4->sin_addr) == 1) {
      v4->sin_family = AF_INET;
      v4->sin_port = htons(from.port);
      size = sizeof *v4;
    } else {
      ::inet_pton(AF_INET6, from.host.c_str(), &v6->sin6_addr);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(from.port);
      size = sizeof *v6;
    }
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = 0;
};

[[noreturn]] void refuse(const ListenAddress& address, int error) {
  const std::string what = "cannot listen on " + address.text() + ": ";
  if (error == EADDRINUSE) {
    throw core::UsageError(what +
                           "another program does, perhaps another `reeltally serve`; end it, or "
                           "give another port with --listen");
  }
  if (error == EADDRNOTAVAIL) {
    throw core::UsageError(what + "this machine does not have that address");
  }
  if (error == EACCES) {
    throw core::UsageError(what + "only root may use this port; take one above 1023");
  }
  throw core::Error(what + core::errno_text(error));
}

std::uint16_t port_of_socket(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    throw core::Error("cannot read the address of a socket: " + core::errno_text(errno));
  }
  return ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(bound).sin_port
                                          : reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
}

// Which threads still work. Outlives them and the listener, if they hang.
struct AtWork {
  void change(int difference) {
    const std::lock_guard lock(mutex);
    threads += difference;
    one_less.notify_all();
  }

  std::mutex mutex;
  std::condition_variable one_less;
  int threads = 0;  // under mutex
};

// Takes browsers, one after the other, until the stop.
void take_browsers(int listening, int stop_fd, const std::function<void(Peer&)>& answer) {
  while (true) {
    std::array<pollfd, 2> watched{{{listening, POLLIN, 0}, {stop_fd, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) {
      return;
    }
    if (watched[1].revents != 0) {
      return;
    }
    core::Descriptor socket(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.valid()) {
      Peer peer(std::move(socket), stop_fd);
      answer(peer);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // others will free some
    }
  }
}

}  // namespace

Listener::Listener(const ListenAddress& wanted)
    : address_(wanted),
      socket_(::socket(SocketAddress(wanted).get()->sa_family,
                       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  if (!socket_.valid()) {
    refuse(wanted, errno);
  }
  const int on = 1;
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const SocketAddress address(wanted);
  if (::bind(socket_.number(), address.get(), address.size) != 0 ||
      ::listen(socket_.number(), kBacklog) != 0) {
    refuse(wanted, errno);
  }
  address_.port = port_of_socket(socket_.number());
}

bool Listener::serve(const std::function<void(Peer&)>& answer, int stop_fd) {
  const auto at_work = std::make_shared<AtWork>();
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  while (threads.size() < kThreads) {
    at_work->change(1);
    try {
      threads.emplace_back([at_work, &answer, stop_fd, listening = socket_.number()] {
        take_browsers(listening, stop_fd, answer);
        at_work->change(-1);
      });
    } catch (const std::system_error&) {
      at_work->change(-1);
      if (threads.empty()) {
        throw;
      }
      break;  // fewer will do
    }
  }
  pollfd stop{stop_fd, POLLIN, 0};
  while (::poll(&stop, 1, -1) < 0 && errno == EINTR) {
  }
  std::unique_lock lock(at_work->mutex);
  const bool all_back =
      at_work->one_less.wait_for(lock, kGoodbyeMax, [&] { return at_work->threads == 0; });
  lock.unlock();
  for (std::thread& thread : threads) {
    all_back ? thread.join() : thread.detach();
  }
  return all_back;
}

}  // namespace cmd
