// The contract of core::Ledger, for the fake of the engine's tests and every back end.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger/ledger.h"
#include "tests/storage/entries.h"
#include "tests/support/back_end.h"

namespace {

using core::TaskState;
using core::Verdict;
using core::VideoState;
using entries::answered;
using entries::not_saved;
using entries::saved;

class LedgerContract : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  // Ends the previous run, if any, and begins one that queries `ids`.
  void begin_run(const std::vector<std::string>& ids) {
    ids_ = ids;
    if (ledger_) {
      ledger_->flush();
      ledger_.reset();
    }
    work_->begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
    entries::import(*work_, ids);
    ledger_ = back_end_->open_ledger(*work_);
  }
  void begin_next_run() { begin_run(ids_); }
  core::Ledger& ledger() { return *ledger_; }

  std::vector<std::string> asked() {
    std::vector<std::string> ids;
    for (const core::TaskRecord& task : entries::tasks(ledger())) {
      ids.push_back(task.id.text());
    }
    return ids;
  }
  core::TaskKey key(const std::string& id) {
    for (const core::TaskRecord& task : entries::tasks(ledger())) {
      if (task.id.text() == id) {
        return task.key;
      }
    }
    ADD_FAILURE() << id << " is not asked about";
    return 0;
  }
  void append(core::Entry entry) {
    ledger().append(std::move(entry));
    ledger().flush();
  }
  // A succeeded task whose video is wanted.
  core::TaskKey with_a_video() {
    begin_run({"a"});
    const core::TaskKey task = key("a");
    append(answered({.task = task, .id = "a", .body = entries::success("a")}));
    return task;
  }

 private:
  std::unique_ptr<support::BackEnd> back_end_ = GetParam().make();
  std::unique_ptr<core::WorkList> work_ = back_end_->open_work_list();
  std::unique_ptr<core::Ledger> ledger_;
  std::vector<std::string> ids_;
};

INSTANTIATE_TEST_SUITE_P(All, LedgerContract, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(LedgerContract, TasksAreReturnedInPagesByAscendingKey) {
  begin_run({"a", "b", "c", "d", "e"});
  std::set<std::string> seen;
  core::TaskKey after = 0;
  for (const std::size_t expected : {2U, 2U, 1U, 0U}) {
    const auto page = entries::tasks(ledger(), after, 2);
    ASSERT_EQ(page.size(), expected);
    for (const core::TaskRecord& task : page) {
      EXPECT_GT(task.key, after);
      EXPECT_EQ(task.state, TaskState::unfinished);
      after = task.key;
      seen.insert(task.id.text());
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"a", "b", "c", "d", "e"}));
}

TEST_P(LedgerContract, NamedTasksAreThoseThatArePartOfTheWork) {
  begin_run({"a", "b", "c", "settled", "finished"});
  append(core::SettleEntry{key("settled")});
  append(
      answered({.task = key("finished"), .id = "finished", .body = entries::success("finished")}));
  append(answered({.task = key("b"), .id = "b", .body = entries::running("b")}));
  std::set<std::string> named;
  for (const core::TaskRecord& task :
       entries::named_tasks(ledger(), 0, {"nobody", "b", "settled", "finished", "a"})) {
    named.insert(task.id.text());
    EXPECT_EQ(task.account, 0);
    EXPECT_EQ(task.last_query.has_value(), task.id.text() == "b");
    EXPECT_EQ(task.key, key(task.id.text()));
  }
  EXPECT_EQ(named, (std::set<std::string>{"a", "b"}));
  EXPECT_TRUE(entries::named_tasks(ledger(), 0, {}).empty());
  begin_run({"c"});
  EXPECT_TRUE(entries::named_tasks(ledger(), 0, {"a"}).empty()) << "another run's work";
  EXPECT_EQ(entries::named_tasks(ledger(), 0, {"c"}).size(), 1U);
}

