#include "core/http/download_answer.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "core/gateway/answer_facts.h"
#include "core/gateway/api.h"
#include "core/text/http_headers.h"
#include "core/text/json.h"

namespace core {
namespace {

constexpr std::size_t kLinkBytesMax = std::size_t{64} * 1024;
constexpr long kOk = 200;
constexpr long kPartial = 206;

// Google's store answers with this, and status 400, after a signed link has expired.
constexpr std::string_view kExpiredToken = "<Code>ExpiredToken</Code>";

// Whether the body of an error is the gateway's own statement about the video: JSON with an `error`
// (gateway.md, section 6). Not a page of a proxy in front of it, and not a message that the
// vendor's store has trouble ("Upstream service returned status 503").
bool is_gateways_word(std::string_view body) {
  JsonDocument document;
  if (document.read(body) != JsonFailure::none || document.root()["error"].is_null()) {
    return false;
  }
  const std::string_view message = document.root()["error"]["message"].text();
  const std::size_t digits = message.find_last_not_of("0123456789") + 1;
  const std::string_view status = message.substr(digits);
  return status.size() != 3 || (status.front() != '5' && status != "429");
}

}  // namespace

void DownloadAnswer::begin(VideoSink& sink, Request request) {
  sink_ = &sink;
  request_ = request;
  is_judged_ = is_other_object_ = is_video_ = false;
  promised_ = {};
  text_.clear();
  failure_.reset();
}

bool DownloadAnswer::judge_head() {
  if (is_judged_) {
    return true;
  }
  assert(sink_ != nullptr);
  is_judged_ = true;
  const long status = status_of(easy_);
  if (status != kOk && status != kPartial) {
    return true;  // its body becomes the text of the failure
  }
  const std::string type = header_value(easy_, "Content-Type");
  if (status == kOk && request_.with_key && type.starts_with("application/json")) {
    return true;  // the content endpoint names the link instead of sending bytes (gateway.md, DOC
                  // 8b)
  }
  const std::string etag = strong_etag(header_value(easy_, "ETag"));
  promised_ = {};
  for (const char* name : {"x-oss-hash-crc64ecma", "x-tos-hash-crc64ecma"}) {
    if (const auto crc64 = parse_unsigned(header_value(easy_, name))) {
      promised_.crc64 = crc64;
    }
  }
  if (status == kPartial && request_.resume_from > 0) {
    return begin_rest(etag);
  }
  curl_off_t length = -1;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (status == kPartial) {
    const auto range = parse_content_range(header_value(easy_, "Content-Range"));
    if (!range || range->first > 0 || range->last + 1 < range->total) {
      failure_ =
          FetchFailure{.kind = FetchFailure::Kind::other_status,
                       .text = "HTTP 206: a part of the video, although all of it was requested"};
      return false;
    }
    length = range->total;  // a partial answer that contains the whole object
  } else {
    promised_.md5_base64 = header_value(easy_, "Content-MD5");
  }
  return begin_whole(etag, length);
}

bool DownloadAnswer::begin_whole(const std::string& etag, std::int64_t length) {
  if (length >= 0) {
    promised_.length = length;
  }
  if (length > video_bytes_max_) {
    failure_ = FetchFailure{.kind = FetchFailure::Kind::too_large,
                            .text = "the video has " + std::to_string(length) +
                                    " bytes; --max-video-size would allow more"};
    return false;
  }
  failure_ = sink_->restart(etag, promised_);
  bytes_ = 0;
  is_video_ = true;
  return !failure_;
}

// Only exactly the requested range of the same object may be appended (gateway.md T25).
bool DownloadAnswer::begin_rest(const std::string& etag) {
  const auto range = parse_content_range(header_value(easy_, "Content-Range"));
  const std::optional<std::int64_t>& length = sink_->promised().length;
  const bool same = range && range->first == request_.resume_from &&
                    (!length || range->total == *length) && etag == sink_->validator();
  if (!same) {
    is_other_object_ = true;
    return false;
  }
  if (!promised_.crc64) {
    promised_.crc64 = sink_->promised().crc64;
  }
  promised_.md5_base64 = sink_->promised().md5_base64;
  promised_.length = range->total;
  bytes_ = request_.resume_from;
  is_video_ = true;
  return true;
}

bool DownloadAnswer::take(std::string_view bytes) {
  if (!judge_head()) {
    return false;
  }
  if (!is_video_) {
    text_.append(bytes.substr(0, kLinkBytesMax - text_.size()));
    return text_.size() < kLinkBytesMax;
  }
  bytes_ += static_cast<std::int64_t>(bytes.size());
  if (bytes_ > video_bytes_max_) {
    failure_ = FetchFailure{.kind = FetchFailure::Kind::too_large,
                            .text = "the video is larger than --max-video-size"};
    return false;
  }
  failure_ = sink_->append(bytes);
  return !failure_;
}

bool DownloadAnswer::is_enough() const {
  return !is_video_ && !text_.empty() && (status_of(easy_) != kOk || text_.size() == kLinkBytesMax);
}

std::optional<std::string> DownloadAnswer::next_url(const Origin& origin) const {
  if (status_of(easy_) == kOk) {
    const auto link = link_in_json(text_);
    return link && link->starts_with('/')
               ? origin.scheme + "://" + origin.host + ":" + origin.port + *link
               : link;
  }
  char* location = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &location);
  return location == nullptr ? std::nullopt : std::optional<std::string>(location);
}

FetchFailure DownloadAnswer::status_failure(const std::string& said) const {
  const long status = status_of(easy_);
  FetchFailure failure;
  failure.http_status = static_cast<int>(status);
  failure.retry_after = retry_after_of(easy_);
  failure.date = date_of(easy_);
  failure.text = "HTTP " + std::to_string(status);
  if (!said.empty()) {
    failure.text += ": " + said;
  }
  failure.by_gateway = request_.with_key && is_gateways_word(text_);
  const bool says_expired = text_.find(kExpiredToken) != std::string::npos;
  if (status == 403 || (status == 401 && !request_.with_key) || (status == 400 && says_expired)) {
    failure.kind = FetchFailure::Kind::denied;
  } else if (status == 404 || status == 410) {
    failure.kind = FetchFailure::Kind::gone;
  } else if (status == 401) {
    failure.kind = FetchFailure::Kind::unauthorised;
  } else if (status == 429) {
    failure.kind = FetchFailure::Kind::throttled;
  } else if (status >= 500) {
    failure.kind = FetchFailure::Kind::server_error;
  } else if (status == 200) {
    failure.kind = FetchFailure::Kind::error_page;
  } else {
    failure.kind = FetchFailure::Kind::other_status;
  }
  return failure;
}

}  // namespace core
