// The server that a crew shares, in memory: atomic transactions, and the ways in which they fail.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "tests/support/memory_ledger.h"

namespace support {

/// Another run has taken over this one's work: it may write nothing more.
struct FencedOff : std::runtime_error {
  FencedOff() : std::runtime_error("the lease is lost") {}
};

/// The server's clock is the simulation's own time.
class CrewStore {
 public:
  struct Runner {
    std::string token;
    core::SteadyTime alive_until;
    bool is_lost = false;
    bool has_ended = false;
    std::uint64_t committed = 0;  ///< its last transaction that is done
    std::int64_t share = 0;
    std::uint64_t slow_downs = 0;
  };
  /// What transactions read and write.
  struct State {
    MemoryLedger ledger;
    std::map<std::int64_t, Runner> runners;        ///< by run
    std::map<core::TaskKey, std::int64_t> claims;  ///< the run, 0: free; of each task on the list
    std::map<core::TaskKey, int> final_snapshots;  ///< how many answers ended the task
    int rate = 0;                                  ///< of the crew; 0: none
  };
  struct Faults {
    using Times = std::pair<core::SteadyTime, core::SteadyTime>;
    std::vector<Times> away;  ///< nothing can be reached
    double doubtful = 0;      ///< part of the COMMITs that nobody hears of again
  };
  enum class Outcome { done, unreachable, in_doubt };

  CrewStore(Faults faults, std::uint64_t seed) : faults_(std::move(faults)), random_(seed) {}

  /// All of `body` or nothing. What it throws passes through, and then nothing is done.
  /// `in_doubt`: it may be done.
  Outcome transact(core::SteadyTime now, const std::function<void(State&)>& body);
  /// False when it cannot be reached.
  [[nodiscard]] bool is_reachable(core::SteadyTime now) const;
  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] const Faults& faults() const { return faults_; }
  /// Before the simulation begins.
  [[nodiscard]] State& prepare() { return state_; }
  void heal() { faults_ = {}; }

 private:
  Faults faults_;
  std::mt19937_64 random_;
  State state_;
};

}  // namespace support
