// Several runs of a crew, each with a whole engine, share an in-memory ledger and bucket in virtual
// time. They are killed and paused; the ledger's server goes away or does not answer a COMMIT; the
// gateway fails; the bucket answers 409, 412 and 503; the clocks differ. REELTALLY_CREW_SEEDS is
// the number of such worlds (1,000), REELTALLY_SEED the first seed. A failure names its seed: set
// REELTALLY_SEED to it and REELTALLY_CREW_SEEDS to 1 to repeat it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/error.h"
#include "tests/core/engine/engine_world.h"
#include "tests/support/crew/crew_member.h"
#include "tests/support/crew/crew_store.h"
#include "tests/support/crew/virtual_time.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fake_video_store.h"

namespace {

using core::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::CrewMember;
using support::CrewStore;
using support::FakeTransport;

const SteadyTime kBegin = support::ManualClock().steady();

struct Killed {};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), store_(faults(), seed) { fill(); }

  std::mt19937_64& random() { return random_; }
  bool happens(double part) { return std::bernoulli_distribution(part)(random_); }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }

  FakeTransport::QueryOutcome query(const core::QueryRequest& request);
  FakeTransport::FetchOutcome fetch(const core::DownloadRequest& request);
  bool is_recorded(const std::string& path) const;
  /// What the bucket answers to the creation of an object.
  enum class Creation { done, conflict_409, taken_412, busy_503 };
  Creation creation();
  std::set<std::string>& foreign() { return foreign_; }
  /// A run may find the server later than the others after an outage.
  CrewStore::Faults::Times more_away();
  /// Whether a run that is away for so much longer may lose its lease by that alone: the outage
  /// itself is too short to end leases, so the others need not wait after it.
  bool is_cut_off(const CrewStore::Faults::Times& more) const;
  void heal() {
    store_.heal();
    is_healed_ = true;
  }

  CrewStore& store() { return store_; }
  support::VirtualTime& time() { return time_; }
  const std::shared_ptr<support::FakeVideoStore::Published>& bucket() { return bucket_; }

 private:
  CrewStore::Faults faults();
  void fill();

  std::mt19937_64 random_;
  CrewStore store_;
  support::VirtualTime time_{kBegin};
  std::shared_ptr<support::FakeVideoStore::Published> bucket_ =
      std::make_shared<support::FakeVideoStore::Published>();
  std::set<std::string> foreign_;  // objects of somebody else
  bool is_healed_ = false;
};

