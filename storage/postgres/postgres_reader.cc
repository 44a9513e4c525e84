#include "storage/postgres/postgres_reader.h"

#include <cstddef>
#include <utility>

#include "core/domain/lifecycle.h"
#include "core/domain/video_lifecycle.h"
#include "storage/migration.h"
#include "storage/postgres/crew_reader.h"
#include "storage/postgres/live_runs.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/server_groups.h"
#include "storage/postgres/server_rows.h"
#include "storage/postgres/view_rows.h"
#include "storage/statements/ledger_reads.h"
#include "storage/statements/pending_counts.h"

namespace storage {
namespace {

constexpr int kQuestionsOfOneMoment = 1'000;

Parameters task_parameters(const std::string& account, const std::string& task_id) {
  return std::move(Parameters().add(account).add(task_id));
}

std::int64_t account_row(Connection& connection, const std::string& name) {
  Rows found = connection.query("SELECT id FROM account WHERE name = $1", Parameters().add(name));
  return found.next_integer();
}

std::vector<OfferedVideo> offered_videos(Connection& connection, const std::string& sql,
                                         const Parameters& parameters = {}) {
  std::vector<OfferedVideo> videos;
  Rows rows = connection.query(sql, parameters);
  while (rows.step()) {
    videos.push_back(offered_video(rows));
  }
  return videos;
}

std::vector<OfferedVideo> offers_of(Connection& connection,
                                    const std::vector<core::SavedVideo>& videos) {
  Column tasks(Column::Kind::integer);
  Column indices(Column::Kind::integer);
  for (const core::SavedVideo& video : videos) {
    tasks.add(video.task);
    indices.add(std::int64_t{video.index});
  }
  return offered_videos(connection,
                        kOfferedVideos +
                            "JOIN unnest($1::bigint[], $2::bigint[]) AS m(task, video_index) "
                            "ON m.task = v.task AND m.video_index = v.video_index",
                        Parameters().add(tasks).add(indices));
}

void want(Connection& connection, const std::vector<OfferedVideo>& videos) {
  const core::VideoStanding standing = core::wanted_again();
  Column tasks(Column::Kind::integer);
  Column indices(Column::Kind::integer);
  for (const OfferedVideo& video : videos) {
    tasks.add(video.task);
    indices.add(std::int64_t{video.index});
  }
  connection.execute(
      "UPDATE video AS v SET state = $3, settled_run = $4, refused_at = $5 "
      "FROM unnest($1::bigint[], $2::bigint[]) AS m(task, video_index) "
      "WHERE m.task = v.task AND m.video_index = v.video_index",
      Parameters()
          .add(tasks)
          .add(indices)
          .add(static_cast<std::int64_t>(standing.state))
          .add(standing.tried_in)
          .add_time(standing.first_refusal));
}

}  // namespace

PostgresReader::PostgresReader(const LedgerUrl& url) : connection_(url) {
  require_server_schema(connection_, embedded_postgres_migrations());
}

// One that lasts until the end of the caller's scope.
ServerTransaction PostgresReader::moment() {
  asking_.reset();
  if (connection_.is_lost()) {
    connection_.reconnect();
  }
  return {connection_, ServerTransaction::Kind::reading};
}

core::LedgerTotals PostgresReader::totals(core::UtcTime now) {
  const ServerTransaction one_moment = moment();
  ServerRows rows(connection_);
  return read_totals(rows, now);
}

core::LedgerOverview PostgresReader::overview(core::UtcTime now) {
  const ServerTransaction one_moment = moment();
  ServerRows rows(connection_);
  core::LedgerOverview overview{.totals = read_totals(rows, now), .groups = server_groups(rows)};
  overview.pending = read_pending_counts(rows, read_open_tasks(rows, now, overview.totals));
  return overview;
}

std::vector<core::CrewRun> PostgresReader::crew(const std::string& name) {
  const ServerTransaction one_moment = moment();
  return crew_runs(connection_, name);
}

std::optional<core::TaskHistory> PostgresReader::task_of_late(const std::string& account,
                                                              const core::TaskId& id,
                                                              std::size_t answers_max) {
  const ServerTransaction one_moment = moment();
  return read_history(
      answers_max,
      [&](const char* text) {
        return view_rows(connection_, text, task_parameters(account, id.text()));
      },
      [&](std::int64_t snapshot) {
        return view_rows(connection_, kUsageView, Parameters().add(snapshot));
      },
      [&](std::int64_t snapshot) { return raw_answer(kAnswerPlace, snapshot); });
}

std::optional<std::string> PostgresReader::raw_answer(const char* place, std::int64_t snapshot) {
  auto found = ServerRows(connection_).select(place, {snapshot});
  if (!found.step() || found.is_null(0)) {
    return std::nullopt;
  }
  return answers_.read(found.integer(0), found.integer(1));
}

std::optional<core::RawAnswer> PostgresReader::answer_of(std::int64_t snapshot,
                                                         const std::string& sha256_begin) {
  const ServerTransaction one_moment = moment();
  std::vector<core::ViewRow> rows =
      view_rows(connection_, kOneSnapshotView, Parameters().add(snapshot));
  if (rows.empty() || !rows.front().back().second.value_or("").starts_with(sha256_begin)) {
    return std::nullopt;
  }
  return core::RawAnswer{.columns = std::move(rows.front()),
                         .answer = raw_answer(kSameAnswer, snapshot)};
}

std::vector<core::ViewRow> PostgresReader::last_runs(std::size_t count) {
  const ServerTransaction one_moment = moment();
  return view_rows(connection_, kLastRunsView, Parameters().add(static_cast<std::int64_t>(count)));
}

std::optional<core::ViewRow> PostgresReader::run(std::int64_t number) {
  const ServerTransaction one_moment = moment();
  return only_row(view_rows(connection_, kRunView, Parameters().add(number)));
}

bool PostgresReader::would_ask(const std::string& account, const std::string& task_id,
                               const core::ImportRules& rules) {
  if (!asking_ || connection_.is_lost() || asking_->questions == kQuestionsOfOneMoment) {
    asking_.reset();
    if (connection_.is_lost()) {
      connection_.reconnect();
    }
    asking_.emplace(connection_);
  }
  ++asking_->questions;
  core::ListedTask task;
  core::TaskKey key = 0;
  if (Rows found = connection_.query(kListedTask, task_parameters(account, task_id));
      found.step()) {
    key = found.integer(0);
    task = listed_task(found);
  }
  if (core::is_to_be_asked(task, rules.refresh)) {
    return true;
  }
  if (rules.on_disk && core::needs_its_files(task.state)) {
    auto saved = ServerRows(connection_).select(kRecordedFiles, {key});
    task.lacks_a_file = !gone_of(saved, rules.on_disk).empty();
  }
  return core::is_to_be_asked(task, rules.refresh);
}

void PostgresReader::each_pending(const std::string& account, core::UtcTime stale_before,
                                  const std::function<void(const std::string& task_id)>& take) {
  asking_.reset();
  Connection beside(connection_.url());
  const ServerTransaction one_moment(beside, ServerTransaction::Kind::reading);
  const std::int64_t row = account_row(beside, account);
  ServerRows rows(beside, Connection::Fetch::streaming);
  read_pending(rows, row, stale_before, take);
}

void PostgresReader::each_saved_video(const std::function<void(core::SavedVideo&&)>& take) {
  asking_.reset();
  Connection beside(connection_.url());
  const ServerTransaction one_moment(beside, ServerTransaction::Kind::reading);
  ServerRows rows(beside, Connection::Fetch::streaming);
  read_saved_videos(rows, take);
}

void PostgresReader::describe(
    const std::vector<core::SavedVideo>& videos,
    const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take) {
  const ServerTransaction one_moment = moment();
  ServerRows rows(connection_);
  read_video_facts(rows, videos, take);
}

core::Requeued PostgresReader::want_again(const std::vector<core::SavedVideo>& missing,
                                          core::UtcTime now) {
  asking_.reset();
  if (connection_.is_lost()) {
    connection_.reconnect();
  }
  core::Requeued requeued;
  transact(connection_, [&] {
    require_no_run(connection_);
    std::vector<OfferedVideo> wanted;
    for (OfferedVideo& video : offered_videos(connection_, kSettledVideos)) {
      if (is_worth_a_try(answers_, video, now)) {
        wanted.push_back(std::move(video));
      }
    }
    requeued.given_up = wanted.size();
    for (OfferedVideo& video : offers_of(connection_, missing)) {
      if (may_live(answers_, video, now)) {
        wanted.push_back(std::move(video));
      }
    }
    requeued.missing = wanted.size() - requeued.given_up;
    want(connection_, wanted);
  });
  return requeued;
}

}  // namespace storage
