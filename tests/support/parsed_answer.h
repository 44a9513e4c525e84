// Answers of the gateway, parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/gateway/api.h"

namespace core::parsed {

inline constexpr const char* kHappyHorse = "asyntask_Qm4T0v7yLxWc2RbnKd9ZpHs3JfEa6UgO";
inline constexpr const char* kSeedance = "asyntask_Se7kXo2VbR9tQyLz4WnPm1HcJ6dGuA3i";
inline constexpr const char* kKling = "860260753860210752";

[[nodiscard]] TaskId id_of(std::string_view text);

[[nodiscard]] std::string body_of(const std::string& name);

[[nodiscard]] Answer answer_of(const std::string& name, std::string_view id, int http_status = 200);

[[nodiscard]] Answer parse(std::string_view body, std::string_view id = "t");

/// A success in envelope A with the vendor body `data`; `more`: further members of the task.
[[nodiscard]] Answer parse_success(const std::string& data, const std::string& more = "");

[[nodiscard]] Answer parse_failure(const std::string& data, const std::string& more = "");

[[nodiscard]] std::optional<UtcTime> at(std::int64_t milliseconds);

[[nodiscard]] std::vector<std::string> urls_of(const Answer& answer);

/// The URLs of each video, best first.
[[nodiscard]] std::vector<std::vector<std::string>> all_urls_of(const Answer& answer);

}  // namespace core::parsed
