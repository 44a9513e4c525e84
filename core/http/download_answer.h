// Interprets an answer to a download, and passes its body on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/domain/fetch_failure.h"
#include "core/http/curl_handles.h"
#include "core/video/video_store.h"

namespace core {

/// Reads one HTTP answer after the other: the head before the first byte of the body, then the
/// body, into the sink or into a text. One thread.
class DownloadAnswer {
 public:
  /// The request for an answer.
  struct Request {
    std::int64_t resume_from = 0;
    bool with_key = false;  ///< sent to the task's own path at its gateway
  };

  DownloadAnswer(CURL* easy, std::int64_t video_bytes_max)
      : easy_(easy), video_bytes_max_(video_bytes_max) {}

  void begin(VideoSink& sink, Request request);
  /// Examines the head, once. False if the transfer must stop, because of `failure` or
  /// `is_other_object`.
  bool judge_head();
  /// Takes a piece of the body; false as in `judge_head`.
  bool take(std::string_view bytes);

  [[nodiscard]] std::optional<FetchFailure>& failure() { return failure_; }
  /// The answer to a resumed download does not continue the stored bytes: request again from zero.
  [[nodiscard]] bool is_other_object() const { return is_other_object_; }
  /// The body is a video, or a part of one.
  [[nodiscard]] bool is_video() const { return is_video_; }
  [[nodiscard]] PromisedContent& promised() { return promised_; }
  [[nodiscard]] const PromisedContent& promised() const { return promised_; }
  /// Of the video, so far, with those of earlier attempts.
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  /// The body of an answer without a video.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Whether the part received before a transfer broke off is enough: the status of an error is,
  /// and so is a text that is too long to be a link.
  [[nodiscard]] bool is_enough() const;
  /// The URL to which the answer leads; none if it leads nowhere.
  [[nodiscard]] std::optional<std::string> next_url(const Origin& origin) const;
  /// For an answer that neither is a video nor leads to one. `said`: the text of its page, for
  /// users.
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
  std::int64_t bytes_ = 0;  // of the video, received so far
  PromisedContent promised_;
  std::string text_;
  std::optional<FetchFailure> failure_;
};

}  // namespace core
