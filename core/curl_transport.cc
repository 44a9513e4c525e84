#include "core/curl_transport.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "core/address.h"
#include "core/api.h"
#include "core/error.h"
#include "core/http_headers.h"
#include "core/printable.h"
#include "core/publisher.h"

namespace core {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRetryAfterMax = std::chrono::minutes(10);  // product.md
constexpr long kQuerySilenceSeconds = 30;    // a query that brings nothing for so long is dropped
constexpr long kStallBytesPerSecond = 1024;  // product.md, --stall-timeout
constexpr long kDownloadBufferBytes =
    512L * 1024;  // performance.md: 16 KiB costs a third of the rate
constexpr milliseconds kRateSlack{
    20};  // what a pause is worth: shorter ones cost more than they do
constexpr std::size_t kErrorBytesMax = 1024;
constexpr std::size_t kLinkBytesMax = std::size_t{64} * 1024;
constexpr int kEventsMax = 256;

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  if (const CURLcode code = curl_easy_setopt(easy, option, value); code != CURLE_OK) {
    throw Error(std::string("libcurl refuses an option: ") + curl_easy_strerror(code) +
                "; it was built without something reeltally needs");
  }
}

struct CurlFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};
using Easy = std::unique_ptr<CURL, CurlFree>;
using Url = std::unique_ptr<CURLU, CurlFree>;
using HeaderList = std::unique_ptr<curl_slist, CurlFree>;
using CurlText = std::unique_ptr<char, CurlFree>;

void add_header(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) {
    throw std::bad_alloc();
  }
  static_cast<void>(list.release());
  list.reset(longer);
}

std::string part_of(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) {
    return {};
  }
  const CurlText owned(text);
  return text;
}

// Scheme, host and port: what a key may be sent to.
struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
  friend bool operator==(const Origin&, const Origin&) = default;
};

std::optional<Origin> origin_of(const std::string& text) {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(),
                   CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) != CURLUE_OK) {
    return std::nullopt;
  }
  Origin origin{part_of(url.get(), CURLUPART_SCHEME, 0), part_of(url.get(), CURLUPART_HOST, 0),
                part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
  std::transform(origin.host.begin(), origin.host.end(), origin.host.begin(), [](char one) {
    return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
  });
  return origin;
}

std::string header_value(CURL* easy, const char* name) {
  curl_header* header = nullptr;
  return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value
                                                                                 : "";
}

long status_of(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::optional<milliseconds> retry_after_of(CURL* easy) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds <= 0) {
    return std::nullopt;
  }
  return std::min<milliseconds>(std::chrono::seconds(std::min<curl_off_t>(seconds, 86'400)),
                                kRetryAfterMax);
}

std::optional<UtcTime> date_of(CURL* easy) {
  const std::string text = header_value(easy, "Date");
  const time_t time = text.empty() ? -1 : curl_getdate(text.c_str(), nullptr);
  return time < 0 ? std::nullopt : std::optional(UtcTime(std::chrono::seconds(time)));
}

std::string failure_kind(CURLcode code) {
  if (code == CURLE_COULDNT_RESOLVE_HOST) {
    return "dns";
  }
  if (code == CURLE_COULDNT_CONNECT) {
    return "connect";
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return "timeout";
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
      code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM) {
    return "tls";
  }
  if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
      code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM) {
    return "connection";
  }
  return "protocol";
}

std::string failure_text(CURLcode code, const char* detail) {
  constexpr std::size_t kTextMax = 300;
  std::string text =
      printable(redact_urls(*detail != '\0' ? detail : curl_easy_strerror(code)), kTextMax);
  if (failure_kind(code) == "tls") {
    text += "; check this machine's clock and its CA certificates (--ca-file)";
  }
  return text;
}

}  // namespace

// ---- the loop: epoll, the multi handle, and the two kinds of transfers

class CurlTransport::Loop {
 public:
  explicit Loop(TransportSettings settings);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start(const QueryRequest& request);
  void start(DownloadRequest request);
  void wait(SteadyTime until, std::vector<Completion>& completions);
  void wake() const;
  void abort();

