// Downloads: what the head of an answer means, where its bytes go, and what it came to.
#include <algorithm>
#include <utility>

#include "core/gateway/answer_facts.h"
#include "core/gateway/api.h"
#include "core/http/curl_loop.h"
#include "core/text/http_headers.h"
#include "core/text/json.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr std::size_t kErrorBytesMax = 1024;
constexpr std::size_t kLinkBytesMax = std::size_t{64} * 1024;

// What Google's store answers, with 400, for a signed link whose time is over.
constexpr std::string_view kExpiredToken = "<Code>ExpiredToken</Code>";

/// Whether a status may end a video for good. It names none, so it counts only when nothing else
/// can have sent it: not over a connection that was used before.
bool is_refusal(long status) {
  constexpr long kClientErrors = 400;
  constexpr long kServerErrors = 500;
  constexpr long kTooManyRequests = 429;
  return status >= kClientErrors && status < kServerErrors && status != kTooManyRequests;
}

/// Whether the body of an error is what the gateway itself says of the video: JSON with an `error`
/// (gateway.md, section 6). A page of a proxy before it is not, nor are the gateway's words that
/// the vendor's store is in trouble ("Upstream service returned status 503").
bool is_gateways_word(std::string_view body) {
  JsonDocument document;
  if (document.read(body) != JsonDefect::none || document.root()["error"].is_null()) {
    return false;
  }
  const std::string_view message = document.root()["error"]["message"].text();
  const std::size_t digits = message.find_last_not_of("0123456789") + 1;
  const std::string_view status = message.substr(digits);
  return status.size() != 3 || (status.front() != '5' && status != "429");
}

}  // namespace

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
  if (status == kOk && download.with_key && type.substr(0, 16) == "application/json") {
    return true;  // the content endpoint names the link instead of sending bytes (gateway.md, DOC
                  // 8b)
  }
  const std::string etag = strong_etag(header_value(easy, "ETag"));
  download.promised = {};
  for (const char* name : {"x-oss-hash-crc64ecma", "x-tos-hash-crc64ecma"}) {
    if (const auto crc64 = parse_unsigned(header_value(easy, name))) {
      download.promised.crc64 = crc64;
    }
  }
  if (status == kPartial && download.resume_from > 0) {
    return judge_resumed(download, etag);
  }
  curl_off_t length = -1;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (status == kPartial) {
    const auto range = parse_content_range(header_value(easy, "Content-Range"));
    if (!range || range->first > 0 || range->last + 1 < range->total) {
      download.failure =
          FetchFailure{.problem = FetchProblem::other_status,
                       .text = "HTTP 206: a part of the video, though all of it was asked for"};
      return false;
    }
    length = range->total;  // a part that is the whole
  }
  if (length >= 0) {
    download.promised.length = length;
  }
  if (status == kOk) {
    download.promised.md5_base64 = header_value(easy, "Content-MD5");
  }
  if (length > settings_.video_bytes_max) {
    download.failure = FetchFailure{.problem = FetchProblem::too_large,
                                    .text = "the video has " + std::to_string(length) +
                                            " bytes; --max-video-size would allow more"};
    return false;
  }
  download.failure = download.request.sink->restart(etag, download.promised);
  download.bytes = 0;
  download.takes_bytes = true;
  return !download.failure;
}

// Only the very range that was asked for, of the very same object, may be added (gateway.md T25).
bool CurlTransport::Loop::judge_resumed(Download& download, const std::string& etag) {
  const auto range = parse_content_range(header_value(download.easy.get(), "Content-Range"));
  const VideoSink& sink = *download.request.sink;
  const std::optional<std::int64_t>& length = sink.promised().length;
  const bool same = range && range->first == download.resume_from &&
                    (!length || range->total == *length) && etag == sink.validator();
  if (!same) {
    download.plain_again = true;
    return false;
  }
  if (!download.promised.crc64) {
    download.promised.crc64 = sink.promised().crc64;
  }
  download.promised.md5_base64 = sink.promised().md5_base64;
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
  download.failure = download.request.sink->append(bytes);
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
  } else if (download.resolving && download.resolved) {
    download.resolving = false;
    route(download, settings_.proxies.of(download.url).url);
    begin(download);
  } else if (auto failure = broken(download, code)) {
    fail(download, std::move(*failure), completions);
  } else if (download.takes_bytes) {
    publish(download);
  } else {
    finish_answer(download, completions);
  }
}

// What broke the transfer, if anything did that says more than the answer so far.
std::optional<FetchFailure> CurlTransport::Loop::broken(Download& download, CURLcode code) const {
  std::string why;
  if (download.answered_early) {
    why = kAnsweredEarly;
  } else if (download.headers_too_large) {
    why = kHeadersTooLarge;
  } else if (code == CURLE_OK && status_of(download.easy.get()) == kRequestTimeout) {
    why = kDropped;
  } else if (code != CURLE_OK && !has_answer(download)) {
    why = failure_text(code, download.error.data());
  } else {
    return std::nullopt;
  }
  return FetchFailure{.problem = FetchProblem::transport, .text = std::move(why)};
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
  } else if (is_refusal(status) && download.kept && !std::exchange(download.alone, true)) {
    failure = begin_hop(download, download.url, false);
  } else if (const auto next = next_hop(download, status)) {
    download.with_key = false;
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

// What the error's page says, for people. A page of the gateway's that a link leads to is none of
// the task's business.
std::string CurlTransport::Loop::error_said(const Download& download) const {
  if (leads_to_gateway(download) && !download.with_key) {
    return {};
  }
  const std::string body = without_key(download.error_body, key_of(download.request.account))
                               .value_or(download.error_body);
  return for_people(std::string_view(body).substr(0, kErrorBytesMax), 120);
}

FetchFailure CurlTransport::Loop::status_failure(const Download& download, long status) const {
  FetchFailure failure;
  failure.http_status = static_cast<int>(status);
  failure.retry_after = retry_after_of(download.easy.get());
  failure.date = date_of(download.easy.get());
  failure.text = "HTTP " + std::to_string(status);
  if (const std::string said = error_said(download); !said.empty()) {
    failure.text += ": " + said;
  }
  failure.by_gateway = download.with_key && is_gateways_word(download.error_body);
  const bool says_expired = download.error_body.find(kExpiredToken) != std::string::npos;
  if (status == 403 || (status == 401 && !download.with_key) || (status == 400 && says_expired)) {
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
    failure.problem = FetchProblem::error_page;
  } else {
    failure.problem = FetchProblem::other_status;
  }
  return failure;
}

}  // namespace core
