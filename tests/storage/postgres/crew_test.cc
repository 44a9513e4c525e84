// Several runs on one PostgreSQL ledger: who may begin, who gets what, and who is dead.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/ledger_error.h"
#include "storage/postgres/postgres_ledger.h"
#include "storage/postgres/postgres_reader.h"
#include "storage/postgres/postgres_work_list.h"
#include "storage/postgres/run_fence.h"
#include "storage/postgres/server_transaction.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/postgres_server.h"

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{600'000};
constexpr milliseconds kShort{300};
constexpr milliseconds kMiddling{12'000};  // a heartbeat each 2 s
constexpr milliseconds kLook{10};
constexpr std::chrono::seconds kPatience{60};

class PostgresCrew : public testing::Test {
 protected:
  // One run: its work list, and its ledger once it has begun.
  struct Runner {
    std::unique_ptr<storage::PostgresWorkList> work;
    std::unique_ptr<storage::QueuedLedger> ledger;

    void begin(const std::vector<std::string>& ids) {
      work->begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
      entries::import(*work, ids);
      ledger = work->open_ledger([] {}, storage::ImportTime::before);
    }
    void stop() {
      ledger.reset();
      work.reset();
    }
  };

  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
    lent_.emplace();
    connection_.emplace(storage::LedgerUrl(lent_->url()));
  }
  Runner runner(const std::string& crew, milliseconds lease = kLong, bool heartbeat = false) {
    return {std::make_unique<storage::PostgresWorkList>(
                storage::LedgerUrl(lent_->url()), clock_,
                storage::RunnerTerms{.crew = crew, .lease = lease, .heartbeat = heartbeat}),
            nullptr};
  }
  Runner rated(std::int64_t rate) {
    Runner made{std::make_unique<storage::PostgresWorkList>(
                    storage::LedgerUrl(lent_->url()), clock_,
                    storage::RunnerTerms{.crew = "night", .rate = rate, .lease = kMiddling}),
                nullptr};
    std::vector<std::string> ids;
    for (int i = 0; i < 100; ++i) {
      ids.push_back("t" + std::to_string(i));
    }
    made.begin(ids);
    return made;
  }
  static std::int64_t share(const Runner& runner) {
    return static_cast<std::int64_t>(runner.ledger->crew_standing()->rate_share.value_or(-1));
  }
  // Looks at the crew until its shares are these; false: they never are, or exceed their sum.
  static bool come_to(const std::vector<const Runner*>& crew, std::multiset<std::int64_t> wanted) {
    const std::int64_t rate = std::accumulate(wanted.begin(), wanted.end(), std::int64_t{0});
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      std::multiset<std::int64_t> shares;
      for (const Runner* one : crew) {
        shares.insert(share(*one));
      }
      if (std::accumulate(shares.begin(), shares.end(), std::int64_t{0}) > rate) {
        return false;
      }
      if (shares == wanted) {
        return true;
      }
      std::this_thread::sleep_for(kLook);
    }
    return false;
  }
  // Refuses new connections to the ledger; those that exist go on.
  class NobodyMayConnect {
   public:
    explicit NobodyMayConnect(PostgresCrew& test) : test_(test) { admit("false"); }
    ~NobodyMayConnect() { admit("true"); }
    NobodyMayConnect(const NobodyMayConnect&) = delete;
    NobodyMayConnect& operator=(const NobodyMayConnect&) = delete;

   private:
    void admit(const std::string& whether) {
      test_.change("UPDATE pg_database SET datallowconn = " + whether +
                   " WHERE datname = current_database()");
    }
    PostgresCrew& test_;
  };
  std::int64_t number(const std::string& sql) {
    const storage::ServerTransaction moment(*connection_,
                                            storage::ServerTransaction::Kind::reading);
    storage::Rows row = connection_->query(sql);
    return row.step() ? row.integer(0) : -1;
  }
  void change(const std::string& sql) {
    storage::transact(*connection_, [&] { connection_->run_script(sql); });
  }
  static std::set<std::string> names(const std::vector<core::TaskRecord>& tasks) {
    std::set<std::string> ids;
    for (const core::TaskRecord& task : tasks) {
      ids.insert(task.id.text());
    }
    return ids;
  }
  static core::AnswerEntry success(const core::TaskRecord& task) {
    return entries::answered(
        {.task = task.key, .id = task.id.text(), .body = entries::success(task.id.text())});
  }
  // A query: whether a statement that begins so waits for a lock.
  static std::string is_waiting(const std::string& statement) {
    return "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
           "current_database() AND query LIKE '" +
           statement + "%'";
  }
  bool becomes_true(const std::string& query) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (number("SELECT CAST((" + query + ") AS int)") != 1) {
      if (std::chrono::steady_clock::now() > until) {
        return false;
      }
    }
    return true;
  }
  // Asks until the runner gets tasks.
  static std::vector<core::TaskRecord> tasks_in_time(Runner& by) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    std::vector<core::TaskRecord> tasks;
    while (tasks.empty() && std::chrono::steady_clock::now() < until) {
      tasks = entries::tasks(*by.ledger);
    }
    return tasks;
  }

  std::optional<support::LentLedger> lent_;
  std::optional<storage::Connection> connection_;
  support::ManualClock clock_;
};