  std::int64_t bytes_received = 0;
  std::int64_t connections_opened = 0;

 private:
  struct Transfer {
    Loop* loop = nullptr;
    bool is_download = false;
    Easy easy;
    std::array<char, CURL_ERROR_SIZE> error{};
    std::uint64_t token = 0;
    bool may_be_private = true;   // the address is checked otherwise
    std::string refused_address;  // why the socket was not opened
  };
  struct Query : Transfer {
    int account = -1;  // whose URL and headers are set
    std::string body;
    bool too_large = false;
  };
  struct Download : Transfer {
    DownloadRequest request;
    std::unique_ptr<PartFile> part;
    HeaderList headers;
    std::string url;
    Origin origin;
    int hops = 0;
    std::int64_t resume_from = 0;
    bool plain_again = false;  // the resumed answer was not what it must be: once more from zero
    bool judged = false;       // the head was looked at
    bool takes_bytes = false;  // the body goes to the part file
    std::int64_t bytes = 0;    // of the file so far
    PromisedContent promised;
    std::string error_body;
    std::optional<FetchFailure> failure;
  };
  struct Account {
    std::string base_url;
    std::string base_path;  // empty for the root
    Origin origin;
    Url url;
    HeaderList headers;
    std::string authorization;
  };
  struct Socket {
    bool ours = false;        // opened by our callback, so closed by it too
    bool registered = false;  // in the epoll set
    int wanted = 0;           // what libcurl waits for: CURL_POLL_*; 0: nothing
    std::uint32_t events = 0;
  };

  // Callbacks of libcurl: they only note and collect; what they throw is kept for `wait`.
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* loop, void* unused);
  static int on_timer(CURLM* multi, long timeout_ms, void* loop);
  static curl_socket_t on_open(void* transfer, curlsocktype purpose, curl_sockaddr* address);
  static int on_close(void* loop, curl_socket_t socket);
  static std::size_t on_query_bytes(char* bytes, std::size_t size, std::size_t count, void* query);
  static std::size_t on_video_bytes(char* bytes, std::size_t size, std::size_t count,
                                    void* download);

  Socket& socket(curl_socket_t number);
  void watch(curl_socket_t number, int what);
  void unregister(curl_socket_t number);
  void handle_event(const epoll_event& event, bool& woken);
  void drive_timer();
  void reap(std::vector<Completion>& completions);
  [[nodiscard]] int wait_ms(SteadyTime until) const;

  void set_common(Transfer& transfer);
  Query& free_query();
  Download& free_download();
  void finish_query(Query& query, CURLcode code, std::vector<Completion>& completions);

  std::optional<FetchFailure> begin_hop(Download& download, const std::string& url,
                                        bool from_https);
  std::optional<FetchFailure> check_url(Download& download, bool from_https) const;
  void set_headers(Download& download);
  bool judge_head(Download& download);
  bool judge_resumed(Download& download, const std::string& etag);
  bool take_bytes(Download& download, std::string_view bytes);
  void finish_download(Download& download, CURLcode code, std::vector<Completion>& completions);
  void finish_answer(Download& download, std::vector<Completion>& completions);
  [[nodiscard]] static bool has_answer(const Download& download);
  [[nodiscard]] FetchFailure status_failure(const Download& download, long status) const;
  [[nodiscard]] std::optional<std::string> next_hop(const Download& download, long status) const;
  void publish(Download& download);
  void fail(Download& download, FetchFailure failure, std::vector<Completion>& completions);
  void release(Download& download);
  [[nodiscard]] bool must_pause(Download& download, std::size_t bytes);
  void resume_paused();
  void leave_line(const Download& download);
  [[nodiscard]] bool is_own_origin(const Download& download) const;
  [[nodiscard]] bool leads_to_gateway(const Download& download) const;

  TransportSettings settings_;
  int epoll_ = -1;
  int wake_ = -1;
  CURLM* multi_ = nullptr;
  std::vector<Account> accounts_;
  std::vector<Socket> sockets_;  // by descriptor
  SteadyTime timer_ = SteadyTime::max();
  std::vector<std::unique_ptr<Query>> queries_;
  std::vector<Query*> free_queries_;
  std::vector<std::unique_ptr<Download>> downloads_;
  std::vector<Download*> free_downloads_;
  std::vector<Transfer*> running_;
  std::deque<Download*> paused_;   // by the rate limit, in line
  SteadyTime rate_until_{};        // what came so far should have taken until then
  std::vector<Completion> early_;  // failed before a request was sent
  std::exception_ptr thrown_;
  std::optional<Publisher> publisher_;
};

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
    account.base_path = part_of(account.url.get(), CURLUPART_PATH, 0);
    if (account.base_path == "/") {
      account.base_path.clear();
    }
    account.authorization = "Authorization: Bearer " + gateway.api_key;
    add_header(account.headers, account.authorization);
    add_header(account.headers, "Accept: application/json");
    accounts_.push_back(std::move(account));
  }
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  multi_ = curl_multi_init();
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake_}};
  if (epoll_ < 0 || wake_ < 0 || multi_ == nullptr ||
      epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
    throw Error("the event loop does not start: " + std::generic_category().message(errno));
  }
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  // Fewer than there are transfers would close connections all the time (performance.md).
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(settings_.concurrency + settings_.download_concurrency));
  publisher_.emplace(settings_.folder ? settings_.publisher_threads : 0, settings_.claimed,
                     [this] { wake(); });
}

