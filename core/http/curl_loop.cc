// The event loop: sockets, time, and what both kinds of transfers have in common.
#include "core/http/curl_loop.h"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include "core/http/address.h"

namespace core {
namespace {

using std::chrono::milliseconds;

constexpr int kEventsMax = 256;
// libcurl keeps all headers and trailers of a transfer, each in memory of its own.
constexpr std::size_t kHeaderBytesMax = std::size_t{256} * 1024;
constexpr std::size_t kHeaderLinesMax = 4000;

/// Tells connections apart by their addresses: what libcurl says before a request, in place of the
/// socket. Never 0.
std::uint64_t connection_key(std::string_view remote_address, int remote_port, int local_port) {
  constexpr unsigned kPortBits = 16;
  const std::uint64_t ports = (static_cast<std::uint64_t>(remote_port) << kPortBits) +
                              static_cast<std::uint64_t>(local_port);
  return (std::hash<std::string_view>{}(remote_address) << (2 * kPortBits)) ^ ports;
}

/// Whether a socket that nothing is expected from has bytes, an end or a fault to tell.
bool is_readable(curl_socket_t number) {
  char byte = 0;
  return recv(number, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
         (errno != EAGAIN && errno != EINTR);
}

int port_of(curl_socket_t number) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  // Both families have the port in the same place.
  return getsockname(number, reinterpret_cast<sockaddr*>(&address), &size) != 0
             ? 0
             : ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

}  // namespace

// ---- setting up

CurlTransport::Loop::Loop(TransportSettings settings) : settings_(std::move(settings)) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kReady != CURLE_OK) {
    throw Error("libcurl does not start: " + std::string(curl_easy_strerror(kReady)));
  }
  for (const GatewayAccount& gateway : settings_.accounts) {
    Account account{.base_url = gateway.base_url};
    const auto origin = origin_of(gateway.base_url);
    account.url.reset(curl_url());
    if (!origin || curl_url_set(account.url.get(), CURLUPART_URL, gateway.base_url.c_str(),
                                CURLU_PATH_AS_IS) != CURLUE_OK) {
      throw UsageError("the base URL " + gateway.base_url + " is no URL");
    }
    account.origin = *origin;
    account.target_base = part_of(account.url.get(), CURLUPART_PATH, 0);
    if (account.target_base == "/") {
      account.target_base.clear();
    }
    account.proxy = settings_.proxies.of(gateway.base_url).url;
    if (origin->scheme == "http" && reads_targets(account.proxy)) {
      account.target_base = gateway.base_url;
    }
    account.authorization = "Authorization: Bearer " + gateway.api_key;
    add_header(account.headers, account.authorization);
    add_header(account.headers, "Accept: application/json");
    accounts_.push_back(std::move(account));
  }
  epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  wake_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  multi_.reset(curl_multi_init());
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake_.number()}};
  if (!epoll_.valid() || !wake_.valid() || multi_ == nullptr ||
      epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_.number(), &event) != 0) {
    throw Error("the event loop does not start: " + std::generic_category().message(errno));
  }
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  // Fewer than there are transfers would close connections all the time (design.md, section 7).
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                    static_cast<long>(settings_.concurrency + settings_.download_concurrency));
  publisher_.emplace(settings_.publisher_threads, [this] { wake(); });
}

CurlTransport::Loop::~Loop() {
  publisher_.reset();
  for (Transfer* transfer : running_) {
    curl_multi_remove_handle(multi_.get(), transfer->easy.get());
  }
  queries_.clear();
  downloads_.clear();
  multi_.reset();  // calls back for every connection it closes
}

