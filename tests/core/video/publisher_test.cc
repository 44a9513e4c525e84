#include "core/video/publisher.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "core/video/local/part_file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_video.h"

namespace {

using core::PartFile;
using core::Publisher;

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kVideoBytes = 1000;

// Counts wake-ups; waiting for one is the only wait in the test.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }
  bool wait_for(int rings, std::chrono::seconds patience = kPatience) {
    std::unique_lock lock(mutex_);
    return rung_.wait_for(lock, patience, [&] { return rings_ >= rings; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  int rings_ = 0;
};

class PublisherTest : public ::testing::Test {
 protected:
  Publisher::Job job(std::uint64_t token, const std::string& content) {
    core::FilePlan plan;
    plan.name_template = std::make_shared<const core::NameTemplate>("{task_id}.{ext}");
    plan.fields.task_id = std::to_string(token);
    auto part = std::get<std::unique_ptr<PartFile>>(PartFile::open(output_, plan, claimed_));
    EXPECT_FALSE(part->restart("", {}));
    EXPECT_FALSE(part->append(content));
    return {.token = token, .sink = std::move(part), .promised = {}};
  }
  Publisher publisher(int threads) {
    return {threads, [this] { bell_.ring(); }};
  }

  support::TempDir folder_;
  std::shared_ptr<core::OutputFolder> output_ =
      std::make_shared<core::OutputFolder>(folder_.path());
  core::Claimed claimed_;
  Bell bell_;
};

TEST_F(PublisherTest, PublishesCompleteVideosAndReportsOthers) {
  Publisher publisher = this->publisher(2);
  publisher.submit(job(1, support::tiny_mp4(kVideoBytes)));
  publisher.submit(job(2, "<html>"));
  ASSERT_TRUE(bell_.wait_for(2));
  const std::vector<Publisher::Result> results = publisher.take();
  ASSERT_EQ(results.size(), 2U);
  for (const Publisher::Result& result : results) {
    EXPECT_EQ(std::holds_alternative<core::SavedFile>(result.outcome), result.token == 1);
  }
  EXPECT_EQ(support::read_file(folder_.path("1.mp4")), support::tiny_mp4(kVideoBytes));
  EXPECT_TRUE(publisher.take().empty()) << "each is told once";
}

TEST_F(PublisherTest, ExceptionsOfAWorkerAreRethrownByTake) {
  claimed_ = [](const auto&) -> bool { throw std::runtime_error("the ledger broke"); };
  Publisher publisher = this->publisher(1);
  publisher.submit(job(1, support::tiny_mp4(kVideoBytes)));
  ASSERT_TRUE(bell_.wait_for(1));
  EXPECT_THROW(static_cast<void>(publisher.take()), std::runtime_error);
}

TEST_F(PublisherTest, ClearForgetsWaitingJobsAndTheResultOfTheRunningOne) {
  std::promise<void> entered;
  std::promise<void> leave;
  claimed_ = [&](const auto&) {
    entered.set_value();
    leave.get_future().wait();
    return false;
  };
  Publisher publisher = this->publisher(1);
  publisher.submit(job(1, support::tiny_mp4(kVideoBytes)));
  publisher.submit(job(2, support::tiny_mp4(kVideoBytes)));
  ASSERT_EQ(entered.get_future().wait_for(kPatience), std::future_status::ready);
  publisher.clear();
  leave.set_value();
  ASSERT_TRUE(bell_.wait_for(1));
  EXPECT_TRUE(publisher.take().empty());
  EXPECT_EQ(support::read_file(folder_.path("2.mp4")), "");
}

TEST_F(PublisherTest, EndsWithWaitingJobsAndLeavesNoIncompleteVideo) {
  constexpr int kJobs = 50;
  const std::string video = support::tiny_mp4(kVideoBytes);
  {
    Publisher publisher = this->publisher(2);
    for (std::uint64_t token = 0; token < kJobs; ++token) {
      publisher.submit(job(token, video));
    }
  }
  int published = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (entry.path().extension() == ".mp4") {
      ++published;
      EXPECT_EQ(support::read_file(entry.path()), video);
    }
  }
  EXPECT_TRUE(bell_.wait_for(published, std::chrono::seconds(0)));
  EXPECT_FALSE(bell_.wait_for(published + 1, std::chrono::seconds(0))) << "one bell a video";
}

}  // namespace
