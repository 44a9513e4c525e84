#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <stdexcept>

namespace support {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char one) { return static_cast<char>(std::tolower(one)); });
  return text;
}

HttpRequest parse(std::string_view head) {
  HttpRequest request;
  const std::size_t first = head.find(' ');
  request.target = head.substr(first + 1, head.find(' ', first + 1) - first - 1);
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;) {
    const std::size_t next = head.find("\r\n", line + 2);
    const std::string_view text = head.substr(line + 2, next - line - 2);
    if (const std::size_t colon = text.find(": "); colon != std::string_view::npos) {
      request.headers.emplace_back(lower(std::string(text.substr(0, colon))),
                                   text.substr(colon + 2));
    }
    line = next;
  }
  return request;
}

// The head of one request from the bytes received so far; none if the peer is gone.
std::optional<std::string> read_head(int connection, std::string& buffer) {
  constexpr std::size_t kChunk = 4096;
  while (true) {
    if (const std::size_t end = buffer.find("\r\n\r\n"); end != std::string::npos) {
      std::string head = buffer.substr(0, end + 2);
      buffer.erase(0, end + 4);
      return head;
    }
    std::array<char, kChunk> chunk{};
    const ssize_t count = recv(connection, chunk.data(), chunk.size(), 0);
    if (count <= 0) {
      return std::nullopt;
    }
    buffer.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

HttpReply reply(int status, std::string_view body, const std::vector<std::string>& headers) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " X\r\n";
  for (const std::string& line : headers) {
    bytes += line + "\r\n";
  }
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  bytes += body;
  return {.bytes = std::move(bytes)};
}

HttpServer::HttpServer(Handler handler)
    : handler_(std::move(handler)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  constexpr int kBacklog = 256;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || bind(listener_, any, size) != 0 || listen(listener_, kBacklog) != 0 ||
      getsockname(listener_, any, &size) != 0) {
    throw std::runtime_error("no listener on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int connection : open_) {
      shutdown(connection, SHUT_RDWR);
    }
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  close(listener_);
}

std::string HttpServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::vector<HttpRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::say(std::string_view bytes) const {
  const std::lock_guard lock(mutex_);
  for (const int connection : open_) {
    static_cast<void>(::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
}

void HttpServer::hang_up() const {
  const std::lock_guard lock(mutex_);
  for (const int connection : open_) {
    shutdown(connection, SHUT_WR);
  }
}

void HttpServer::accept_all() {
  while (!stopping_) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      continue;
    }
    const std::lock_guard lock(mutex_);
    open_.insert(connection);
    ++connections_;  // counted once `say` and `hang_up` reach it
    threads_.emplace_back([this, connection] { serve(connection); });
  }
}

void HttpServer::serve(int connection) {
  std::string buffer;
  while (const auto head = read_head(connection, buffer)) {
    HttpRequest request = parse(*head);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (!send(connection, handler_(request))) {
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
  close(connection);
}

// False if the connection is finished.
bool HttpServer::send(int connection, const HttpReply& reply) {
  for (int i = 0; i < reply.times; ++i) {
    for (std::string_view left = reply.bytes; !left.empty();) {
      const ssize_t count = ::send(connection, left.data(), left.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        return false;
      }
      left.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  switch (reply.after) {
    case HttpReply::After::keep:
      return true;
    case HttpReply::After::close:
      return false;
    case HttpReply::After::reset: {
      const linger now{.l_onoff = 1, .l_linger = 0};
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      return false;
    }
    case HttpReply::After::hold: {
      // Sends nothing more until the peer, or this server's destructor, closes the connection.
      char byte = 0;
      return recv(connection, &byte, 1, 0) > 0;
    }
  }
  return false;
}

}  // namespace support
