#include "tests/support/simulation/simulated_gateway.h"

#include <array>
#include <chrono>
#include <functional>

#include "core/domain/lifecycle.h"
#include "tests/support/tiny_video.h"

namespace support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kQueries = "/v1/video/generations/";
constexpr std::string_view kHost = "https://store.example/";
constexpr std::chrono::hours kLinkLife{24 * 30};

std::string seconds_of(core::UtcTime time) {
  return std::to_string(std::chrono::floor<seconds>(time).time_since_epoch().count());
}

core::QueryAnswer answer_of(int status, std::string body, core::UtcTime now) {
  core::QueryAnswer answer;
  answer.http_status = status;
  answer.body = std::move(body);
  answer.date = std::chrono::floor<seconds>(now);
  return answer;
}

std::string link_of(const SimulatedGateway::Task& task, int index) {
  return std::string(kHost) + task.id + "/" + std::to_string(index) +
         ".mp4?Expires=" + seconds_of(task.ends_at + kLinkLife) + "&Signature=x";
}

core::FetchFailure failure_of(core::FetchFailure::Kind kind, int status, core::UtcTime now) {
  return {.kind = kind, .http_status = status, .text = "simulated", .date = now};
}

}  // namespace

std::string SimulatedGateway::video(const std::string& id, int index) {
  const std::size_t hash = std::hash<std::string>()(id + std::to_string(index));
  return tiny_mp4(400 + hash % 3000, static_cast<std::uint32_t>(hash));
}

// The quota is settled some time after the end.
std::string SimulatedGateway::body(const Task& task, const std::string& id) const {
  const bool ended = task.fate != Fate::never_ends && now_() >= task.ends_at;
  const bool settled = now_() >= task.ends_at + core::kSettlingTime / 2;
  std::string text = R"({"code":"success","message":"","data":{"task_id":")" + id + R"(",)";
  if (ended && task.fate == Fate::succeeds) {
    text += R"("status":"SUCCESS","result_url":")" + link_of(task, 1) + R"(",)";
    if (task.enhanced) {
      text += R"("original_result_url":")" + link_of(task, 2) + R"(",)";
    }
  } else {
    text += ended ? R"("status":"FAILURE",)" : R"("status":"IN_PROGRESS",)";
  }
  return text + R"("submit_time":1780280000,"start_time":0,"finish_time":)" +
         (ended ? seconds_of(task.ends_at) : "0") + R"(,"quota":)" + (settled ? "5" : "1") +
         R"(,"progress":"1%","data":null}})";
}

// What is not an answer, or not about this task; never a final answer that is not true.
SimulatedGateway::Fault SimulatedGateway::fault(Task& task) {
  if (task.times_not_found + 1 < core::kNotFoundMax && dice_.happens(0.1)) {
    ++task.times_not_found;
    return {400, R"({"code":"task_not_exist","message":"no","data":null})"};
  }
  const std::string good = body(task, task.id);
  const std::string begin = R"({"code":"success","data":{"task_id":")" + task.id;
  if (dice_.happens(0.15)) {
    return {200, begin + (dice_.happens(0.5) ? R"(","status":"TELEPORTING"}})"
                                             : R"(","status":"IN_PROGRESS"}})")};
  }
  const std::array<Fault, 18> faults{{
      {500, "{}"},
      {502, "<html><title>502</title></html>"},
      {503, R"({"error":{"message":"no channel"}})"},
      {504, ""},
      {408, ""},
      {302, ""},
      {204, ""},
      {200, ""},
      {200, "<!DOCTYPE html><html>log in</html>"},
      {200, good.substr(0, good.size() / 2)},
      {200, good + "x"},
      {200, "[1,2]"},
      {200, R"({"code":"success","data":null})"},
      {200, R"({"code":"oops","message":"no","data":null})"},
      {200, body(task, "somebody-else")},
      {200, std::string(1000, '[')},
      {200, R"({"code":"success","code":"success","data":{}})"},
      {200, R"({"code":"success","data":{"status":"SUCCESS","x":1e999}})"},
  }};
  return dice_.one_of(faults);
}

