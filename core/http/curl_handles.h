// libcurl's handles with owners, and what is read from them. Only this header includes curl's.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/error.h"

namespace core {

/// A slower transfer is stalled.
inline constexpr long kStallBytesPerSecond = 1024;

/// Throws core::Error if libcurl was built without the option.
template <typename Value>
void set_option(CURL* easy, CURLoption option, Value value) {
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
struct MultiFree {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using MultiHandle = std::unique_ptr<CURLM, MultiFree>;
using Easy = std::unique_ptr<CURL, CurlFree>;
using Url = std::unique_ptr<CURLU, CurlFree>;
using HeaderList = std::unique_ptr<curl_slist, CurlFree>;
using CurlText = std::unique_ptr<char, CurlFree>;

/// Throws std::bad_alloc.
void add_header(HeaderList& list, const std::string& line);

/// A part of a URL; empty if it is absent.
[[nodiscard]] std::string part_of(CURLU* url, CURLUPart part, unsigned flags);

/// Scheme, host and port: a key belongs to one origin.
struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
  friend bool operator==(const Origin&, const Origin&) = default;
};
/// The host is in lower case, the port always set; none if the text is not a URL.
[[nodiscard]] std::optional<Origin> origin_of(const std::string& text);

// Read from the last answer of a finished transfer:
[[nodiscard]] std::string header_value(CURL* easy, const char* name);
[[nodiscard]] long status_of(CURL* easy);
/// Clamped to 10 minutes; none if absent, unreadable or in the past. A date is compared with the
/// answer's own `Date`.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after_of(CURL* easy);
[[nodiscard]] std::optional<UtcTime> date_of(CURL* easy);

/// Whether TLS has decoded bytes of the transfer's connection that libcurl has not read: the rest
/// of a record in which the previous answer ended. Only while the transfer has its connection.
[[nodiscard]] bool has_unread_tls(CURL* easy);

/// One word for counters, as in TransportFailure.
[[nodiscard]] std::string failure_kind(CURLcode code);
/// For users: no secrets, printable. `detail` is the transfer's error buffer.
[[nodiscard]] std::string failure_text(CURLcode code, const char* detail);

}  // namespace core
