#include "core/domain/video_lifecycle.h"

namespace core {

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
