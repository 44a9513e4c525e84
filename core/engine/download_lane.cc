#include "core/engine/download_lane.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <set>
#include <utility>

#include "core/domain/lifecycle.h"
#include "core/domain/video_lifecycle.h"
#include "core/gateway/api.h"
#include "core/text/printable.h"

namespace core {
namespace {

// What stands before the reason when the gateway's own copy was tried for want of a link.
std::string in_place_of(const VideoLink& link) {
  if (!link.fallback) {
    return "";
  }
  return (link.defect.empty() ? "the answer holds no link"
                              : "the answer's link cannot be used (" + link.defect + ")") +
         ", and the gateway's own: ";
}

}  // namespace

DownloadLane::DownloadLane(const RunPlan& plan, std::shared_ptr<const NameTemplate> names,
                           std::vector<std::string> account_names, Ledger& ledger,
                           Transport& transport, VideoStore& videos, const Clock& clock,
                           RunTally& tally, const Notify& notify)
    : plan_(plan),
      names_(std::move(names)),
      account_names_(std::move(account_names)),
      ledger_(ledger),
      transport_(transport),
      videos_(videos),
      clock_(clock),
      tally_(tally),
      notify_(notify),
      random_(plan.seed + 1) {}

// ---- taking and starting

void DownloadLane::page(Ticket last_success) {
  const Ticket committed = ledger_.committed();
  const bool news = last_success > paged_ && committed > paged_;
  if (paged_once_ && !more_ && !news) {
    return;
  }
  const std::size_t limit = kWindow;
  std::vector<WantedVideo> wanted = ledger_.videos(limit);
  paged_once_ = true;
  paged_ = committed;
  more_ = wanted.size() == limit;
  std::erase_if(settling_, [committed](const auto& one) { return one.second <= committed; });
  std::set<VideoKey> known;
  for (const auto& [key, ticket] : settling_) {
    known.insert(key);
  }
  for (const auto& [token, item] : items_) {
    known.emplace(item.video.task, item.video.link.index);
  }
  for (WantedVideo& video : wanted) {
    if (items_.size() >= kWindow) {
      more_ = true;
      break;
    }
    if (!known.contains({video.task, video.link.index})) {
      Item item{.video = std::move(video)};
      item.due = clock_.steady();
      items_.emplace(next_token_++, std::move(item));
    }
  }
}

Ticket DownloadLane::append(VideoEntry entry) {
  const VideoKey key(entry.task, entry.index);
  const Ticket ticket = ledger_.append(std::move(entry));
  settling_[key] = ticket;
  return ticket;
}

void DownloadLane::start_due(Ticket last_success, QueryLane& queries) {
  if (stopped_ || !plan_.download) {
    return;
  }
  const auto slots = static_cast<std::size_t>(plan_.download_concurrency);
  if (in_flight_ >= slots) {
    return;
  }
  if (items_.size() < kWindow / 2) {
    page(last_success);
  }
  for (const std::uint64_t token : startable()) {
    if (in_flight_ >= slots || !ledger_.has_room(in_flight_ + queries.in_flight() + 1)) {
      return;
    }
    if (const auto hindrance =
            plan_.download_hindrance ? plan_.download_hindrance() : std::nullopt) {
      hindered_ = true;
      stop(*hindrance);
      return;
    }
    start(token, items_.find(token)->second, queries);
  }
}

// What may start now, the soonest expiry first.
std::vector<std::uint64_t> DownloadLane::startable() const {
  const SteadyTime now = clock_.steady();
  const Ticket committed = ledger_.committed();
  std::vector<std::pair<UtcTime, std::uint64_t>> due;
  for (const auto& [token, item] : items_) {
    if ((item.phase == Phase::rechecked && committed >= item.usable) ||
        (item.phase == Phase::waiting && item.due <= now)) {
      due.emplace_back(item.video.link.expires_at.value_or(UtcTime::max()), token);
    }
  }
  std::sort(due.begin(), due.end());
  std::vector<std::uint64_t> tokens(due.size());
  std::transform(due.begin(), due.end(), tokens.begin(),
                 [](const auto& one) { return one.second; });
  return tokens;
}

void DownloadLane::start(std::uint64_t token, Item& item, QueryLane& queries) {
  const WantedVideo& video = item.video;
  if (video.link.url.empty()) {
    item.heard = {FetchFailure{.problem = FetchProblem::gone,
                               .text = "its link cannot be read again from the recorded answer"}};
    ask_again(token, item, queries);
    return;
  }
  item.heard.resize(1 + video.link.others.size());
  item.phase = Phase::in_flight;
  ++in_flight_;
  auto opened = videos_.open(file_of(video));
  if (auto* failure = std::get_if<FetchFailure>(&opened)) {
    unopened_.emplace_back(token, std::move(*failure));
    return;
  }
  DownloadRequest request;
  request.token = token;
  request.account = video.account;
  request.url = candidate(video.link, item.candidate).url;
  request.content_path = content_path(video.id);
  request.sink = std::move(std::get<std::unique_ptr<VideoSink>>(opened));
  transport_.start(std::move(request));
}

FilePlan DownloadLane::file_of(const WantedVideo& video) const {
  return {.name_template = names_,
          .fields = {.task_id = video.id.text(),
                     .account = account_names_.at(static_cast<std::size_t>(video.account)),
                     .model = video.model,
                     .status = video.status,
                     .finish_time = video.finish_time,
                     .index = video.link.index,
                     .labels = video.labels},
          .replaces = video.path};
}

SteadyTime DownloadLane::next_due() const {
  if (!unopened_.empty()) {
    return SteadyTime::min();
  }
  SteadyTime next = SteadyTime::max();
  if (stopped_ || in_flight_ >= static_cast<std::size_t>(plan_.download_concurrency)) {
    return next;
  }
  for (const auto& [token, item] : items_) {
    if (item.phase == Phase::waiting) {
      next = std::min(next, item.due);
    }
  }
  return next;
}

bool DownloadLane::idle(Ticket last_success) const {
  if (stopped_ || !plan_.download) {
    return in_flight_ == 0;
  }
  return items_.empty() && paged_once_ && !more_ && paged_ >= last_success;
}

std::optional<UtcTime> DownloadLane::soonest_expiry() const {
  std::optional<UtcTime> soonest;
  for (const auto& [token, item] : items_) {
    const std::optional<UtcTime>& expiry = item.video.link.expires_at;
    if (expiry && (!soonest || *expiry < *soonest)) {
      soonest = expiry;
    }
  }
  return soonest;
}

// ---- outcomes

void DownloadLane::settle_unopened(QueryLane& queries) {
  for (const auto& [token, failure] : std::exchange(unopened_, {})) {
    settle(token, failure, queries);
  }
}

void DownloadLane::settle(std::uint64_t token, const SavedFile& file) {
  const auto found = items_.find(token);
  assert(found != items_.end() && found->second.phase == Phase::in_flight);
  --in_flight_;
  ++tally_.videos_downloaded;
  tally_.video_bytes += file.bytes;
  const WantedVideo& video = found->second.video;
  if (notify_) {
    notify_(
        {Notice::Kind::video_done, video.id.text(), video.link.index, file.path, video.account});
  }
  VideoEntry entry;
  entry.task = video.task;
  entry.index = video.link.index;
  entry.observed_at = clock_.utc();
  entry.state = VideoState::done;
  entry.file = file;
  const Ticket ticket = append(std::move(entry));
  if (published_) {
    published_(video, file, ticket);
  }
  items_.erase(found);
}

void DownloadLane::settle(std::uint64_t token, const FetchFailure& failure, QueryLane& queries) {
  const auto found = items_.find(token);
  assert(found != items_.end() && found->second.phase == Phase::in_flight);
  Item& item = found->second;
  --in_flight_;
  ++tally_.errors[std::string("video_") + std::string(name(failure.problem))];
  item.heard.at(item.candidate) = failure;
  switch (failure.problem) {
    case FetchProblem::disk_full:
    case FetchProblem::disk:
      disk_failure_ = failure.text;
      stop(failure.text);
      return;
    case FetchProblem::too_large:
    case FetchProblem::blocked:
      finish(found, VideoState::wanted, failure.text, false);
      return;
    case FetchProblem::transport:
    case FetchProblem::denied:
    case FetchProblem::gone:
    case FetchProblem::unauthorised:
    case FetchProblem::throttled:
    case FetchProblem::server_error:
    case FetchProblem::other_status:
    case FetchProblem::not_a_video:
    case FetchProblem::error_page:
    case FetchProblem::unsupported:
    case FetchProblem::wrong_length:
    case FetchProblem::wrong_checksum:
    case FetchProblem::refused_url:
      break;
  }
  if (!try_another(item)) {
    conclude(found, queries);
  }
}

// Each URL of a video has its turn before any of them is tried again.
bool DownloadLane::try_another(Item& item) {
  const auto may_do = [&item](std::size_t number) {
    const auto& heard = item.heard[number];
    return !heard || worth_a_retry(heard->problem);
  };
  const std::string& why = item.heard[item.candidate]->text;
  for (std::size_t next = item.candidate + 1; next < item.heard.size(); ++next) {
    if (may_do(next)) {
      item.candidate = next;
      item.phase = Phase::waiting;
      item.due = clock_.steady();
      tell_retry(item, why + "; another link of the video is tried");
      return true;
    }
  }
  for (std::size_t next = 0; item.failures < plan_.retry.retries && next < item.heard.size();
       ++next) {
    if (may_do(next)) {
      item.candidate = next;
      retry(item, *item.heard[next]);
      return true;
    }
  }
  return false;
}

bool DownloadLane::was_refused(const Item& item) {
  return !item.video.link.url.empty() &&
         std::any_of(item.heard.begin(), item.heard.end(), [](const auto& heard) {
           return heard && word_of(*heard) == FetchWord::refusal;
         });
}

// A refused link may have been replaced by the gateway since: the task is asked once more. If it is
// the key that is refused, this query hears so too, and ends the run.
void DownloadLane::conclude(Items::iterator found, QueryLane& queries) {
  Item& item = found->second;
  const bool refused = std::any_of(item.heard.begin(), item.heard.end(), [](const auto& heard) {
    return heard->problem == FetchProblem::denied || heard->problem == FetchProblem::gone ||
           heard->problem == FetchProblem::unauthorised ||
           heard->problem == FetchProblem::error_page;
  });
  if (refused && !item.asked_again) {
    ask_again(found->first, item, queries);
  } else {
    give_up(found);
  }
}

void DownloadLane::ask_again(std::uint64_t token, Item& item, QueryLane& queries) {
  item.asked_again = true;
  item.phase = Phase::rechecking;
  TaskRecord task{.key = item.video.task, .account = item.video.account, .id = item.video.id};
  task.state = TaskState::succeeded;
  queries.recheck(std::move(task), token);
}

void DownloadLane::rechecked(const Recheck& recheck) {
  const auto found = items_.find(recheck.video);
  Item& item = found->second;
  const auto link =
      std::find_if(recheck.links.begin(), recheck.links.end(),
                   [&item](const VideoLink& one) { return one.index == item.video.link.index; });
  if (recheck.answered && link != recheck.links.end() && brings_more(*link, item.video.link)) {
    item.video.link = *link;
    item.video.first_refusal.reset();
    item.candidate = 0;
    item.heard.clear();
    item.usable = recheck.ticket;
    item.phase = Phase::rechecked;
    return;
  }
  if (recheck.answered) {
    give_up(found);
    return;
  }
  finish(found, VideoState::wanted, item.heard.front()->text + "; asking for a fresh link failed",
         was_refused(item));
}

// A file that was published stays: the next run finds it in its place, and records it.
void DownloadLane::hear_of(const Unrecorded& unrecorded, const VideoEntry& entry) {
  ++tally_.errors["unexpected"];
  if (entry.file) {
    --tally_.videos_downloaded;
    tally_.video_bytes -= entry.file->bytes;
    ++tally_.videos_failed;
  } else if (entry.state == VideoState::expired) {
    --tally_.videos_expired;
    ++tally_.videos_failed;
  }
  if (notify_) {
    notify_({Notice::Kind::video_failed, unrecorded.task_id, entry.index,
             "what became of it could not be recorded: " +
                 printable(unrecorded.why, kMessageBytesMax) + "; please report this",
             unrecorded.account});
  }
}

// All URLs of the video were tried. The reason is that of the last one whose own end is the
// video's.
void DownloadLane::give_up(Items::iterator found) {
  const Item& item = found->second;
  const VideoLink& link = item.video.link;
  if (link.url.empty()) {
    finish(found, VideoState::failed, item.heard.front()->text + ", and the gateway has no other",
           false);
    return;
  }
  std::vector<VideoState> ends;
  for (std::size_t number = 0; number < item.heard.size(); ++number) {
    const FetchFailure& failure = *item.heard[number];
    ends.push_back(
        after_fetch(candidate(link, number), failure, item.video.first_refusal, clock_.utc()));
  }
  const VideoState state = std::accumulate(ends.begin() + 1, ends.end(), ends.front(), together);
  const auto telling = std::find(ends.rbegin(), ends.rend(), state);
  const auto number = static_cast<std::size_t>(ends.rend() - telling - 1);
  finish(found, state,
         (state == VideoState::expired ? "the link is dead: " : in_place_of(link)) +
             item.heard[number]->text,
         was_refused(item));
}

void DownloadLane::retry(Item& item, const FetchFailure& failure) {
  ++item.failures;
  ++tally_.retries;
  const double unit = std::uniform_real_distribution<double>(0, 1)(random_);
  const auto pause = failure.retry_after.value_or(std::chrono::milliseconds(0));
  item.phase = Phase::waiting;
  item.due = clock_.steady() + pause + retry_delay(plan_.retry, item.failures, unit);
  tell_retry(item, failure.text);
}

void DownloadLane::tell_retry(const Item& item, const std::string& why) const {
  if (notify_) {
    notify_({Notice::Kind::retry, item.video.id.text(), item.video.link.index, why,
             item.video.account});
  }
}

void DownloadLane::finish(Items::iterator item, VideoState state, const std::string& why,
                          bool refused) {
  const WantedVideo& video = item->second.video;
  const bool expired = state == VideoState::expired;
  ++(expired ? tally_.videos_expired : tally_.videos_failed);
  if (notify_) {
    notify_({expired ? Notice::Kind::video_expired : Notice::Kind::video_failed, video.id.text(),
             video.link.index, why, video.account});
  }
  if (state != VideoState::wanted) {
    videos_.discard(file_of(video));
  }
  VideoEntry entry;
  entry.task = video.task;
  entry.index = video.link.index;
  entry.observed_at = clock_.utc();
  entry.state = state;
  entry.error = why;
  entry.first_refusal = video.first_refusal;
  if (refused && !entry.first_refusal) {
    entry.first_refusal = entry.observed_at;
  }
  append(std::move(entry));
  items_.erase(item);
}

void DownloadLane::stop(const std::string& why) {
  if (!stopped_ && notify_) {
    notify_({Notice::Kind::stopped, {}, 0, "downloads stop: " + why});
  }
  stopped_ = true;
}

}  // namespace core
