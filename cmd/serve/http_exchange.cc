#include "cmd/serve/http_exchange.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "core/files/read_whole.h"
#include "core/text/ascii.h"

namespace cmd {
namespace {

// The library would refuse a Range that it cannot read before the gate, and cut every page by the
// others: it never sees that header under its name.
class RangeVeil {
 public:
  // To be called with all bytes of a request, in their order.
  void cover(char* bytes, std::size_t count) {
    for (char* byte = bytes; byte != bytes + count; ++byte) {
      const bool matches = matched_ < kName.size() && core::lower_ascii(*byte) == kName[matched_];
      if (matches && ++matched_ == kName.size()) {
        *byte = kVeiled.back();
      } else if (*byte == '\n') {
        matched_ = 0;
      } else if (!matches) {
        matched_ = kNowhere;
      }
    }
  }
  static constexpr std::string_view kVeiled = "rang_";

 private:
  static constexpr std::string_view kName = "range";
  static constexpr std::size_t kNowhere = kName.size() + 1;

  std::size_t matched_ = kNowhere;  // of the name, at the beginning of a line
};

class PeerStream final : public httplib::Stream {
 public:
  explicit PeerStream(Peer& peer) : peer_(peer) {}

  [[nodiscard]] bool is_readable() const override { return !peer_.has_failed(); }
  [[nodiscard]] bool is_writable() const override { return !peer_.has_failed(); }
  ssize_t read(char* bytes, std::size_t count) override {
    const std::ptrdiff_t got = peer_.read(bytes, count);
    veil_.cover(bytes, static_cast<std::size_t>(std::max<std::ptrdiff_t>(got, 0)));
    return got;
  }
  ssize_t write(const char* bytes, std::size_t count) override {
    return peer_.write({bytes, count}) ? static_cast<ssize_t>(count) : -1;
  }
  // Nothing here depends on who asks.
  void get_remote_ip_and_port(std::string& /*address*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*address*/, int& /*port*/) const override {}
  [[nodiscard]] socket_t socket() const override { return peer_.number(); }

 private:
  Peer& peer_;
  RangeVeil veil_;
};

PageRequest request_of(const httplib::Request& from) {
  PageRequest request{.method = from.method, .path = from.path};
  request.query.insert(from.params.begin(), from.params.end());
  if (from.get_header_value_count("Host") == 1) {
    request.host = from.get_header_value("Host");
  }
  request.authorization = from.get_header_value("Authorization");
  request.range = from.get_header_value(std::string(RangeVeil::kVeiled));
  return request;
}

bool send_part(const FilePart& part, std::size_t offset, std::size_t length,
               httplib::DataSink& sink) {
  constexpr std::size_t kBlock = 64 << 10;
  std::array<char, kBlock> block;
  const ssize_t got =
      core::read_at(part.file->number(), block.data(), std::min(length, block.size()),
                    part.begin + static_cast<off_t>(offset));
  // A file that became shorter: the browser sees a cut body, not wrong bytes.
  return got > 0 && sink.write(block.data(), static_cast<std::size_t>(got));
}

void fill(httplib::Response& response, PageReply&& reply) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) {
    response.set_header(name, value);
  }
  if (reply.part.file == nullptr) {
    response.set_content(reply.body, reply.type);
    return;
  }
  response.set_content_provider(
      static_cast<std::size_t>(reply.part.length), reply.type,
      [part = reply.part](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        return send_part(part, offset, length, sink);
      });
}

// The library refuses some requests by itself, without a text.
void explain(const httplib::Request& /*from*/, httplib::Response& to) {
  if (to.body.empty()) {
    to.set_content(to.status == 414   ? "The address is too long.\n"
                   : to.status == 400 ? "This is no HTTP request that can be read.\n"
                                      : "This request cannot be answered.\n",
                   "text/plain; charset=utf-8");
  }
}

}  // namespace

class HttpExchange::Server final : public httplib::Server {
 public:
  explicit Server(PageHandler handler) {
    svr_sock_ = 0;  // without a socket the library thinks that it shuts down, and sends no files
    // For every answer, also those to requests that the library refuses by itself.
    set_default_headers({
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src "
         "'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"X-Frame-Options", "DENY"},
    });
    set_error_handler(Handler(explain));
    set_pre_routing_handler(
        [handler = std::move(handler)](const httplib::Request& from, httplib::Response& to) {
          fill(to, handler(request_of(from)));
          return HandlerResponse::Handled;
        });
  }

  void answer(PeerStream& stream) {
    bool closed = false;
    process_request(stream, true, closed, [](httplib::Request& request) {
      request.headers.erase("Accept-Encoding");  // packing costs more than it saves here
    });
  }
};

HttpExchange::HttpExchange(PageHandler handler)
    : server_(std::make_unique<Server>(std::move(handler))) {}

HttpExchange::~HttpExchange() = default;

void HttpExchange::answer(Peer& peer) {
  try {
    PeerStream stream(peer);
    server_->answer(stream);
  } catch (const std::exception&) {
    // No memory, or a request that the library cannot read: the browser sees an end.
  }
  peer.close();
}

std::string httplib_version_text() { return CPPHTTPLIB_VERSION; }

}  // namespace cmd
