#include "core/engine/link_attempts.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "core/domain/video_lifecycle.h"

namespace core {

LinkAttempts::LinkAttempts(std::size_t urls) : failures_(urls) { assert(urls > 0); }

void LinkAttempts::fail(FetchFailure failure) { failures_.at(current_) = std::move(failure); }

const FetchFailure& LinkAttempts::last_failure() const {
  assert(failures_[current_].has_value());
  return *failures_[current_];
}

const FetchFailure& LinkAttempts::first_failure() const {
  assert(failures_.front().has_value());
  return *failures_.front();
}

bool LinkAttempts::may_do(std::size_t number) const {
  return !failures_[number] || worth_a_retry(failures_[number]->kind);
}

LinkAttempts::Turn LinkAttempts::advance(bool may_repeat) {
  for (std::size_t next = current_ + 1; next < failures_.size(); ++next) {
    if (may_do(next)) {
      current_ = next;
      return Turn::another;
    }
  }
  for (std::size_t next = 0; may_repeat && next < failures_.size(); ++next) {
    if (may_do(next)) {
      current_ = next;
      return Turn::repeat;
    }
  }
  return Turn::none;
}

bool LinkAttempts::was_refused() const {
  return std::any_of(failures_.begin(), failures_.end(), [](const auto& failure) {
    return failure && meaning_of(*failure) == FailureMeaning::refusal;
  });
}

bool LinkAttempts::may_be_replaced() const {
  return std::any_of(failures_.begin(), failures_.end(), [](const auto& failure) {
    return failure->kind == FetchFailure::Kind::denied ||
           failure->kind == FetchFailure::Kind::gone ||
           failure->kind == FetchFailure::Kind::unauthorised ||
           failure->kind == FetchFailure::Kind::error_page;
  });
}

LinkAttempts::End LinkAttempts::end(const VideoLink& link, std::optional<UtcTime> first_refusal,
                                    UtcTime now) const {
  std::vector<VideoState> ends;
  for (std::size_t number = 0; number < failures_.size(); ++number) {
    ends.push_back(after_fetch(candidate(link, number), *failures_[number], first_refusal, now));
  }
  const VideoState state = std::accumulate(ends.begin() + 1, ends.end(), ends.front(), together);
  const auto decisive = std::find(ends.rbegin(), ends.rend(), state);
  const auto number = static_cast<std::size_t>(ends.rend() - decisive - 1);
  return {state, failures_[number]->text};
}

}  // namespace core
