#include "core/engine/download_outcomes.h"

#include <cassert>
#include <utility>

#include "core/domain/video_lifecycle.h"
#include "core/engine/retry.h"
#include "core/gateway/api.h"
#include "core/text/printable.h"

namespace core {
namespace {

using Phase = HeldVideo::Phase;

// Precedes the failure if the gateway's own copy was tried because there was no usable link.
std::string in_place_of(const VideoLink& link) {
  if (!link.fallback) {
    return "";
  }
  return (link.failure.empty() ? "the answer has no link"
                               : "the answer's link cannot be used (" + link.failure + ")") +
         ", and the gateway's own copy failed: ";
}

enum class Consequence { stop_downloads, leave_for_a_later_run, try_another_link };

Consequence consequence_of(FetchFailure::Kind kind) {
  switch (kind) {
    case FetchFailure::Kind::disk_full:
    case FetchFailure::Kind::disk:
      return Consequence::stop_downloads;
    case FetchFailure::Kind::too_large:
    case FetchFailure::Kind::blocked:
      return Consequence::leave_for_a_later_run;
    case FetchFailure::Kind::transport:
    case FetchFailure::Kind::denied:
    case FetchFailure::Kind::gone:
    case FetchFailure::Kind::unauthorised:
    case FetchFailure::Kind::throttled:
    case FetchFailure::Kind::server_error:
    case FetchFailure::Kind::other_status:
    case FetchFailure::Kind::not_a_video:
    case FetchFailure::Kind::error_page:
    case FetchFailure::Kind::unsupported:
    case FetchFailure::Kind::wrong_length:
    case FetchFailure::Kind::wrong_checksum:
    case FetchFailure::Kind::refused_url:
      break;
  }
  return Consequence::try_another_link;
}

// The task that is to be queried for a fresh link.
TaskRecord ask_again(HeldVideo& held) {
  held.asked_again = true;
  held.phase = Phase::rechecking;
  TaskRecord task{.key = held.video.task, .account = held.video.account, .id = held.video.id};
  task.state = TaskState::succeeded;
  return task;
}

bool was_refused(const HeldVideo& held) {
  return !held.video.link.url.empty() && held.attempts.was_refused();
}

}  // namespace

void DownloadOutcomes::saved(std::uint64_t token, const SavedFile& file) {
  const HeldVideo& held = window_.at(token);
  assert(held.phase == Phase::in_flight);
  const WantedVideo& video = held.video;
  ++run_.tally.videos_downloaded;
  run_.tally.video_bytes += file.bytes;
  tell(Notice::Kind::video_done, video, file.path);
  VideoEntry entry;
  entry.task = video.task;
  entry.index = video.link.index;
  entry.observed_at = run_.clock.utc();
  entry.state = VideoState::done;
  entry.file = file;
  const Ticket ticket = window_.record(std::move(entry));
  if (published_) {
    published_(video, file, ticket);
  }
  window_.release(token);
}

std::optional<TaskRecord> DownloadOutcomes::failed(std::uint64_t token, FetchFailure failure) {
  HeldVideo& held = window_.at(token);
  assert(held.phase == Phase::in_flight);
  ++run_.tally.errors[std::string("video_") + std::string(name(failure.kind))];
  const FetchFailure::Kind kind = failure.kind;
  held.attempts.fail(std::move(failure));
  const std::string why = held.attempts.last_failure().text;
  switch (consequence_of(kind)) {
    case Consequence::stop_downloads:
      disk_failure_ = why;
      stop(why);
      return std::nullopt;
    case Consequence::leave_for_a_later_run:
      finish(token, {.state = VideoState::wanted, .why = why});
      return std::nullopt;
    case Consequence::try_another_link:
      break;
  }
  if (try_another(held)) {
    return std::nullopt;
  }
  // The gateway may have replaced a refused link since. If the key is refused, this query gets the
  // same answer, and ends the run.
  if (held.attempts.may_be_replaced() && !held.asked_again) {
    return ask_again(held);
  }
  give_up(token);
  return std::nullopt;
}

bool DownloadOutcomes::try_another(HeldVideo& held) {
  const std::string why = held.attempts.last_failure().text;
  const bool may_repeat = held.retries < run_.plan.retry.retries;
  switch (held.attempts.advance(may_repeat)) {
    case LinkAttempts::Turn::none:
      return false;
    case LinkAttempts::Turn::another:
      held.phase = Phase::waiting;
      held.due = run_.clock.steady();
      tell(Notice::Kind::retry, held.video, why + "; another link of the video is tried");
      return true;
    case LinkAttempts::Turn::repeat:
      break;
  }
  const FetchFailure& before = held.attempts.last_failure();
  ++held.retries;
  ++run_.tally.retries;
  const double unit = std::uniform_real_distribution<double>(0, 1)(random_);
  const auto pause = before.retry_after.value_or(std::chrono::milliseconds(0));
  held.phase = Phase::waiting;
  held.due = run_.clock.steady() + pause + retry_delay(run_.plan.retry, held.retries, unit);
  tell(Notice::Kind::retry, held.video, before.text);
  return true;
}

TaskRecord DownloadOutcomes::without_link(std::uint64_t token) {
  HeldVideo& held = window_.at(token);
  assert(held.video.link.url.empty());
  held.attempts = LinkAttempts(1);
  held.attempts.fail({.kind = FetchFailure::Kind::gone,
                      .text = "its link cannot be read again from the recorded answer"});
  return ask_again(held);
}

void DownloadOutcomes::rechecked(std::uint64_t token, bool answered, const VideoLink* link,
                                 Ticket ticket) {
  HeldVideo& held = window_.at(token);
  assert(held.phase == Phase::rechecking);
  if (answered && link != nullptr && brings_more(*link, held.video.link)) {
    held.video.link = *link;
    held.video.first_refusal.reset();
    held.attempts = LinkAttempts(1 + link->others.size());
    held.usable = ticket;
    held.phase = Phase::rechecked;
  } else if (answered) {
    give_up(token);
  } else {
    finish(token, {.state = VideoState::wanted,
                   .why = held.attempts.first_failure().text + "; asking for a fresh link failed",
                   .refused = was_refused(held)});
  }
}

// A published file stays: the next run finds it in its place, and records it.
void DownloadOutcomes::unrecorded(const Unrecorded& unrecorded, const VideoEntry& entry) const {
  RunTally& tally = run_.tally;
  ++tally.errors["unexpected"];
  if (entry.file) {
    --tally.videos_downloaded;
    tally.video_bytes -= entry.file->bytes;
    ++tally.videos_failed;
  } else if (entry.state == VideoState::expired) {
    --tally.videos_expired;
    ++tally.videos_failed;
  }
  if (run_.notify) {
    run_.notify({Notice::Kind::video_failed, unrecorded.task_id, entry.index,
                 "its result could not be recorded: " +
                     printable(unrecorded.why, kMessageBytesMax) + "; please report this",
                 unrecorded.account});
  }
}

void DownloadOutcomes::give_up(std::uint64_t token) {
  const HeldVideo& held = window_.at(token);
  const VideoLink& link = held.video.link;
  if (link.url.empty()) {
    finish(token, {.state = VideoState::failed,
                   .why = held.attempts.first_failure().text + ", and the gateway has no other"});
    return;
  }
  const auto [state, why] = held.attempts.end(link, held.video.first_refusal, run_.clock.utc());
  finish(
      token,
      {.state = state,
       .why = (state == VideoState::expired ? "the link has expired: " : in_place_of(link)) + why,
       .refused = was_refused(held)});
}

void DownloadOutcomes::finish(std::uint64_t token, const Ending& ending) {
  const HeldVideo& held = window_.at(token);
  const WantedVideo& video = held.video;
  const bool expired = ending.state == VideoState::expired;
  ++(expired ? run_.tally.videos_expired : run_.tally.videos_failed);
  tell(expired ? Notice::Kind::video_expired : Notice::Kind::video_failed, video, ending.why);
  if (ending.state != VideoState::wanted) {
    discard_(video);
  }
  VideoEntry entry;
  entry.task = video.task;
  entry.index = video.link.index;
  entry.observed_at = run_.clock.utc();
  entry.state = ending.state;
  entry.error = ending.why;
  entry.first_refusal = first_refusal(video.first_refusal, ending.refused, entry.observed_at);
  window_.record(std::move(entry));
  window_.release(token);
}

void DownloadOutcomes::hinder(const std::string& why) {
  hindered_ = true;
  stop(why);
}

void DownloadOutcomes::stop(const std::string& why) {
  if (!stopped_ && run_.notify) {
    run_.notify({Notice::Kind::stopped, {}, 0, "downloads stop: " + why});
  }
  stopped_ = true;
}

void DownloadOutcomes::tell(Notice::Kind kind, const WantedVideo& video,
                            const std::string& text) const {
  if (run_.notify) {
    run_.notify({kind, video.id.text(), video.link.index, text, video.account});
  }
}

}  // namespace core
