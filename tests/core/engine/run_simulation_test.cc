// A whole program in one process: its runs, one after the other, with the whole engine, a ledger
// that fails and loses what is not committed, and a store that loses what is not synced, meet every
// fault of the gateway and of the hosts of videos (tests/support/simulation), jumps of the clock,
// signals and kills. Then all is healed, and an oracle knows what must have become of each task.
// REELTALLY_RUN_SEEDS is the number of such worlds (1,000), REELTALLY_SEED the first seed. A
// failure names its seed: set REELTALLY_SEED to it and REELTALLY_RUN_SEEDS to 1 to repeat it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/engine.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/text/hex.h"
#include "tests/support/fake_ledger.h"
#include "tests/support/fake_video_store.h"
#include "tests/support/simulation/dice.h"
#include "tests/support/simulation/simulated_gateway.h"
#include "tests/support/simulation/simulated_transport.h"

namespace {

using core::SteadyTime;
using core::TaskState;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using support::Dice;
using support::FakeLedger;
using support::FakeVideoStore;
using support::MemoryLedger;
using support::SimulatedGateway;
using support::SimulatedTransport;
using Fate = SimulatedGateway::Fate;

const SteadyTime kBegin = support::ManualClock().steady();
const core::UtcTime kServerBegin = support::ManualClock().utc();
constexpr minutes kLastEnd{180};
constexpr const char* kForeign = "somebody else's";

struct Killed {};

class World {
 public:
  explicit World(std::uint64_t seed) : dice_(seed) { fill(); }

  /// Runs that meet faults, until time has come to heal.
  void suffer();
  /// Runs without faults, as cron starts them.
  void recover();
  void expect_truth() const;
  /// What happened, to compare two lives of one seed.
  [[nodiscard]] std::string story() const { return story_; }

 private:
  struct Fault {
    std::int64_t moments = 0;  ///< until the process dies; 0: it does not
    std::optional<SteadyTime> stopped_at;
    double clock_jumps = 0;
    double full_disk = 0;
    double unrecordable = 0;
    std::int64_t commits = 0;  ///< until the ledger fails; 0: it does not
  };

  void fill();
  [[nodiscard]] core::UtcTime server_now() const {
    return kServerBegin + std::chrono::duration_cast<milliseconds>(clock_.steady() - kBegin);
  }
  [[nodiscard]] Fault fault();
  [[nodiscard]] core::RunPlan plan(bool calm);
  /// None: the process died, or the ledger failed.
  std::optional<core::RunResult> run(const Fault& fault, bool calm);
  std::optional<core::RunResult> run_engine(core::Engine& engine);
  void prepare(FakeLedger& ledger, const Fault& fault);
  void moment();
  void watch(core::Engine& engine, const FakeLedger& ledger);
  void expect_manners(const SimulatedTransport& transport, const core::RunPlan& plan,
                      SteadyTime begin) const;
  void expect_sound() const;
  [[nodiscard]] bool is_recorded(const std::string& path) const;
  [[nodiscard]] std::string history(const std::string& id) const;
  [[nodiscard]] bool was_denied(const std::string& id) const;
  [[nodiscard]] const MemoryLedger::Task& record(const std::string& id) const {
    return memory_->tasks.at(memory_->find("default", id));
  }

