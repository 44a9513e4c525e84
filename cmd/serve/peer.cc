#include "cmd/serve/peer.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace cmd {
namespace {

constexpr std::chrono::milliseconds kLingerMax{200};
constexpr std::size_t kRequestBytesMax = 32 << 10;
constexpr std::size_t kBlock = 4096;

}  // namespace

Peer::Peer(core::Descriptor socket, int stop_fd, const PeerLimits& limits)
    : socket_(std::move(socket)),
      stop_fd_(stop_fd),
      request_end_(std::chrono::steady_clock::now() + limits.request_time),
      share_time_(limits.waiting, limits.share_bytes) {}

std::ptrdiff_t Peer::fail() {
  failed_ = true;
  return -1;
}

bool Peer::wait(short events, SteadyTime until) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return false;
    }
    std::array<pollfd, 2> watched{{{socket_.number(), events, 0}, {stop_fd_, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) {
      return false;
    }
    if (watched[1].revents != 0) {
      return false;
    }
    if (ready > 0) {
      return true;
    }
  }
}

std::ptrdiff_t Peer::read(char* bytes, std::size_t count) {
  while (next_ == buffer_.size()) {
    if (failed_ || received_ >= kRequestBytesMax || !wait(POLLIN, request_end_)) {
      return fail();
    }
    buffer_.resize(kBlock);
    const ssize_t got = ::recv(socket_.number(), buffer_.data(), buffer_.size(), 0);
    const int error = errno;
    next_ = 0;
    buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    received_ += buffer_.size();
    if (got == 0) {
      return 0;
    }
    if (got < 0 && error != EINTR && error != EAGAIN) {
      return fail();
    }
  }
  const std::size_t taken = std::min(count, buffer_.size() - next_);
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(next_), taken, bytes);
  next_ += taken;
  return static_cast<std::ptrdiff_t>(taken);
}

bool Peer::write(std::string_view bytes) {
  while (!failed_ && !bytes.empty()) {
    const SteadyTime begin = std::chrono::steady_clock::now();
    if (!wait(POLLOUT, begin + share_time_.left())) {
      fail();
      break;
    }
    share_time_.waited(std::chrono::steady_clock::now() - begin);
    const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      share_time_.sent(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && errno != EAGAIN) {
      fail();
    }
  }
  return !failed_;
}

// With unread bytes in its buffer, closing a socket would make the kernel drop what was sent.
void Peer::close() {
  ::shutdown(socket_.number(), SHUT_WR);
  const SteadyTime end = std::chrono::steady_clock::now() + kLingerMax;
  std::array<char, kBlock> rest;
  for (std::size_t taken = 0; !failed_ && taken < kRequestBytesMax && wait(POLLIN, end);) {
    const ssize_t got = ::recv(socket_.number(), rest.data(), rest.size(), 0);
    if (got <= 0) {
      break;
    }
    taken += static_cast<std::size_t>(got);
  }
  socket_ = core::Descriptor();
  failed_ = true;
}

}  // namespace cmd
