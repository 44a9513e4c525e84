// Answers of the gateway, and the entries that the engine makes from them.
#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/domain/lifecycle.h"
#include "core/gateway/api.h"
#include "core/ledger/ledger.h"
#include "core/ledger/work_list.h"

namespace entries {

inline const core::UtcTime kNow{std::chrono::milliseconds(1'780'286'400'000)};

inline core::TaskId id(const std::string& text) {
  return std::get<core::TaskId>(core::TaskId::parse(text));
}

inline std::string running(const std::string& task, const std::string& progress = "30%") {
  return R"({"code":"success","message":"","data":{"task_id":")" + task +
         R"(","action":"generate","status":"IN_PROGRESS","fail_reason":"","submit_time":1780284820,)"
         R"("start_time":1780284824,"finish_time":0,"progress":")" +
         progress + R"(","data":{"output":{"task_status":"RUNNING"}}}})";
}

/// A success with one link; `expires` is its `Expires` parameter; empty: no parameter.
inline std::string success(const std::string& task, const std::string& expires = "1780371305",
                           const std::string& duration = "8") {
  const std::string url = "https://videos.example/" + task + ".mp4" +
                          (expires.empty() ? "" : "?Expires=" + expires + "&Signature=x");
  return R"({"code":"success","message":"","data":{"task_id":")" + task +
         R"(","action":"generate","status":"SUCCESS","result_url":")" + url +
         R"(","fail_reason":"","submit_time":1780284820,"start_time":1780284824,)"
         R"("finish_time":1780284918,"progress":"100%","data":{"output":{"task_status":"SUCCEEDED",)"
         R"("video_url":")" +
         url + R"("},"usage":{"SR":1080,"duration":)" + duration +
         R"(,"input_video_duration":0,"output_video_duration":8,"video_count":1}}}})";
}

inline std::string failure(const std::string& task) {
  return R"({"code":"success","message":"","data":{"task_id":")" + task +
         R"(","action":"generate","status":"FAILURE","fail_reason":"task failed",)"
         R"("submit_time":1780284820,"start_time":1780284824,"finish_time":1780284871,)"
         R"("progress":"100%","data":{"output":{"task_status":"FAILED"}}}})";
}

inline const std::string kNotFound =
    R"({"code":"task_not_exist","message":"task_not_exist","data":null})";

struct Reply {
  core::TaskKey task = 0;
  std::string id;
  std::string body;
  int http_status = 200;
  std::int64_t run = 1;
  core::TaskStanding before;
  core::UtcTime when = kNow;
};

/// The entry that the engine appends for an answer; only an unfinished one is queried again.
inline core::AnswerEntry answered(Reply reply) {
  core::AnswerEntry entry;
  entry.task = reply.task;
  entry.observed_at = reply.when;
  entry.http_status = reply.http_status;
  entry.answer = core::parse_answer(reply.http_status, reply.body, id(reply.id));
  entry.body = std::move(reply.body);
  const core::TaskStanding after =
      core::fold(reply.before, {entry.answer.verdict, reply.run, reply.when});
  entry.state = after.state;
  entry.not_found = after.not_found;
  entry.is_final = core::is_final(entry.answer.verdict);
  const core::Step step = core::after_query(entry.answer.verdict, after.state);
  entry.settled = step == core::Step::finish || step == core::Step::give_up;
  return entry;
}

inline core::VideoEntry saved(core::TaskKey task, const std::string& path, int index = 1) {
  core::VideoEntry entry;
  entry.task = task;
  entry.index = index;
  entry.observed_at = kNow;
  entry.state = core::VideoState::done;
  entry.file = core::SavedFile{
      .path = path, .bytes = 1000, .sha256 = std::string(64, 'a'), .checks = "length boxes"};
  return entry;
}

inline core::VideoEntry not_saved(core::TaskKey task, core::VideoState state, int index = 1) {
  core::VideoEntry entry;
  entry.task = task;
  entry.index = index;
  entry.observed_at = kNow;
  entry.state = state;
  entry.error = "HTTP 403";
  entry.first_refusal = kNow;
  return entry;
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Adds tasks to the work list.
inline core::ImportOutcome import(core::WorkList& work, const std::vector<core::WantedTask>& tasks,
                                  const core::ImportRules& rules = {}, int account = 0) {
  work.begin_import(rules);
  for (const core::WantedTask& task : tasks) {
    work.add(task, account);
  }
  return work.end_import();
}

inline core::ImportOutcome import(core::WorkList& work, const std::vector<std::string>& ids,
                                  const core::ImportRules& rules = {}, int account = 0) {
  std::vector<core::WantedTask> tasks;
  for (const std::string& one : ids) {
    tasks.push_back({.id = id(one), .model = "", .labels = {}});
  }
  return import(work, tasks, rules, account);
}

/// Waits for a page of the ledger:
inline std::vector<core::TaskRecord> tasks(core::Ledger& ledger, core::TaskKey after = 0,
                                           std::size_t limit = 100) {
  ledger.ask_for_tasks(after, limit);
  ledger.flush();
  return ledger.take_tasks().value();
}
inline std::vector<core::TaskRecord> named_tasks(core::Ledger& ledger, int account,
                                                 const std::vector<std::string>& ids) {
  std::vector<core::TaskId> named;
  named.reserve(ids.size());
  for (const std::string& one : ids) {
    named.push_back(id(one));
  }
  ledger.flush();
  return ledger.named_tasks(account, std::move(named));
}
inline std::vector<core::WantedVideo> videos(core::Ledger& ledger, std::size_t limit = 100) {
  ledger.ask_for_videos(limit);
  ledger.flush();
  return ledger.take_videos().value();
}

}  // namespace entries
