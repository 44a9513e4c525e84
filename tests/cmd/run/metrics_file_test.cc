#include "cmd/run/metrics_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace {

using cmd::Metrics;

core::UtcTime at(std::int64_t milliseconds) {
  return core::UtcTime(std::chrono::milliseconds(milliseconds));
}

Metrics full() {
  Metrics metrics;
  metrics.version = "1.2 \"odd\\\"\n";
  metrics.ledger = core::LedgerTotals{.unfinished = 3,
                                      .succeeded = 5,
                                      .stale = 1,
                                      .videos_wanted = 2,
                                      .videos_expired = 7,
                                      .runs = 9,
                                      .answers = 11,
                                      .video_bytes = std::numeric_limits<std::int64_t>::max(),
                                      .oldest_unfinished = at(1'759'999'000'500),
                                      .soonest_expiry = at(1'760'003'600'000)};
  metrics.last_run_end = at(1'760'000'000'250);
  metrics.last_run_seconds = 12.5;
  metrics.last_run_exit_code = 3;
  metrics.last_run_unrecognised = 6;
  metrics.last_run_errors = {{"timeout", 4}, {"tls", 1}};
  metrics.last_success = at(1'759'990'000'007);
  return metrics;
}

std::map<std::string, std::string> samples(const std::string& text) {
  std::map<std::string, std::string> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) {
      continue;
    }
    const std::size_t blank = line.rfind(' ');
    values[line.substr(0, blank)] = line.substr(blank + 1);
  }
  return values;
}

TEST(Metrics, Values) {
  auto values = samples(cmd::metrics_text(full()));
  const std::vector<std::pair<const char*, const char*>> cases{
      {"reeltally_build_info{version=\"1.2 \\\"odd\\\\\\\"\\n\"}", "1"},
      {"reeltally_tasks{state=\"unfinished\"}", "3"},
      {"reeltally_tasks{state=\"succeeded\"}", "5"},
      {"reeltally_tasks{state=\"failed\"}", "0"},
      {"reeltally_tasks{state=\"missing\"}", "0"},
      {"reeltally_tasks_stale", "1"},
      {"reeltally_oldest_pending_age_seconds", "999.750"},
      {"reeltally_videos{state=\"wanted\"}", "2"},
      {"reeltally_videos_expired_total", "7"},
      {"reeltally_soonest_expiry_timestamp_seconds", "1760003600.000"},
      {"reeltally_runs_total", "9"},
      {"reeltally_queries_total", "11"},
      {"reeltally_downloaded_bytes_total", "9223372036854775807"},
      {"reeltally_last_run_timestamp_seconds", "1760000000.250"},
      {"reeltally_last_run_duration_seconds", "12.500"},
      {"reeltally_last_run_exit_code", "3"},
      {"reeltally_last_run_unrecognised", "6"},
      {"reeltally_last_run_errors{kind=\"timeout\"}", "4"},
      {"reeltally_last_success_timestamp_seconds", "1759990000.007"},
  };
  for (const auto& [name, value] : cases) {
    EXPECT_EQ(values[name], value) << name;
  }
}

TEST(Metrics, UnknownValuesAreLeftOut) {
  const std::string text = cmd::metrics_text({});
  for (const char* name : {"tasks", "videos", "_total", "errors", "last_success"}) {
    EXPECT_EQ(text.find(name), std::string::npos) << name;
  }
  const std::string empty = cmd::metrics_text({.ledger = core::LedgerTotals{}});
  for (const char* name : {"oldest", "soonest"}) {
    EXPECT_EQ(empty.find(name), std::string::npos) << name;
  }
  EXPECT_NE(empty.find("reeltally_runs_total 0"), std::string::npos);
}

// Prometheus' own tool checks the format and the names.
TEST(Metrics, PromtoolAgrees) {
  const support::TempDir dir;
  for (const Metrics& metrics : {full(), Metrics{}, Metrics{.ledger = core::LedgerTotals{}}}) {
    const std::string path = dir.path("r.prom");
    cmd::write_metrics_file(path, metrics);
    const std::string command =
        "promtool check metrics <" + path + " >" + dir.path("said") + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << support::read_file(dir.path("said"));
    EXPECT_EQ(support::read_file(dir.path("said")), "");
  }
}

TEST(Metrics, TheLastSuccessIsKept) {
  const support::TempDir dir;
  const std::string path = dir.path("r.prom");
  EXPECT_EQ(cmd::last_success_of(path), std::nullopt);
  cmd::write_metrics_file(path, full());
  EXPECT_EQ(cmd::last_success_of(path), at(1'759'990'000'007));
  for (const char* value :
       {"", "x", "1", "1.5", "1.5000", "-1.000", "99999999999999.000", "1.-10"}) {
    dir.write("r.prom", std::string("reeltally_last_success_timestamp_seconds ") + value + "\n");
    EXPECT_EQ(cmd::last_success_of(path), std::nullopt) << value;
  }
}

}  // namespace
