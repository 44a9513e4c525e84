// A real HTTP/1.1 server on loopback; the test decides every byte of its replies.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace support {

struct HttpRequest {
  std::string target;                                        ///< as it came, byte for byte
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case

  /// The first header with that name; empty if there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// A reply. `after` happens once all bytes are sent.
struct HttpReply {
  enum class After { keep, close, reset, hold };
  std::string bytes;
  After after = After::keep;
  int times = 1;  ///< repeats the bytes: endless bodies without the memory
};

/// Status line, headers, Content-Length and body.
[[nodiscard]] HttpReply reply(int status, std::string_view body,
                              const std::vector<std::string>& headers = {});

/// Serves until it is destroyed. The handler is called on the connections' threads.
class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;
  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  /// `http://127.0.0.1:PORT` and the path.
  [[nodiscard]] std::string url(std::string_view path = "") const;
  [[nodiscard]] int connections() const { return connections_; }
  /// Sends unrequested bytes over every open connection; they have arrived on return.
  void say(std::string_view bytes) const;
  /// Ends every open connection from this side.
  void hang_up() const;
  [[nodiscard]] std::vector<HttpRequest> requests() const;

 private:
  void accept_all();
  void serve(int connection);
  bool send(int connection, const HttpReply& reply);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;  // under mutex_, as are the two below
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace support
