#include "core/gateway/api.h"

#include <algorithm>
#include <array>

#include "core/domain/lifecycle.h"
#include "core/gateway/answer_facts.h"
#include "core/gateway/upstream.h"
#include "core/gateway/usage.h"
#include "core/gateway/video_links.h"
#include "core/text/ascii.h"
#include "core/text/json.h"
#include "core/text/percent.h"
#include "core/text/utf8.h"

namespace core {
namespace {

// The memory of larger bodies is freed at once.
constexpr std::size_t kKeptBodyBytes = std::size_t{256} * 1024;
// How much of a non-JSON body is shown.
constexpr std::size_t kExcerptBytesMax = 120;

struct StatusWord {
  std::string_view word;
  Verdict verdict;
};
// gateway.md, section 3, in lower case. All other words are unrecognised.
constexpr auto kStatusWords = std::to_array<StatusWord>({
    {"not_start", Verdict::unfinished},  {"submitted", Verdict::unfinished},
    {"queued", Verdict::unfinished},     {"pending", Verdict::unfinished},
    {"preparing", Verdict::unfinished},  {"in_progress", Verdict::unfinished},
    {"processing", Verdict::unfinished}, {"running", Verdict::unfinished},
    {"generating", Verdict::unfinished}, {"success", Verdict::succeeded},
    {"succeeded", Verdict::succeeded},   {"succeed", Verdict::succeeded},
    {"completed", Verdict::succeeded},   {"complete", Verdict::succeeded},
    {"finished", Verdict::succeeded},    {"failure", Verdict::failed},
    {"failed", Verdict::failed},         {"fail", Verdict::failed},
    {"error", Verdict::failed},          {"cancelled", Verdict::failed},
    {"canceled", Verdict::failed},       {"expired", Verdict::failed},
});
constexpr std::string_view kExpired = "expired";

bool is_word(std::string_view text, std::string_view lower_case_word) {
  return equal_but_for_case(trim_ascii(text), lower_case_word);
}

std::string capped(std::string_view text) { return std::string(utf8_start(text, kWordBytesMax)); }

// The envelope's `code`, else the `code` of its `error`.
JsonValue code_of(JsonValue root) {
  const JsonValue code = root["code"];
  return code.is_null() ? root["error"]["code"] : code;
}

std::string message_of(JsonValue root) {
  const JsonValue error = root["error"];
  for (const JsonValue text : {root["message"], error["message"], error}) {
    if (!text.text().empty()) {
      return for_people(text.text(), kMessageBytesMax);
    }
  }
  return {};
}

std::string excerpt(std::string_view body) {
  const std::size_t start = body.find_first_not_of(kAsciiBlanks);
  if (start == std::string_view::npos) {
    return {};
  }
  return for_people(body.substr(start), kExcerptBytesMax);
}

bool is_task_not_exist(JsonValue root) { return is_word(code_of(root).text(), "task_not_exist"); }

bool is_invalid_url(JsonValue root) {
  const JsonValue error = root["error"];
  return error["type"].text() == "invalid_request_error" &&
         error["message"].text().starts_with("Invalid URL");
}

// The meaning of an answer other than 2xx (gateway.md, section 4). A 404 without JSON comes from a
// server in front of the gateway, and says nothing about the task.
Verdict verdict_of_http(int http_status, JsonValue root) {
  switch (http_status) {
    case 400:
      return is_task_not_exist(root) ? Verdict::not_found : Verdict::unexpected;
    case 401:
      return Verdict::unauthorised;
    case 403:
      return Verdict::forbidden;
    case 404:
      if (!root.exists()) {
        return Verdict::unexpected;
      }
      return is_invalid_url(root) ? Verdict::invalid_url : Verdict::not_found;
    case 429:
      return Verdict::throttled;
    default:
      return http_status >= 500 && http_status < 600 ? Verdict::server_error : Verdict::unexpected;
  }
}

// The ID in the answer, if it is not the queried one. A number as `id` is a row of the gateway's
// database and identifies nothing; IDs further inside are the vendor's.
std::string_view other_task(JsonValue task, const TaskId& asked) {
  const std::string_view task_id = task["task_id"].scalar();
  const std::string_view id = task["id"].text();
  const std::string_view named = task_id.empty() ? id : task_id;
  if (id == asked.text() || named == asked.text()) {
    return {};
  }
  return named;
}

// Whether a task object has any ID; `other_task` tells whose it is.
bool names_a_task(JsonValue task) {
  return !task["task_id"].scalar().empty() || !task["id"].text().empty();
}

// The gateway's task object: `data` in envelopes A and B, the whole body in C to F. If the body has
// a status of its own, its `data` is the vendor's body, except if `data` has a task ID. But if the
// outer task is the queried one and `data` has another ID, `data` is the vendor's body all the same
// (the bodies of Hailuo and Kling have their own IDs).
JsonValue find_task(JsonValue root, const TaskId& asked) {
  const JsonValue data = root["data"];
  const bool root_is_task =
      root["status"].exists() && (root["task_id"].exists() || root["id"].exists());
  const bool data_is_task = data["task_id"].exists() &&
                            (other_task(data, asked).empty() || !other_task(root, asked).empty());
  if (data["status"].exists() && (!root_is_task || data_is_task)) {
    return data;
  }
  return root["status"].exists() ? root : JsonValue();
}

std::string fail_reason(const AnswerLevels& levels, JsonValue status) {
  std::string reason = read_fail_reason(levels);
  if (!is_word(status.text(), kExpired)) {
    return reason;
  }
  return reason.empty() ? std::string(kExpired) : std::string(kExpired).append(": ") + reason;
}

// The number of videos if the vendor states none: those that have links. The original of an
// enhanced video (gateway.md T12) is not counted.
std::string count_of_links(const AnswerLevels& levels, const Answer& answer) {
  const auto is_original = [&levels](const VideoLink& link) {
    return std::any_of(levels.begin(), levels.end(), [&link](JsonValue level) {
      return level["original_result_url"].text() == link.url;
    });
  };
  const auto originals = std::count_if(answer.links.begin(), answer.links.end(), is_original);
  const auto links = static_cast<std::ptrdiff_t>(answer.links.size());
  return std::to_string(std::max<std::ptrdiff_t>(links - originals, 1) +
                        answer.videos_without_link);
}

// An unknown status word with a link or a finish time may be another word for success. Its videos
// are offered, because their links expire; the gateway's own copy is not offered, because nothing
// says that it exists.
void read_unrecognised(const AnswerLevels& levels, const TaskId& id, Answer& answer) {
  read_links(levels, id, answer);
  std::erase_if(answer.links, [](const VideoLink& link) { return link.fallback; });
  answer.videos_without_link = 0;
  answer.looks_finished = !answer.links.empty() || states_end(levels.task());
}

void read_task(JsonNest& nest, JsonValue task, const TaskId& id, Answer& answer) {
  const AnswerLevels levels(nest, task);
  const UsageBlock usage = find_usage(nest, levels);
  const bool succeeded = answer.verdict == Verdict::succeeded;
  const bool failed = answer.verdict == Verdict::failed;
  read_task_facts(levels, succeeded || failed, answer.facts);
  answer.usage = usage_metrics(levels, usage);
  if (succeeded) {
    read_usage_facts(levels, usage, answer.facts);
    read_links(levels, id, answer);
    if (answer.facts.video_count.empty()) {
      answer.facts.video_count = count_of_links(levels, answer);
    }
  }
  if (failed) {
    answer.facts.fail_reason = fail_reason(levels, task["status"]);
  }
  if (answer.verdict == Verdict::unrecognised) {
    read_unrecognised(levels, id, answer);
  }
}

// Envelope B (gateway.md, section 2): for it the gateway has just queried the vendor.
bool is_live_fetch(JsonValue root, JsonValue task) {
  return task == root["data"] && task["format"].exists() && task["url"].exists() &&
         !task["submit_time"].exists();
}

// A 2xx without a task: either an error sent with status 200, the empty envelope that a gateway
// makes of an empty body, or other JSON, which is unrecognised.
Verdict verdict_without_task(JsonValue root) {
  const JsonValue data = root["data"];
  const bool is_empty_envelope = data.exists() && data.is_null();
  return is_empty_envelope || !root["error"].is_null() ? Verdict::unreadable
                                                       : Verdict::unrecognised;
}

// Whether an object has a status, under any name that vendors use for it.
bool states_a_standing(JsonValue level) {
  for (const char* key : {"status", "task_status", "state", "successFlag"}) {
    if (level[key].is_string() || level[key].is_number()) {
      return true;
    }
  }
  return !level["output"]["task_status"].text().empty();
}

// Whether an object has task IDs, and none of them is the queried one.
bool names_another(JsonValue level, const TaskId& asked) {
  bool names = false;
  for (const char* key : {"task_id", "taskId", "id"}) {
    const std::string_view id = level[key].text();
    if (id == asked.text()) {
      return false;
    }
    names = names || !id.empty();
  }
  return names;
}

// JSON of an unknown shape may be a vendor's own answer, forwarded unchanged. Its video is offered
// unless the answer has another task's ID; the shape is reported in any case.
void read_unknown_shape(JsonNest& nest, const TaskId& id, Answer& answer) {
  const AnswerLevels levels(nest, nest.root());
  if (std::none_of(levels.begin(), levels.end(), states_a_standing)) {
    return;
  }
  read_unrecognised(levels, id, answer);
  const bool anothers = std::any_of(levels.begin(), levels.end(), [&id](JsonValue level) {
    return names_another(level, id) || names_another(level["output"], id);
  });
  if (anothers) {
    answer.links.clear();
  }
  if (answer.looks_finished) {
    answer.message = "an answer of unknown shape";
  }
}

void read_success(JsonNest& nest, const TaskId& id, Answer& answer) {
  const JsonValue root = nest.root();
  const JsonValue task = is_success_code(root["code"]) ? find_task(root, id) : JsonValue();
  if (!task.exists()) {
    answer.verdict = is_task_not_exist(root)          ? Verdict::not_found
                     : !is_success_code(root["code"]) ? Verdict::unreadable
                                                      : verdict_without_task(root);
    answer.message = message_of(root);
    if (answer.message.empty()) {
      answer.message = "the answer has no task";
    }
    if (answer.verdict == Verdict::unrecognised) {
      read_unknown_shape(nest, id, answer);
    }
    return;
  }
  answer.status = capped(task["status"].scalar());
  answer.progress = capped(task["progress"].scalar());
  if (const std::string_view other = other_task(task, id); !other.empty()) {
    answer.verdict = Verdict::wrong_task;
    answer.message = "the answer names another task: " + for_people(other, kExcerptBytesMax);
    return;
  }
  answer.live_fetch = is_live_fetch(root, task);
  answer.verdict = verdict_of_word(task["status"].text());
  answer.names_task = is_final(answer.verdict) && names_a_task(task);
  if (answer.verdict == Verdict::unrecognised) {
    answer.message = answer.status.empty()
                         ? "no status word"
                         : "unknown status word: " + for_people(answer.status, kWordBytesMax);
  }
  read_task(nest, task, id, answer);
}

void read_answer(JsonNest& nest, int http_status, std::string_view body, const TaskId& id,
                 Answer& answer) {
  const JsonFailure failure = nest.read(body);
  const JsonValue root = nest.root();
  answer.code = capped(code_of(root).scalar());
  const bool is_2xx = http_status >= 200 && http_status < 300;
  if (is_2xx && failure == JsonFailure::none) {
    read_success(nest, id, answer);
    if (nest.met_repeated_key()) {
      answer = Answer();
      answer.message = "JSON with a key twice in one object";
    }
    return;
  }
  answer.verdict = is_2xx ? Verdict::unreadable : verdict_of_http(http_status, root);
  answer.message = message_of(root);
  if (answer.message.empty() && failure != JsonFailure::none) {
    answer.message = std::string(describe(failure));
    const std::string start = excerpt(body);
    if (!start.empty()) {
      answer.message += ": " + start;
    }
  }
}

}  // namespace

std::string query_path(const TaskId& id) {
  constexpr std::string_view kBefore = "/v1/video/generations/";
  std::string path;
  path.reserve(kBefore.size() + id.text().size());
  path += kBefore;
  append_percent_encoded(path, id.text(), false);
  return path;
}

std::string content_path(const TaskId& id) {
  return "/v1/videos/" + percent_encoded(id.text(), false) + "/content";
}

Verdict verdict_of_word(std::string_view status) {
  status = trim_ascii(status);
  for (const StatusWord& known : kStatusWords) {
    if (status.size() == known.word.size() && equal_but_for_case(status, known.word)) {
      return known.verdict;
    }
  }
  return Verdict::unrecognised;
}

Answer parse_answer(int http_status, std::string_view body, const TaskId& id) {
  // Reused memory: each of the few threads that read answers has its own.
  thread_local JsonNest nest;
  Answer answer;  // filled where it is: moving its dozens of texts costs
  read_answer(nest, http_status, body, id, answer);
  // The parsed form of a large body takes several times its size.
  if (body.size() > kKeptBodyBytes) {
    static_cast<void>(nest.read({}));
  }
  return answer;
}

bool is_web_page(std::string_view body) {
  if (body.starts_with("\xEF\xBB\xBF")) {
    body.remove_prefix(3);
  }
  body.remove_prefix(std::min(body.find_first_not_of(kAsciiBlanks), body.size()));
  return body.starts_with('<');
}

std::optional<std::string> link_in_json(std::string_view body) {
  JsonDocument document;
  if (document.read(body) != JsonFailure::none) {
    return std::nullopt;
  }
  for (const JsonValue holder : {document.root(), document.root()["data"]}) {
    for (const std::string_view key : {"url", "video_url"}) {
      const std::string_view link = holder[key].text();
      if (document.met_repeated_key()) {
        return std::nullopt;
      }
      if (link.substr(0, 8) == "https://" || link.substr(0, 7) == "http://" ||
          link.substr(0, 1) == "/") {
        return std::string(link);
      }
    }
  }
  return std::nullopt;
}

}  // namespace core
