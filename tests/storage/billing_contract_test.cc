// The contract of core::BillingSource, for the fake and every back end.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/billing/line_csv.h"
#include "core/billing/reports.h"
#include "core/billing/repricing.h"
#include "core/error.h"
#include "tests/storage/billing_contract.h"
#include "tests/support/back_end.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/fake_billing_source.h"

namespace {

using namespace billing_contract;

TEST_P(BillingContract, TasksAreReturnedByTimeWithinTheHalfOpenPeriod) {
  finish("before", kOctober - 1);
  finish("second", kOctober + 2000, "5.0", TaskState::failed);
  finish("first", kOctober);
  finish("behind", kNovember);
  record({.id = "unnamed", .facts = {.model = "m"}, .observed_at = kOctober + 3000});
  record({.id = "open", .state = TaskState::unfinished, .observed_at = kOctober + 1});
  const auto source = open();
  std::string found;
  core::FinishedTask task;
  for (const auto tasks = source->finished_tasks(of(period("2026-10")), false); !tasks->at_end();) {
    const core::UtcTime time = tasks->time();
    tasks->take(task);
    EXPECT_EQ(task.billed_at, time);
    found += task.task_id + (task.succeeded ? " " : "! ");
  }
  EXPECT_EQ(found, "first second! unnamed ");
  EXPECT_EQ(task.billed_at_source, core::BilledAt::first_seen_finished);
  EXPECT_EQ(task.facts.model, "m");
  EXPECT_EQ(source->accounts().count("default"), 1U);
}

TEST_P(BillingContract, TasksOfOneInstantAreSortedIfThatIsAskedFor) {
  for (const char* id : {"b", "d", "a"}) {
    finish(id, kOctober + 1000);
    record({.account = "Other", .id = id, .facts = {.finish_time = utc(kOctober + 1000)}});
    record({.id = std::string("unnamed ") + id, .observed_at = kOctober + 1000});
  }
  finish("c", kOctober + 1000, "8", TaskState::failed);
  finish("z", kOctober);
  const auto source = open();
  for (const core::ReportTime time : {core::ReportTime::finish, core::ReportTime::submit}) {
    core::ReportQuery query = of(period("2026-10"));
    query.begin = utc(kOctober + (time == core::ReportTime::submit ? 0 : 1000));
    query.end = query.begin + std::chrono::milliseconds(1);
    query.time = time;
    query.sorted = true;
    std::string found;
    core::FinishedTask task;
    for (const auto tasks = source->finished_tasks(query, false); !tasks->at_end();) {
      tasks->take(task);
      found += task.account.substr(0, 1) + " " + task.task_id + "; ";
    }
    EXPECT_EQ(found, time == core::ReportTime::submit
                         ? "d a; d b; d c; d d; "
                         : "O a; d a; O b; d b; d c; O d; d d; d unnamed a; d unnamed b; d unnamed "
                           "d; ");
  }
}

TEST_P(BillingContract, QueriesChooseByOutcomeAndAccount) {
  finish("good", kOctober);
  finish("bad", kOctober, "8", TaskState::failed);
  record({.account = "other",
          .id = "theirs",
          .facts = {.finish_time = utc(kOctober), .model = "m"},
          .observed_at = kOctober});
  const auto source = open();
  const auto ids = [&](core::ReportQuery query) {
    std::set<std::string> found;
    core::FinishedTask task;
    for (const auto tasks = source->finished_tasks(query, false); !tasks->at_end();) {
      tasks->take(task);
      found.insert(task.task_id);
    }
    return found;
  };
  core::ReportQuery query = of(period("2026-10"));
  query.account = source->accounts().at("other");
  EXPECT_EQ(ids(query), std::set<std::string>({"theirs"}));
  query.account = source->accounts().at("default");
  query.failures = false;
  EXPECT_EQ(ids(query), std::set<std::string>({"good"}));
}

TEST_P(BillingContract, ASourceSeesTheLedgerAsItWasWhenOpened) {
  finish("a", kOctober);
  const auto source = open();
  finish("b", kOctober);
  const auto tasks = source->finished_tasks(of(period("2026-10")), false);
  core::FinishedTask task;
  tasks->take(task);
  EXPECT_EQ(task.task_id, "a");
  EXPECT_TRUE(tasks->at_end());
}

TEST_P(BillingContract, AClosedPeriodKeepsItsLinesAndItsHash) {
  finish("a", kOctober + 1000, "5.0");
  finish("b", kOctober + 2000, "", TaskState::failed);
  core::ClosedPeriod october = period("2026-10");
  october.prices = prices("2");
  october.missing = 3;
  const std::string hash = close(october);
  core::Reports reports(open());
  ASSERT_EQ(reports.closed_periods().size(), 1U);
  const core::ClosedPeriod closed = reports.closed_periods().front();
  EXPECT_EQ(closed.period.name, "2026-10");
  EXPECT_EQ(closed.prices, october.prices);
  EXPECT_EQ(closed.lines, 2);
  EXPECT_EQ(closed.missing, 3U);
  EXPECT_EQ(closed.sha256, hash);
  EXPECT_FALSE(closed.repriced);
  EXPECT_EQ(core::hash_lines(reports, of(closed), {}, core::TimeZone("UTC"), closed.schema_version,
                             [](const core::ReportLine&, const core::ReportLine&) {}),
            hash);
  EXPECT_EQ(lines("2026-10"), "a 5.0 10; b  0; ");
  EXPECT_TRUE(reports.source().finished_tasks(of(closed), true)->at_end());
  EXPECT_EQ(reports.label_names(of(closed)), std::vector<std::string>({"customer"}));
  EXPECT_TRUE(reports.closing_findings(of(closed)).empty());
}

TEST_P(BillingContract, AnOverlappingPeriodIsRefused) {
  close(period("2026-10"));
  EXPECT_THROW(static_cast<void>(open()->close(period("2026-10-31"), utc(kNovember))), core::Error);
  close(period("2026-11"));
  EXPECT_EQ(open()->closed_periods().size(), 2U);
}

TEST_P(BillingContract, AnAbandonedClosingLeavesNothing) {
  finish("a", kOctober);
  {
    core::Reports reports(open());
    const auto writer = reports.source().close(period("2026-10"), utc(kNovember));
    writer->write_off(utc(kNovember));
    reports.each_line(of(period("2026-10")), {}, core::TimeZone("UTC"),
                      [&](const core::ReportLine& line) { writer->add(line); });
  }
  const auto source = open();
  EXPECT_TRUE(source->closed_periods().empty());
  EXPECT_TRUE(source->frozen_lines(of(period("2026-10")))->at_end());
}

TEST_P(BillingContract, LaterAnswersBecomeAdjustmentsOnce) {
  finish("same", kOctober + 1000);
  finish("changed", kOctober + 2000);
  core::ClosedPeriod october = period("2026-10");
  october.prices = prices("2");
  close(october);
  EXPECT_EQ(open()->closed_periods().front().closed_at, utc(kNovember));
  finish("same", kOctober + 1000, "8.0", TaskState::succeeded, "other bytes");
  finish("changed", kOctober + 2000, "9", TaskState::succeeded, "nine");
  finish("late", kOctober + 3000, "3");
  EXPECT_EQ(lines("2026-10"), "same 8 16; changed 8 16; ");
  EXPECT_EQ(lines("2026-11"), "changed -8 -16*; changed 9 18*; late 3 6*; ");
  close(period("2026-11"));
  EXPECT_EQ(lines("2026-11"), "changed -8 -16*; changed 9 18*; late 3 6*; ");
  EXPECT_EQ(lines("2026-12"), "");
  finish("changed", kOctober + 2000, "7", TaskState::succeeded, "seven");
  EXPECT_EQ(lines("2026-12"), "changed -9 -18*; changed 7 14*; ");
}

TEST_P(BillingContract, AClosedPeriodKeepsTheContractsOfItsBook) {
  finish("a", kOctober + 1000);
  finish("b", kOctober + 2000);
  finish("7", kOctober + 3000);
  core::ClosedPeriod october = period("2026-10");
  october.prices = core::with_quota_per_unit(
      "model,unit,price,currency,label:customer,minimum,round_up,discount,note\n"
      "m,second,2,CNY,,,,,\n"
      "m,second,10,CNY,cb,,5,50%,contract\n"
      "m,label:customer,1,CNY,c7,,,,\n",
      1000);
  const std::string hash = close(october);
  EXPECT_EQ(lines("2026-10"), "a 8 16; b 8 50; 7 8 -; ");
  {
    core::Reports reports(open());
    const core::ClosedPeriod closed = reports.closed_periods().front();
    EXPECT_EQ(closed.prices, october.prices);
    EXPECT_EQ(
        core::hash_lines(reports, of(closed), {}, core::TimeZone("UTC"), closed.schema_version,
                         [](const core::ReportLine&, const core::ReportLine&) {}),
        hash);
  }
  finish("b", kOctober + 2000, "11", TaskState::succeeded, "eleven");
  EXPECT_EQ(lines("2026-11"), "b -8 -50*; b 11 75*; ");
  core::Reports reports(open());
  EXPECT_TRUE(reports.closing_findings(of(period("2026-11"))).empty())
      << "the book has the prices of the lines";
}

TEST_P(BillingContract, StandingLinesAreThoseThatNoLineReverses) {
  const std::int64_t first = finish("a", kOctober + 1000);
  close(period("2026-10"));
  finish("a", kOctober + 1000, "9", TaskState::succeeded, "nine");
  close(period("2026-11"));
  const auto source = open();
  const auto keys = source->tasks_ruled_by(source->closed_periods().front(), {});
  ASSERT_FALSE(keys.empty());
  const auto standing = source->standing_lines(keys.front());
  ASSERT_EQ(standing.size(), 1U);
  EXPECT_EQ(standing.front().task.facts.duration_seconds, "9");
  EXPECT_EQ(standing.front().incurred_in, source->closed_periods().front().key);
  EXPECT_EQ(standing.front().incurred_at, utc(kOctober + 1000));
  EXPECT_EQ(source->revisions(keys.front(), first, core::LineKind::main), 1);
  EXPECT_EQ(source->unpriced_lines(source->closed_periods().front(), core::LineScope::shown), 1);
  EXPECT_EQ(source->unpriced_lines(source->closed_periods().front(), core::LineScope::standing), 1);
}

TEST_P(BillingContract, AReversalKnowsTheTimeOfItsLine) {
  finish("a", kOctober + 1000);
  close(period("2026-10"));
  finish("a", kOctober + 1000, "9", TaskState::succeeded, "nine");
  close(period("2026-11"));
  finish("a", kOctober + 1000, "10", TaskState::succeeded, "ten");
  const auto reversed = [&](const std::string& month) {
    core::Reports reports(open());
    core::UtcTime time{};
    reports.each_line(
        of(period(month)), {}, core::TimeZone("UTC"),
        [&time](const core::ReportLine& line) { time = line.reversal ? line.reversed_at : time; });
    return time;
  };
  EXPECT_EQ(reversed("2026-11"), utc(kOctober + 1000)) << "in a closed period";
  EXPECT_EQ(reversed("2026-12"), utc(kNovember)) << "the correction, in an open period";
  close(period("2026-12"));
  EXPECT_EQ(reversed("2026-12"), utc(kNovember));
}

TEST_P(BillingContract, ALaterPriceBookIsMarkedUntilAPeriodHasItsChanges) {
  finish("a", kOctober + 1000);
  core::ClosedPeriod october = period("2026-10");
  october.prices = prices("2");
  close(october);
  {
    const auto source = open();
    const core::Repricing tried =
        core::try_prices(*source, source->closed_periods().front(), prices("3"));
    EXPECT_EQ(tried.shown_in.name, "2026-11");
    EXPECT_EQ(tried.lines.size(), 2U);
    EXPECT_EQ(lines("2026-11"), "") << "trying prices records nothing";
    source->reprice(source->closed_periods().front(), prices("3"), utc(kNovember));
  }
  EXPECT_EQ(open()->closed_periods().front().ruling_prices(), prices("3"));
  EXPECT_TRUE(open()->closed_periods().front().repriced);
  EXPECT_EQ(lines("2026-11"), "a -8 -16*; a 8 24*; ");
  close(period("2026-11"));
  EXPECT_FALSE(open()->closed_periods().front().repriced);
  EXPECT_EQ(lines("2026-12"), "");
}

TEST_P(BillingContract, ALabelFilterHoldsForOpenFrozenAndAdjustingLines) {
  finish("a", kOctober + 1000);
  finish("b", kOctober + 2000);
  close(period("2026-10"));
  finish("a", kOctober + 1000, "9", TaskState::succeeded, "nine");
  finish("b", kOctober + 2000, "7", TaskState::succeeded, "seven");
  record({.id = "n",
          .facts = {.finish_time = utc(kNovember + 5), .model = "m"},
          .labels = {{"customer", "ca"}, {"project", "p"}},
          .observed_at = kNovember + 5});
  core::Reports reports(open());
  core::ReportQuery query{.begin = utc(kOctober), .end = utc(kNovember + 30 * kDayMs)};
  const auto found = [&] {
    std::map<std::string, std::int64_t> lines;
    reports.each_line(query, {}, core::TimeZone("UTC"), [&](const core::ReportLine& line) {
      ++lines[line.task.task_id + line.task.facts.duration_seconds];
    });
    std::int64_t summed = 0;
    core::ReportQuery sums = query;
    sums.labels = false;
    reports.sum_lines(sums, {}, core::TimeZone("UTC"),
                      [&](const core::ReportLine&, std::int64_t times) { summed += times; });
    EXPECT_EQ(summed, std::ssize(lines));
    return lines;
  };
  using Lines = std::map<std::string, std::int64_t>;
  query.label_filter = {{"customer", {"ca"}}};
  EXPECT_EQ(found(), (Lines{{"a8", 1}, {"a-8", 1}, {"a9", 1}, {"n", 1}}));
  EXPECT_EQ(reports.label_names(query), (std::vector<std::string>{"customer", "project"}));
  query.label_filter = {{"customer", {"cb"}}};
  EXPECT_EQ(found(), (Lines{{"b8", 1}, {"b-8", 1}, {"b7", 1}}));
  EXPECT_EQ(reports.label_names(query), std::vector<std::string>({"customer"}));
}

TEST_P(BillingContract, SumsAreThoseOfTheLines) {
  for (int i = 0; i < 60; ++i) {
    finish("t" + std::to_string(i), kOctober + i % 7 * kDayMs, std::to_string(i % 3),
           i % 5 == 0 ? TaskState::failed : TaskState::succeeded);
  }
  core::Reports reports(open());
  const core::ReportQuery query{.begin = utc(kOctober), .end = utc(kNovember), .labels = false};
  using Sums = std::map<std::string, std::int64_t>;
  const auto key = [](const core::ReportLine& line) {
    return core::TimeZone("UTC").day(line.task.billed_at) + line.task.facts.duration_seconds +
           (line.task.succeeded ? "" : "!");
  };
  Sums by_line;
  reports.each_line(query, {}, core::TimeZone("UTC"),
                    [&](const core::ReportLine& line) { ++by_line[key(line)]; });
  Sums by_group;
  reports.sum_lines(
      query, {}, core::TimeZone("UTC"),
      [&](const core::ReportLine& line, std::int64_t times) { by_group[key(line)] += times; });
  EXPECT_EQ(by_group, by_line);
  EXPECT_GT(by_line.size(), 20U);
}

TEST_P(BillingContract, CountsTheTasksThatBlockAPeriod) {
  const auto unfinished = [this](const std::string& id, std::int64_t submitted) {
    record({.id = id,
            .state = TaskState::unfinished,
            .facts = {.submit_time = utc(submitted), .request_id = id == "stale" ? "req" : ""},
            .labels = {{"customer", "c" + id}},
            .observed_at = submitted});
  };
  finish("hasty", kOctober, "8", TaskState::succeeded, "", utc(kOctober + 30'000));
  unfinished("stale", kOctober);
  unfinished("running", kOctober + 5000);
  unfinished("behind", kNovember);
  record({.id = "gone", .state = TaskState::missing, .observed_at = kOctober});
  const core::ClosedPeriod october = period("2026-10");
  {
    const auto source = open();
    EXPECT_EQ(source->open_tasks(of(october)).unfinished, 2U);
    EXPECT_EQ(source->open_tasks(of(october)).missing, 1U);
    core::ReportQuery labelled = of(october);
    labelled.label_filter = {{"customer", {"crunning"}}};
    EXPECT_EQ(source->open_tasks(labelled).unfinished, 1U);
    EXPECT_EQ(source->open_tasks(labelled).missing, 0U);
    std::set<std::string> each;
    source->each_open_task(labelled, [&each](const core::OpenTask& task) {
      each.insert(task.task_id + "/" + task.request_id + (task.missing ? " missing" : ""));
    });
    EXPECT_EQ(each, (std::set<std::string>{"gone/ missing", "running/", "stale/req"}));
    const core::PeriodBlockers blockers = source->blockers(october.period, utc(kOctober + 1000));
    EXPECT_EQ(blockers.running.count, 1U);
    ASSERT_EQ(blockers.stale.count, 1U);
    EXPECT_EQ(blockers.stale.first.front().task_id, "stale");
    EXPECT_EQ(blockers.stale.oldest, utc(kOctober));
    ASSERT_EQ(blockers.unsettled.count, 1U);
    EXPECT_EQ(blockers.unsettled.first.front().task_id, "hasty");
    const auto writer = source->close(october, utc(kNovember));
    writer->write_off(utc(kOctober + 1000));
    writer->commit({.sha256 = std::string(64, '0')});
  }
  const auto source = open();
  const auto written_off = source->written_off(source->closed_periods().front());
  ASSERT_EQ(written_off.size(), 1U);
  EXPECT_EQ(written_off.front().task_id, "stale");
}

TEST_P(BillingContract, ReportsTasksThatFinishInTheFuture) {
  finish("now", kOctober);
  EXPECT_EQ(open()->future_tasks({}).tasks, 0U);
  record({.id = "future",
          .facts = {.finish_time = utc(kNovember), .model = "m"},
          .observed_at = kOctober + 2000});
  const core::FutureTasks future = open()->future_tasks({});
  EXPECT_EQ(future.tasks, 1U);
  EXPECT_EQ(future.task_id, "future");
  EXPECT_EQ(future.latest, utc(kNovember));
}

TEST_P(BillingContract, KnowsWhenItsNewestAnswerWasHeard) {
  EXPECT_EQ(open()->newest_answer(), std::nullopt);
  record({.id = "a", .facts = {.model = "m"}, .observed_at = kOctober});
  record({.id = "b", .facts = {.model = "m"}, .observed_at = kOctober + 2000});
  EXPECT_EQ(open()->newest_answer(), utc(kOctober + 2000));
}

TEST_P(BillingContract, ReportsTasksUnderTwoAccounts) {
  for (const char* account : {"one", "two"}) {
    record({.account = account,
            .id = "a",
            .facts = {.finish_time = utc(kOctober), .model = "m"},
            .observed_at = kOctober});
  }
  const auto shared = open()->shared_tasks(core::SharedTaskScope::ledger);
  ASSERT_EQ(shared.size(), 1U);
  EXPECT_EQ(shared.front().account, "one");
  EXPECT_EQ(shared.front().other, "two");
  EXPECT_EQ(shared.front().tasks, 1U);
  EXPECT_EQ(shared.front().one_task, 1U);
  EXPECT_EQ(shared.front().example, "a");
}

TEST_P(BillingContract, FindsTasksWhoseLabelsChangedSinceTheyWereFrozen) {
  const auto relabelled = [this](std::int64_t begin, std::int64_t end) {
    const auto source = open();
    std::string all;
    source->each_relabelled(utc(begin), utc(end), [&](const core::RelabelledTask& task) {
      all += task.name.account + "/" + task.name.task_id;
      for (const core::Labels* labels : {&task.frozen, &task.now}) {
        all += " " + std::string(core::label_value(*labels, "customer"));
      }
      all += "; ";
    });
    return all;
  };
  const auto label = [this](const std::string& id, const core::Labels& labels) {
    record({.id = id,
            .facts = {.finish_time = utc(kOctober + 1000), .model = "m", .duration_seconds = "8"},
            .labels = labels,
            .observed_at = kNovember});
  };
  finish("a", kOctober + 1000);
  finish("b", kOctober + 1000);
  finish("same", kOctober + 1000);
  finish("open", kNovember + 1000);
  close(period("2026-10"));
  EXPECT_EQ(relabelled(kOctober, kNovember), "");
  label("a", {{"customer", "other"}});
  label("b", {{"customer", "cb"}, {"studio", "new"}});
  label("same", {{"customer", "csame"}});
  EXPECT_EQ(relabelled(kOctober, kNovember), "default/a ca other; default/b cb cb; ");
  EXPECT_EQ(relabelled(kOctober, kOctober + 1000), "") << "the end is not part of it";
  EXPECT_EQ(relabelled(kNovember, kNovember + kDayMs), "") << "only of frozen lines";
}

INSTANTIATE_TEST_SUITE_P(All, BillingContract, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

// In a back end with several writers, a snapshot may become visible after a closing that has seen
// one with a higher number.
TEST(FakeBilling, AnAnswerWithALowerNumberThatCameLaterIsFound) {
  const core::TimeZone zone("UTC");
  const auto memory = std::make_shared<support::MemoryLedger>();
  const auto answer = [&memory](const std::string& id, std::int64_t number) {
    memory->next_snapshot = number;
    core::AnswerEntry entry{
        .task = memory->add(
            {.account = "default", .id = std::get<core::TaskId>(core::TaskId::parse(id))}),
        .observed_at = utc(kOctober),
        .body = id,
        .state = TaskState::succeeded,
        .is_final = true};
    entry.answer.facts = {.finish_time = utc(kOctober), .model = "m"};
    memory->apply(entry);
  };
  answer("early", 7);
  {
    core::Reports reports(support::open_fake_billing(memory));
    const core::Period october = core::parse_period("2026-10", zone);
    const auto writer = reports.source().close({.period = october, .zone = "UTC"}, utc(kNovember));
    reports.each_exact_line({.begin = october.begin, .end = october.end}, {}, zone,
                            [&](const core::ReportLine& line) { writer->add(line); });
    writer->commit({.sha256 = std::string(64, '0')});
  }
  answer("late", 3);
  core::Reports reports(support::open_fake_billing(memory));
  std::string found;
  reports.each_line({.begin = utc(kNovember), .end = utc(kNovember + kDayMs)}, {}, zone,
                    [&](const core::ReportLine& line) { found += line.task.task_id; });
  EXPECT_EQ(found, "late");
}

}  // namespace
