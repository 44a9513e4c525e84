#include "core/domain/video_lifecycle.h"

namespace core {

bool is_fresh(const VideoLink& link, const KnownLink& before) {
  return link.expires_at != before.expires_at || (before.link && brings_more(link, *before.link));
}

bool cares_for_fresh_links(const VideoStanding& standing) {
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

FetchWord word_of(const FetchFailure& failure) {
  switch (failure.problem) {
    case FetchProblem::denied:
    case FetchProblem::gone:
    case FetchProblem::error_page:
      return FetchWord::refusal;
    case FetchProblem::server_error:
    case FetchProblem::other_status:
      return failure.by_gateway ? FetchWord::refusal : FetchWord::nothing;
    case FetchProblem::unsupported:
      return FetchWord::no_video;
    case FetchProblem::transport:
    case FetchProblem::unauthorised:  // a key may get more rights
    case FetchProblem::throttled:
    case FetchProblem::not_a_video:
    case FetchProblem::wrong_length:
    case FetchProblem::wrong_checksum:
    case FetchProblem::too_large:
    case FetchProblem::refused_url:
    case FetchProblem::blocked:
    case FetchProblem::disk_full:
    case FetchProblem::disk:
      return FetchWord::nothing;
  }
  return FetchWord::nothing;
}

bool worth_a_retry(FetchProblem problem) {
  switch (problem) {
    case FetchProblem::transport:
    case FetchProblem::throttled:
    case FetchProblem::server_error:
    case FetchProblem::other_status:
    case FetchProblem::not_a_video:
    case FetchProblem::error_page:
    case FetchProblem::wrong_length:
    case FetchProblem::wrong_checksum:
      return true;
    case FetchProblem::denied:
    case FetchProblem::gone:
    case FetchProblem::unauthorised:
    case FetchProblem::unsupported:
    case FetchProblem::too_large:
    case FetchProblem::refused_url:
    case FetchProblem::blocked:
    case FetchProblem::disk_full:
    case FetchProblem::disk:
      return false;
  }
  return false;
}

VideoState after_fetch(const LinkCandidate& link, const FetchFailure& failure,
                       std::optional<UtcTime> first_refusal, UtcTime now) {
  switch (word_of(failure)) {
    case FetchWord::nothing:
      return VideoState::wanted;
    case FetchWord::no_video:
      return VideoState::failed;
    case FetchWord::refusal:
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
  return passed && failure.problem != FetchProblem::error_page ? VideoState::wanted
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