TEST_P(LedgerContract, AnUnfinishedTaskIsQueriedAgainAndKeepsTheFactsOfTheAnswer) {
  begin_run({"a"});
  append(answered({.task = key("a"), .id = "a", .body = entries::running("a")}));
  const auto tasks = entries::tasks(ledger());
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].last_query, entries::kNow);
  EXPECT_EQ(tasks[0].submit_time, core::UtcTime(std::chrono::seconds(1'780'284'820)));
}

TEST_P(LedgerContract, ASettledTaskIsNotQueriedAgainInThisRun) {
  begin_run({"a", "b", "c"});
  append(answered({.task = key("a"), .id = "a", .body = entries::success("a")}));
  append(core::SettleEntry{key("b")});
  EXPECT_EQ(asked(), std::vector<std::string>{"c"});
}

TEST_P(LedgerContract, TheNextRunQueriesOnlyUnfinishedTasks) {
  begin_run({"a", "b", "c"});
  append(answered({.task = key("a"), .id = "a", .body = entries::success("a")}));
  append(core::SettleEntry{key("b")});
  append(answered({.task = key("c"), .id = "c", .body = entries::failure("c")}));
  begin_next_run();
  EXPECT_EQ(asked(), std::vector<std::string>{"b"});
}

TEST_P(LedgerContract, NotFoundIsCountedAcrossRuns) {
  begin_run({"a"});
  core::TaskStanding standing;
  core::UtcTime when = entries::kNow;
  for (std::int64_t run = 1; run <= 2; ++run) {
    core::AnswerEntry entry = answered({.task = key("a"),
                                        .id = "a",
                                        .body = entries::kNotFound,
                                        .http_status = 400,
                                        .run = run,
                                        .before = standing,
                                        .when = when});
    ASSERT_EQ(entry.answer.verdict, Verdict::not_found);
    append(std::move(entry));
    begin_next_run();
    const auto tasks = entries::tasks(ledger());
    ASSERT_EQ(tasks.size(), 1U);
    const core::NotFoundCounts counts{.runs = static_cast<int>(run),
                                      .last_run = run,
                                      .answers = static_cast<int>(run),
                                      .last_answer = when};
    EXPECT_EQ(tasks[0].not_found, counts);
    standing = {tasks[0].state, tasks[0].not_found};
    when += core::kNotFoundApart;
  }
  append(answered({.task = key("a"),
                   .id = "a",
                   .body = entries::kNotFound,
                   .http_status = 400,
                   .run = 3,
                   .before = standing,
                   .when = when}));
  begin_next_run();
  EXPECT_TRUE(asked().empty());
}

TEST_P(LedgerContract, AnAnswerThatNamesAnotherTaskChangesNothing) {
  begin_run({"a"});
  core::AnswerEntry entry =
      answered({.task = key("a"), .id = "a", .body = entries::success("other")});
  ASSERT_EQ(entry.answer.verdict, Verdict::wrong_task);
  append(std::move(entry));
  const auto tasks = entries::tasks(ledger());
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].state, TaskState::unfinished);
  EXPECT_FALSE(tasks[0].submit_time);
  EXPECT_TRUE(entries::videos(ledger()).empty());
}

TEST_P(LedgerContract, ATaskWhoseQuotaIsNotSettledIsQueriedByTheNextRunUntilItIs) {
  const auto moment = entries::kNow + std::chrono::seconds(20);
  begin_run({"a", "b"});
  for (const std::string id : {"a", "b"}) {
    core::AnswerEntry entry = answered({.task = key(id), .id = id, .body = entries::success(id)});
    entry.settles_at = moment;
    append(std::move(entry));
  }
  begin_next_run();
  auto tasks = entries::tasks(ledger());
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].state, TaskState::succeeded);
  EXPECT_EQ(tasks[0].settles_at, moment);
  const core::TaskStanding done{.state = TaskState::succeeded};
  const auto hear = [&](const std::string& id, const std::string& body, core::UtcTime when,
                        int status = 200) {
    const core::TaskKey task = id == "a" ? tasks[0].key : tasks[1].key;
    append(answered({.task = task,
                     .id = id,
                     .body = body,
                     .http_status = status,
                     .before = done,
                     .when = when}));
  };
  hear("a", entries::running("a"), moment - std::chrono::seconds(1));
  hear("b", entries::running("b"), moment);
  begin_next_run();
  EXPECT_EQ(asked(), std::vector<std::string>{"a"}) << "b has heard all there is to hear";
  hear("a", "oops", moment + std::chrono::hours(1), 500);
  begin_next_run();
  EXPECT_EQ(asked(), std::vector<std::string>{"a"}) << "that was no answer";
  hear("a", entries::success("a"), moment);
  begin_next_run();
  EXPECT_TRUE(asked().empty());
}