void CurlTransport::Loop::set_common(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  set_option(easy, CURLOPT_PRIVATE, &transfer);
  set_option(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_QUICK_EXIT, 1L);  // no waiting for a name server that does not answer
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  route(transfer, "");
  set_option(easy, CURLOPT_PATH_AS_IS, 1L);
  set_option(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // HTTP/2 over TLS only: without TLS libcurl 7.88 fails on reused connections (design.md, section
  // 7).
  set_option(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
  set_option(easy, CURLOPT_USERAGENT, settings_.user_agent.c_str());
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &Loop::on_open);
  set_option(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  set_option(easy, CURLOPT_CLOSESOCKETFUNCTION, &Loop::on_close);
  set_option(easy, CURLOPT_CLOSESOCKETDATA, this);
  set_option(easy, CURLOPT_PREREQFUNCTION, &Loop::on_request);
  set_option(easy, CURLOPT_PREREQDATA, &transfer);
  set_option(easy, CURLOPT_HEADERFUNCTION, &Loop::on_header);
  set_option(easy, CURLOPT_HEADERDATA, &transfer);
  if (!settings_.ca_file.empty()) {
    set_option(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
    set_option(easy, CURLOPT_CAPATH, nullptr);
    set_option(easy, CURLOPT_PROXY_CAINFO, settings_.ca_file.c_str());
    set_option(easy, CURLOPT_PROXY_CAPATH, nullptr);
  }
}

// libcurl shall not look into the environment by itself: "*" also saves it the search.
void CurlTransport::Loop::route(Transfer& transfer, const std::string& proxy) {
  transfer.proxy = proxy;
  set_option(transfer.easy.get(), CURLOPT_PROXY, proxy.c_str());
  set_option(transfer.easy.get(), CURLOPT_NOPROXY, proxy.empty() ? "*" : "");
}

// ---- sockets and time

CurlTransport::Loop::Socket& CurlTransport::Loop::socket(curl_socket_t number) {
  const auto index = static_cast<std::size_t>(number);
  if (index >= sockets_.size()) {
    sockets_.resize(index + 1);
  }
  return sockets_[index];
}

int CurlTransport::Loop::on_socket(CURL* /*easy*/, curl_socket_t number, int what, void* loop,
                                   void* /*unused*/) {
  auto* self = static_cast<Loop*>(loop);
  try {
    self->watch(number, what);
  } catch (...) {
    self->thrown_ = std::current_exception();
    return -1;
  }
  return 0;
}

// libcurl asks to remove and add a socket around every transfer on a kept-alive connection. Only
// the wish is noted; the registration goes when an event comes that nobody wants, or at close.
void CurlTransport::Loop::watch(curl_socket_t number, int what) {
  Socket& one = socket(number);
  if (what == CURL_POLL_REMOVE) {
    one.wanted = 0;
    if (!one.ours) {
      unregister(number);  // libcurl closes its own (the resolver's) without telling
    }
    return;
  }
  one.wanted = what;
  const std::uint32_t events = ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
                               ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
  if (one.registered && one.events == events) {
    return;
  }
  epoll_event event{.events = events, .data = {.fd = number}};
  // A descriptor of libcurl's own may have been closed and given out again unseen.
  const bool watched =
      (one.registered && epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, number, &event) == 0) ||
      epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, number, &event) == 0 ||
      (errno == EEXIST && epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, number, &event) == 0);
  if (!watched) {
    throw Error("the event loop cannot watch a socket: " + std::generic_category().message(errno));
  }
  one.registered = true;
  one.events = events;
}

void CurlTransport::Loop::unregister(curl_socket_t number) {
  Socket& one = socket(number);
  if (one.registered) {
    epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, number, nullptr);
    one.registered = false;
  }
}

curl_socket_t CurlTransport::Loop::on_open(void* transfer, curlsocktype /*purpose*/,
                                           curl_sockaddr* address) {
  auto* self = static_cast<Transfer*>(transfer);
  // Of a proxy the address says nothing about the host behind it.
  const bool is_checked = !self->may_be_private && self->proxy.empty();
  if (is_checked && !is_public_address(&address->addr)) {
    self->refused_address = "its host leads to a loopback, private or link-local address";
    return CURL_SOCKET_BAD;
  }
  if (self->resolving) {
    self->resolved = true;
    return CURL_SOCKET_BAD;
  }
  const int number = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                              address->protocol);
  if (number < 0) {
    return CURL_SOCKET_BAD;
  }
  try {
    self->opened.push_back(number);
    self->loop->socket(number) = Socket{.ours = true};
  } catch (...) {
    self->loop->thrown_ = std::current_exception();
    close(number);
    return CURL_SOCKET_BAD;
  }
  ++self->loop->connections_opened;
  return number;
}