  Dice dice_;
  support::ManualClock clock_;
  std::shared_ptr<MemoryLedger> memory_ = std::make_shared<MemoryLedger>();
  FakeVideoStore videos_{[this](const std::string& path) { return is_recorded(path); }};
  SimulatedGateway gateway_{dice_, [this] { return server_now(); }};
  std::set<std::string> foreign_;
  std::int64_t runs_ = 0;
  Fault fault_;
  SimulatedTransport* transport_ = nullptr;  // of the run
  std::atomic<int> stop_{0};
  std::optional<SteadyTime> stopped_;
  SteadyTime run_began_{};
  bool clock_jumped_ = false;
  std::string story_;
};

void World::fill() {
  FakeLedger ledger(memory_);
  const std::int64_t tasks = dice_.between(1, 25);
  for (std::int64_t i = 0; i < tasks; ++i) {
    const std::int64_t kind = dice_.between(0, 9);
    const SimulatedGateway::Task task{
        .id = "t" + std::to_string(i),
        .fate = kind < 6   ? Fate::succeeds
                : kind < 8 ? Fate::fails
                : kind < 9 ? Fate::never_ends
                           : Fate::unknown,
        .ends_at = kServerBegin + dice_.ms(-3'600'000, dice_.happens(0.5) ? 0 : 10'000'000),
        .enhanced = dice_.happens(0.2)};
    gateway_.add(task);
    ledger.add(task.id, clock_.utc());
    if (dice_.happens(0.1)) {
      foreign_.insert(FakeVideoStore::kRoot + task.id + ".mp4");
      videos_.put(FakeVideoStore::kRoot + task.id + ".mp4", kForeign);
    }
  }
}

World::Fault World::fault() {
  Fault fault{.moments = dice_.happens(0.5) ? dice_.between(1, 300) : 0,
              .clock_jumps = dice_.happens(0.2) ? 0.02 : 0,
              .full_disk = dice_.happens(0.2) ? 0.1 : 0,
              .unrecordable = dice_.happens(0.1) ? 0.05 : 0,
              .commits = dice_.happens(0.15) ? dice_.between(1, 30) : 0};
  if (dice_.happens(0.2)) {
    fault.stopped_at = clock_.steady() + dice_.ms(0, 30'000);
  }
  return fault;
}

core::RunPlan World::plan(bool calm) {
  core::RunPlan plan;
  plan.run = ++runs_;
  plan.concurrency = static_cast<int>(dice_.between(1, 8));
  plan.download = true;
  plan.download_concurrency = static_cast<int>(dice_.between(1, 4));
  plan.rate = dice_.happens(0.3) ? static_cast<int>(dice_.between(1, 10)) : 0;
  plan.retry.retries = static_cast<int>(dice_.between(calm ? 2 : 0, 5));
  plan.wait = !calm && dice_.happens(0.3);
  plan.poll_interval = seconds(15);
  plan.stale_after = hours(36);
  plan.task_page = static_cast<std::size_t>(dice_.between(1, 40));
  plan.seed = static_cast<std::uint64_t>(dice_.between(0, 1 << 30));
  if (plan.wait || (!calm && dice_.happens(0.2))) {
    plan.deadline = dice_.ms(1'000, 3'600'000);
  }
  return plan;
}

void World::prepare(FakeLedger& ledger, const Fault& fault) {
  ledger.page_lag = static_cast<int>(dice_.between(0, 3));
  ledger.commit_lag = static_cast<std::size_t>(dice_.happens(0.5) ? dice_.between(0, 10) : 0);
  ledger.before_append = [this, left = fault.commits](const core::Entry&) mutable {
    moment();
    if (left > 0 && --left == 0) {
      throw core::Error("the disk of the ledger is full");
    }
  };
  if (fault.unrecordable > 0) {
    ledger.unrecordable = [this, part = fault.unrecordable](const core::Entry& entry) {
      return !std::holds_alternative<core::SettleEntry>(entry) && dice_.happens(part) ? "simulated"
                                                                                      : "";
    };
  }
  videos_.on_open = [this, part = fault.full_disk](const core::FilePlan&) {
    return part > 0 && dice_.happens(part)
               ? std::optional(core::FetchFailure{.kind = core::FetchFailure::Kind::disk_full})
               : std::nullopt;
  };
}

// Whatever may happen between two steps of the program.
void World::moment() {
  if (fault_.moments > 0 && --fault_.moments == 0) {
    throw Killed();
  }
  if (fault_.stopped_at && !stopped_ && clock_.steady() >= *fault_.stopped_at) {
    stopped_ = clock_.steady();
    stop_ = 1;
    transport_->signal_at.reset();
    transport_->wake();
  }
  if (fault_.clock_jumps > 0 && dice_.happens(fault_.clock_jumps)) {
    constexpr std::int64_t kYear = 31'557'600'000;
    clock_jumped_ = true;
    clock_.jump(dice_.happens(0.5) ? dice_.ms(-kYear, kYear) : dice_.ms(-3'600'000, 3'600'000));
  }
  constexpr hours kLongestRun{48};
  if (clock_.steady() > run_began_ + kLongestRun) {
    throw std::logic_error("a run that does not end");
  }
}

// A user reads of a video once its ticket is committed: then it must be in the ledger.
void World::watch(core::Engine& engine, const FakeLedger& ledger) {
  auto promised = std::make_shared<std::vector<std::pair<core::WantedVideo, core::Ticket>>>();
  engine.on_published([promised](const core::WantedVideo& video, const core::SavedFile& /*file*/,
                                 core::Ticket ticket) { promised->emplace_back(video, ticket); });
  engine.on_turn([this, promised, &ledger] {
    std::erase_if(*promised, [this, &ledger](const auto& one) {
      if (one.second > ledger.committed()) {
        return false;
      }
      const auto& video = record(one.first.id.text()).videos.at(one.first.link.index);
      EXPECT_TRUE(fault_.unrecordable > 0 || video.standing.state == core::VideoState::done)
          << one.first.id.text();
      return true;
    });
  });
}

std::optional<core::RunResult> World::run_engine(core::Engine& engine) {
  try {
    return engine.run();
  } catch (const Killed&) {
    story_ += "killed ";
  } catch (const core::Error&) {
    story_ += "failed ";
    EXPECT_GT(fault_.commits, 0);
  }
  return std::nullopt;
}

std::optional<core::RunResult> World::run(const Fault& fault, bool calm) {
  fault_ = fault;
  stop_ = 0;
  stopped_.reset();
  run_began_ = clock_.steady();
  FakeLedger ledger(memory_);
  prepare(ledger, fault);
  SimulatedTransport transport(clock_, gateway_, dice_, [this] { moment(); });
  transport.signal_at = fault.stopped_at;
  transport_ = &transport;
  const core::RunPlan plan = this->plan(calm);
  ledger.begin_run(plan.run);
  std::optional<core::RunResult> result;
  {
    core::Engine engine(plan, std::make_shared<core::NameTemplate>(core::NameTemplate::kDefault),
                        {"default"}, {ledger, transport, videos_, clock_, stop_},
                        [](const core::Notice&) {});
    watch(engine, ledger);
    result = run_engine(engine);
  }
  transport.abort();
  expect_manners(transport, plan, run_began_);
  if (!result && dice_.happens(0.5)) {  // it was not the process, but the power
    videos_.lose_unsynced([this](std::size_t bytes) {
      return static_cast<std::size_t>(dice_.between(0, static_cast<std::int64_t>(bytes)));
    });
  }
  expect_sound();
  story_ += std::to_string(transport.started().size()) + " requests until " +
            std::to_string(clock_.steady().time_since_epoch().count()) + "\n";
  return result;
}

void World::expect_manners(const SimulatedTransport& transport, const core::RunPlan& plan,
                           SteadyTime begin) const {
  for (const auto& started : transport.started()) {
    EXPECT_FALSE(stopped_ && started.when > *stopped_) << "work begins after a signal";
    for (const auto& pause : transport.pauses()) {
      EXPECT_FALSE(started.is_query && pause.from < started.when && started.when < pause.to)
          << "a query within a pause that a 429 asked for";
    }
  }
  constexpr seconds kEnd{5};
  if (stopped_) {
    EXPECT_LE(clock_.steady(), *stopped_ + kEnd);
  }
  if (plan.deadline) {
    EXPECT_LE(clock_.steady(), begin + *plan.deadline + kEnd);
  }
}

bool World::is_recorded(const std::string& path) const {
  return std::any_of(memory_->tasks.begin(), memory_->tasks.end(), [&path](const auto& task) {
    return std::any_of(task.second.videos.begin(), task.second.videos.end(),
                       [&path](const auto& video) {
                         return video.second.file && video.second.file->path == path;
                       });
  });
}

// What holds at every moment, also when a process has just died: ledger within sent, whole files.
void World::expect_sound() const {
  std::map<std::pair<std::string, std::string>, int> stored;
  for (const MemoryLedger::Snapshot& snapshot : memory_->snapshots) {
    ++stored[{memory_->tasks.at(snapshot.task).id.text(), snapshot.body}];
  }
  for (const auto& [answer, count] : stored) {
    const auto sent = gateway_.sent().find(answer);
    EXPECT_LE(count, sent == gateway_.sent().end() ? 0 : sent->second) << answer.first;
  }
  std::set<std::string> paths;
  for (const auto& [key, task] : memory_->tasks) {
    for (const auto& [index, video] : task.videos) {
      if (video.standing.state == core::VideoState::done) {
        ASSERT_TRUE(video.file);
        EXPECT_TRUE(paths.insert(video.file->path).second) << video.file->path;
        EXPECT_EQ(videos_.content(video.file->path), SimulatedGateway::video(task.id.text(), index))
            << video.file->path;
      }
    }
  }
  for (const std::string& path : foreign_) {
    EXPECT_EQ(videos_.content(path), kForeign);
  }
}

void World::suffer() {
  const std::int64_t runs = dice_.between(1, 6);
  for (std::int64_t i = 0; i < runs && !testing::Test::HasFailure(); ++i) {
    (void)run(fault(), false);
    clock_.advance(dice_.ms(0, 1'800'000));
  }
}

void World::recover() {
  gateway_.heal();
  clock_.jump(std::chrono::duration_cast<milliseconds>(server_now() - clock_.utc()));
  clock_.move_to(std::max(clock_.steady(), kBegin + kLastEnd));
  for (int i = 0; i < core::kNotFoundMax + 2 && !testing::Test::HasFailure(); ++i) {
    clock_.advance(core::kNotFoundApart + seconds(1));
    const auto result = run({}, true);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->end, core::RunEnd::completed) << result->reason;
  }
}

// For messages: the task's answers, each with its run and its time after the task's end.
std::string World::history(const std::string& id) const {
  std::string text = id + ":";
  for (const MemoryLedger::Snapshot& snapshot : memory_->snapshots) {
    if (memory_->tasks.at(snapshot.task).id.text() == id) {
      const auto late = snapshot.observed_at - gateway_.tasks().at(id).ends_at;
      text += " run " + std::to_string(snapshot.run) + " " + std::to_string(late.count()) + " ms " +
              std::string(name(snapshot.answer.verdict)) + " " + snapshot.answer.facts.quota + ";";
    }
  }
  return text;
}

// Whether a valid answer after the task's end was none of an end: it is the last one for the quota
// (core::adds_nothing).
bool World::was_denied(const std::string& id) const {
  return std::any_of(memory_->snapshots.begin(), memory_->snapshots.end(), [&](const auto& one) {
    return memory_->tasks.at(one.task).id.text() == id && core::adds_nothing(one.answer.verdict) &&
           one.observed_at >= gateway_.tasks().at(id).ends_at;
  });
}

void World::expect_truth() const {
  for (const auto& [id, truth] : gateway_.tasks()) {
    const MemoryLedger::Task& task = record(id);
    const TaskState expected = truth.fate == Fate::succeeds     ? TaskState::succeeded
                               : truth.fate == Fate::fails      ? TaskState::failed
                               : truth.fate == Fate::never_ends ? TaskState::unfinished
                                                                : TaskState::missing;
    EXPECT_EQ(task.standing.state, expected) << history(id);
    const std::size_t videos = truth.fate != Fate::succeeds ? 0U : truth.enhanced ? 2U : 1U;
    EXPECT_EQ(task.videos.size(), videos) << id;
    for (const auto& [index, video] : task.videos) {
      const bool done = video.standing.state == core::VideoState::done;
      EXPECT_TRUE(done || (truth.spoiled && video.standing.state == core::VideoState::failed))
          << id << " " << index << ": " << name(video.standing.state) << " " << video.error;
    }
    // Where the clock jumps, the time to ask for the settled quota may be over at once.
    if (!clock_jumped_ && !was_denied(id) &&
        (expected == TaskState::succeeded || expected == TaskState::failed)) {
      EXPECT_EQ(task.facts.quota, "5") << "not settled: " << history(id);
    }
  }
  videos_.list([&](const std::string& path) {
    if (!is_recorded(path) && !foreign_.contains(path)) {
      // A run may die before it records a file, and the next one get something else.
      std::string id = path.substr(std::string_view(FakeVideoStore::kRoot).size());
      id.resize(id.find_first_of("-."));
      EXPECT_TRUE(gateway_.tasks().at(id).spoiled) << path << " is recorded nowhere";
    }
  });
}

std::string live_through(std::uint64_t seed) {
  World world(seed);
  world.suffer();
  if (!testing::Test::HasFailure()) {
    world.recover();
  }
  if (!testing::Test::HasFailure()) {
    world.expect_truth();
  }
  return world.story();
}

unsigned number_of(const char* name, unsigned fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

constexpr unsigned kParts = 4;
class RunSeeds : public testing::TestWithParam<unsigned> {};

TEST_P(RunSeeds, NothingIsLostDoubledOrWrong) {
  const unsigned seeds = number_of("REELTALLY_RUN_SEEDS", 1000);
  const unsigned first = number_of("REELTALLY_SEED", 1);
  for (unsigned seed = first + GetParam(); seed < first + seeds; seed += kParts) {
    SCOPED_TRACE("REELTALLY_SEED=" + std::to_string(seed));
    live_through(seed);
    if (HasFailure()) {
      return;
    }
  }
}

TEST(RunSimulation, ASeedIsAlwaysTheSameLife) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(live_through(seed), live_through(seed)) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(RunSimulation, RunSeeds, testing::Range(0U, kParts));

}  // namespace