TEST_F(PostgresCrew, ARunAloneIsRefusedWhileAnotherIsAlive) {
  Runner first = runner("");
  first.begin({"a"});
  EXPECT_THROW(runner("").begin({"a"}), storage::LedgerBusy);
  EXPECT_THROW(runner("night").begin({"a"}), storage::LedgerBusy);
  first.ledger.reset();
  first.work->end_run(0, "{}");
  runner("").begin({"a"});
}

TEST_F(PostgresCrew, ACrewIsJoinedUnderItsNameAlone) {
  Runner first = runner("night");
  first.begin({"a"});
  EXPECT_THROW(runner("day").begin({"a"}), storage::LedgerBusy);
  EXPECT_THROW(runner("").begin({"a"}), storage::LedgerBusy);
  Runner second = runner("night");
  second.begin({"a", "b"});
  EXPECT_EQ(number("SELECT count(*) FROM work"), 2);
}

TEST_F(PostgresCrew, AProcessThatIsGoneHoldsNothing) {
  {
    Runner killed = runner("");
    killed.begin({"a"});
    change("UPDATE runner SET process = regexp_replace(process, ' [0-9]+ [0-9]+$', ' 1 1')");
    killed.stop();
  }
  runner("").begin({"a"});
  EXPECT_EQ(number("SELECT lost FROM runner WHERE run = 1"), 1);
}

TEST_F(PostgresCrew, EachTaskIsOneRunsAlone) {
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    ids.push_back("t" + std::to_string(i));
  }
  Runner one = runner("night");
  Runner two = runner("night");
  one.begin(ids);
  two.begin(ids);
  EXPECT_EQ(number("SELECT count(*) FROM task"), 50);
  std::set<std::string> all;
  std::size_t given = 0;
  std::map<Runner*, core::TaskKey> after;
  for (Runner* by : {&one, &two, &one, &two}) {
    const auto page = entries::tasks(*by->ledger, after[by], 20);
    ASSERT_FALSE(page.empty());
    EXPECT_EQ(by->ledger->crew_standing()->has_free_tasks, given + page.size() < 50);
    after[by] = page.back().key;
    given += page.size();
    const auto tasks = names(page);
    all.insert(tasks.begin(), tasks.end());
  }
  EXPECT_EQ(given, 50U);
  EXPECT_EQ(all.size(), 50U);
  EXPECT_TRUE(one.ledger->crew_standing()->may_get_more_tasks) << "the other run may leave some";
}

TEST_F(PostgresCrew, AShortListIsSharedByAllMembers) {
  std::vector<std::string> ids;
  for (int i = 0; i < 600; ++i) {
    ids.push_back("t" + std::to_string(i));
  }
  Runner one = runner("night");
  one.begin(ids);
  EXPECT_EQ(entries::tasks(*one.ledger, 0, 1024).size(), 300U) << "another run may join";
  Runner two = runner("night");
  Runner three = runner("night");
  two.begin(ids);
  three.begin(ids);
  EXPECT_EQ(entries::tasks(*two.ledger, 0, 1024).size(), 75U);
  EXPECT_EQ(entries::tasks(*three.ledger, 0, 1024).size(), 57U);
}

