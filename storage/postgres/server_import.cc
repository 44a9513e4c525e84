#include "storage/postgres/server_import.h"

#include <set>
#include <tuple>
#include <utility>

#include "core/domain/lifecycle.h"
#include "storage/answers/label_merge.h"

namespace storage {
namespace {

using Kind = Column::Kind;

}  // namespace

void ServerImport::add(const ImportBatch& batch) {
  Tasks tasks;
  find_known(batch, tasks);
  take_rows(batch, tasks);
  look_for_files(tasks);
  add_new(tasks);
  change_known(tasks);
  keep_changes();
  add_work(tasks);
}

// Locks the counter of tasks: two imports never meet.
void ServerImport::find_known(const ImportBatch& batch, Tasks& tasks) {
  Rows counter = connection_.query("SELECT next FROM counter WHERE name = 'task' FOR UPDATE");
  std::int64_t next = counter.step() ? counter.integer(0) : 1;
  Column ids(Kind::text);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::string_view id = batch.row(i).id;
    if (tasks.try_emplace(id).second) {
      ids.add(id);
    }
  }
  Rows rows = connection_.query(
      "SELECT t.id, t.task_id, t.state, t.input_model, t.labels, t.account_named, "
      "EXISTS (SELECT 1 FROM unsettled AS u WHERE u.task = t.id), "
      "EXISTS (SELECT 1 FROM forgotten AS f WHERE f.task = t.id) "
      "FROM task AS t WHERE t.account = $1 AND t.task_id = ANY($2)",
      Parameters().add(terms_.account).add(ids));
  while (rows.step()) {
    const auto found = tasks.find(rows.text(1));
    if (found == tasks.end()) {
      continue;
    }
    found->second = {.key = rows.integer(0),
                     .is_new = false,
                     .state = static_cast<core::TaskState>(rows.integer(2)),
                     .is_unsettled = rows.integer(6) != 0,
                     .is_forgotten = rows.integer(7) != 0,
                     .account_named = rows.integer(5) != 0,
                     .model = std::string(rows.text(3)),
                     .labels = std::string(rows.text(4))};
  }
  const std::int64_t first = next;
  for (auto& [id, task] : tasks) {
    if (task.is_new) {
      task.key = next++;
    }
  }
  if (next > first) {
    connection_.execute("UPDATE counter SET next = $1 WHERE name = 'task'", Parameters().add(next));
  }
}

void ServerImport::take_rows(const ImportBatch& batch, Tasks& tasks) {
  std::string_view before;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const ImportBatch::Row row = batch.row(i);
    const bool again = i > 0 && row.id == before;
    before = row.id;
    Task& task = tasks.at(row.id);
    duplicates_ += again ? 1U : 0U;
    if (task.is_new && !again) {
      task.model = row.model;
      task.labels = row.labels;
    } else if (!says_nothing_new(row, task.model, task.labels)) {
      relabel(row, task);
    }
  }
}

void ServerImport::relabel(const ImportBatch::Row& row, Task& task) {
  LabelMerge merge = merge_labels(task.model, task.labels, row, terms_.rules.relabel);
  for (core::LabelDifference& difference : merge.differences) {
    changes_.emplace_back(task.key, difference);
    note(differences_, std::move(difference));
  }
  task.relabelled = true;
  task.model = merge.model.empty() ? task.model : merge.model;
  task.labels = merge.labels.empty() ? task.labels : merge.labels;
}

// A recorded file that is gone is wanted again, and its task asked, since the link may be dead.
void ServerImport::look_for_files(Tasks& tasks) {
  if (!terms_.rules.on_disk) {
    return;
  }
  Column keys(Kind::integer);
  std::map<std::int64_t, Task*> by_key;
  for (auto& [id, task] : tasks) {
    if (!task.is_new && core::needs_its_files(task.state)) {
      keys.add(task.key);
      by_key[task.key] = &task;
    }
  }
  if (by_key.empty()) {
    return;
  }
  std::vector<std::pair<std::int64_t, int>> gone;
  {
    Rows rows = connection_.query(
        "SELECT task, video_index, path, bytes FROM video WHERE task = ANY($1) AND state = 1",
        Parameters().add(keys));
    while (rows.step()) {
      if (!terms_.rules.on_disk(std::string(rows.text(2)), rows.integer(3))) {
        gone.emplace_back(rows.integer(0), static_cast<int>(rows.integer(1)));
      }
    }
  }
  for (const auto& [key, index] : gone) {
    by_key.at(key)->lacks_a_file = true;
    videos_.lose_file(key, index);
  }
}

