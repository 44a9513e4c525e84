// Whether a video's last link may still live, by its stored answer.
#include "storage/answers/link_life.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "tests/storage/entries.h"

namespace {

using core::UtcTime;

constexpr std::int64_t kDictionary = 1;

// Blocks in memory, each with one answer; what is not there was deleted by somebody.
class KeptAnswers final : public storage::BlockReader {
 public:
  storage::StoredAnswer keep(const std::string& body) {
    const auto number = static_cast<std::int64_t>(blocks_.size()) + 1;
    blocks_[number] = codec_.encode({body});
    return {.block = number, .slot = 0, .http_status = 200};
  }

 private:
  bool find_block(std::int64_t block, const TakeBlock& take) override {
    const auto found = blocks_.find(block);
    if (found == blocks_.end()) {
      return false;
    }
    take(kDictionary, found->second.lengths, found->second.content);
    return true;
  }
  std::optional<std::string> find_dictionary(std::int64_t /*dictionary*/) override {
    return std::string(storage::AnswerCodec::built_in_dictionary());
  }

  storage::AnswerCodec codec_{storage::AnswerCodec::built_in_dictionary()};
  std::map<std::int64_t, storage::EncodedBlock> blocks_;
};

constexpr UtcTime kNow{std::chrono::milliseconds(1'790'000'000'000)};
constexpr UtcTime kBefore = kNow - std::chrono::hours(1);
constexpr UtcTime kAfter = kNow + std::chrono::hours(1);

storage::OfferedVideo video_of(std::optional<UtcTime> expires_at,
                               std::optional<storage::StoredAnswer> answer = std::nullopt) {
  return {.task = 1,
          .state = core::VideoState::expired,
          .expires_at = expires_at,
          .answer = std::move(answer),
          .task_id = "a"};
}

TEST(LinkLife, ALinkLivesUntilAnExpiryThatItStatesItself) {
  KeptAnswers answers;
  // Its `Expires` is a year before kNow.
  const storage::StoredAnswer stated = answers.keep(entries::success("a", "1760000000"));
  const storage::StoredAnswer silent = answers.keep(entries::success("a", ""));
  const storage::StoredAnswer none = answers.keep(entries::running("a"));
  EXPECT_TRUE(storage::may_live(answers, video_of(std::nullopt), kNow)) << "no expiry is known";
  EXPECT_TRUE(storage::may_live(answers, video_of(kAfter, stated), kNow));
  EXPECT_FALSE(storage::may_live(answers, video_of(kBefore, stated), kNow));
  EXPECT_TRUE(storage::may_live(answers, video_of(kBefore, silent), kNow)) << "assumed by us";
  EXPECT_TRUE(storage::may_live(answers, video_of(kBefore, none), kNow)) << "its task is asked";
  EXPECT_FALSE(storage::may_live(answers, video_of(kBefore), kNow)) << "its answer was pruned";
}

TEST(LinkLife, OfADamagedLedgerTheTaskIsAskedAgain) {
  KeptAnswers answers;
  const storage::StoredAnswer gone{.block = 9, .slot = 0, .http_status = 200};
  EXPECT_TRUE(storage::may_live(answers, video_of(kBefore, gone), kNow));
  EXPECT_THROW(static_cast<void>(answers.read(9, 0)), storage::AnswerDamaged);
  storage::OfferedVideo bad = video_of(kBefore, answers.keep(entries::success("a", "")));
  bad.task_id = "..";
  EXPECT_FALSE(storage::may_live(answers, bad, kNow)) << "no task has this ID";
  storage::OfferedVideo other = video_of(kBefore, answers.keep(entries::success("a", "")));
  other.index = 2;
  EXPECT_TRUE(storage::may_live(answers, other, kNow)) << "the answer has no second video";
}

TEST(LinkLife, OnlyAVideoThatWasGivenUpIsTriedAgain) {
  KeptAnswers answers;
  storage::OfferedVideo video = video_of(kBefore);
  EXPECT_FALSE(storage::is_worth_a_try(answers, video, kNow)) << "its link is dead";
  video.state = core::VideoState::failed;
  EXPECT_TRUE(storage::is_worth_a_try(answers, video, kNow));
  video.state = core::VideoState::done;
  EXPECT_FALSE(storage::is_worth_a_try(answers, video, kNow));
  video = video_of(kAfter);
  EXPECT_TRUE(storage::is_worth_a_try(answers, video, kNow));
}

}  // namespace
