#include "core/engine/download_lane.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/gateway/api.h"

namespace core {

DownloadLane::DownloadLane(const RunContext& run, Names names, Transport& transport,
                           VideoStore& videos)
    : run_(run),
      names_(std::move(names)),
      transport_(transport),
      videos_(videos),
      window_(run),
      outcomes_(run, window_,
                [this](const WantedVideo& video) { videos_.discard(plan_for(video)); }) {
  assert(names_.name_template != nullptr);
}

void DownloadLane::on_published(DownloadOutcomes::Published published) {
  outcomes_.on_published(std::move(published));
}

void DownloadLane::start_due(Ticket last_success, QueryLane& queries) {
  assert(owner_.is_here());
  if (outcomes_.stopped() || !run_.plan.download) {
    return;
  }
  const auto slots = static_cast<std::size_t>(run_.plan.download_concurrency);
  if (in_flight_ >= slots) {
    return;
  }
  if (window_.size() < DownloadWindow::kSize / 2) {
    window_.fill(last_success);
  }
  for (const std::uint64_t token : window_.startable()) {
    if (in_flight_ >= slots || !run_.ledger.has_room(in_flight_ + queries.in_flight() + 1)) {
      return;
    }
    if (const auto hindrance =
            run_.plan.download_hindrance ? run_.plan.download_hindrance() : std::nullopt) {
      outcomes_.hinder(*hindrance);
      return;
    }
    start(token, queries);
  }
}

void DownloadLane::start(std::uint64_t token, QueryLane& queries) {
  HeldVideo& held = window_.at(token);
  const WantedVideo& video = held.video;
  if (video.link.url.empty()) {
    queries.recheck(outcomes_.without_link(token), token);
    return;
  }
  held.phase = HeldVideo::Phase::in_flight;
  ++in_flight_;
  auto opened = videos_.open(plan_for(video));
  if (auto* failure = std::get_if<FetchFailure>(&opened)) {
    unopened_.emplace_back(token, std::move(*failure));
    return;
  }
  DownloadRequest request;
  request.token = token;
  request.account = video.account;
  request.url = candidate(video.link, held.attempts.current()).url;
  request.content_path = content_path(video.id);
  request.sink = std::move(std::get<std::unique_ptr<VideoSink>>(opened));
  transport_.start(std::move(request));
}

FilePlan DownloadLane::plan_for(const WantedVideo& video) const {
  return {.name_template = names_.name_template,
          .fields = {.task_id = video.id.text(),
                     .account = names_.accounts.at(static_cast<std::size_t>(video.account)),
                     .model = video.model,
                     .status = video.status,
                     .finish_time = video.finish_time,
                     .index = video.link.index,
                     .labels = video.labels},
          .replaces = video.path,
          .is_claimed = run_.plan.claims_tasks};
}

SteadyTime DownloadLane::next_due() const {
  if (!unopened_.empty()) {
    return SteadyTime::min();
  }
  const auto slots = static_cast<std::size_t>(run_.plan.download_concurrency);
  return outcomes_.stopped() || in_flight_ >= slots ? SteadyTime::max() : window_.next_due();
}

bool DownloadLane::idle(Ticket last_success) const {
  return outcomes_.stopped() || !run_.plan.download ? in_flight_ == 0
                                                    : window_.is_exhausted(last_success);
}

void DownloadLane::settle_unopened(QueryLane& queries) {
  for (auto& [token, failure] : std::exchange(unopened_, {})) {
    settle(token, std::move(failure), queries);
  }
}

void DownloadLane::settle(std::uint64_t token, const SavedFile& file) {
  assert(in_flight_ > 0);
  --in_flight_;
  outcomes_.saved(token, file);
}

void DownloadLane::settle(std::uint64_t token, FetchFailure failure, QueryLane& queries) {
  assert(in_flight_ > 0);
  --in_flight_;
  if (auto task = outcomes_.failed(token, std::move(failure))) {
    queries.recheck(*std::move(task), token);
  }
}

void DownloadLane::rechecked(const Recheck& recheck) {
  const int index = window_.at(recheck.video).video.link.index;
  const auto link = std::find_if(recheck.links.begin(), recheck.links.end(),
                                 [index](const VideoLink& one) { return one.index == index; });
  outcomes_.rechecked(recheck.video, recheck.answered,
                      link == recheck.links.end() ? nullptr : &*link, recheck.ticket);
}

void DownloadLane::on_unrecorded(const Unrecorded& unrecorded, const VideoEntry& entry) {
  outcomes_.unrecorded(unrecorded, entry);
}

}  // namespace core
