#include "core/engine/download_window.h"

#include <algorithm>
#include <cassert>
#include <set>

namespace core {

HeldVideo::HeldVideo(WantedVideo wanted, SteadyTime due_from)
    : video(std::move(wanted)), attempts(1 + video.link.others.size()), due(due_from) {}

std::uint64_t DownloadWindow::arrivals() const {
  const auto crew = run_.ledger.crew_standing();
  const auto import = run_.ledger.import_standing();
  return (crew ? crew->takeovers : 0) + (import && import->has_ended ? 1 : 0);
}

void DownloadWindow::fill(Ticket last_success) {
  if (!page_asked_) {
    const Ticket committed = run_.ledger.committed();
    const bool has_news =
        (last_success > paged_ && committed > paged_) || arrivals() > paged_arrivals_;
    if (filled_once_ && !more_ && !has_news) {
      return;
    }
    paged_arrivals_ = arrivals();
    run_.ledger.ask_for_videos(kSize);
    page_asked_ = committed;
  }
  if (auto wanted = run_.ledger.take_videos()) {
    take(std::move(*wanted), *page_asked_);
    page_asked_.reset();
  }
}

// `committed`: the page certainly includes entries up to this one.
void DownloadWindow::take(std::vector<WantedVideo>&& wanted, Ticket committed) {
  filled_once_ = true;
  paged_ = committed;
  more_ = wanted.size() == kSize;
  std::erase_if(settling_, [committed](const auto& one) { return one.second <= committed; });
  std::set<Key> known;
  for (const auto& [key, ticket] : settling_) {
    known.insert(key);
  }
  for (const auto& [token, held] : held_) {
    known.emplace(held.video.task, held.video.link.index);
  }
  for (WantedVideo& video : wanted) {
    if (held_.size() >= kSize) {
      more_ = true;
      break;
    }
    if (!known.contains({video.task, video.link.index})) {
      held_.emplace(next_token_++, HeldVideo(std::move(video), run_.clock.steady()));
    }
  }
}

bool DownloadWindow::is_exhausted(Ticket last_success) const {
  return held_.empty() && !page_asked_ && filled_once_ && !more_ && paged_ >= last_success &&
         paged_arrivals_ == arrivals();
}

HeldVideo& DownloadWindow::at(std::uint64_t token) {
  const auto found = held_.find(token);
  assert(found != held_.end());
  return found->second;
}

std::vector<std::uint64_t> DownloadWindow::startable() const {
  const SteadyTime now = run_.clock.steady();
  const Ticket committed = run_.ledger.committed();
  std::vector<std::pair<UtcTime, std::uint64_t>> due;
  for (const auto& [token, held] : held_) {
    if ((held.phase == HeldVideo::Phase::rechecked && committed >= held.usable) ||
        (held.phase == HeldVideo::Phase::waiting && held.due <= now)) {
      due.emplace_back(held.video.link.expires_at.value_or(UtcTime::max()), token);
    }
  }
  std::sort(due.begin(), due.end());
  std::vector<std::uint64_t> tokens(due.size());
  std::transform(due.begin(), due.end(), tokens.begin(),
                 [](const auto& one) { return one.second; });
  return tokens;
}

SteadyTime DownloadWindow::next_due() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& [token, held] : held_) {
    if (held.phase == HeldVideo::Phase::waiting) {
      next = std::min(next, held.due);
    }
  }
  return next;
}

std::optional<UtcTime> DownloadWindow::soonest_expiry() const {
  std::optional<UtcTime> soonest;
  for (const auto& [token, held] : held_) {
    const std::optional<UtcTime>& expiry = held.video.link.expires_at;
    if (expiry && (!soonest || *expiry < *soonest)) {
      soonest = expiry;
    }
  }
  return soonest;
}

void DownloadWindow::each_in_flight(
    const std::function<void(std::uint64_t token, const WantedVideo& video)>& visit) const {
  for (const auto& [token, held] : held_) {
    if (held.phase == HeldVideo::Phase::in_flight) {
      visit(token, held.video);
    }
  }
}

Ticket DownloadWindow::record(VideoEntry entry) {
  const Key key(entry.task, entry.index);
  const Ticket ticket = run_.ledger.append(std::move(entry));
  settling_[key] = ticket;
  return ticket;
}

void DownloadWindow::release(std::uint64_t token) {
  const std::size_t released = held_.erase(token);
  assert(released == 1);
  static_cast<void>(released);
}

}  // namespace core
