// A transport in virtual time: every request takes a time of its own, so that answers overtake each
// other, and a download that breaks off leaves its bytes behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/engine/transport.h"
#include "tests/support/manual_clock.h"
#include "tests/support/simulation/simulated_gateway.h"

namespace support {

class SimulatedTransport final : public core::Transport {
 public:
  struct Started {
    core::SteadyTime when;
    bool is_query = false;
  };
  /// Called at each moment at which a process may die; may throw, and may move the clock.
  using Moment = std::function<void()>;
  /// When a signal arrives, even if nothing else happens then: a moment.
  std::optional<core::SteadyTime> signal_at;

  SimulatedTransport(ManualClock& clock, SimulatedGateway& gateway, Dice& dice, Moment moment)
      : clock_(clock), gateway_(gateway), dice_(dice), moment_(std::move(moment)) {}

  void start(core::QueryRequest request) override;
  void start(core::DownloadRequest request) override;
  void wait(core::SteadyTime until, std::vector<core::Completion>& completions) override;
  void wake() override { is_woken_ = true; }
  void abort() override { running_.clear(); }
  [[nodiscard]] std::int64_t bytes_received() const override { return 0; }
  [[nodiscard]] std::int64_t connections_opened() const override { return 0; }

  [[nodiscard]] const std::vector<Started>& started() const { return started_; }
  /// When each pause ends that a 429 asked for, and when it was asked for.
  struct Pause {
    core::SteadyTime from;
    core::SteadyTime to;
  };
  [[nodiscard]] const std::vector<Pause>& pauses() const { return pauses_; }

 private:
  using Request = std::variant<core::QueryRequest, core::DownloadRequest>;
  [[nodiscard]] core::Completion complete(Request request);
  [[nodiscard]] std::variant<core::SavedFile, core::FetchFailure> fetch(
      const core::DownloadRequest& request);

  ManualClock& clock_;
  SimulatedGateway& gateway_;
  Dice& dice_;
  Moment moment_;
  std::multimap<core::SteadyTime, Request> running_;
  std::vector<Started> started_;
  std::vector<Pause> pauses_;
  bool is_woken_ = false;
};

}  // namespace support