int CurlTransport::Loop::on_close(void* loop, curl_socket_t number) {
  auto* self = static_cast<Loop*>(loop);
  if (const std::uint64_t connection = self->socket(number).connection; connection != 0) {
    self->kept_.erase(connection);
  }
  // Closing takes it out of the epoll set as well.
  self->socket(number) = Socket{};
  return close(number);
}

// ---- whose answer it is

// On a kept-alive HTTP/1.1 connection nothing tells whose answer the next one is but its place:
// what came before the request belongs to nobody, and the connection is not used again. HTTP/2
// names its streams, and speaks when idle.
int CurlTransport::Loop::on_request(void* transfer, char* remote_address, char* /*local_address*/,
                                    int remote_port, int local_port) {
  auto* self = static_cast<Transfer*>(transfer);
  self->connection = connection_key(remote_address, remote_port, local_port);
  const auto& kept = self->loop->kept_;
  if (const auto found = kept.find(self->connection); found != kept.end()) {
    self->kept = true;
    self->stale = is_pending(*self, found->second);
  } else {
    self->kept = false;
    self->answered_early = answers_early(*self, local_port);
  }
  return self->stale || self->answered_early ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

bool CurlTransport::Loop::is_pending(const Transfer& transfer, curl_socket_t number) {
  return is_readable(number) || (!transfer.is_plain && has_unread_tls(transfer.easy.get()));
}

// A new TLS connection has its server's session tickets to read.
bool CurlTransport::Loop::answers_early(const Transfer& transfer, int local_port) {
  return transfer.is_plain &&
         std::any_of(transfer.opened.begin(), transfer.opened.end(), [&](curl_socket_t number) {
           return port_of(number) == local_port && is_readable(number);
         });
}

// Called once libcurl has put a connection back for others.
void CurlTransport::Loop::keep(const Transfer& transfer) {
  if (transfer.opened.empty() || transfer.kept || transfer.connection == 0) {
    return;
  }
  long version = 0;
  curl_socket_t number = CURL_SOCKET_BAD;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_ACTIVESOCKET, &number);
  if (number != CURL_SOCKET_BAD && version < CURL_HTTP_VERSION_2_0 && socket(number).ours) {
    socket(number).connection = transfer.connection;
    kept_[transfer.connection] = number;
  }
}

void CurlTransport::Loop::begin(Transfer& transfer, bool fresh_connection) {
  transfer.error[0] = '\0';
  transfer.refused_address.clear();
  transfer.resolved = false;
  transfer.connection = 0;
  transfer.opened.clear();
  transfer.kept = transfer.stale = transfer.answered_early = false;
  transfer.header_bytes = transfer.header_lines = 0;
  transfer.headers_too_large = false;
  set_option(transfer.easy.get(), CURLOPT_FRESH_CONNECT, long{fresh_connection});
  running_.push_back(&transfer);
  curl_multi_add_handle(multi_.get(), transfer.easy.get());
}

std::size_t CurlTransport::Loop::on_header(char* /*bytes*/, std::size_t size, std::size_t count,
                                           void* transfer) {
  auto* self = static_cast<Transfer*>(transfer);
  self->header_bytes += size * count;
  ++self->header_lines;
  self->headers_too_large =
      self->header_bytes > kHeaderBytesMax || self->header_lines > kHeaderLinesMax;
  return self->headers_too_large ? 0 : size * count;
}

int CurlTransport::Loop::on_timer(CURLM* /*multi*/, long timeout_ms, void* loop) {
  auto* self = static_cast<Loop*>(loop);
  self->timer_ = timeout_ms < 0 ? SteadyTime::max()
                                : std::chrono::steady_clock::now() + milliseconds(timeout_ms);
  return 0;
}

