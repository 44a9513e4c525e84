// A transport without a network: answers come from scripts, and waiting moves the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/engine/transport.h"
#include "tests/support/manual_clock.h"

namespace support {

class FakeTransport final : public core::Transport {
 public:
  using QueryOutcome = std::variant<core::QueryAnswer, core::TransportFailure>;
  /// All bytes of a video, which go to the sink, or the failure.
  using FetchOutcome = std::variant<std::string, core::FetchFailure>;

  struct Sent {
    core::SteadyTime when;
    std::string what;  ///< path of a query, URL of a download
    bool is_download;
  };

  explicit FakeTransport(ManualClock& clock) : clock_(clock) {}

  /// Every query and download takes this long.
  std::chrono::milliseconds latency{10};
  std::optional<std::chrono::milliseconds> download_latency;  ///< none: as a query
  /// Decides each outcome when it is due; set them before the run.
  std::function<QueryOutcome(const core::QueryRequest&)> on_query;
  std::function<FetchOutcome(const core::DownloadRequest&)> on_download;
  /// Sleeps in every wait, until then at the latest; none: the clock moves there.
  std::function<void(core::SteadyTime until)> sleep_until;
  /// Called before every wait; may raise a stop flag or move the clock.
  std::function<void()> before_wait;

  std::vector<Sent> sent;
  std::size_t most_queries_in_flight = 0;
  std::size_t most_downloads_in_flight = 0;
  int aborted = 0;

  void start(core::QueryRequest request) override;
  void start(core::DownloadRequest request) override;
  void wait(core::SteadyTime until, std::vector<core::Completion>& completions) override;
  void wake() override {}
  void abort() override;
  [[nodiscard]] std::int64_t bytes_received() const override { return 0; }
  [[nodiscard]] std::int64_t connections_opened() const override { return 0; }

  /// Requests sent for this path or URL.
  [[nodiscard]] int count(const std::string& what) const;

 private:
  using Request = std::variant<core::QueryRequest, core::DownloadRequest>;
  void fetch(core::DownloadRequest& download, core::Completion& completion) const;
  ManualClock& clock_;
  std::multimap<core::SteadyTime, Request> running_;
  std::size_t queries_ = 0;
  std::size_t downloads_ = 0;
};

/// An HTTP answer with this body.
[[nodiscard]] core::QueryAnswer answer(int http_status, std::string body);

}  // namespace support
