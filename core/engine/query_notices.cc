#include "core/engine/query_notices.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/text/printable.h"

namespace core {

void QueryNotices::tell(Notice::Kind kind, const HeldTask& held, std::string text) const {
  tell(kind, held.task->id.text(), held.task->account, std::move(text));
}

void QueryNotices::tell(Notice::Kind kind, std::string text) const {
  if (run_.notify) {
    run_.notify({kind, {}, 0, std::move(text)});
  }
}

void QueryNotices::tell(Notice::Kind kind, const std::string& task_id, int account,
                        std::string text) const {
  if (run_.notify) {
    run_.notify({kind, task_id, 0, std::move(text), account});
  }
}

void QueryNotices::request(const HeldTask& held, const QueryAnswer& answer, Verdict verdict) const {
  if (!run_.plan.tell_requests) {
    return;
  }
  constexpr std::size_t kRequestIdMax = 100;
  std::string text = "HTTP " + std::to_string(answer.http_status) + ", " +
                     std::to_string(answer.body.size()) + " bytes, " + std::string(name(verdict));
  if (!answer.request_id.empty()) {
    text += ", request " + printable(answer.request_id, kRequestIdMax);
  }
  request(held, text);
}

void QueryNotices::request(const HeldTask& held, const std::string& outcome) const {
  if (run_.plan.tell_requests) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(run_.clock.steady() - held.started);
    tell(Notice::Kind::request, held, outcome + " (" + std::to_string(took.count()) + " ms)");
  }
}

void QueryNotices::left_to_next_run(const TaskRecord& task) const {
  tell(Notice::Kind::slowed, task.id.text(), task.account,
       "queried less than a minute ago, and each query makes the gateway query the vendor; left to "
       "the "
       "next run");
}

void QueryNotices::unrecognised(const HeldTask& held, const Answer& answer) const {
  if (answer.looks_finished) {
    tell(Notice::Kind::looks_finished, held,
         answer.message + ", with a link or a finish time; " +
             (answer.links.empty() ? "" : "its video is downloaded, ") +
             "the task stays unfinished");
  } else {
    tell(Notice::Kind::unrecognised, held, "answer of unknown shape or status, stored as it is");
  }
}

void QueryNotices::unreachable_videos(const HeldTask& held, const Answer& answer) const {
  std::string why = "the answer counts " + std::to_string(answer.videos_without_link) +
                    " more video(s) than it has usable links for; they cannot be downloaded";
  if (!answer.link_failure.empty()) {
    why += " (a link there cannot be used: " + answer.link_failure + ")";
  }
  tell(Notice::Kind::video_failed, held, std::move(why));
}

void QueryNotices::model_list() {
  if (!std::exchange(told_of_model_list_, true)) {
    tell(Notice::Kind::flagged,
         "the key has a list of models, with which a gateway answers HTTP 403 for a task that it "
         "does not know: such tasks count as not found");
  }
}

}  // namespace core
