#include "cmd/run/sidecar.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "cmd/os/json_text.h"
#include "core/domain/time_zone.h"
#include "core/error.h"
#include "core/files/beneath.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSidecarType = "reeltally video";

std::string text_of(const RecordedVideo& video) {
  const core::TimeZone utc("UTC");
  Json json{{"type", kSidecarType},
            {"task_id", video.task_id},
            {"account", video.account},
            {"video_index", video.index},
            {"model", video.model},
            {"status", video.status},
            {"finished_at", utc.text(video.finish_time)},
            {"file", core::split_path(video.file.path).name},
            {"bytes", video.file.bytes},
            {"sha256", video.file.sha256},
            {"checks", video.file.checks}};
  json["labels"] = Json::object();
  for (const auto& [name, value] : video.labels) {
    json["labels"][name] = value;
  }
  return json_page(json);
}

// Whether this is a sidecar of the same task.
bool is_sidecar_of(const std::string& task_id, std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  return json.is_object() && json.value("type", "") == kSidecarType &&
         json.value("task_id", "") == task_id;
}

// Which files exist: looked up one by one if that costs little, else by one listing.
class Presence {
 public:
  explicit Presence(const core::VideoStore& videos) : videos_(videos) {
    if (const auto listing = videos.in_order()) {
      listed_.emplace();
      while (const auto file = listing->next()) {
        listed_->insert(std::hash<std::string>{}(file->path));
      }
    }
  }

  // Whether the video exists, and its sidecar does not.
  [[nodiscard]] bool lacks_sidecar(const std::string& path) const {
    const std::string sidecar = path + kSidecarSuffix;
    if (!videos_.holds(path)) {
      return false;
    }
    return listed_ ? is_listed(path) && !is_listed(sidecar)
                   : is_missing(sidecar) && is_regular(path);
  }

 private:
  [[nodiscard]] bool is_listed(const std::string& path) const {
    return listed_->contains(std::hash<std::string>{}(path));
  }
  [[nodiscard]] bool is_missing(const std::string& path) const {
    const auto found = videos_.find(path);
    const auto* reason = std::get_if<core::NotFound>(&found);
    return reason != nullptr && *reason == core::NotFound::missing;
  }
  [[nodiscard]] bool is_regular(const std::string& path) const {
    const auto found = videos_.find(path);
    const auto* file = std::get_if<core::StoredFile>(&found);
    return file != nullptr && file->is_regular;
  }

  const core::VideoStore& videos_;
  std::optional<std::unordered_set<std::size_t>> listed_;  // hashes of paths
};

}  // namespace

void write_sidecar(core::VideoStore& videos, const RecordedVideo& video) {
  videos.write_beside({.path = video.file.path + kSidecarSuffix,
                       .text = text_of(video),
                       .may_replace = [&video](std::string_view text) {
                         return is_sidecar_of(video.task_id, text);
                       }});
}

std::size_t write_missing_sidecars(const std::string& ledger, core::VideoStore& videos, Log& log) {
  const auto reader = storage::open_ledger_reader(ledger);
  std::vector<core::SavedVideo> lacking;
  const Presence presence(videos);
  reader->each_saved_video([&](core::SavedVideo&& video) {
    if (presence.lacks_sidecar(video.path)) {
      lacking.push_back(std::move(video));
    }
  });
  std::size_t failures = 0;
  reader->describe(lacking, [&](const core::SavedVideo& video, core::SavedVideoFacts&& facts) {
    try {
      write_sidecar(videos, {.task_id = video.task_id,
                             .account = video.account,
                             .model = std::move(facts.model),
                             .status = std::move(facts.status),
                             .finish_time = facts.finish_time,
                             .labels = std::move(facts.labels),
                             .index = video.index,
                             .file = {video.path, video.bytes, video.sha256, facts.checks}});
    } catch (const core::Error& failure) {
      log.warning(failure.what());
      ++failures;
    }
  });
  return failures;
}

}  // namespace cmd