TEST_F(PostgresCrew, ARunThatSweepsAgainSeesItsOwnTasks) {
  Runner one = runner("night");
  one.begin({"a", "b", "c"});
  EXPECT_EQ(entries::tasks(*one.ledger, 0).size(), 3U);
  EXPECT_EQ(entries::tasks(*one.ledger, 0).size(), 3U);
  EXPECT_EQ(entries::tasks(*one.ledger, 3).size(), 0U);
  EXPECT_FALSE(one.ledger->crew_standing()->may_get_more_tasks);
}

TEST_F(PostgresCrew, ALostRunWritesNothing) {
  Runner one = runner("night");
  one.begin({"a"});
  const auto tasks = entries::tasks(*one.ledger);
  change("UPDATE runner SET lost = 1");
  one.ledger->append(success(tasks.at(0)));
  EXPECT_THROW(one.ledger->flush(), storage::RunLost);
  one.ledger.reset();
  EXPECT_THROW(one.work->end_run(0, "{}"), storage::RunLost);
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 0);
  EXPECT_EQ(number("SELECT next FROM counter WHERE name = 'snapshot'"), 1);
}

TEST_F(PostgresCrew, ALostRunTakesNoWork) {
  Runner one = runner("night");
  one.begin({"a"});
  change("UPDATE runner SET lost = 1");
  one.ledger->ask_for_tasks(0, 10);
  EXPECT_THROW(one.ledger->flush(), storage::RunLost);
  EXPECT_EQ(number("SELECT count(*) FROM work WHERE run <> 0"), 0);
}

// Whoever waits for the lock of another run's row longer than its own lease has renewed that lease
// in the same transaction, which nobody sees yet.
TEST_F(PostgresCrew, ARunThatWaitsLongDeclaresOthersLostAndNotItself) {
  Runner dead = runner("night");
  dead.begin({"a"});
  Runner alive = runner("night", kShort, true);
  alive.begin({"a"});
  storage::Connection crew{storage::LedgerUrl(lent_->url())};
  storage::Connection row{storage::LedgerUrl(lent_->url())};
  std::optional<storage::ServerTransaction> crew_held(std::in_place, crew,
                                                      storage::ServerTransaction::Kind::writing);
  storage::lock_crew(crew);
  ASSERT_TRUE(becomes_true(is_waiting("SELECT name FROM crew")));
  change("UPDATE runner SET alive_until = 0 WHERE run = 1");
  std::optional<storage::ServerTransaction> row_held(std::in_place, row,
                                                     storage::ServerTransaction::Kind::writing);
  row.execute("UPDATE runner SET lost = lost WHERE run = 1");
  crew_held.reset();
  ASSERT_TRUE(becomes_true(is_waiting("UPDATE runner SET lost")));
  const std::int64_t lease_end = number("SELECT now_milliseconds()") + kShort.count();
  ASSERT_TRUE(becomes_true("SELECT now_milliseconds() > " + std::to_string(lease_end)));
  row_held.reset();
  ASSERT_TRUE(becomes_true("SELECT lost = 1 FROM runner WHERE run = 1"));
  EXPECT_EQ(number("SELECT lost FROM runner WHERE run = 2"), 0);
}

