#include "cmd/run/run_settings.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace {

cmd::Settings settings_of(std::vector<std::string> words) {
  words.insert(words.begin(), "run");
  return cmd::Settings::load(cmd::parse_command_line(words), {}, "/nonexistent/config.toml");
}

TEST(RunSettings, ThePlanTakesEachOptionOfTheEngine) {
  const core::RunPlan plan =
      cmd::plan_of(settings_of({"--rate", "3", "--retries", "4", "--wait", "--poll-interval", "5s",
                                "--stale-after", "6h", "--no-download"}),
                   7);
  EXPECT_EQ(plan.run, 7);
  EXPECT_EQ(plan.rate, 3);
  EXPECT_EQ(plan.retry.retries, 4);
  EXPECT_TRUE(plan.wait);
  EXPECT_EQ(plan.poll_interval, std::chrono::seconds(5));
  EXPECT_EQ(plan.stale_after, std::chrono::hours(6));
  EXPECT_FALSE(plan.download);
  EXPECT_TRUE(cmd::plan_of(settings_of({}), 7).download);
}

TEST(RunSettings, TheTransportTakesEachOptionOfTheNetwork) {
  const core::TransportSettings transport = cmd::transport_settings(
      settings_of({"--concurrency", "3", "--download-concurrency", "4", "--connect-timeout", "5s",
                   "--timeout", "6s", "--stall-timeout", "7s", "--limit-rate", "8KiB",
                   "--max-video-size", "9MiB", "--allow-http", "--allow-private-hosts"}),
      {});
  EXPECT_EQ(transport.concurrency, 3);
  EXPECT_EQ(transport.download_concurrency, 4);
  EXPECT_EQ(transport.connect_timeout, std::chrono::seconds(5));
  EXPECT_EQ(transport.query_timeout, std::chrono::seconds(6));
  EXPECT_EQ(transport.stall_timeout, std::chrono::seconds(7));
  EXPECT_EQ(transport.limit_rate, 8 * 1024);
  EXPECT_EQ(transport.video_bytes_max, 9 * 1024 * 1024);
  EXPECT_TRUE(transport.allow_http);
  EXPECT_TRUE(transport.allow_private_hosts);
}

}  // namespace
