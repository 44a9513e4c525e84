// The fixture of the engine's tests: scripts by task ID, one fake ledger, one manual clock.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/engine/engine.h"
#include "tests/support/fake_ledger.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fake_video_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/tiny_video.h"

namespace engine_world {

using core::FetchFailure;
using FailureKind = core::FetchFailure::Kind;
using core::RunEnd;
using core::TaskState;
using core::VideoState;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using support::answer;
using support::FakeTransport;

inline const std::string kPrefix = "/v1/video/generations/";

inline std::string body(const std::string& id, const std::string& status,
                        const std::string& url = "") {
  const std::string link = url.empty() ? "" : R"("result_url":")" + url + R"(",)";
  return R"({"code":"success","message":"","data":{"task_id":")" + id +
         R"(","action":"generate",)" + link + R"("status":")" + status +
         R"(","fail_reason":"","submit_time":1780284820,"start_time":0,"finish_time":1780284918,)"
         R"("progress":"10%","data":null}})";
}

inline std::string link(const std::string& id, core::UtcTime expiry) {
  const auto stamp = std::chrono::duration_cast<seconds>(expiry.time_since_epoch()).count();
  return "https://store.example/" + id + ".mp4?Expires=" + std::to_string(stamp) + "&Signature=x";
}

// A fake ledger whose run may belong to a crew.
class CrewLedger : public support::FakeLedger {
 public:
  [[nodiscard]] std::optional<core::CrewStanding> crew_standing() const override {
    return standing;
  }
  void tell_slow_down() override { ++slow_downs_told; }

  std::optional<core::CrewStanding> standing;
  int slow_downs_told = 0;
};

// A run with scripts by task ID, one fake ledger and one manual clock.
class EngineTest : public testing::Test {
 protected:
  using Script = std::vector<FakeTransport::QueryOutcome>;

  EngineTest() {
    plan_.run = 1;
    plan_.concurrency = 32;
    plan_.download_concurrency = 8;
    plan_.retry.retries = 3;
    plan_.poll_interval = seconds(15);
    plan_.stale_after = hours(36);
    plan_.download = true;
    plan_.seed = 7;
    scripts_[core::kKeyUsagePath] = {{answer(404, "<html>no such page</html>")}, 0};
    transport_.on_query = [this](const core::QueryRequest& request) { return next(request.path); };
    transport_.on_download = [this](const core::DownloadRequest& request) {
      return fetch_ ? fetch_(request) : saved(request);
    };
  }

  void add(const std::string& id, Script script) {
    ledger_.add(id, clock_.utc());
    scripts_[kPrefix + id] = {std::move(script), 0};
  }
  void add_succeeding(const std::string& id, milliseconds life = hours(20)) {
    add(id, {answer(200, body(id, "SUCCESS", link(id, clock_.utc() + life)))});
  }

  /// Advances the clock so far that the next answers count towards a missing task.
  void go_to_next_run() {
    ++plan_.run;
    clock_.advance(core::kNotFoundApart);
  }
  core::RunResult run() {
    ledger_.begin_run(plan_.run);
    return run_listed();
  }
  /// With the work list as it is.
  core::RunResult run_listed() {
    engine_.emplace(plan_, std::make_shared<core::NameTemplate>(core::NameTemplate::kDefault),
                    std::vector<std::string>{"default"},
                    core::Engine::Dependencies{ledger_, transport_, videos_, clock_, stop_},
                    [this](const core::Notice& notice) { notices_.push_back(notice); });
    if (prepare_) {
      prepare_(*engine_);
    }
    return engine_->run();
  }
  [[nodiscard]] const core::RunTally& tally() const { return engine_->tally(); }

  // The last answer of a script is repeated for ever.
  FakeTransport::QueryOutcome next(const std::string& path) {
    auto& [script, position] = scripts_.at(path);
    return script.at(std::min(position++, script.size() - 1));
  }
  static FakeTransport::FetchOutcome saved(const core::DownloadRequest& /*request*/) {
    constexpr std::size_t kBytes = 1000;
    static const std::string kVideo = support::tiny_mp4(kBytes);
    return kVideo;
  }
  int asked(const std::string& id) const { return transport_.count(kPrefix + id); }
  std::size_t told(core::Notice::Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(notices_.begin(), notices_.end(),
                      [kind](const core::Notice& one) { return one.kind == kind; }));
  }

  core::RunPlan plan_;
  support::ManualClock clock_;
  CrewLedger ledger_;
  FakeTransport transport_{clock_};
  support::FakeVideoStore videos_;
  std::atomic<int> stop_{0};
  std::map<std::string, std::pair<Script, std::size_t>> scripts_;
  std::function<FakeTransport::FetchOutcome(const core::DownloadRequest&)> fetch_;
  std::function<void(core::Engine&)> prepare_;  // before each run
  std::optional<core::Engine> engine_;
  std::vector<core::Notice> notices_;
};

}  // namespace engine_world