std::variant<core::QueryAnswer, core::TransportFailure> SimulatedGateway::answer(
    const core::QueryRequest& request) {
  if (!request.path.starts_with(kQueries)) {
    return answer_of(404, "<html>no such page</html>", now_());
  }
  Task& task = tasks_.at(request.path.substr(kQueries.size()));
  core::QueryAnswer answer = answer_of(200, body(task, task.id), now_());
  if (task.fate == Fate::unknown) {
    answer = answer_of(400, R"({"code":"task_not_exist","message":"no","data":null})", now_());
  } else if (fails(0.06)) {
    const std::array<const char*, 4> kinds{"connect", "timeout", "tls", "too_large"};
    return core::TransportFailure{dice_.one_of(kinds), "simulated"};
  } else if (fails(0.04)) {
    answer = answer_of(429, "", now_());
    if (dice_.happens(0.7)) {
      answer.retry_after = dice_.ms(0, dice_.happens(0.2) ? 600'000 : 20'000);
    }
  } else if (fails(0.003)) {
    answer = answer_of(401, R"({"error":{"message":"Invalid API key"}})", now_());
  } else if (fails(0.15)) {
    const Fault bad = fault(task);
    answer = answer_of(bad.status, bad.body, now_());
  }
  answer.kept_connection = dice_.happens(0.3);
  ++sent_[{task.id, answer.body}];
  return answer;
}

// Faults of the whole object (design.md, D2 to D6).
void SimulatedGateway::spoil(Delivery& delivery, Task& task) {
  using Kind = core::FetchFailure::Kind;
  delivery.from_start = true;
  std::string& bytes = delivery.bytes;
  const std::string whole = bytes;
  switch (dice_.between(0, 6)) {
    case 0:  // longer than promised
      bytes += "more";
      break;
    case 1:  // cut, as promised
      bytes.resize(bytes.size() / 2);
      delivery.promised.length = static_cast<std::int64_t>(bytes.size());
      break;
    case 2:
      delivery.promised.md5_base64 = "XUFAKrxLKna5cZ2REBfFkg==";
      break;
    case 3:
      bytes.clear();
      delivery.promised.length = 0;
      break;
    case 4:
      if (task.times_refused == 0) {
        ++task.times_refused;
        delivery.failure = failure_of(dice_.happens(0.5) ? Kind::denied : Kind::gone, 403, now_());
      }
      break;
    case 5:
      if (task.times_refused == 0) {
        ++task.times_refused;
        delivery.failure = failure_of(Kind::error_page, 200, now_());
      }
      break;
    case 6:
      task.spoiled = true;
      bytes = "\x89PNG\r\n" + std::string(50, 'p');
      delivery.promised.length = static_cast<std::int64_t>(bytes.size());
      break;
    default:
      break;
  }
  if (delivery.failure || bytes != whole) {
    delivery.etag.clear();
  }
}

SimulatedGateway::Delivery SimulatedGateway::deliver(const std::string& url, std::int64_t from,
                                                     const std::string& if_etag) {
  using Kind = core::FetchFailure::Kind;
  const std::string path = url.substr(kHost.size(), url.find('?') - kHost.size());
  const std::size_t slash = path.find('/');
  Task& task = tasks_.at(path.substr(0, slash));
  const std::string whole = video(task.id, path[slash + 1] - '0');
  Delivery delivery{
      .failure = std::nullopt, .etag = "\"" + path + "\"", .promised = {}, .bytes = whole};
  delivery.promised.length = static_cast<std::int64_t>(whole.size());
  delivery.from_start = from == 0 || if_etag != delivery.etag || fails(0.2);
  if (fails(0.08)) {
    const std::array<core::FetchFailure, 3> faults{failure_of(Kind::transport, 0, now_()),
                                                   failure_of(Kind::server_error, 503, now_()),
                                                   failure_of(Kind::throttled, 429, now_())};
    delivery.failure = dice_.one_of(faults);
    delivery.bytes.clear();
    return delivery;
  }
  if (fails(0.1)) {
    spoil(delivery, task);
    if (delivery.failure) {
      delivery.bytes.clear();
    }
    return delivery;
  }
  if (!delivery.from_start) {
    delivery.bytes.erase(0, static_cast<std::size_t>(from));
  }
  if (fails(0.15)) {  // a reset at any byte
    delivery.bytes.resize(static_cast<std::size_t>(
        dice_.between(0, static_cast<std::int64_t>(delivery.bytes.size()))));
    delivery.failure = failure_of(Kind::transport, 0, now_());
  }
  return delivery;
}

}  // namespace support
