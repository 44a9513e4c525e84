// What an answer to a download says, and where its body goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/domain/fetch_failure.h"
#include "core/http/curl_handles.h"
#include "core/video/video_store.h"

namespace core {

/// Reads one answer of libcurl's after the other: the head before the first byte of the body, then
/// the body, into the sink or into a text. One thread.
class DownloadAnswer {
 public:
  /// What was asked for.
  struct Request {
    std::int64_t resume_from = 0;
    bool with_key = false;  ///< of the task's own path at its gateway
  };

  DownloadAnswer(CURL* easy, std::int64_t video_bytes_max)
      : easy_(easy), video_bytes_max_(video_bytes_max) {}

  void begin(VideoSink& sink, Request request);
  /// Looks at the head, once. False: the transfer must stop, for `failure` or `is_other_object`.
  bool judge_head();
  /// A piece of the body; false as `judge_head`.
  bool take(std::string_view bytes);

  [[nodiscard]] std::optional<FetchFailure>& failure() { return failure_; }
  /// The resumed answer is not the rest of what is there: to be asked again from zero.
  [[nodiscard]] bool is_other_object() const { return is_other_object_; }
  /// The body is a video's, or a part of it.
  [[nodiscard]] bool is_video() const { return is_video_; }
  [[nodiscard]] PromisedContent& promised() { return promised_; }
  /// Of an answer without a video.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Whether what came before a transfer broke off tells enough: an error's status does, and so
  /// does a text that is too long to be a link.
  [[nodiscard]] bool is_enough() const;
  /// Where the answer leads, as a URL; none: nowhere.
  [[nodiscard]] std::optional<std::string> next_url(const Origin& origin) const;
  /// Of an answer that is neither a video nor leads to one. `said`: by its page, for people.
  [[nodiscard]] FetchFailure status_failure(const std::string& said) const;

 private:
  [[nodiscard]] bool begin_whole(const std::string& etag, std::int64_t length);
  [[nodiscard]] bool begin_rest(const std::string& etag);

  CURL* easy_;
  std::int64_t video_bytes_max_;
  VideoSink* sink_ = nullptr;
  Request request_;
  bool is_judged_ = false;
  bool is_other_object_ = false;
  bool is_video_ = false;
  std::int64_t bytes_ = 0;  // of the video so far
  PromisedContent promised_;
  std::string text_;
  std::optional<FetchFailure> failure_;
};

}  // namespace core
