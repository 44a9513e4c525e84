// HTTP on one connection; the only user of cpp-httplib, which reads requests and writes answers.
// Connections, threads, time limits and ranges are ours.
#pragma once

#include <memory>
#include <string>

#include "cmd/serve/exchange.h"
#include "cmd/serve/peer.h"

namespace cmd {

/// Any thread may call `answer`, several at once.
class HttpExchange {
 public:
  explicit HttpExchange(PageHandler handler);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// Reads one request, answers it and ends the connection.
  void answer(Peer& peer);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

/// The version of the library, for --version.
[[nodiscard]] std::string httplib_version_text();

}  // namespace cmd