void ServerImport::add_new(const Tasks& tasks) {
  Column keys(Kind::integer), ids(Kind::text), models(Kind::text), labels(Kind::text);
  for (const auto& [id, task] : tasks) {
    if (task.is_new) {
      keys.add(task.key);
      ids.add(id);
      models.add_or_null(task.model);
      labels.add_or_null(task.labels);
    }
  }
  if (keys.size() > 0) {
    connection_.execute(
        "INSERT INTO task (id, account, task_id, first_seen, input_model, labels, account_named) "
        "SELECT u.id, $5, u.task_id, $6, u.model, u.labels, $7 FROM " +
            rows_of({"id", "task_id", "model", "labels"}),
        Parameters()
            .add(keys)
            .add(ids)
            .add(models)
            .add(labels)
            .add(terms_.account)
            .add_time(terms_.now)
            .add(std::int64_t{terms_.account_named ? 1 : 0}));
  }
}

void ServerImport::change_known(const Tasks& tasks) {
  Column relabelled(Kind::integer), models(Kind::text), labels(Kind::text);
  Column named(Kind::integer);
  Column revived(Kind::integer);
  for (const auto& [id, task] : tasks) {
    if (task.is_new) {
      continue;
    }
    if (task.relabelled) {
      relabelled.add(task.key);
      models.add_or_null(task.model);
      labels.add_or_null(task.labels);
    }
    if (terms_.account_named && !task.account_named) {
      named.add(task.key);
    }
    if (task.is_forgotten) {
      revived.add(task.key);
    }
  }
  if (relabelled.size() > 0) {
    connection_.execute(
        "UPDATE task AS t SET input_model = u.model, labels = u.labels "
        "FROM unnest($1, $2, $3) AS u(id, model, labels) WHERE t.id = u.id",
        Parameters().add(relabelled).add(models).add(labels));
  }
  if (named.size() > 0) {
    connection_.execute("UPDATE task SET account_named = 1 WHERE id = ANY($1)",
                        Parameters().add(named));
  }
  if (revived.size() > 0) {
    connection_.execute("DELETE FROM forgotten WHERE task = ANY($1)", Parameters().add(revived));
  }
}

// A list that is read again and again says nothing new.
void ServerImport::keep_changes() {
  Column tasks(Kind::integer), names(Kind::text), ours(Kind::text), theirs(Kind::text);
  std::set<std::tuple<std::int64_t, std::string, std::string, std::string>> met;
  for (const auto& [key, change] : changes_) {
    const bool first = met.emplace(key, change.name, change.ledger_value, change.list_value).second;
    if (first || terms_.rules.relabel) {
      tasks.add(key);
      names.add(change.name);
      ours.add(change.ledger_value);
      theirs.add(change.list_value);
    }
  }
  if (tasks.size() == 0) {
    return;
  }
  connection_.execute(
      "INSERT INTO label_change (id, task, run, name, ledger_value, list_value, taken) "
      "SELECT (SELECT coalesce(max(id), 0) FROM label_change) + row_number() OVER (ORDER BY u.n), "
      "u.task, $5, u.name, u.ours, u.theirs, $6 FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS "
      "u(task, name, ours, theirs, n) WHERE $6 = 1 OR NOT EXISTS (SELECT 1 FROM label_change AS c "
      "WHERE c.task = u.task AND c.name = u.name AND c.ledger_value = u.ours AND "
      "c.list_value = u.theirs AND c.taken = 0)",
      Parameters()
          .add(tasks)
          .add(names)
          .add(ours)
          .add(theirs)
          .add(terms_.run)
          .add(std::int64_t{terms_.rules.relabel ? 1 : 0}));
}

// A crew's tasks are anybody's until they are taken, but those whose videos alone are wanted. New
// tasks cannot be on the list yet: the server need not look.
void ServerImport::add_work(const Tasks& tasks) {
  Column new_keys(Kind::integer), known_keys(Kind::integer), settled(Kind::integer);
  for (const auto& [id, task] : tasks) {
    if (task.is_new) {
      new_keys.add(task.key);
      continue;
    }
    const bool ask = core::is_to_be_asked({.state = task.state,
                                           .is_unsettled = task.is_unsettled,
                                           .is_forgotten = task.is_forgotten,
                                           .lacks_a_file = task.lacks_a_file},
                                          terms_.rules.refresh);
    known_keys.add(task.key);
    settled.add(std::int64_t{ask ? 0 : 1});
  }
  const std::int64_t asker = terms_.in_crew ? 0 : terms_.run;
  if (new_keys.size() > 0) {
    connection_.execute("INSERT INTO work (task, run) SELECT unnest($1), $2",
                        Parameters().add(new_keys).add(asker));
  }
  const std::uint64_t known = known_keys.size();
  if (known == 0) {
    return;
  }
  const std::uint64_t added = connection_.execute(
      "INSERT INTO work (task, settled, run) SELECT u.task, u.settled, "
      "CASE u.settled WHEN 0 THEN $3 ELSE $4 END FROM " +
          rows_of({"task", "settled"}) + " ON CONFLICT (task) DO NOTHING",
      Parameters().add(known_keys).add(settled).add(asker).add(terms_.run));
  // What other runs of a crew brought is no duplicate of this run's list.
  duplicates_ += terms_.in_crew ? 0 : known - added;
}

}  // namespace storage
