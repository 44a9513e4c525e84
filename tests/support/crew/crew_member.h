// A run of a crew as the engine sees it: claims, heartbeats, fence and doubtful COMMITs, in virtual
// time on a CrewStore. The rules are those of design.md, section 7.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/lease.h"
#include "core/ledger/ledger.h"
#include "tests/support/crew/crew_store.h"
#include "tests/support/manual_clock.h"

namespace support {

template <typename Row>
struct CrewPage {
  core::TaskKey after = 0;
  std::size_t limit = 0;
  core::SteadyTime due;
  std::optional<std::vector<Row>> rows;
};

class CrewMember final : public core::Ledger {
 public:
  static constexpr std::chrono::seconds kLease{30};
  static constexpr std::chrono::seconds kHeartbeat{5};
  static constexpr std::chrono::milliseconds kLatency{5};
  static constexpr std::chrono::milliseconds kRetry{200};
  using Sleep = std::function<void(core::SteadyTime until)>;

  /// `away`: when this run alone cannot reach the store. `sleep` returns when something is due
  /// here, at the latest then, and calls `pump`.
  CrewMember(CrewStore& store, CrewStore::Faults::Times away, std::string token,
             const ManualClock& clock, Sleep sleep);

  /// Joins the crew; before everything else.
  void join();
  [[nodiscard]] std::int64_t run() const { return run_; }
  /// When there is something to do here next.
  [[nodiscard]] core::SteadyTime next_event() const;
  /// Does what is due.
  void pump();
  /// Returns while nobody can have taken over this run's work. Throws core::Error when somebody
  /// has.
  void wait_for_lease();
  /// Leaves the crew.
  void end();
  /// Answers that the engine was told are durable.
  [[nodiscard]] std::uint64_t acknowledged_answers() const { return acknowledged_answers_; }

  void ask_for_tasks(core::TaskKey after, std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::TaskRecord>> take_tasks() override;
  /// Throws: a crew reads no list of the gateway.
  [[nodiscard]] std::vector<core::TaskRecord> named_tasks(int account,
                                                          std::vector<core::TaskId> ids) override;
  void ask_for_videos(std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::WantedVideo>> take_videos() override;
  [[nodiscard]] bool has_room(std::size_t entries) const override;
  core::Ticket append(core::Entry&& entry) override;
  [[nodiscard]] core::Ticket committed() const override;
  void flush() override;
  [[nodiscard]] std::vector<core::Unrecorded> take_unrecorded() override { return {}; }
  [[nodiscard]] std::optional<core::CrewStanding> crew_standing() const override;
  void tell_slow_down() override;

 private:
  struct Commit {
    std::size_t entries = 0;
    core::SteadyTime due;
    bool is_in_doubt = false;
  };

  [[nodiscard]] bool is_reachable() const;
  CrewStore::Outcome transact(const std::function<void(CrewStore::State&)>& body);
  [[nodiscard]] std::size_t own_tasks(const CrewStore::State& state) const;
  [[nodiscard]] static std::int64_t free_tasks(const CrewStore::State& state);
  [[nodiscard]] static std::int64_t members(const CrewStore::State& state);
  void require_standing() const;
  void beat();
  void beat_on(CrewStore::State& state);
  void declare_lost(CrewStore::State& state);
  void commit();
  void acknowledge();
  void read_tasks();
  void read_videos();
  CrewStore::Runner& fenced(CrewStore::State& state) const;
  [[nodiscard]] std::int64_t share_of_rate(const CrewStore::State& state) const;
  [[nodiscard]] static bool may_work(const CrewStore::State& state, std::int64_t run);
  [[nodiscard]] bool others_have_work(const CrewStore::State& state) const;

  CrewStore& store_;
  CrewStore::Faults::Times away_;
  std::string token_;
  const ManualClock& clock_;
  Sleep sleep_;
  core::Lease lease_{kLease};
  std::int64_t run_ = 0;
  bool is_lost_ = false;
  core::SteadyTime heartbeat_at_;
  std::uint64_t slow_downs_ = 0;
  core::CrewStanding standing_;
  std::deque<core::Entry> queue_;
  std::optional<Commit> commit_;
  std::uint64_t transaction_ = 0;
  core::Ticket appended_ = 0;
  core::Ticket committed_ = 0;
  std::uint64_t acknowledged_answers_ = 0;
  std::optional<CrewPage<core::TaskRecord>> task_page_;
  std::optional<CrewPage<core::WantedVideo>> video_page_;
};

}  // namespace support