// The first run gives no sign of life, as one that was killed on another machine.
TEST_F(PostgresCrew, TheWorkOfADeadRunGoesToAnotherOne) {
  Runner dead = runner("night", kShort);
  dead.begin({"a", "b"});
  EXPECT_EQ(entries::tasks(*dead.ledger).size(), 2U);
  Runner alive = runner("night", kShort, true);
  alive.begin({"a", "b"});
  const auto tasks = tasks_in_time(alive);
  EXPECT_EQ(names(tasks), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(number("SELECT lost FROM runner WHERE run = 1"), 1);
  EXPECT_EQ(number("SELECT lost FROM runner WHERE run = 2"), 0);
}

// Its task is not asked again.
TEST_F(PostgresCrew, TheVideosOfADeadRunGoToAnotherOne) {
  Runner dead = runner("night", kShort);
  dead.begin({"a"});
  dead.ledger->append(success(entries::tasks(*dead.ledger).at(0)));
  dead.ledger->flush();
  EXPECT_EQ(entries::videos(*dead.ledger).size(), 1U);
  Runner alive = runner("night", kShort, true);
  alive.begin({});
  EXPECT_EQ(entries::videos(*alive.ledger).size(), 0U);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (alive.ledger->crew_standing()->takeovers == 0 &&
         std::chrono::steady_clock::now() < until) {
    EXPECT_EQ(entries::tasks(*alive.ledger).size(), 0U);
    EXPECT_TRUE(alive.ledger->crew_standing()->may_get_more_tasks ||
                alive.ledger->crew_standing()->takeovers > 0);
  }
  EXPECT_EQ(alive.ledger->crew_standing()->takeovers, 1U);
  EXPECT_EQ(entries::videos(*alive.ledger).size(), 1U);
}

TEST_F(PostgresCrew, ARunThatEndsLeavesItsOpenWork) {
  Runner one = runner("night");
  Runner two = runner("night");
  one.begin({"a"});
  two.begin({"a"});
  EXPECT_EQ(entries::tasks(*one.ledger).size(), 1U);
  one.ledger.reset();
  one.work->end_run(3, "{}");
  EXPECT_EQ(tasks_in_time(two).size(), 1U);
}

TEST_F(PostgresCrew, TheRateIsSharedAndNeverExceeded) {
  Runner one = rated(100);
  EXPECT_TRUE(come_to({&one}, {100}));
  Runner two = rated(100);
  EXPECT_TRUE(come_to({&one, &two}, {50, 50}));
  Runner three = rated(500);
  EXPECT_TRUE(come_to({&one, &two, &three}, {34, 33, 33})) << "the rate is the first run's";
  two.ledger.reset();
  two.work->end_run(0, "{}");
  EXPECT_TRUE(come_to({&one, &three}, {50, 50}));
  EXPECT_EQ(number("SELECT sum(share)::bigint FROM runner AS n JOIN run AS r ON r.id = n.run "
                   "WHERE r.finished_at IS NULL"),
            100);
}

TEST_F(PostgresCrew, ARunWithoutWorkLeavesItsShareAndTakesNoneWithoutOne) {
  Runner one = rated(1);
  EXPECT_TRUE(come_to({&one}, {1}));
  change("UPDATE work SET run = 1");
  Runner two = rated(1);
  EXPECT_TRUE(come_to({&one, &two}, {1, 0}));
  change("UPDATE work SET run = 0 WHERE task > 50");
  EXPECT_EQ(entries::tasks(*two.ledger, 0, 100).size(), 0U);
  EXPECT_EQ(number("SELECT count(*) FROM work WHERE run = 0"), 50);
  EXPECT_TRUE(two.ledger->crew_standing()->may_get_more_tasks);
  change("UPDATE work SET settled = 1 WHERE run = 1");
  change("UPDATE work SET run = 2 WHERE run = 0");
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (share(two) != 1 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kLook);
  }
  EXPECT_EQ(share(two), 1);
  EXPECT_EQ(share(one), 0);
}

TEST_F(PostgresCrew, ItsRunsAreShown) {
  Runner early = runner("night");
  early.begin({"a"});
  early.ledger.reset();
  early.work->end_run(0, "{}");
  clock_.advance(std::chrono::hours(24));
  Runner one = rated(100);
  Runner two = rated(100);
  const auto page = entries::tasks(*one.ledger, 0, 30);
  ASSERT_EQ(page.size(), 30U);
  one.ledger->append(success(page.at(0)));
  one.ledger->flush();
  EXPECT_TRUE(come_to({&one, &two}, {50, 50}));
  storage::PostgresReader reader{storage::LedgerUrl(lent_->url())};
  EXPECT_TRUE(reader.crew("day").empty());
  auto crew = reader.crew("night");
  ASSERT_EQ(crew.size(), 2U) << "and none of another night";
  EXPECT_EQ(crew[0].run, 2);
  EXPECT_EQ(crew[0].host, "h");
  EXPECT_EQ(crew[0].state, core::CrewRun::State::alive);
  EXPECT_EQ(crew[0].answers, 1U);
  EXPECT_EQ(crew[0].open_tasks, 29U);
  EXPECT_EQ(crew[0].open_videos, 1U);
  EXPECT_EQ(crew[0].rate_share, 50);
  EXPECT_EQ(crew[1].answers, 0U);
  EXPECT_EQ(crew[1].open_tasks, 0U);
  change("UPDATE runner SET lost = 1 WHERE run = 2");
  two.ledger.reset();
  two.work->end_run(3, "{}");
  crew = reader.crew("night");
  ASSERT_EQ(crew.size(), 2U);
  EXPECT_EQ(crew[0].state, core::CrewRun::State::lost);
  EXPECT_EQ(crew[0].rate_share, std::nullopt);
  EXPECT_EQ(crew[1].state, core::CrewRun::State::ended);
  EXPECT_EQ(crew[1].exit_code, 3);
}

