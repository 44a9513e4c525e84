#include "core/publisher.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tests/support/tiny_video.h"

namespace {

class PublisherTest : public testing::Test {
 protected:
  PublisherTest() {
    std::string name = "/tmp/publisher-XXXXXX";
    base_ = mkdtemp(name.data());
    folder_ = std::make_shared<core::OutputFolder>(base_.string());
  }
  ~PublisherTest() override { std::filesystem::remove_all(base_); }

  core::Publisher::Job job(std::uint64_t token, const std::string& bytes) {
    core::FilePlan plan;
    plan.name_template = std::make_shared<core::NameTemplate>(core::NameTemplate::kDefault);
    plan.fields.task_id = "t" + std::to_string(token);
    auto opened = core::PartFile::open(folder_, plan);
    auto part = std::move(std::get<std::unique_ptr<core::PartFile>>(opened));
    EXPECT_FALSE(part->restart("", 0).has_value());
    EXPECT_FALSE(part->append(bytes).has_value());
    return {token, std::move(part), {}};
  }

  // Waits for `count` results; the test's own time limit is the watchdog.
  std::vector<core::Completion> collect(core::Publisher& publisher, std::size_t count) {
    std::vector<core::Completion> results;
    while (results.size() < count) {
      woken_.wait(0);
      woken_ = 0;
      publisher.take(results);
    }
    return results;
  }
  void wake() {
    woken_ = 1;
    woken_.notify_one();
  }

  std::filesystem::path base_;
  std::shared_ptr<const core::OutputFolder> folder_;
  std::atomic<int> woken_{0};
};

TEST_F(PublisherTest, PublishesOnItsThreadsAndReports) {
  core::Publisher publisher(2, {}, [this] { wake(); });
  for (std::uint64_t token = 1; token <= 20; ++token) {
    publisher.submit(job(token, token % 5 == 0 ? "<html>" : support::tiny_mp4(500)));
  }
  int saved = 0;
  for (const core::Completion& result : collect(publisher, 20)) {
    const bool video = std::holds_alternative<core::SavedFile>(result.outcome);
    EXPECT_EQ(video, result.token % 5 != 0);
    saved += video ? 1 : 0;
  }
  EXPECT_EQ(saved, 16);
}

TEST_F(PublisherTest, WhatAWorkerThrowsReachesTheLoop) {
  const auto claimed = [](const std::string&) -> bool { throw std::runtime_error("ledger broke"); };
  core::Publisher publisher(1, claimed, [this] { wake(); });
  publisher.submit(job(1, support::tiny_mp4(500)));
  EXPECT_THROW(collect(publisher, 1), std::runtime_error);
}

TEST_F(PublisherTest, StartsAndStopsManyTimes) {
  for (std::uint64_t round = 1; round <= 50; ++round) {
    core::Publisher publisher(3, {}, [] {});
    publisher.submit(job(round, support::tiny_mp4(300)));
    if (round % 2 == 0) {
      publisher.clear();
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(base_)) {
    EXPECT_TRUE(entry.is_regular_file());
  }
}

}  // namespace