int CurlTransport::Loop::wait_ms(SteadyTime until) const {
  constexpr std::int64_t kWaitMsMax = 60'000;
  const SteadyTime next = std::min({until, timer_, paused_.empty() ? timer_ : rate_until_});
  const auto left = std::chrono::ceil<milliseconds>(next - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kWaitMsMax));
}

void CurlTransport::Loop::drive_timer() {
  if (timer_ <= std::chrono::steady_clock::now()) {
    timer_ = SteadyTime::max();
    int running = 0;
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

void CurlTransport::Loop::handle_event(const epoll_event& event, bool& woken) {
  const int number = event.data.fd;
  if (number == wake_.number()) {
    std::uint64_t count = 0;
    woken = read(wake_.number(), &count, sizeof count) > 0 || woken;
    return;
  }
  if (socket(number).wanted == 0) {
    unregister(number);  // an idle connection that the server closed, as a rule
    return;
  }
  int flags = 0;
  flags |= (event.events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) != 0 ? CURL_CSELECT_IN : 0;
  flags |= (event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
  flags |= (event.events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0;
  int running = 0;
  curl_multi_socket_action(multi_.get(), number, flags, &running);
}

void CurlTransport::Loop::wait(SteadyTime until, std::vector<Completion>& completions) {
  const std::size_t before = completions.size();
  bool woken = false;
  std::array<epoll_event, kEventsMax> events{};
  while (true) {
    drive_timer();
    resume_paused();
    reap(completions);
    std::move(early_.begin(), early_.end(), std::back_inserter(completions));
    early_.clear();
    take_published(completions);
    if (thrown_) {
      std::rethrow_exception(std::exchange(thrown_, nullptr));
    }
    if (completions.size() > before || woken || std::chrono::steady_clock::now() >= until) {
      return;
    }
    const int count = epoll_wait(epoll_.number(), events.data(), kEventsMax, wait_ms(until));
    if (count < 0 && errno != EINTR) {
      throw Error("the event loop fails: " + std::generic_category().message(errno));
    }
    for (int i = 0; i < count; ++i) {
      handle_event(events.at(static_cast<std::size_t>(i)), woken);
    }
  }
}

void CurlTransport::Loop::take_published(std::vector<Completion>& completions) {
  for (Publisher::Result& result : publisher_->take()) {
    std::visit(
        [&](auto& outcome) {
          completions.push_back({result.token, std::move(outcome)});
        },
        result.outcome);
  }
}

void CurlTransport::Loop::wake() const {
  const std::uint64_t one = 1;
  // Fails only when a wake is pending already.
  static_cast<void>(!write(wake_.number(), &one, sizeof one));
}

void CurlTransport::Loop::reap(std::vector<Completion>& completions) {
  // Large answers one by one: those that wait stay within the room for bodies in flight.
  constexpr std::size_t kReapedBytesMax = CurlTransport::kBodyBytesMax / 8;
  const std::size_t body_bytes = body_bytes_;
  int left = 0;
  while (body_bytes - body_bytes_ < kReapedBytesMax) {
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr) {
      break;
    }
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    const CURLcode code = message->data.result;
    CURL* easy = message->easy_handle;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    keep(*transfer);
    curl_multi_remove_handle(multi_.get(), easy);
    running_.erase(std::find(running_.begin(), running_.end(), transfer));
    if (transfer->stale) {
      begin(*transfer, true);  // nothing was asked yet
    } else if (transfer->is_download) {
      leave_line(static_cast<Download&>(*transfer));
      finish_download(static_cast<Download&>(*transfer), code, completions);
    } else {
      finish_query(static_cast<Query&>(*transfer), code, completions);
    }
  }
}

void CurlTransport::Loop::abort() {
  for (Transfer* transfer : running_) {
    curl_multi_remove_handle(multi_.get(), transfer->easy.get());
    if (transfer->is_download) {
      release(static_cast<Download&>(*transfer));
    } else {
      drop_body(static_cast<Query&>(*transfer));
      free_queries_.push_back(static_cast<Query*>(transfer));
    }
  }
  running_.clear();
  early_.clear();
  publisher_->clear();
}

}  // namespace core
