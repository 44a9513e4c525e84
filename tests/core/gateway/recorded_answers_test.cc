// Recorded answers of a real gateway (tests/data/gateway), and the meaning of each.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/gateway/api.h"

namespace core {
namespace {

std::vector<std::vector<std::string>> table(const std::string& name, std::size_t columns) {
  std::ifstream file(TEST_DATA "/gateway/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    std::size_t from = 0;
    for (std::size_t tab; (tab = line.find('\t', from)) != std::string::npos; from = tab + 1) {
      cells.push_back(line.substr(from, tab - from));
    }
    cells.push_back(line.substr(from));
    EXPECT_EQ(cells.size(), columns) << line;
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::string seconds(const std::optional<UtcTime>& time) {
  if (!time) {
    return {};
  }
  const auto milliseconds = time->time_since_epoch().count();
  std::string text = std::to_string(milliseconds / 1000);
  if (milliseconds % 1000 != 0) {
    text += "." + std::to_string(milliseconds % 1000 + 1000).substr(1);
  }
  return text;
}

// "succeeded; model=x; link1=https://…@1795791059; usage.SR=720": the whole content of the answer.
std::string told(const Answer& answer) {
  std::string text(name(answer.verdict));
  const auto tell = [&text](const std::string& what, const std::string& value) {
    if (!value.empty()) {
      text.append("; ").append(what).append("=").append(value);
    }
  };
  const TaskFacts& facts = answer.facts;
  tell("message", answer.message);
  tell("looks_finished", answer.looks_finished ? "yes" : "");
  tell("submit", seconds(facts.submit_time));
  tell("start", seconds(facts.start_time));
  tell("finish", seconds(facts.finish_time));
  tell("upstream_end", seconds(facts.upstream_end_time));
  const std::array<std::pair<const char*, const std::string*>, 17> texts{
      {{"model", &facts.model},
       {"action", &facts.action},
       {"request_id", &facts.request_id},
       {"quota", &facts.quota},
       {"resolution", &facts.resolution},
       {"generation_resolution", &facts.generation_resolution},
       {"ratio", &facts.ratio},
       {"duration", &facts.duration_seconds},
       {"input", &facts.input_seconds},
       {"output", &facts.output_seconds},
       {"videos", &facts.video_count},
       {"completion_tokens", &facts.completion_tokens},
       {"total_tokens", &facts.total_tokens},
       {"sr_tokens", &facts.super_resolution_tokens},
       {"units", &facts.units},
       {"credits", &facts.credits},
       {"reason", &facts.fail_reason}}};
  for (const auto& [what, value] : texts) {
    tell(what, *value);
  }
  for (const VideoLink& link : answer.links) {
    tell((link.fallback ? "fallback" : "link") + std::to_string(link.index),
         link.url + "@" + seconds(link.expires_at));
    for (const LinkCandidate& other : link.others) {
      tell("or", other.url + "@" + seconds(other.expires_at));
    }
  }
  if (answer.videos_without_link > 0) {
    tell("unlinked", std::to_string(answer.videos_without_link));
  }
  for (const UsageMetric& metric : answer.usage) {
    tell("usage." + metric.name, metric.value);
  }
  return text;
}

TEST(RecordedAnswers, MeanWhatTheGatewaySaid) {
  std::map<std::string, std::string> expected;
  for (const auto& row : table("expected.tsv", 2)) {
    expected[row[0]] = row[1];
  }
  for (const auto& row : table("answers.tsv", 4)) {
    const auto id = TaskId::parse(row[2]);
    ASSERT_TRUE(std::holds_alternative<TaskId>(id)) << row[0];
    const Answer answer = parse_answer(std::stoi(row[1]), row[3], std::get<TaskId>(id));
    EXPECT_EQ(told(answer), expected[row[0]]) << row[0];
    expected.erase(row[0]);
  }
  for (const auto& [file, text] : expected) {
    ADD_FAILURE() << "not recorded: " << file;
  }
}

// What the content endpoint sends instead of bytes: a link in one case, otherwise errors.
TEST(RecordedAnswers, OfTheContentEndpointHaveALinkOrNone) {
  std::size_t links = 0;
  for (const auto& row : table("answers.tsv", 4)) {
    if (!row[0].starts_with("content/")) {
      continue;
    }
    const auto link = link_in_json(row[3]);
    EXPECT_EQ(link.has_value(), row[0] == "content/content_json.http") << row[0];
    if (!link) {
      continue;
    }
    ++links;
    EXPECT_EQ(*link,
              "http://127.0.0.1:9100/oss/46/tiny.mp4?Expires=1795792239&OSSAccessKeyId=EXAMPLE"
              "&Signature=abc%2Bdef%3D");
  }
  EXPECT_EQ(links, 1U);
}

}  // namespace
}  // namespace core
