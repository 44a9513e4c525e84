#include "core/domain/video_lifecycle.h"

namespace core {

bool is_fresh(const VideoLink& link, const KnownLink& before) {
  return link.expires_at != before.expires_at || (before.link && brings_more(link, *before.link));
}

bool depends_on_fresh_links(const VideoStanding& standing) {
  return is_given_up(standing.state) || standing.first_refusal.has_value();
}

bool takes_links(const VideoStanding& standing) { return standing.state != VideoState::done; }

VideoStanding offered(VideoStanding before, bool is_fresh) {
  if (!takes_links(before) || !is_fresh) {
    return before;
  }
  const std::int64_t tried_in = before.state == VideoState::wanted ? before.tried_in : 0;
  return {.state = VideoState::wanted, .tried_in = tried_in, .first_refusal = std::nullopt};
}

VideoStanding tried(VideoState outcome, std::optional<UtcTime> first_refusal, std::int64_t run) {
  return {.state = outcome, .tried_in = run, .first_refusal = first_refusal};
}

VideoStanding file_lost(VideoStanding before) {
  return {.state = VideoState::wanted, .tried_in = 0, .first_refusal = before.first_refusal};
}

VideoStanding wanted_again() { return {}; }

bool is_given_up(VideoState state) {
  return state == VideoState::failed || state == VideoState::expired;
}

std::optional<UtcTime> first_refusal(std::optional<UtcTime> before, bool refused, UtcTime now) {
  return refused && !before ? std::optional(now) : before;
}

FailureMeaning meaning_of(const FetchFailure& failure) {
  switch (failure.kind) {
    case FetchFailure::Kind::denied:
    case FetchFailure::Kind::gone:
    case FetchFailure::Kind::error_page:
      return FailureMeaning::refusal;
    case FetchFailure::Kind::server_error:
    case FetchFailure::Kind::other_status:
      return failure.by_gateway ? FailureMeaning::refusal : FailureMeaning::nothing;
    case FetchFailure::Kind::unsupported:
      return FailureMeaning::no_video;
    case FetchFailure::Kind::transport:
    case FetchFailure::Kind::unauthorised:  // a key may get more rights
    case FetchFailure::Kind::throttled:
    case FetchFailure::Kind::not_a_video:
    case FetchFailure::Kind::wrong_length:
    case FetchFailure::Kind::wrong_checksum:
    case FetchFailure::Kind::too_large:
    case FetchFailure::Kind::refused_url:
    case FetchFailure::Kind::blocked:
    case FetchFailure::Kind::disk_full:
    case FetchFailure::Kind::disk:
      return FailureMeaning::nothing;
  }
  return FailureMeaning::nothing;
}

bool worth_a_retry(FetchFailure::Kind kind) {
  switch (kind) {
    case FetchFailure::Kind::transport:
    case FetchFailure::Kind::throttled:
    case FetchFailure::Kind::server_error:
    case FetchFailure::Kind::other_status:
    case FetchFailure::Kind::not_a_video:
    case FetchFailure::Kind::error_page:
    case FetchFailure::Kind::wrong_length:
    case FetchFailure::Kind::wrong_checksum:
      return true;
    case FetchFailure::Kind::denied:
    case FetchFailure::Kind::gone:
    case FetchFailure::Kind::unauthorised:
    case FetchFailure::Kind::unsupported:
    case FetchFailure::Kind::too_large:
    case FetchFailure::Kind::refused_url:
    case FetchFailure::Kind::blocked:
    case FetchFailure::Kind::disk_full:
    case FetchFailure::Kind::disk:
      return false;
  }
  return false;
}

VideoState after_fetch(const LinkCandidate& link, const FetchFailure& failure,
                       std::optional<UtcTime> first_refusal, UtcTime now) {
  switch (meaning_of(failure)) {
    case FailureMeaning::nothing:
      return VideoState::wanted;
    case FailureMeaning::no_video:
      return VideoState::failed;
    case FailureMeaning::refusal:
      break;
  }
  const bool passed = link.expires_at && *link.expires_at <= failure.date.value_or(now);
  if (passed && !link.expiry_assumed) {
    return VideoState::expired;
  }
  if (!first_refusal) {
    return VideoState::wanted;
  }
  if (passed && now - *first_refusal >= kRefusalsApart) {
    return VideoState::expired;
  }
  return passed && failure.kind != FetchFailure::Kind::error_page ? VideoState::wanted
                                                                  : VideoState::failed;
}

VideoState together(VideoState one, VideoState other) {
  if (one == VideoState::wanted || other == VideoState::wanted) {
    return VideoState::wanted;
  }
  return one == VideoState::expired || other == VideoState::expired ? VideoState::expired
                                                                    : VideoState::failed;
}

}  // namespace core
