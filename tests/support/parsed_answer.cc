#include "tests/support/parsed_answer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <variant>

namespace core::parsed {

TaskId id_of(std::string_view text) { return std::get<TaskId>(TaskId::parse(text)); }

std::string body_of(const std::string& name) {
  std::ifstream file(TEST_DATA "/answers/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Answer answer_of(const std::string& name, std::string_view id, int http_status) {
  return parse_answer(http_status, body_of(name), id_of(id));
}

Answer parse(std::string_view body, std::string_view id) {
  return parse_answer(200, body, id_of(id));
}

Answer parse_success(const std::string& data, const std::string& more) {
  return parse(R"({"code":"success","data":{"task_id":"t","status":"SUCCESS",)" + more +
               R"("data":)" + data + "}}");
}

Answer parse_failure(const std::string& data, const std::string& more) {
  return parse(R"({"code":"success","data":{"task_id":"t","status":"FAILURE",)" + more +
               R"("data":)" + data + "}}");
}

std::optional<UtcTime> at(std::int64_t milliseconds) {
  return UtcTime(std::chrono::milliseconds(milliseconds));
}

std::vector<std::string> urls_of(const Answer& answer) {
  std::vector<std::string> urls;
  for (const VideoLink& link : answer.links) {
    urls.push_back(link.url);
  }
  return urls;
}

std::vector<std::vector<std::string>> all_urls_of(const Answer& answer) {
  std::vector<std::vector<std::string>> urls;
  for (const VideoLink& link : answer.links) {
    urls.push_back({link.url});
    for (const LinkCandidate& other : link.others) {
      urls.back().push_back(other.url);
    }
  }
  return urls;
}

}  // namespace core::parsed
