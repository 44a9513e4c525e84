#include "core/http/curl_transfer.h"

#include <functional>
#include <optional>

#include "core/http/address.h"
#include "core/http/curl_transport.h"

namespace core {
namespace {

// libcurl allocates memory for every header and trailer of a transfer.
constexpr std::size_t kHeaderBytesMax = std::size_t{256} * 1024;
constexpr std::size_t kHeaderLinesMax = 4000;

}  // namespace

CurlTransfer::CurlTransfer(CurlLoop& loop, const TransportSettings& settings,
                           TransferHandler& handler)
    : loop_(loop), handler_(handler), easy_(curl_easy_init()) {
  CURL* easy = easy_.get();
  set_option(easy, CURLOPT_PRIVATE, this);
  set_option(easy, CURLOPT_ERRORBUFFER, error_.data());
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_QUICK_EXIT, 1L);  // do not wait for a name server that does not answer
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  route("");
  set_option(easy, CURLOPT_PATH_AS_IS, 1L);
  set_option(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // HTTP/2 over TLS only: without TLS libcurl 7.88 fails on reused connections (design.md, section
  // 7).
  set_option(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  set_option(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_open);
  set_option(easy, CURLOPT_OPENSOCKETDATA, this);
  set_option(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlLoop::on_close);
  set_option(easy, CURLOPT_CLOSESOCKETDATA, &loop_);
  set_option(easy, CURLOPT_PREREQFUNCTION, &CurlTransfer::on_request);
  set_option(easy, CURLOPT_PREREQDATA, this);
  set_option(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  set_option(easy, CURLOPT_HEADERDATA, this);
  if (!settings.ca_file.empty()) {
    set_option(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    set_option(easy, CURLOPT_CAPATH, nullptr);
    set_option(easy, CURLOPT_PROXY_CAINFO, settings.ca_file.c_str());
    set_option(easy, CURLOPT_PROXY_CAPATH, nullptr);
  }
}

// libcurl must not read the environment by itself; "*" also saves it the look-up.
void CurlTransfer::route(const std::string& proxy) {
  if (proxy_ == proxy) {
    return;
  }
  proxy_ = proxy;
  set_option(easy(), CURLOPT_PROXY, proxy.c_str());
  set_option(easy(), CURLOPT_NOPROXY, proxy.empty() ? "*" : "");
}

void CurlTransfer::begin(bool fresh_connection) {
  error_[0] = '\0';
  host_.refused.clear();
  host_.resolved = false;
  connection_.begin();
  headers_ = {};
  set_option(easy(), CURLOPT_FRESH_CONNECT, long{fresh_connection});
  loop_.add(*this);
}

curl_socket_t CurlTransfer::on_open(void* transfer, curlsocktype /*purpose*/,
                                    curl_sockaddr* address) {
  auto* self = static_cast<CurlTransfer*>(transfer);
  SocketSet& sockets = self->loop_.sockets();
  HostCheck& host = self->host_;
  int number = -1;
  try {
    // A proxy's address says nothing about the host behind it.
    const bool is_checked = !host.may_be_private && self->proxy_->empty();
    if (is_checked && !is_public_address(&address->addr)) {
      host.refused = "its host leads to a loopback, private or link-local address";
      return CURL_SOCKET_BAD;
    }
    if (host.resolve_only) {
      host.resolved = true;
      return CURL_SOCKET_BAD;
    }
    number = sockets.open(address->family, address->socktype, address->protocol);
    if (number < 0) {
      return CURL_SOCKET_BAD;
    }
    self->connection_.opened(number);
    return number;
  } catch (...) {
    self->loop_.keep_exception();
    if (number >= 0) {
      sockets.close(number);
    }
    return CURL_SOCKET_BAD;
  }
}

int CurlTransfer::on_request(void* transfer, char* remote_address, char* /*local_address*/,
                             int remote_port, int local_port) {
  auto* self = static_cast<CurlTransfer*>(transfer);
  std::function<bool()> has_tls;
  if (!self->is_plain_) {
    has_tls = [self] { return has_unread_tls(self->easy()); };
  }
  const ConnectionEnds ends{remote_address, remote_port, local_port};
  return self->connection_.may_ask(self->loop_.kept(), ends, has_tls) ? CURL_PREREQFUNC_OK
                                                                      : CURL_PREREQFUNC_ABORT;
}

void CurlTransfer::keep_connection() {
  if (!connection_.is_new()) {
    return;
  }
  long version = 0;
  curl_socket_t number = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy(), CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(easy(), CURLINFO_ACTIVESOCKET, &number);
  if (number != CURL_SOCKET_BAD && version < CURL_HTTP_VERSION_2_0 &&
      loop_.sockets().is_ours(number)) {
    connection_.keep(loop_.kept(), number);
  }
}

std::size_t CurlTransfer::on_header(char* /*bytes*/, std::size_t size, std::size_t count,
                                    void* transfer) {
  auto* self = static_cast<CurlTransfer*>(transfer);
  self->headers_.bytes += size * count;
  ++self->headers_.lines;
  return self->headers_too_large() ? 0 : size * count;
}

bool CurlTransfer::headers_too_large() const {
  return headers_.bytes > kHeaderBytesMax || headers_.lines > kHeaderLinesMax;
}

}  // namespace core
