#include "tests/support/crew/crew_member.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>
#include <variant>

#include "core/error.h"

namespace support {
namespace {

using Outcome = CrewStore::Outcome;

bool is_wanted(const MemoryLedger::Video& video, std::int64_t run) {
  return video.standing.state == core::VideoState::wanted &&
         (run == 0 || video.standing.tried_in != run);
}

// Whether a run that has claimed the task, or nobody, has more to do for it.
bool is_open(const MemoryLedger& ledger, core::TaskKey key, std::int64_t run) {
  const auto& videos = ledger.tasks.at(key).videos;
  return !ledger.work.at(key) || std::any_of(videos.begin(), videos.end(), [run](const auto& one) {
    return is_wanted(one.second, run);
  });
}

}  // namespace

CrewMember::CrewMember(CrewStore& store, CrewStore::Faults::Times away, std::string token,
                       const ManualClock& clock, Sleep sleep)
    : store_(store),
      away_(std::move(away)),
      token_(std::move(token)),
      clock_(clock),
      sleep_(std::move(sleep)),
      heartbeat_at_(core::SteadyTime::max()) {}

bool CrewMember::is_reachable() const {
  const core::SteadyTime now = clock_.steady();
  return store_.is_reachable(now) && !(away_.first <= now && now < away_.second);
}

Outcome CrewMember::transact(const std::function<void(CrewStore::State&)>& body) {
  return is_reachable() ? store_.transact(clock_.steady(), body) : Outcome::unreachable;
}

void CrewMember::join() {
  const auto insert = [this](CrewStore::State& state) {
    const auto known = std::find_if(state.runners.begin(), state.runners.end(),
                                    [this](const auto& one) { return one.second.token == token_; });
    if (known != state.runners.end()) {  // an earlier try was done
      run_ = known->first;
      return;
    }
    run_ = std::ssize(state.runners) + 1;
    state.runners[run_] = {.token = token_, .alive_until = clock_.steady() + kLease};
  };
  while (transact(insert) != Outcome::done) {
    sleep_(clock_.steady() + kRetry);
  }
  heartbeat_at_ = clock_.steady();
}

void CrewMember::require_standing() const {
  if (is_lost_) {
    throw core::Error("another run has taken over the work of run " + std::to_string(run_));
  }
}

CrewStore::Runner& CrewMember::fenced(CrewStore::State& state) const {
  CrewStore::Runner& me = state.runners.at(run_);
  if (me.is_lost) {
    throw FencedOff();
  }
  me.alive_until = clock_.steady() + kLease;
  return me;
}

core::SteadyTime CrewMember::next_event() const {
  core::SteadyTime next = is_lost_ ? core::SteadyTime::max() : heartbeat_at_;
  const auto consider = [&next](const auto& what) {
    if (what) {
      next = std::min(next, what->due);
    }
  };
  consider(commit_);
  if (task_page_ && !task_page_->rows) {
    consider(task_page_);
  }
  if (video_page_ && !video_page_->rows) {
    consider(video_page_);
  }
  return next;
}

void CrewMember::pump() {
  if (run_ == 0 || is_lost_) {
    return;
  }
  const core::SteadyTime now = clock_.steady();
  try {
    if (heartbeat_at_ <= now) {
      beat();
    }
    if (commit_ && commit_->due <= now) {
      commit();
    }
    if (task_page_ && !task_page_->rows && task_page_->due <= now) {
      read_tasks();
    }
    if (video_page_ && !video_page_->rows && video_page_->due <= now) {
      read_videos();
    }
  } catch (const FencedOff&) {
    is_lost_ = true;
  }
}

void CrewMember::beat() {
  const core::SteadyTime now = clock_.steady();
  const auto lowest = standing_.rate_share;
  std::optional<double> share;
  const Outcome outcome = transact([&](CrewStore::State& state) {
    beat_on(state);
    // A lower share must hold before others can see that it is free.
    share = standing_.rate_share;
    if (lowest && share) {
      standing_.rate_share = std::min(*lowest, *share);
    }
  });
  if (outcome == Outcome::done) {
    standing_.rate_share = share;
    lease_.renewed(now);
  } else {
    lease_.broken();
  }
  heartbeat_at_ = now + (outcome == Outcome::done ? kHeartbeat : std::chrono::seconds(1));
}

void CrewMember::beat_on(CrewStore::State& state) {
  CrewStore::Runner& me = fenced(state);
  if (lease_.may_declare_lost(clock_.steady())) {
    declare_lost(state);
  }
  standing_.slow_downs = 0;
  for (const auto& [run, runner] : state.runners) {
    standing_.slow_downs += run == run_ ? 0 : runner.slow_downs;
  }
  me.slow_downs = slow_downs_;
  if (state.rate > 0) {
    me.share = share_of_rate(state);
    standing_.rate_share = static_cast<double>(me.share);
  }
  standing_.may_get_more_tasks = others_have_work(state);
}

// A run without anything to do leaves its share to the others.
std::int64_t CrewMember::share_of_rate(const CrewStore::State& state) const {
  core::RateMember me;
  for (const auto& [run, runner] : state.runners) {
    if (run != run_ && !runner.is_lost && !runner.has_ended) {
      const int counts = runner.share > 0 || may_work(state, run) ? 1 : 0;
      me.members += counts;
      me.before += run < run_ ? counts : 0;
      me.taken += runner.share;
    }
  }
  return may_work(state, run_) ? core::free_share(state.rate, me) : 0;
}

void CrewMember::declare_lost(CrewStore::State& state) {
  for (auto& [run, runner] : state.runners) {
    if (!runner.has_ended && runner.alive_until < clock_.steady()) {
      runner.is_lost = true;
      runner.share = 0;
    }
  }
  for (auto& [key, run] : state.claims) {
    if (run != 0 && run != run_ && is_open(state.ledger, key, run)) {
      const CrewStore::Runner& owner = state.runners.at(run);
      run = owner.is_lost || owner.has_ended ? 0 : run;
    }
  }
}

// Whether a run has open work, or could take some.
bool CrewMember::may_work(const CrewStore::State& state, std::int64_t run) {
  return std::any_of(state.claims.begin(), state.claims.end(), [&](const auto& claim) {
    return (claim.second == run || claim.second == 0) &&
           is_open(state.ledger, claim.first, claim.second);
  });
}

bool CrewMember::others_have_work(const CrewStore::State& state) const {
  return std::any_of(state.claims.begin(), state.claims.end(), [&](const auto& claim) {
    return claim.second != run_ && is_open(state.ledger, claim.first, claim.second);
  });
}

void CrewMember::ask_for_tasks(core::TaskKey after, std::size_t limit) {
  require_standing();
  assert(!task_page_);
  task_page_ = {after, limit, clock_.steady() + kLatency, std::nullopt};
}

std::vector<core::TaskRecord> CrewMember::named_tasks(int /*account*/,
                                                      std::vector<core::TaskId> /*ids*/) {
  throw std::logic_error("a crew reads no list of the gateway");
}

// As many as the page asks for, at most.
std::size_t CrewMember::own_tasks(const CrewStore::State& state) const {
  return static_cast<std::size_t>(std::count_if(
      state.claims.upper_bound(task_page_->after), state.claims.end(), [&](const auto& claim) {
        return claim.second == run_ && !state.ledger.work.at(claim.first);
      }));
}

std::int64_t CrewMember::free_tasks(const CrewStore::State& state) {
  return std::count_if(state.claims.begin(), state.claims.end(), [&](const auto& claim) {
    return claim.second == 0 && !state.ledger.work.at(claim.first);
  });
}

std::int64_t CrewMember::members(const CrewStore::State& state) {
  return std::count_if(state.runners.begin(), state.runners.end(), [](const auto& runner) {
    return !runner.second.is_lost && !runner.second.has_ended;
  });
}

void CrewMember::read_tasks() {
  std::vector<core::TaskRecord> rows;
  std::uint64_t videos_taken_over = 0;
  const auto claim_page = [&](CrewStore::State& state) {
    // A task must not wait for a run that may not ask.
    const bool may_claim = fenced(state).share > 0 || state.rate == 0;
    const std::size_t page = task_page_->limit;
    std::int64_t free = free_tasks(state);
    const auto fair = static_cast<std::size_t>(
        core::fair_claim(static_cast<std::int64_t>(page), free, members(state)));
    std::size_t to_claim = may_claim ? std::min(fair, page - std::min(page, own_tasks(state))) : 0;
    std::size_t videos_to_claim = may_claim ? page : 0;
    for (auto claim = state.claims.upper_bound(task_page_->after); claim != state.claims.end();
         ++claim) {
      const bool is_finished = state.ledger.work.at(claim->first);
      std::size_t& quota = is_finished ? videos_to_claim : to_claim;
      if (claim->second == 0 && quota > 0) {
        claim->second = run_;
        --quota;
        free -= is_finished ? 0 : 1;
        videos_taken_over += is_finished ? 1U : 0U;
      }
      // A claim whose COMMIT was in doubt is among ours.
      if (claim->second == run_ && !state.ledger.work.at(claim->first) &&
          rows.size() < task_page_->limit) {
        const MemoryLedger::Task& task = state.ledger.tasks.at(claim->first);
        rows.push_back({.key = claim->first,
                        .id = task.id,
                        .state = task.standing.state,
                        .first_seen = task.first_seen,
                        .last_query = task.last_query,
                        .not_found = task.standing.not_found});
      }
    }
    standing_.may_get_more_tasks = others_have_work(state);
    standing_.has_free_tasks = may_claim && free > 0;
  };
  const Outcome outcome = transact(claim_page);
  standing_.takeovers += videos_taken_over;
  if (outcome == Outcome::done) {
    task_page_->rows = std::move(rows);
  } else {
    task_page_->due = clock_.steady() + kRetry;
  }
}

std::optional<std::vector<core::TaskRecord>> CrewMember::take_tasks() {
  require_standing();
  if (!task_page_ || !task_page_->rows) {
    return std::nullopt;
  }
  return std::move(std::exchange(task_page_, std::nullopt)->rows);
}

void CrewMember::ask_for_videos(std::size_t limit) {
  require_standing();
  assert(!video_page_);
  video_page_ = {0, limit, clock_.steady() + kLatency, std::nullopt};
}

void CrewMember::read_videos() {
  if (!is_reachable()) {
    video_page_->due = clock_.steady() + kRetry;
    return;
  }
  video_page_->rows.emplace();
  const CrewStore::State& state = store_.state();
  for (const auto& [key, run] : state.claims) {
    const MemoryLedger::Task& task = state.ledger.tasks.at(key);
    for (const auto& [index, video] : task.videos) {
      if (run == run_ && is_wanted(video, run_) && video_page_->rows->size() < video_page_->limit) {
        video_page_->rows->push_back({.task = key,
                                      .id = task.id,
                                      .link = video.link,
                                      .attempts = video.attempts,
                                      .model = MemoryLedger::model(task),
                                      .status = "SUCCESS",
                                      .finish_time = state.ledger.finish_time(task, video)});
      }
    }
  }
}

std::optional<std::vector<core::WantedVideo>> CrewMember::take_videos() {
  require_standing();
  if (!video_page_ || !video_page_->rows) {
    return std::nullopt;
  }
  return std::move(std::exchange(video_page_, std::nullopt)->rows);
}

bool CrewMember::has_room(std::size_t entries) const {
  require_standing();
  constexpr std::size_t kRoom = 4096;
  return queue_.size() + entries <= kRoom;
}

core::Ticket CrewMember::append(core::Entry&& entry) {
  require_standing();
  queue_.push_back(std::move(entry));
  if (!commit_) {
    commit_ = {queue_.size(), clock_.steady() + kLatency, false};
  }
  return ++appended_;
}

core::Ticket CrewMember::committed() const {
  require_standing();
  return committed_;
}

void CrewMember::commit() {
  const core::SteadyTime now = clock_.steady();
  if (commit_->is_in_doubt) {
    if (!is_reachable()) {
      commit_->due = now + kRetry;
      return;
    }
    commit_->is_in_doubt = false;
    if (store_.state().runners.at(run_).committed == transaction_) {
      acknowledge();
      return;
    }
    --transaction_;
  }
  commit_->entries = queue_.size();
  ++transaction_;
  const Outcome outcome = transact([&](CrewStore::State& state) {
    fenced(state).committed = transaction_;
    state.ledger.run = run_;
    for (const core::Entry& entry : queue_) {
      const core::TaskKey key = std::visit([](const auto& one) { return one.task; }, entry);
      if (state.claims.at(key) != run_) {
        throw std::logic_error("a run writes about a task that it has not claimed");
      }
      const auto* answer = std::get_if<core::AnswerEntry>(&entry);
      state.final_snapshots[key] += answer != nullptr && answer->is_final ? 1 : 0;
      std::visit([&state](const auto& one) { state.ledger.apply(one); }, entry);
    }
  });
  if (outcome == Outcome::done) {
    lease_.renewed(now);
    acknowledge();
    return;
  }
  lease_.broken();
  commit_->is_in_doubt = outcome == Outcome::in_doubt;
  transaction_ -= outcome == Outcome::unreachable ? 1U : 0U;
  commit_->due = now + kRetry;
}

void CrewMember::acknowledge() {
  for (std::size_t i = 0; i < commit_->entries; ++i) {
    acknowledged_answers_ += std::holds_alternative<core::AnswerEntry>(queue_.front()) ? 1U : 0U;
    queue_.pop_front();
    ++committed_;
  }
  commit_.reset();
  if (!queue_.empty()) {
    commit_ = {queue_.size(), clock_.steady() + kLatency, false};
  }
}

void CrewMember::flush() {
  const auto is_pending = [](const auto& page) { return page && !page->rows; };
  while (!queue_.empty() || is_pending(task_page_) || is_pending(video_page_)) {
    require_standing();
    sleep_(next_event());
  }
}

std::optional<core::CrewStanding> CrewMember::crew_standing() const {
  core::CrewStanding standing = standing_;
  // Others may take this run's share with its work.
  if (standing.rate_share && !lease_.is_surely_held(clock_.steady())) {
    standing.rate_share = 0;
  }
  return standing;
}

void CrewMember::tell_slow_down() {
  ++slow_downs_;
  heartbeat_at_ = clock_.steady();
}

void CrewMember::wait_for_lease() {
  while (!lease_.is_surely_held(clock_.steady())) {
    require_standing();
    sleep_(clock_.steady() + kRetry);
  }
  require_standing();
}

void CrewMember::end() {
  const auto leave = [this](CrewStore::State& state) {
    CrewStore::Runner& me = fenced(state);
    me.has_ended = true;
    me.share = 0;
  };
  while (transact(leave) != Outcome::done) {
    sleep_(clock_.steady() + kRetry);
  }
}

}  // namespace support