TEST_F(PostgresCrew, ARefusalIsToldToTheOthersOnce) {
  Runner one = rated(100);
  Runner two = rated(100);
  EXPECT_TRUE(come_to({&one, &two}, {50, 50}));
  one.ledger->tell_slow_down();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (two.ledger->crew_standing()->slow_downs == 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kLook);
  }
  EXPECT_EQ(two.ledger->crew_standing()->slow_downs, 1U);
  EXPECT_EQ(one.ledger->crew_standing()->slow_downs, 0U);
  Runner late = rated(100);
  EXPECT_TRUE(come_to({&one, &two, &late}, {34, 33, 33}));
  EXPECT_EQ(late.ledger->crew_standing()->slow_downs, 0U) << "it was before its time";
}

TEST_F(PostgresCrew, ATransactionWhoseConnectionBreaksIsDoneOnce) {
  Runner one = runner("");
  one.begin({"a"});
  storage::Connection connection{storage::LedgerUrl(lent_->url())};
  int tries = 0;
  one.work->fence().durable(connection, storage::RunFence::Kind::numbered, [&] {
    connection.execute("UPDATE counter SET next = next + 1 WHERE name = 'snapshot'");
    if (++tries == 1) {
      storage::Rows own = connection.query("SELECT pg_backend_pid()");
      ASSERT_TRUE(own.step());
      storage::Rows ended =
          connection_->query("SELECT pg_terminate_backend($1::bigint::int, 10000)",
                             storage::Parameters().add(own.integer(0)));
      ASSERT_TRUE(ended.step());
    }
  });
  EXPECT_EQ(tries, 2);
  EXPECT_EQ(number("SELECT next FROM counter WHERE name = 'snapshot'"), 2);
}

TEST_F(PostgresCrew, AServerThatIsAwayOnceARunHasBegunIsWaitedFor) {
  std::atomic<bool> stop = false;
  Runner beating{std::make_unique<storage::PostgresWorkList>(
                     storage::LedgerUrl(lent_->url()), clock_,
                     storage::RunnerTerms{
                         .crew = "night", .rate = 100, .lease = kMiddling, .heartbeat = true}),
                 nullptr};
  Runner stopped{std::make_unique<storage::PostgresWorkList>(
                     storage::LedgerUrl(lent_->url()), clock_,
                     storage::RunnerTerms{.crew = "night",
                                          .lease = kLong,
                                          .heartbeat = false,
                                          .stop = [&stop] { return stop.load(); }}),
                 nullptr};
  {
    const NobodyMayConnect away(*this);
    beating.begin({"a"});
    stopped.begin({"a"});
    EXPECT_THROW(runner("night"), storage::ConnectionLost) << "before a run has begun";
    stop = true;
    EXPECT_THROW(static_cast<void>(stopped.ledger->claimed("a.mp4")), core::Stopped);
    stop = false;
    beating.ledger->ask_for_tasks(0, 10);
  }
  EXPECT_FALSE(stopped.ledger->claimed("a.mp4"));
  EXPECT_TRUE(come_to({&beating}, {50}));
  beating.ledger->flush();
  EXPECT_TRUE(beating.ledger->take_tasks().has_value());
  EXPECT_EQ(names(tasks_in_time(beating)), std::set<std::string>{"a"});
}

TEST_F(PostgresCrew, AFailoverThatLostCommitsIsNoticed) {
  Runner one = runner("");
  one.begin({"a"});
  one.ledger->append(success(entries::tasks(*one.ledger).at(0)));
  one.ledger->flush();
  change("UPDATE runner SET committed = 0");
  one.ledger.reset();
  change(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> "
      "pg_backend_pid() AND datname = current_database()");
  try {
    one.work->end_run(0, "{}");
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("lost what it had acknowledged"), std::string::npos);
  }
}

}  // namespace
