#include "core/http/http_call.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <thread>

#include "core/files/read_whole.h"
#include "core/http/curl_handles.h"
#include "core/text/ascii.h"

namespace core {
namespace {

constexpr long kTransferBufferBytes = 512L * 1024;
constexpr long kFirstSuccess = 200;
constexpr long kFirstFailure = 300;

}  // namespace

// Idle handles, each with its connections.
struct HttpCaller::Handles {
  std::mutex mutex;
  std::vector<Easy> idle;  // under mutex

  Easy take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        Easy easy = std::move(idle.back());
        idle.pop_back();
        curl_easy_reset(easy.get());
        return easy;
      }
    }
    Easy easy(curl_easy_init());
    if (easy == nullptr) {
      throw Error("libcurl has no handle; is there memory left?");
    }
    return easy;
  }

  void give(Easy easy) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(easy));
  }
};

// What libcurl's callbacks work on, for the time of one call.
struct HttpCaller::Exchange {
  const HttpCaller& caller;
  const HttpCall& call;
  CURL* easy;
  std::int64_t sent = 0;
  HttpAnswer answer;
  std::exception_ptr thrown;

  [[nodiscard]] std::int64_t body_bytes() const {
    return call.body.file < 0 ? static_cast<std::int64_t>(call.body.text.size()) : call.body.bytes;
  }

  std::size_t read(char* into, std::size_t room) {
    const auto left = static_cast<std::size_t>(body_bytes() - sent);
    std::size_t count = std::min(room, left);
    if (count == 0) {
      return 0;
    }
    if (call.body.file < 0) {
      call.body.text.copy(into, count, static_cast<std::size_t>(sent));
    } else {
      const ssize_t got = read_at(call.body.file, into, count, call.body.offset + sent);
      if (got <= 0) {
        answer.body_errno = got == 0 ? -1 : errno;
        return CURL_READFUNC_ABORT;
      }
      count = static_cast<std::size_t>(got);
    }
    sent += static_cast<std::int64_t>(count);
    return count;
  }

  bool write(std::string_view piece) {
    const long status = status_of(easy);
    if (call.take && status >= kFirstSuccess && status < kFirstFailure) {
      return call.take(piece);
    }
    if (answer.body.size() + piece.size() > kBodyBytesMax) {
      return false;
    }
    answer.body += piece;
    return true;
  }

  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->read(into, size * count);
  }
  static int on_seek(void* self, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) {
      return CURL_SEEKFUNC_CANTSEEK;
    }
    static_cast<Exchange*>(self)->sent = offset;
    return CURL_SEEKFUNC_OK;
  }
  static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* exchange) {
    auto* self = static_cast<Exchange*>(exchange);
    try {
      return self->write({bytes, size * count}) ? size * count : 0;
    } catch (...) {
      self->thrown = std::current_exception();
      return 0;
    }
  }
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Exchange*>(self)->caller.is_stopped() ? 1 : 0;
  }
};

bool HttpCaller::pause(std::chrono::milliseconds time) const {
  constexpr std::chrono::milliseconds kStep{50};
  const auto end = std::chrono::steady_clock::now() + time;
  while (!is_stopped()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return true;
    }
    std::this_thread::sleep_for(std::min(left, kStep));
  }
  return false;
}