CurlTransport::Loop::~Loop() {
  publisher_.reset();
  for (Transfer* transfer : running_) {
    curl_multi_remove_handle(multi_, transfer->easy.get());
  }
  queries_.clear();
  downloads_.clear();
  curl_multi_cleanup(multi_);
  close(epoll_);
  close(wake_);
}

void CurlTransport::Loop::set_common(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  set(easy, CURLOPT_PRIVATE, &transfer);
  set(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_PROXY, "");  // a proxy would hide the address that is to be checked
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // HTTP/2 over TLS only: without TLS libcurl 7.88 fails on reused connections (performance.md).
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
  set(easy, CURLOPT_USERAGENT, settings_.user_agent.c_str());
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &Loop::on_open);
  set(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  set(easy, CURLOPT_CLOSESOCKETFUNCTION, &Loop::on_close);
  set(easy, CURLOPT_CLOSESOCKETDATA, this);
  if (!settings_.ca_file.empty()) {
    set(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
    set(easy, CURLOPT_CAPATH, nullptr);
  }
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
  const bool watched = (one.registered && epoll_ctl(epoll_, EPOLL_CTL_MOD, number, &event) == 0) ||
                       epoll_ctl(epoll_, EPOLL_CTL_ADD, number, &event) == 0 ||
                       (errno == EEXIST && epoll_ctl(epoll_, EPOLL_CTL_MOD, number, &event) == 0);
  if (!watched) {
    throw Error("the event loop cannot watch a socket: " + std::generic_category().message(errno));
  }
  one.registered = true;
  one.events = events;
}

void CurlTransport::Loop::unregister(curl_socket_t number) {
  Socket& one = socket(number);
  if (one.registered) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, number, nullptr);
    one.registered = false;
  }
}

