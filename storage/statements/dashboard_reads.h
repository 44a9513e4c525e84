// What core::DashboardReader reads, on any engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/ledger/dashboard_reader.h"
#include "storage/statements/dialect.h"
#include "storage/statements/ledger_reads.h"
#include "storage/statements/stored_numbers.h"

namespace storage {

using DashboardValues = std::vector<std::variant<std::int64_t, std::string>>;

// {id, at} of the tasks that finished since $1: in two parts, since only so both are ranges of an
// index.
inline const std::string kFinishedSince =
    "(SELECT t.id AS id, t.finish_time AS at FROM task AS t {by task_by_finish} WHERE t.state " +
    sql_in_finished_states() +
    " AND t.finish_time >= $1 UNION ALL SELECT t.id, s.observed_at FROM task AS t "
    "{by task_by_finish} JOIN snapshot AS s ON s.id = t.final_snapshot WHERE t.state " +
    sql_in_finished_states() +
    " AND t.finish_time IS NULL AND s.observed_at >= $1) AS f {then} task AS t ON t.id = f.id ";
inline constexpr const char* kOutcomeCounts =
    "count(CASE t.state WHEN 1 THEN 1 END) AS succeeded, "
    "count(CASE t.state WHEN 2 THEN 1 END) AS failed ";

inline const std::string kFinishedByDay = "SELECT f.at / 86400000 AS day, " +
                                          std::string(kOutcomeCounts) + "FROM " + kFinishedSince +
                                          "GROUP BY 1 ORDER BY 1";
inline const std::string kFailureReasons =
    "SELECT coalesce(t.fail_reason, '') AS reason, count(*) AS tasks FROM " + kFinishedSince +
    "WHERE t.state = 2 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2";

[[nodiscard]] inline std::string label_counts(Dialect dialect) {
  return "SELECT l.key AS label, l.value AS value, count(*) AS tasks, " +
         std::string(kOutcomeCounts) + "FROM " + kFinishedSince + "{then} " +
         (dialect == Dialect::sqlite ? "json_each(t.labels) AS l"
                                     : "LATERAL jsonb_each_text(t.labels::jsonb) AS l ON true") +
         " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT $2";
}

// Each engine has its own expression in the index of wanted videos.
[[nodiscard]] inline std::string expiring_videos(Dialect dialect) {
  return "SELECT a.name AS account, t.task_id AS task_id, v.video_index AS video_index, "
         "v.expires_at AS expires_at, v.attempts AS attempts, v.last_error AS last_error "
         "FROM video AS v JOIN task AS t ON t.id = v.task JOIN account AS a ON a.id = t.account "
         "WHERE v.state = 0 ORDER BY " +
         std::string(dialect == Dialect::sqlite ? "ifnull" : "coalesce") +
         "(v.expires_at, 9223372036854775807) LIMIT $1";
}

// $1, $2: behind which video; $3: how many; $4: what is searched.
[[nodiscard]] inline std::string gallery_videos(Dialect dialect, bool searches) {
  std::string sql =
      "SELECT v.task AS task, v.video_index AS video_index, a.name AS account, "
      "t.task_id AS task_id, coalesce(t.model, t.input_model) AS model, "
      "coalesce(t.output_seconds, t.duration_seconds) AS seconds, t.labels AS labels, "
      "v.bytes AS bytes, v.path AS path FROM video AS v {then} task AS t ON t.id = v.task {then} "
      "account AS a ON a.id = t.account WHERE v.state = 1 AND (v.task, v.video_index) < ($1, $2)";
  if (searches) {
    const bool is_sqlite = dialect == Dialect::sqlite;
    // Of ASCII alone on both: SQLite's lower() knows no other letters, and a server's does what the
    // locale of its database says.
    const auto lower = [is_sqlite](const std::string& text) {
      return is_sqlite ? "lower(" + text + ")" : "lower((" + text + ") COLLATE \"C\")";
    };
    const auto has = [&](const std::string& text) {
      return std::string(is_sqlite ? "instr(" : "strpos(") + lower(text) + ", " + lower("$4") +
             ") > 0";
    };
    sql += " AND (" + has("t.task_id") + " OR " + has("coalesce(t.model, t.input_model, '')") +
           " OR EXISTS (SELECT 1 FROM " +
           (is_sqlite ? "json_each(t.labels)" : "jsonb_each_text(t.labels::jsonb)") +
           " AS l WHERE " + has("l.key || ' ' || l.value") + "))";
  }
  return sql + " ORDER BY v.task DESC, v.video_index DESC LIMIT $3";
}

inline constexpr const char* kOneSavedVideo =
    "SELECT v.path AS path, v.bytes AS bytes FROM account AS a "
    "JOIN task AS t ON t.account = a.id JOIN video AS v ON v.task = t.id "
    "WHERE a.name = $1 AND t.task_id = $2 AND v.video_index = $3 AND v.state = 1";

/// `Select` runs a statement with its values and returns all rows; `Select::kDialect`.
template <typename Select>
class DashboardReads final : public core::DashboardReader {
 public:
  template <typename... Arguments>
  explicit DashboardReads(Arguments&&... arguments)
      : select_(std::forward<Arguments>(arguments)...) {}

  [[nodiscard]] std::vector<core::ViewRow> days(core::UtcTime since) override {
    return select_(kFinishedByDay, {number(since)});
  }
  [[nodiscard]] std::vector<core::ViewRow> failures(core::UtcTime since,
                                                    std::size_t count) override {
    return select_(kFailureReasons, {number(since), number(count)});
  }
  [[nodiscard]] std::vector<core::ViewRow> labels(core::UtcTime since, std::size_t count) override {
    return select_(label_counts(Select::kDialect), {number(since), number(count)});
  }
  [[nodiscard]] std::vector<core::ViewRow> expiring(std::size_t count) override {
    return select_(expiring_videos(Select::kDialect), {number(count)});
  }
  [[nodiscard]] std::vector<core::ViewRow> gallery(const core::GalleryPage& page) override {
    DashboardValues values{page.task, page.index, number(page.count)};
    if (!page.search.empty()) {
      values.emplace_back(page.search);
    }
    return select_(gallery_videos(Select::kDialect, !page.search.empty()), values);
  }
  [[nodiscard]] bool has_task(const std::string& account, const std::string& task_id) override {
    return !select_(kTaskKey, {account, task_id}).empty();
  }
  [[nodiscard]] std::optional<core::ViewRow> saved_video(const std::string& account,
                                                         const std::string& task_id,
                                                         std::int64_t index) override {
    return only_row(select_(kOneSavedVideo, {account, task_id, index}));
  }

 private:
  static std::int64_t number(core::UtcTime time) { return time.time_since_epoch().count(); }
  static std::int64_t number(std::size_t count) { return static_cast<std::int64_t>(count); }

  Select select_;
};

}  // namespace storage
