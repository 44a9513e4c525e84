#include "core/http/curl_handles.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "core/text/ascii.h"
#include "core/text/http_headers.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"

namespace core {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRetryAfterMax = std::chrono::minutes(10);  // design.md, section 1

}  // namespace

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

std::optional<Origin> origin_of(const std::string& text) {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(),
                   CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) != CURLUE_OK) {
    return std::nullopt;
  }
  return Origin{part_of(url.get(), CURLUPART_SCHEME, 0),
                lower_ascii(part_of(url.get(), CURLUPART_HOST, 0)),
                part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
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
  const std::string text = header_value(easy, "Retry-After");
  if (text.empty()) {
    return std::nullopt;
  }
  constexpr std::int64_t kSecondsMax = 86'400;
  std::int64_t seconds = 0;
  if (text.find_first_not_of("0123456789") == std::string::npos) {
    seconds = static_cast<std::int64_t>(
        std::min(parse_unsigned(text).value_or(kSecondsMax), std::uint64_t{kSecondsMax}));
  } else if (const time_t date = curl_getdate(text.c_str(), nullptr); date >= 0) {
    // Compared with the server's own clock, because the local one may be wrong.
    const UtcTime now = date_of(easy).value_or(SystemClock().utc());
    seconds = date - std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  }
  if (seconds <= 0) {
    return std::nullopt;
  }
  return std::min<milliseconds>(std::chrono::seconds(std::min(seconds, kSecondsMax)),
                                kRetryAfterMax);
}

// Thousands of answers have the same date, and reading one takes libcurl 11,000 instructions.
std::optional<UtcTime> date_of(CURL* easy) {
  thread_local std::string text;
  thread_local std::optional<UtcTime> date;
  curl_header* header = nullptr;
  if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
    return std::nullopt;
  }
  if (text != header->value) {
    const time_t time = curl_getdate(header->value, nullptr);
    date = time < 0 ? std::nullopt : std::optional(UtcTime(std::chrono::seconds(time)));
    text = header->value;
  }
  return date;
}

bool has_unread_tls(CURL* easy) {
  curl_tlssessioninfo* tls = nullptr;
  return curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK && tls != nullptr &&
         tls->backend == CURLSSLBACKEND_OPENSSL && tls->internals != nullptr &&
         SSL_has_pending(static_cast<const SSL*>(tls->internals)) == 1;
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

}  // namespace core