curl_socket_t CurlTransport::Loop::on_open(void* transfer, curlsocktype /*purpose*/,
                                           curl_sockaddr* address) {
  auto* self = static_cast<Transfer*>(transfer);
  if (!self->may_be_private && !is_public_address(&address->addr)) {
    self->refused_address = "its host leads to a loopback, private or link-local address";
    return CURL_SOCKET_BAD;
  }
  const int number = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                              address->protocol);
  if (number < 0) {
    return CURL_SOCKET_BAD;
  }
  try {
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
  // Closing takes it out of the epoll set as well.
  static_cast<Loop*>(loop)->socket(number) = Socket{};
  return close(number);
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
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

void CurlTransport::Loop::handle_event(const epoll_event& event, bool& woken) {
  const int number = event.data.fd;
  if (number == wake_) {
    std::uint64_t count = 0;
    woken = read(wake_, &count, sizeof count) > 0 || woken;
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
  curl_multi_socket_action(multi_, number, flags, &running);
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
    publisher_->take(completions);
    if (thrown_) {
      std::rethrow_exception(std::exchange(thrown_, nullptr));
    }
    if (completions.size() > before || woken || std::chrono::steady_clock::now() >= until) {
      return;
    }
    const int count = epoll_wait(epoll_, events.data(), kEventsMax, wait_ms(until));
    if (count < 0 && errno != EINTR) {
      throw Error("the event loop fails: " + std::generic_category().message(errno));
    }
    for (int i = 0; i < count; ++i) {
      handle_event(events.at(static_cast<std::size_t>(i)), woken);
    }
  }
}

void CurlTransport::Loop::wake() const {
  const std::uint64_t one = 1;
  // Fails only when a wake is pending already.
  static_cast<void>(!write(wake_, &one, sizeof one));
}

void CurlTransport::Loop::reap(std::vector<Completion>& completions) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    const CURLcode code = message->data.result;
    CURL* easy = message->easy_handle;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(multi_, easy);
    running_.erase(std::find(running_.begin(), running_.end(), transfer));
    if (transfer->is_download) {
      leave_line(static_cast<Download&>(*transfer));
      finish_download(static_cast<Download&>(*transfer), code, completions);
    } else {
      finish_query(static_cast<Query&>(*transfer), code, completions);
    }
  }
}

void CurlTransport::Loop::abort() {
  for (Transfer* transfer : running_) {
    curl_multi_remove_handle(multi_, transfer->easy.get());
    if (transfer->is_download) {
      release(static_cast<Download&>(*transfer));
    } else {
      free_queries_.push_back(static_cast<Query*>(transfer));
    }
  }
  running_.clear();
  early_.clear();
  publisher_->clear();
}

// ---- queries

CurlTransport::Loop::Query& CurlTransport::Loop::free_query() {
  if (free_queries_.empty()) {
    auto query = std::make_unique<Query>();
    query->loop = this;
    query->easy.reset(curl_easy_init());
    set_common(*query);
    CURL* easy = query->easy.get();
    set(easy, CURLOPT_PIPEWAIT, 1L);
    set(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.query_timeout.count()));
    set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(easy, CURLOPT_LOW_SPEED_TIME, kQuerySilenceSeconds);
    set(easy, CURLOPT_WRITEFUNCTION, &Loop::on_query_bytes);
    set(easy, CURLOPT_WRITEDATA, query.get());
    queries_.push_back(std::move(query));
    return *queries_.back();
  }
  Query& query = *free_queries_.back();
  free_queries_.pop_back();
  return query;
}

void CurlTransport::Loop::start(const QueryRequest& request) {
  Query& query = free_query();
  const auto account = static_cast<std::size_t>(request.account);
  query.token = request.token;
  query.body.clear();
  query.too_large = false;
  query.error[0] = '\0';
  CURL* easy = query.easy.get();
  // As the request's target the path arrives byte for byte; set into the URL, libcurl would write
  // %2F as %2f.
  set(easy, CURLOPT_REQUEST_TARGET, (accounts_[account].base_path + request.path).c_str());
  if (query.account != request.account) {
    set(easy, CURLOPT_HTTPHEADER, accounts_[account].headers.get());
    set(easy, CURLOPT_CURLU, accounts_[account].url.get());
    query.account = request.account;
  }
  running_.push_back(&query);
  curl_multi_add_handle(multi_, easy);
}

std::size_t CurlTransport::Loop::on_query_bytes(char* bytes, std::size_t size, std::size_t count,
                                                void* query) {
  auto* self = static_cast<Query*>(query);
  const std::size_t length = size * count;
  // Decoded bytes: libcurl's own limit would not see a gzip bomb (reliability.md, fact 4).
  if (self->body.size() + length > kBodyBytesMax) {
    self->too_large = true;
    return 0;
  }
  try {
    self->body.append(bytes, length);
  } catch (...) {
    self->loop->thrown_ = std::current_exception();
    return 0;
  }
  return length;
}