TEST_P(LedgerContract, ATaskWithLiveFetchIsMarked) {
  begin_run({"a", "b"});
  core::AnswerEntry entry = answered({.task = key("a"), .id = "a", .body = entries::running("a")});
  entry.answer.live_fetch = true;
  append(std::move(entry));
  begin_next_run();
  for (const core::TaskRecord& task : entries::tasks(ledger())) {
    EXPECT_EQ(task.live_fetch, task.id.text() == "a");
  }
}

TEST_P(LedgerContract, ASuccessOffersItsVideo) {
  const core::TaskKey task = with_a_video();
  const auto videos = entries::videos(ledger());
  ASSERT_EQ(videos.size(), 1U);
  EXPECT_EQ(videos[0].task, task);
  EXPECT_EQ(videos[0].id.text(), "a");
  EXPECT_EQ(videos[0].link.index, 1);
  EXPECT_EQ(videos[0].link.url, "https://videos.example/a.mp4?Expires=1780371305&Signature=x");
  EXPECT_EQ(videos[0].link.expires_at, core::UtcTime(std::chrono::seconds(1'780'371'305)));
  EXPECT_EQ(videos[0].finish_time, core::UtcTime(std::chrono::seconds(1'780'284'918)));
  EXPECT_EQ(videos[0].attempts, 0);
  EXPECT_FALSE(videos[0].first_refusal);
}

TEST_P(LedgerContract, VideosAreReturnedByExpiryAndUnknownLast) {
  begin_run({"never", "late", "soon"});
  for (const auto& [id, expires] :
       {std::pair{"never", ""}, std::pair{"late", "1780371305"}, std::pair{"soon", "1780371304"}}) {
    append(answered({.task = key(id), .id = id, .body = entries::success(id, expires)}));
  }
  std::vector<std::string> order;
  for (const core::WantedVideo& video : entries::videos(ledger())) {
    order.push_back(video.id.text());
  }
  EXPECT_EQ(order, (std::vector<std::string>{"soon", "late", "never"}));
  EXPECT_EQ(entries::videos(ledger(), 2).size(), 2U);
}

TEST_P(LedgerContract, ASavedVideoIsNotWantedAnyMore) {
  const core::TaskKey task = with_a_video();
  append(saved(task, "/videos/a.mp4"));
  EXPECT_TRUE(entries::videos(ledger()).empty());
  begin_next_run();
  EXPECT_TRUE(entries::videos(ledger()).empty());
  // A later answer has another link, but the file exists already.
  append(
      answered({.task = task, .id = "a", .body = entries::success("a", "1780999999"), .run = 2}));
  EXPECT_TRUE(entries::videos(ledger()).empty());
}

TEST_P(LedgerContract, AVideoLeftToAnotherRunIsNotTriedInThisOne) {
  const core::TaskKey task = with_a_video();
  append(not_saved(task, VideoState::wanted));
  EXPECT_TRUE(entries::videos(ledger()).empty());
  begin_next_run();
  const auto videos = entries::videos(ledger());
  ASSERT_EQ(videos.size(), 1U);
  EXPECT_EQ(videos[0].attempts, 1);
  EXPECT_EQ(videos[0].first_refusal, entries::kNow);
}

TEST_P(LedgerContract, AVideoThatWasGivenUpComesBackOnlyWithAFreshLink) {
  begin_run({"a", "b"});
  const std::vector<std::pair<std::string, VideoState>> cases{{"a", VideoState::expired},
                                                              {"b", VideoState::failed}};
  for (const auto& [id, given_up] : cases) {
    SCOPED_TRACE(id);
    const core::TaskKey task = key(id);
    append(answered({.task = task, .id = id, .body = entries::success(id)}));
    append(not_saved(task, given_up));
    EXPECT_TRUE(entries::videos(ledger()).empty());
    append(answered({.task = task, .id = id, .body = entries::success(id)}));
    EXPECT_TRUE(entries::videos(ledger()).empty()) << "the same link is as dead as it was";
    append(answered({.task = task, .id = id, .body = entries::success(id, "1780999999")}));
    const auto videos = entries::videos(ledger());
    ASSERT_EQ(videos.size(), 1U);
    EXPECT_EQ(videos[0].link.expires_at, core::UtcTime(std::chrono::seconds(1'780'999'999)));
    append(saved(task, "/videos/" + id));
  }
}

TEST_P(LedgerContract, ALinkWithTheSameExpiryIsFreshWhenItIsSpelledOtherwise) {
  for (const std::string expires : {"", "1780371305"}) {
    SCOPED_TRACE(expires);
    const std::string id = "a" + expires;
    begin_run({id});
    const core::TaskKey task = key(id);
    const std::string body = entries::success(id, expires);
    append(answered({.task = task, .id = id, .body = body}));
    append(not_saved(task, VideoState::expired));
    append(answered({.task = task, .id = id, .body = entries::success(id, expires, "9")}));
    EXPECT_TRUE(entries::videos(ledger()).empty()) << "another answer, but the same link";
    std::string moved = body;
    for (std::size_t at = 0; (at = moved.find("videos.example", at)) != std::string::npos;) {
      moved.replace(at, 6, "mirror");
    }
    append(answered({.task = task, .id = id, .body = moved}));
    ASSERT_EQ(entries::videos(ledger()).size(), 1U);
    EXPECT_TRUE(entries::videos(ledger())[0].link.url.starts_with("https://mirror.example/"));
    append(saved(task, "/videos/" + id));
  }
}

TEST_P(LedgerContract, AFreshLinkHasNoRefusal) {
  const core::TaskKey task = with_a_video();
  append(not_saved(task, VideoState::wanted));
  append(answered({.task = task, .id = "a", .body = entries::success("a", "1780371305", "9")}));
  begin_next_run();
  EXPECT_EQ(entries::videos(ledger()).at(0).first_refusal, entries::kNow) << "the same link";
  append(answered({.task = task, .id = "a", .body = entries::success("a", "1780999999")}));
  begin_next_run();
  EXPECT_FALSE(entries::videos(ledger()).at(0).first_refusal);
}

TEST_P(LedgerContract, AllLinksOfAVideoAreOffered) {
  begin_run({"a"});
  std::string body = entries::success("a");
  body.replace(body.rfind("videos.example"), 6, "mirror");
  append(answered({.task = key("a"), .id = "a", .body = body}));
  const auto videos = entries::videos(ledger());
  ASSERT_EQ(videos.size(), 1U);
  EXPECT_TRUE(videos[0].link.url.starts_with("https://mirror.example/"));
  ASSERT_EQ(videos[0].link.others.size(), 1U);
  EXPECT_TRUE(videos[0].link.others[0].url.starts_with("https://videos.example/"));
}

TEST_P(LedgerContract, AWantedVideoGetsTheLatestLink) {
  const core::TaskKey task = with_a_video();
  append(answered({.task = task, .id = "a", .body = entries::success("a", "1780999999")}));
  const auto videos = entries::videos(ledger());
  ASSERT_EQ(videos.size(), 1U);
  EXPECT_EQ(videos[0].link.expires_at, core::UtcTime(std::chrono::seconds(1'780'999'999)));
}

TEST_P(LedgerContract, TicketsCountTheEntriesAndAllAreDurableAfterAFlush) {
  begin_run({"a"});
  const core::TaskKey task = key("a");
  EXPECT_EQ(ledger().committed(), 0U);
  for (core::Ticket expected = 1; expected <= 100; ++expected) {
    EXPECT_EQ(ledger().append(answered({.task = task, .id = "a", .body = entries::running("a")})),
              expected);
    EXPECT_LE(ledger().committed(), expected);
  }
  ledger().flush();
  EXPECT_EQ(ledger().committed(), 100U);
}

TEST_P(LedgerContract, RoomIsBounded) {
  begin_run({"a"});
  EXPECT_TRUE(ledger().has_room(1));
  EXPECT_FALSE(ledger().has_room(1'000'000));
}

TEST_P(LedgerContract, AFlushOfNothingReturns) {
  begin_run({"a"});
  ledger().flush();
  EXPECT_EQ(ledger().committed(), 0U);
}

}  // namespace