std::string_view HttpAnswer::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [name](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

HttpCaller::HttpCaller(HttpCallerSettings settings)
    : settings_(std::move(settings)), handles_(std::make_unique<Handles>()) {}

HttpCaller::~HttpCaller() = default;

namespace {

void set_route(CURL* easy, const HttpCall& call, const HttpCallerSettings& settings) {
  const std::string proxy = call.direct ? "" : settings.proxies.of(call.url).url;
  set_option(easy, CURLOPT_URL, call.url.c_str());
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_PATH_AS_IS, 1L);
  set_option(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set_option(easy, CURLOPT_PROXY, proxy.c_str());
  set_option(easy, CURLOPT_NOPROXY, proxy.empty() ? "*" : "");
  set_option(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_QUICK_EXIT, 1L);  // a dead name server would outlast the timeout
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  set_option(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  set_option(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  set_option(
      easy, CURLOPT_LOW_SPEED_TIME,
      std::max(1L, static_cast<long>(
                       std::chrono::ceil<std::chrono::seconds>(settings.stall_timeout).count())));
  if (!settings.ca_file.empty()) {
    set_option(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    set_option(easy, CURLOPT_PROXY_CAINFO, settings.ca_file.c_str());
  }
}

// The method, and how libcurl is to send the body.
void set_method(CURL* easy, const std::string& method, std::int64_t body_bytes) {
  if (method == "HEAD") {
    set_option(easy, CURLOPT_NOBODY, 1L);
  } else if (method == "PUT") {
    set_option(easy, CURLOPT_UPLOAD, 1L);
    set_option(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t{body_bytes});
  } else if (method == "POST") {
    set_option(easy, CURLOPT_POST, 1L);
    set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{body_bytes});
  } else if (method != "GET") {
    set_option(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

HttpHeaders headers_of(CURL* easy) {
  HttpHeaders headers;
  curl_header* header = nullptr;
  while ((header = curl_easy_nextheader(easy, CURLH_HEADER, -1, header)) != nullptr) {
    headers.emplace_back(lower_ascii(header->name), header->value);
  }
  return headers;
}

}  // namespace

HttpAnswer HttpCaller::call(const HttpCall& call) {
  Easy easy = handles_->take();
  Exchange exchange{.caller = *this, .call = call, .easy = easy.get(), .answer = {}, .thrown = {}};
  std::array<char, CURL_ERROR_SIZE> error{};
  HeaderList list;
  for (const auto& [name, value] : call.headers) {
    std::string header = name;
    header += value.empty() ? ";" : ": ";
    header += value;
    add_header(list, header);
  }
  // libcurl would add one of its own, which is not signed.
  add_header(list, "Content-Type:");
  if (call.body.file < 0) {
    add_header(list, "Expect:");
  }
  set_route(easy.get(), call, settings_);
  set_method(easy.get(), call.method, exchange.body_bytes());
  set_option(easy.get(), CURLOPT_HTTPHEADER, list.get());
  set_option(easy.get(), CURLOPT_ERRORBUFFER, error.data());
  set_option(easy.get(), CURLOPT_BUFFERSIZE, kTransferBufferBytes);
  set_option(easy.get(), CURLOPT_UPLOAD_BUFFERSIZE, kTransferBufferBytes);
  set_option(easy.get(), CURLOPT_READFUNCTION, &Exchange::on_read);
  set_option(easy.get(), CURLOPT_READDATA, &exchange);
  set_option(easy.get(), CURLOPT_SEEKFUNCTION, &Exchange::on_seek);
  set_option(easy.get(), CURLOPT_SEEKDATA, &exchange);
  set_option(easy.get(), CURLOPT_WRITEFUNCTION, &Exchange::on_write);
  set_option(easy.get(), CURLOPT_WRITEDATA, &exchange);
  set_option(easy.get(), CURLOPT_NOPROGRESS, 0L);
  set_option(easy.get(), CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
  set_option(easy.get(), CURLOPT_XFERINFODATA, &exchange);
  const CURLcode code = curl_easy_perform(easy.get());
  HttpAnswer answer = std::move(exchange.answer);
  if (code == CURLE_OK) {
    answer.status = status_of(easy.get());
    answer.headers = headers_of(easy.get());
  } else {
    answer.stopped = code == CURLE_ABORTED_BY_CALLBACK && answer.body_errno == 0;
    answer.failure = failure_text(code, error.data());
  }
  handles_->give(std::move(easy));
  if (exchange.thrown) {
    std::rethrow_exception(exchange.thrown);
  }
  return answer;
}

}  // namespace core