void CurlTransport::Loop::finish_query(Query& query, CURLcode code,
                                       std::vector<Completion>& completions) {
  Completion completion;
  completion.token = query.token;
  if (code == CURLE_OK) {
    QueryAnswer answer;
    answer.http_status = static_cast<int>(status_of(query.easy.get()));
    answer.body = std::exchange(query.body, {});
    constexpr int kOk = 200;
    if (answer.http_status != kOk) {
      answer.date = date_of(query.easy.get());
      answer.retry_after = retry_after_of(query.easy.get());
    }
    completion.outcome = std::move(answer);
  } else if (query.too_large) {
    completion.outcome = TransportFailure{"too_large", "the answer is larger than 8 MiB"};
  } else {
    completion.outcome =
        TransportFailure{failure_kind(code), failure_text(code, query.error.data())};
  }
  // Over HTTP/2 a time-out leaves the connection in use: the next try must not hang on the same one
  // (reliability.md H7, H13).
  set(query.easy.get(), CURLOPT_FRESH_CONNECT, long{code != CURLE_OK && !query.too_large});
  query.body = std::string();  // a large one is not kept
  completions.push_back(std::move(completion));
  free_queries_.push_back(&query);
}

// ---- downloads: one hop

CurlTransport::Loop::Download& CurlTransport::Loop::free_download() {
  if (free_downloads_.empty()) {
    auto download = std::make_unique<Download>();
    download->loop = this;
    download->is_download = true;
    download->easy.reset(curl_easy_init());
    set_common(*download);
    CURL* easy = download->easy.get();
    set(easy, CURLOPT_BUFFERSIZE, kDownloadBufferBytes);
    set(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
    set(easy, CURLOPT_LOW_SPEED_TIME,
        std::max(1L,
                 static_cast<long>(
                     std::chrono::ceil<std::chrono::seconds>(settings_.stall_timeout).count())));
    set(easy, CURLOPT_WRITEFUNCTION, &Loop::on_video_bytes);
    set(easy, CURLOPT_WRITEDATA, download.get());
    downloads_.push_back(std::move(download));
    return *downloads_.back();
  }
  Download& download = *free_downloads_.back();
  free_downloads_.pop_back();
  return download;
}

void CurlTransport::Loop::start(DownloadRequest request) {
  Download& download = free_download();
  download.token = request.token;
  download.request = std::move(request);
  download.hops = 0;
  download.plain_again = false;
  auto opened = PartFile::open(settings_.folder, download.request.file);
  if (auto* failure = std::get_if<FetchFailure>(&opened)) {
    fail(download, std::move(*failure), early_);
    return;
  }
  download.part = std::move(std::get<std::unique_ptr<PartFile>>(opened));
  if (download.part->total() > 0 && download.part->size() == download.part->total()) {
    download.promised = {.length = download.part->total()};
    publish(download);
    return;
  }
  const std::string& url = download.request.url;
  const Account& account = accounts_.at(static_cast<std::size_t>(download.request.account));
  if (auto failure =
          begin_hop(download, url.substr(0, 1) == "/" ? account.base_url + url : url, false)) {
    fail(download, std::move(*failure), early_);
  }
}

bool CurlTransport::Loop::is_own_origin(const Download& download) const {
  return download.origin == accounts_.at(static_cast<std::size_t>(download.request.account)).origin;
}

bool CurlTransport::Loop::leads_to_gateway(const Download& download) const {
  return std::any_of(accounts_.begin(), accounts_.end(),
                     [&](const Account& account) { return account.origin == download.origin; });
}

std::optional<FetchFailure> CurlTransport::Loop::check_url(Download& download,
                                                           bool from_https) const {
  const auto refuse = [](std::string why) {
    return FetchFailure{.problem = FetchProblem::refused_url, .text = std::move(why)};
  };
  const auto origin = origin_of(download.url);
  if (!origin) {
    return refuse("the link is no URL");
  }
  download.origin = *origin;
  if (origin->scheme != "https" && origin->scheme != "http") {
    return refuse("the link's scheme is " + printable(origin->scheme, 20) + ", not https");
  }
  if (origin->scheme == "http" && from_https) {
    return refuse("the link leads from https to http");
  }
  if (origin->scheme == "http" && !settings_.allow_http && !is_own_origin(download)) {
    return refuse("the link is plain http; --allow-http would fetch it");
  }
  return std::nullopt;
}

std::optional<FetchFailure> CurlTransport::Loop::begin_hop(Download& download,
                                                           const std::string& url,
                                                           bool from_https) {
  download.url = url;
  if (auto failure = check_url(download, from_https)) {
    return failure;
  }
  download.judged = download.takes_bytes = false;
  download.error_body.clear();
  download.error[0] = '\0';
  download.refused_address.clear();
  download.failure.reset();
  download.may_be_private = settings_.allow_private_hosts || is_own_origin(download);
  download.resume_from = download.plain_again ? 0 : download.part->size();
  set_headers(download);
  CURL* easy = download.easy.get();
  set(easy, CURLOPT_URL, download.url.c_str());
  // A connection kept from a query of another account was opened without the check of its address.
  set(easy, CURLOPT_FRESH_CONNECT, long{!download.may_be_private && leads_to_gateway(download)});
  const std::string range = std::to_string(download.resume_from) + "-";
  set(easy, CURLOPT_RANGE, download.resume_from > 0 ? range.c_str() : nullptr);
  running_.push_back(&download);
  curl_multi_add_handle(multi_, easy);
  return std::nullopt;
}

void CurlTransport::Loop::set_headers(Download& download) {
  download.headers.reset();
  if (is_own_origin(download)) {
    add_header(download.headers,
               accounts_.at(static_cast<std::size_t>(download.request.account)).authorization);
  }
  if (download.resume_from > 0) {
    add_header(download.headers, "If-Range: " + download.part->validator());
  }
  set(download.easy.get(), CURLOPT_HTTPHEADER, download.headers.get());
}

// ---- downloads: the rate

// libcurl limits each transfer by itself and lets the first second or two of each pass freely, so
// small videos would not be limited at all. Here all share one account of time: who would overdraw
// it is paused and waits in line.
bool CurlTransport::Loop::must_pause(Download& download, std::size_t bytes) {
  if (settings_.limit_rate <= 0) {
    return false;
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  if (rate_until_ > now + kRateSlack) {
    paused_.push_back(&download);
    return true;
  }
  const double seconds = static_cast<double>(bytes) / static_cast<double>(settings_.limit_rate);
  rate_until_ = std::max(rate_until_, now) + std::chrono::duration_cast<SteadyTime::duration>(
                                                 std::chrono::duration<double>(seconds));
  return false;
}

void CurlTransport::Loop::leave_line(const Download& download) {
  paused_.erase(std::remove(paused_.begin(), paused_.end(), &download), paused_.end());
}

void CurlTransport::Loop::resume_paused() {
  while (!paused_.empty() && rate_until_ <= std::chrono::steady_clock::now()) {
    Download* download = paused_.front();
    paused_.pop_front();
    // Delivers what waits, so it may well be in line again afterwards.
    curl_easy_pause(download->easy.get(), CURLPAUSE_CONT);
  }
}

// ---- downloads: the answer

// Looks at the head before the first byte of the body. False: the transfer must stop.
bool CurlTransport::Loop::judge_head(Download& download) {
  constexpr long kOk = 200;
  constexpr long kPartial = 206;
  download.judged = true;
  CURL* easy = download.easy.get();
  const long status = status_of(easy);
  if (status != kOk && status != kPartial) {
    return true;  // its body goes into the error's text
  }
  const std::string type = header_value(easy, "Content-Type");
  if (status == kOk && is_own_origin(download) && type.substr(0, 16) == "application/json") {
    return true;  // the content endpoint names the link instead of sending bytes (api.md, DOC 8b)
  }
  const std::string etag = strong_etag(header_value(easy, "ETag"));
  download.promised = {};
  for (const char* name : {"x-oss-hash-crc64ecma", "x-tos-hash-crc64ecma"}) {
    if (const auto crc64 = parse_unsigned(header_value(easy, name))) {
      download.promised.crc64 = crc64;
    }
  }
  if (status == kPartial) {
    return judge_resumed(download, etag);
  }
  curl_off_t length = -1;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length >= 0) {
    download.promised.length = length;
  }
  download.promised.md5_base64 = header_value(easy, "Content-MD5");
  if (length > settings_.video_bytes_max) {
    download.failure = FetchFailure{.problem = FetchProblem::too_large,
                                    .text = "the video has " + std::to_string(length) +
                                            " bytes; --max-video-size would allow more"};
    return false;
  }
  download.failure = download.part->restart(etag, std::max<curl_off_t>(length, 0));
  download.bytes = 0;
  download.takes_bytes = true;
  return !download.failure;
}

// Only the very range that was asked for, of the very same object, may be added (api.md T25).
bool CurlTransport::Loop::judge_resumed(Download& download, const std::string& etag) {
  const auto range = parse_content_range(header_value(download.easy.get(), "Content-Range"));
  const PartFile& part = *download.part;
  const bool same = download.resume_from > 0 && range && range->first == download.resume_from &&
                    (part.total() == 0 || range->total == part.total()) && etag == part.validator();
  if (!same) {
    download.plain_again = true;
    return false;
  }
  download.promised.length = range->total;
  download.bytes = download.resume_from;
  download.takes_bytes = true;
  return true;
}

bool CurlTransport::Loop::take_bytes(Download& download, std::string_view bytes) {
  if (!download.judged && !judge_head(download)) {
    return false;
  }
  if (!download.takes_bytes) {
    const std::size_t room = kLinkBytesMax - std::min(kLinkBytesMax, download.error_body.size());
    download.error_body.append(bytes.substr(0, room));
    return download.error_body.size() < kLinkBytesMax;
  }
  download.bytes += static_cast<std::int64_t>(bytes.size());
  bytes_received += static_cast<std::int64_t>(bytes.size());
  if (download.bytes > settings_.video_bytes_max) {
    download.failure = FetchFailure{.problem = FetchProblem::too_large,
                                    .text = "the video is larger than --max-video-size"};
    return false;
  }
  download.failure = download.part->append(bytes);
  return !download.failure;
}

std::size_t CurlTransport::Loop::on_video_bytes(char* bytes, std::size_t size, std::size_t count,
                                                void* download) {
  auto* self = static_cast<Download*>(download);
  const std::size_t length = size * count;
  try {
    if (self->loop->must_pause(*self, length)) {
      return CURL_WRITEFUNC_PAUSE;
    }
    return self->loop->take_bytes(*self, {bytes, length}) ? length : 0;
  } catch (...) {
    self->loop->thrown_ = std::current_exception();
    return 0;
  }
}

void CurlTransport::Loop::finish_download(Download& download, CURLcode code,
                                          std::vector<Completion>& completions) {
  if (code == CURLE_OK && !download.judged) {
    judge_head(download);  // there was no body
  }
  if (download.failure) {
    fail(download, std::move(*download.failure), completions);
  } else if (download.plain_again && download.resume_from > 0) {
    if (auto failure = begin_hop(download, download.url, false)) {
      fail(download, std::move(*failure), completions);
    }
  } else if (!download.refused_address.empty()) {
    fail(download,
         {.problem = FetchProblem::refused_url,
          .text = "the link is refused: " + download.refused_address +
                  "; --allow-private-hosts would fetch it"},
         completions);
  } else if (code != CURLE_OK && !has_answer(download)) {
    fail(download,
         {.problem = FetchProblem::transport, .text = failure_text(code, download.error.data())},
         completions);
  } else if (download.takes_bytes) {
    publish(download);
  } else {
    finish_answer(download, completions);
  }
}

// Whether what came before the transfer broke off tells enough: an error's status does, and so does
// a text that is too long to be a link.
bool CurlTransport::Loop::has_answer(const Download& download) {
  constexpr long kOk = 200;
  return !download.takes_bytes && !download.error_body.empty() &&
         (status_of(download.easy.get()) != kOk || download.error_body.size() == kLinkBytesMax);
}

// An answer without a video: a redirect, a link in JSON, or an error.
void CurlTransport::Loop::finish_answer(Download& download, std::vector<Completion>& completions) {
  constexpr long kRangeNotSatisfiable = 416;
  const long status = status_of(download.easy.get());
  std::optional<FetchFailure> failure;
  if (status == kRangeNotSatisfiable && download.resume_from > 0) {
    download.plain_again = true;
    failure = begin_hop(download, download.url, false);
  } else if (const auto next = next_hop(download, status)) {
    failure =
        ++download.hops > kRedirectsMax
            ? FetchFailure{.problem = FetchProblem::refused_url, .text = "more than five redirects"}
            : begin_hop(download, *next, download.origin.scheme == "https");
  } else {
    failure = status_failure(download, status);
  }
  if (failure) {
    fail(download, std::move(*failure), completions);
  }
}

std::optional<std::string> CurlTransport::Loop::next_hop(const Download& download,
                                                         long status) const {
  constexpr long kOk = 200;
  if (status == kOk) {
    const auto link = link_in_json(download.error_body);
    return link && link->substr(0, 1) == "/"
               ? download.origin.scheme + "://" + download.origin.host + ":" +
                     download.origin.port + *link
               : link;
  }
  char* location = nullptr;
  curl_easy_getinfo(download.easy.get(), CURLINFO_REDIRECT_URL, &location);
  return location == nullptr ? std::nullopt : std::optional<std::string>(location);
}

FetchFailure CurlTransport::Loop::status_failure(const Download& download, long status) const {
  FetchFailure failure;
  failure.http_status = static_cast<int>(status);
  failure.retry_after = retry_after_of(download.easy.get());
  failure.date = date_of(download.easy.get());
  failure.text = "HTTP " + std::to_string(status);
  const std::string said =
      printable(redact_urls(std::string_view(download.error_body).substr(0, kErrorBytesMax)), 120);
  if (!said.empty()) {
    failure.text += ": " + said;
  }
  if (status == 403 || (status == 401 && !is_own_origin(download))) {
    failure.problem = FetchProblem::denied;
  } else if (status == 404 || status == 410) {
    failure.problem = FetchProblem::gone;
  } else if (status == 401) {
    failure.problem = FetchProblem::unauthorised;
  } else if (status == 429) {
    failure.problem = FetchProblem::throttled;
  } else if (status >= 500) {
    failure.problem = FetchProblem::server_error;
  } else if (status == 200) {
    failure.problem = FetchProblem::not_a_video;
  } else {
    failure.problem = FetchProblem::other_status;
  }
  return failure;
}

void CurlTransport::Loop::publish(Download& download) {
  publisher_->submit({download.token, std::move(download.part), std::move(download.promised)});
  release(download);
}

void CurlTransport::Loop::fail(Download& download, FetchFailure failure,
                               std::vector<Completion>& completions) {
  Completion completion;
  completion.token = download.token;
  completion.outcome = std::move(failure);
  completions.push_back(std::move(completion));
  release(download);
}

void CurlTransport::Loop::release(Download& download) {
  leave_line(download);
  download.part.reset();
  download.headers.reset();
  download.error_body.clear();
  download.failure.reset();
  download.promised = {};
  free_downloads_.push_back(&download);
}

// ---- the interface

CurlTransport::CurlTransport(TransportSettings settings)
    : loop_(std::make_unique<Loop>(std::move(settings))) {}

CurlTransport::~CurlTransport() = default;

void CurlTransport::start(QueryRequest request) { loop_->start(request); }
void CurlTransport::start(DownloadRequest request) { loop_->start(std::move(request)); }
void CurlTransport::wait(SteadyTime until, std::vector<Completion>& completions) {
  loop_->wait(until, completions);
}
void CurlTransport::wake() { loop_->wake(); }
void CurlTransport::abort() { loop_->abort(); }
std::int64_t CurlTransport::bytes_received() const { return loop_->bytes_received; }
std::int64_t CurlTransport::connections_opened() const { return loop_->connections_opened; }

std::string curl_version_text() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  return std::string(info->version) + " (" + info->ssl_version + ")";
}

}  // namespace core
