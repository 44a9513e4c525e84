#include "cmd/run/run_settings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

cmd::Settings defaults() {
  const std::vector<std::string> words = {"run"};
  return cmd::Settings::load(cmd::parse_command_line(words), {}, "/nonexistent/config.toml");
}

// The engine's own defaults are used only by its tests; users get those of the option table.
TEST(RunSettings, TheEnginesDefaultsAreThoseOfTheOptionTable) {
  const core::RunPlan plan = cmd::plan_of(defaults(), 1);
  const core::RunPlan own;
  EXPECT_EQ(plan.rate, own.rate);
  EXPECT_EQ(plan.retry.retries, own.retry.retries);
  EXPECT_EQ(plan.wait, own.wait);
  EXPECT_EQ(plan.poll_interval, own.poll_interval);
  EXPECT_EQ(plan.stale_after, own.stale_after);
  EXPECT_EQ(plan.download, own.download);
}

TEST(RunSettings, TheTransportsDefaultsAreThoseOfTheOptionTable) {
  const core::TransportSettings transport = cmd::transport_settings(defaults(), {});
  const core::TransportSettings own;
  EXPECT_EQ(transport.concurrency, own.concurrency);
  EXPECT_EQ(transport.download_concurrency, own.download_concurrency);
  EXPECT_EQ(transport.connect_timeout, own.connect_timeout);
  EXPECT_EQ(transport.query_timeout, own.query_timeout);
  EXPECT_EQ(transport.stall_timeout, own.stall_timeout);
  EXPECT_EQ(transport.limit_rate, own.limit_rate);
  EXPECT_EQ(transport.video_bytes_max, own.video_bytes_max);
  EXPECT_EQ(transport.allow_http, own.allow_http);
  EXPECT_EQ(transport.allow_private_hosts, own.allow_private_hosts);
}

}  // namespace
