#include "storage/answers/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace storage {
namespace {

bool is_last_of_its_name(const core::Labels& labels, std::size_t index) {
  return std::none_of(labels.begin() + static_cast<std::ptrdiff_t>(index) + 1, labels.end(),
                      [&](const auto& other) { return other.first == labels[index].first; });
}

}  // namespace

void append_json_string(std::string& json, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char one) {
    return one >= ' ' && one <= '~' && one != '"' && one != '\\';
  });
  if (!plain) {
    json += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  json += '"';
  json += text;
  json += '"';
}

namespace {

template <typename Values, typename Text>
void append_array(std::string& json, const Values& values, Text text) {
  std::size_t bytes = json.size() + 2;
  for (const auto& value : values) {
    bytes += text(value).size() + 3;
  }
  json.reserve(bytes);
  char separator = '[';
  for (const auto& value : values) {
    json += separator;
    append_json_string(json, text(value));
    separator = ',';
  }
  json += values.empty() ? "[]" : "]";
}

}  // namespace

void append_json_object(std::string& json, const core::Labels& labels) {
  json += '{';
  const char* separator = "";
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (is_last_of_its_name(labels, i)) {
      json += separator;
      append_json_string(json, labels[i].first);
      json += ':';
      append_json_string(json, labels[i].second);
      separator = ",";
    }
  }
  json += '}';
}

void append_json_array(std::string& json, const std::vector<core::UsageMetric>& usage,
                       std::string core::UsageMetric::*member) {
  append_array(json, usage, [member](const core::UsageMetric& metric) -> const std::string& {
    return metric.*member;
  });
}

std::string json_array(const std::vector<core::UsageMetric>& usage,
                       std::string core::UsageMetric::*member) {
  std::string json;
  append_json_array(json, usage, member);
  return json;
}

std::string json_array(const std::vector<std::string>& texts) {
  std::string json;
  append_array(json, texts, [](const std::string& text) -> const std::string& { return text; });
  return json;
}

core::Labels read_labels(std::string_view json) {
  core::Labels labels;
  if (json.empty()) {
    return labels;
  }
  const auto parsed = nlohmann::ordered_json::parse(json, nullptr, false);
  if (!parsed.is_object()) {
    throw core::Error("the labels of a task are damaged; run `reeltally db check`");
  }
  for (const auto& [name, value] : parsed.items()) {
    labels.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return labels;
}

const core::Labels& LabelReader::read(std::string_view json) {
  if (const auto found = known_.find(json); found != known_.end()) {
    return found->second;
  }
  core::Labels labels = read_labels(json);
  if (known_.size() >= kKnownMax) {  // every task has its own labels
    known_.clear();
  }
  return known_.emplace(json, std::move(labels)).first->second;
}

}  // namespace storage