CrewStore::Faults World::faults() {
  CrewStore::Faults faults{.doubtful = happens(0.5) ? 0.33 : 0};
  if (happens(0.4)) {
    const SteadyTime from = kBegin + milliseconds(between(0, 30'000));
    faults.away.emplace_back(from, from + milliseconds(between(100, 90'000)));
  }
  return faults;
}

void World::fill() {
  CrewStore::State& state = store_.prepare();
  state.rate = happens(0.5) ? static_cast<int>(between(1, 12)) : 0;
  const std::int64_t tasks = between(1, 60);
  for (std::int64_t i = 1; i <= tasks; ++i) {
    const std::string id = "t" + std::to_string(i);
    const core::TaskKey key = state.ledger.add(
        {.account = "default", .id = std::get<core::TaskId>(core::TaskId::parse(id))});
    state.ledger.work[key] = false;
    state.claims[key] = 0;
  }
}

FakeTransport::QueryOutcome World::query(const core::QueryRequest& request) {
  if (request.path == core::kKeyUsagePath) {
    return support::answer(404, "<html>no such page</html>");
  }
  if (!is_healed_ && happens(0.05)) {
    return happens(0.5) ? FakeTransport::QueryOutcome(support::answer(503, "busy"))
                        : core::TransportFailure{"timeout", "no answer"};
  }
  if (!is_healed_ && happens(0.02)) {
    return support::answer(429, "{}");
  }
  const std::string id = request.path.substr(engine_world::kPrefix.size());
  const bool is_failed = id.ends_with("7");
  const auto expiry = support::ManualClock().utc() + std::chrono::hours(20);
  return support::answer(
      200, is_failed ? engine_world::body(id, "FAILURE")
                     : engine_world::body(id, "SUCCESS", engine_world::link(id, expiry)));
}

FakeTransport::FetchOutcome World::fetch(const core::DownloadRequest& request) {
  if (!is_healed_ && happens(0.1)) {
    return core::FetchFailure{.kind = core::FetchFailure::Kind::server_error, .http_status = 503};
  }
  const std::string name = request.url.substr(0, request.url.find('?'));
  return support::tiny_mp4(1000 + static_cast<std::size_t>(std::hash<std::string>()(name) % 500));
}

CrewStore::Faults::Times World::more_away() {
  if (store_.faults().away.empty() || happens(0.5)) {
    return {};
  }
  const SteadyTime back = store_.faults().away.front().second;
  return {back, back + milliseconds(between(0, 20'000))};
}

bool World::is_cut_off(const CrewStore::Faults::Times& more) const {
  if (more.first >= more.second) {
    return false;
  }
  const auto& outage = store_.faults().away.front();
  return outage.second - outage.first < CrewMember::kLease / 2 &&
         more.second - outage.first + CrewMember::kHeartbeat + seconds(1) >= CrewMember::kLease;
}

World::Creation World::creation() {
  if (is_healed_ || !happens(0.1)) {
    return Creation::done;
  }
  constexpr std::array kFaults = {Creation::conflict_409, Creation::taken_412, Creation::busy_503};
  return kFaults.at(static_cast<std::size_t>(between(0, 2)));
}

bool World::is_recorded(const std::string& path) const {
  const auto& tasks = store_.state().ledger.tasks;
  return std::any_of(tasks.begin(), tasks.end(), [&path](const auto& task) {
    return std::any_of(task.second.videos.begin(), task.second.videos.end(),
                       [&path](const auto& video) {
                         return video.second.file && video.second.file->path == path;
                       });
  });
}

enum class End { completed, lost, killed, other };

// One process with its machine's clock, transport and part folder.
class Runner {
 public:
  struct Fate {
    std::optional<SteadyTime> killed_at;
    std::optional<SteadyTime> stopped_at;  ///< SIGSTOP
    milliseconds stopped_for{0};
    milliseconds begins_after{0};
  };

  Runner(World& world, std::string token, Fate fate)
      : world_(world),
        fate_(fate),
        away_(world.more_away()),
        was_disturbed_(fate.killed_at || fate.stopped_at || world.is_cut_off(away_)),
        member_(world.store(), away_, std::move(token), clock_,
                [this](SteadyTime until) { sleep(until); }),
        videos_(world.bucket(), [this](const std::string& path) {
          member_.wait_for_lease();
          return world_.is_recorded(path);
        }) {
    videos_.before_create = [this](const std::string& path) { meet_faults_of_bucket(path); };
    clock_.jump(milliseconds(world.between(-300'000, 300'000)));
    transport_.latency = milliseconds(world.between(5, 400));
    transport_.sleep_until = [this](SteadyTime until) { sleep(until); };
    transport_.on_query = [this](const core::QueryRequest& request) {
      return world_.query(request);
    };
    transport_.on_download = [this](const core::DownloadRequest& request) {
      return world_.fetch(request);
    };
  }

  void work();
  [[nodiscard]] End end() const { return end_; }
  /// Whether it was itself killed, paused or cut off.
  [[nodiscard]] bool was_disturbed() const { return was_disturbed_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const CrewMember& member() const { return member_; }
  [[nodiscard]] const std::vector<FakeTransport::Sent>& sent() const { return transport_.sent; }

 private:
  void sleep(SteadyTime until);
  void sleep_at_least(milliseconds time);
  void meet_faults_of_bucket(const std::string& path);
  void run_engine();

  World& world_;
  Fate fate_;
  CrewStore::Faults::Times away_;
  bool was_disturbed_;
  support::ManualClock clock_;
  CrewMember member_;
  FakeTransport transport_{clock_};
  support::FakeVideoStore videos_;
  std::atomic<int> stop_{0};
  End end_ = End::other;
  std::string why_;
};

void Runner::sleep(SteadyTime until) {
  until = std::min({until, member_.next_event(), fate_.killed_at.value_or(SteadyTime::max())});
  world_.time().sleep_until(until);
  if (fate_.stopped_at && world_.time().now() >= *fate_.stopped_at) {
    world_.time().sleep_until(*std::exchange(fate_.stopped_at, std::nullopt) + fate_.stopped_for);
  }
  clock_.move_to(world_.time().now());
  if (fate_.killed_at && clock_.steady() >= *fate_.killed_at) {
    throw Killed();
  }
  member_.pump();
}

// An object is created at most once, so that a 409 and a 503 only cost time.
void Runner::meet_faults_of_bucket(const std::string& path) {
  while (true) {
    switch (world_.creation()) {
      case World::Creation::done:
        return;
      case World::Creation::taken_412:
        if (!world_.bucket()->files.contains(path)) {
          videos_.put(path, "somebody else's");
          world_.foreign().insert(path);
        }
        return;
      case World::Creation::conflict_409:
        sleep_at_least(milliseconds(50));
        break;
      case World::Creation::busy_503:
        sleep_at_least(milliseconds(world_.between(500, 20'000)));
        break;
    }
  }
}

void Runner::sleep_at_least(milliseconds time) {
  for (const SteadyTime until = clock_.steady() + time; clock_.steady() < until;) {
    sleep(until);
  }
}

void Runner::run_engine() {
  sleep(kBegin + fate_.begins_after);
  member_.join();
  core::RunPlan plan;
  plan.run = member_.run();
  plan.concurrency = static_cast<int>(world_.between(1, 8));
  plan.download = true;
  plan.download_concurrency = 2;
  plan.rate = world_.store().state().rate;
  plan.retry.retries = 10;
  plan.poll_interval = seconds(15);
  plan.stale_after = std::chrono::hours(36);
  plan.task_page =
      static_cast<std::size_t>(world_.happens(0.5) ? world_.between(2, 8) : world_.between(16, 64));
  plan.seed = world_.random()();
  core::Engine engine(plan, std::make_shared<core::NameTemplate>(core::NameTemplate::kDefault),
                      {"default"}, {member_, transport_, videos_, clock_, stop_},
                      [](const core::Notice&) {});
  const core::RunResult result = engine.run();
  member_.end();
  end_ = result.end == core::RunEnd::completed ? End::completed : End::other;
  why_ = result.reason;
}

void Runner::work() {
  try {
    run_engine();
  } catch (const Killed&) {
    end_ = End::killed;
  } catch (const support::FencedOff&) {
    end_ = End::lost;
  } catch (const core::Error& error) {
    end_ = End::lost;
    why_ = error.what();
  } catch (const std::exception& error) {
    why_ = error.what();
  }
  transport_.abort();  // whatever the process held open is closed
}

Runner::Fate random_fate(World& world) {
  Runner::Fate fate{.begins_after = milliseconds(world.between(0, 8'000))};
  if (world.happens(0.3)) {
    fate.killed_at = kBegin + milliseconds(world.between(0, 60'000));
  } else if (world.happens(0.3)) {
    fate.stopped_at = kBegin + milliseconds(world.between(0, 30'000));
    fate.stopped_for = milliseconds(world.between(1'000, 100'000));
  }
  return fate;
}

std::size_t most_in_any_second(std::vector<SteadyTime> starts) {
  std::sort(starts.begin(), starts.end());
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < starts.size(); ++last) {
    while (starts[last] - starts[first] >= seconds(1)) {
      ++first;
    }
    most = std::max(most, last - first + 1);
  }
  return most;
}

using Runners = std::vector<std::unique_ptr<Runner>>;

void run_together(World& world, const Runners& runners) {
  std::vector<std::function<void()>> bodies;
  for (const auto& runner : runners) {
    bodies.emplace_back([&runner] { runner->work(); });
  }
  world.time().run(bodies);
}

void expect_ends(const Runners& runners, const CrewStore& store) {
  for (const auto& runner : runners) {
    EXPECT_NE(runner->end(), End::other) << runner->why();
    EXPECT_TRUE(runner->end() == End::completed || runner->was_disturbed())
        << "no fault of others ends a run: " << runner->why();
    const auto& snapshots = store.state().ledger.snapshots;
    const auto recorded = static_cast<std::uint64_t>(std::count_if(
        snapshots.begin(), snapshots.end(),
        [&runner](const auto& snapshot) { return snapshot.run == runner->member().run(); }));
    EXPECT_GE(recorded, runner->member().acknowledged_answers());
    if (runner->end() == End::completed) {
      EXPECT_EQ(recorded, runner->member().acknowledged_answers());
    }
  }
}

void expect_rate_kept(const Runners& runners, int rate) {
  std::vector<SteadyTime> starts;
  for (const auto& runner : runners) {
    for (const FakeTransport::Sent& sent : runner->sent()) {
      if (!sent.is_download) {
        starts.push_back(sent.when);
      }
    }
  }
  if (rate > 0) {
    EXPECT_LE(most_in_any_second(std::move(starts)), static_cast<std::size_t>(rate));
  }
}

void expect_all_done(World& world) {
  const CrewStore::State& state = world.store().state();
  std::set<std::string> paths;
  std::size_t succeeded = 0;
  for (const auto& [key, task] : state.ledger.tasks) {
    const auto finals = state.final_snapshots.find(key);
    EXPECT_EQ(finals == state.final_snapshots.end() ? 0 : finals->second, 1) << task.id.text();
    succeeded += task.standing.state == core::TaskState::succeeded ? 1U : 0U;
    for (const auto& [index, video] : task.videos) {
      ASSERT_TRUE(video.file) << task.id.text() << ": " << video.error;
      EXPECT_TRUE(paths.insert(video.file->path).second) << video.file->path;
      EXPECT_FALSE(world.foreign().contains(video.file->path)) << video.file->path;
      EXPECT_TRUE(world.bucket()->files.contains(video.file->path));
    }
  }
  EXPECT_EQ(paths.size(), succeeded);
  EXPECT_EQ(world.bucket()->files.size(), succeeded + world.foreign().size())
      << "one object per video";
  for (std::size_t i = 0; i < state.ledger.snapshots.size(); ++i) {
    ASSERT_EQ(state.ledger.snapshots[i].number, static_cast<std::int64_t>(i) + 1) << "no gap";
  }
}

std::string requests_of(const Runners& runners) {
  std::string text;
  for (const auto& runner : runners) {
    for (const FakeTransport::Sent& sent : runner->sent()) {
      text +=
          std::to_string(sent.when.time_since_epoch().count()) + (sent.is_download ? "v " : " ");
    }
    text += "\n";
  }
  return text;
}

// Returns the times of all requests.
std::string live_through(std::uint64_t seed) {
  World world(seed);
  Runners runners;
  const std::int64_t members = world.between(1, 4);
  for (std::int64_t i = 0; i < members; ++i) {
    runners.push_back(
        std::make_unique<Runner>(world, "token" + std::to_string(i), random_fate(world)));
  }
  run_together(world, runners);
  const bool is_survived = std::any_of(runners.begin(), runners.end(), [](const auto& runner) {
    return runner->end() == End::completed;
  });
  expect_ends(runners, world.store());
  expect_rate_kept(runners, world.store().state().rate);
  if (!is_survived) {  // the next run that cron starts
    world.heal();
    Runners next;
    next.push_back(std::make_unique<Runner>(world, "next", Runner::Fate{}));
    run_together(world, next);
    EXPECT_EQ(next.front()->end(), End::completed) << next.front()->why();
  }
  expect_all_done(world);
  return requests_of(runners);
}

unsigned number_from(const char* name, unsigned fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class CrewSeeds : public testing::TestWithParam<unsigned> {};

constexpr unsigned kShards = 4;

TEST_P(CrewSeeds, NothingIsLostDoubledOrLeft) {
  const unsigned seeds = number_from("REELTALLY_CREW_SEEDS", 1000);
  const unsigned first = number_from("REELTALLY_SEED", 1);
  for (unsigned seed = first + GetParam(); seed < first + seeds; seed += kShards) {
    SCOPED_TRACE("REELTALLY_SEED=" + std::to_string(seed));
    live_through(seed);
    if (HasFailure()) {
      return;
    }
  }
}

TEST(CrewSimulation, ASeedIsAlwaysTheSameWorld) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(live_through(seed), live_through(seed)) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(CrewSimulation, CrewSeeds, testing::Range(0U, kShards));

}  // namespace
