#include "tests/support/billing_ledger.h"

#include <utility>
#include <variant>

#include "core/domain/lifecycle.h"

namespace support {
namespace {

core::Verdict verdict_of(core::TaskState state) {
  switch (state) {
    case core::TaskState::unfinished:
      return core::Verdict::unfinished;
    case core::TaskState::succeeded:
      return core::Verdict::succeeded;
    case core::TaskState::failed:
      return core::Verdict::failed;
    case core::TaskState::missing:
      return core::Verdict::not_found;
  }
  return core::Verdict::unreadable;
}

const char* status_of(core::TaskState state) {
  switch (state) {
    case core::TaskState::unfinished:
      return "IN_PROGRESS";
    case core::TaskState::succeeded:
      return "SUCCESS";
    case core::TaskState::failed:
      return "FAILURE";
    case core::TaskState::missing:
      return "";
  }
  return "";
}

core::AnswerEntry entry_of(const BillingAnswer& answer, core::TaskKey task) {
  core::AnswerEntry entry;
  entry.task = task;
  entry.observed_at = utc(answer.observed_at);
  entry.http_status = answer.state == core::TaskState::missing ? 400 : 200;
  entry.body = answer.body.empty() ? answer.id : answer.body;
  entry.answer.verdict = verdict_of(answer.state);
  entry.answer.status = status_of(answer.state);
  entry.state = answer.state;
  entry.is_final = core::is_final(entry.answer.verdict);
  entry.settled = true;
  entry.settles_at = answer.settles_at;
  return entry;
}

void take_said(core::TaskFacts& facts, const core::TaskFacts& said) {
  for (const core::Fact& fact : core::kFacts) {
    std::visit(
        [&](auto member) {
          if (said.*member != decltype(said.*member){}) {
            facts.*member = said.*member;
          }
        },
        fact.member);
  }
}

core::TaskId id_of(const BillingAnswer& answer) {
  return std::get<core::TaskId>(core::TaskId::parse(answer.id));
}

}  // namespace

void BillingLedger::list(const BillingAnswer& answer) {
  work_->begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {answer.account}});
  work_->begin_import({.refresh = true, .relabel = true, .on_disk = {}});
  work_->add({.id = id_of(answer), .model = answer.list_model, .labels = answer.labels}, 0);
  work_->end_import();
}

std::int64_t BillingLedger::last_snapshot(const BillingAnswer& answer) {
  if (!reader_) {
    reader_ = back_end_.open_reader();
  }
  const auto history = reader_->task(answer.account, id_of(answer));
  const core::ViewRow& snapshot = history.value().snapshots.back().columns;
  return std::stoll(snapshot.at(2).second.value());
}

std::int64_t BillingLedger::record(const BillingAnswer& answer) {
  if (!work_) {
    work_ = back_end_.open_work_list();
  }
  back_end_.clock.jump(utc(answer.observed_at) - back_end_.clock.utc());
  list(answer);
  core::TaskFacts& facts = said_[{answer.account, answer.id}];
  take_said(facts, answer.facts);
  {
    const auto ledger = back_end_.open_ledger(*work_);
    ledger->ask_for_tasks(0, 1);
    ledger->flush();
    core::AnswerEntry entry = entry_of(answer, ledger->take_tasks().value().at(0).key);
    entry.answer.facts = facts;
    ledger->append(std::move(entry));
    ledger->flush();
  }
  work_->end_run(0, "{}");
  return last_snapshot(answer);
}

}  // namespace support
