// An in-memory store of videos; tests/core/video/video_store_contract_test.cc compares it with the
// local folder.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/video/video_store.h"

namespace support {

/// Belongs to one thread.
class FakeVideoStore final : public core::VideoStore {
 public:
  using Claimed = std::function<bool(const std::string& path)>;
  static constexpr const char* kRoot = "/videos/";

  struct File {
    std::string content;
    std::uint64_t number = 0;
  };
  struct Part {
    std::string content;
    std::string validator;
    core::PromisedContent promised;
    bool is_open = false;  ///< a sink holds it
  };

  explicit FakeVideoStore(Claimed claimed = {})
      : FakeVideoStore(std::make_shared<Published>(), std::move(claimed)) {}
  /// Shares published files with other stores, as several machines share a bucket; the parts are
  /// its own.
  struct Published;
  FakeVideoStore(std::shared_ptr<Published> published, Claimed claimed)
      : claimed_(std::move(claimed)), published_(std::move(published)) {}

  /// Decides whether a plan gets a sink; empty: it does.
  std::function<std::optional<core::FetchFailure>(const core::FilePlan&)> on_open;
  /// Called before each conditional creation of a file.
  std::function<void(const std::string& path)> before_create;
  std::optional<std::int64_t> free;
  std::vector<std::string> discarded;  ///< tasks whose parts were removed

  /// Puts a file there, as another program would.
  void put(const std::string& path, std::string content);
  /// What a power failure leaves of parts, which nobody has synced; no sink may be open. `keep`
  /// decides how many bytes of so many.
  void lose_unsynced(const std::function<std::size_t(std::size_t)>& keep);
  /// The content of a file; none if there is no file.
  [[nodiscard]] std::optional<std::string> content(const std::string& path) const;

  [[nodiscard]] std::variant<std::unique_ptr<core::VideoSink>, core::FetchFailure> open(
      core::FilePlan plan) override;
  void discard(core::FilePlan plan) override;
  [[nodiscard]] std::variant<core::StoredFile, core::NotFound> find(
      const std::string& path) const override;
  [[nodiscard]] bool holds(const std::string& path) const override;
  [[nodiscard]] std::optional<core::Sha256Digest> sha256_of(const std::string& path) const override;
  void list(const std::function<void(const std::string& path)>& visit) const override;
  [[nodiscard]] std::optional<std::int64_t> free_bytes() const override { return free; }
  void write_beside(const core::BesideFile& file) override;

 private:
  class Sink;

  std::string name_for(const core::FilePlan& plan, const core::CheckedVideo& video,
                       const std::string& content) const;
  [[nodiscard]] bool is_taken(const std::string& path, const std::string& content) const;

  Claimed claimed_;
  std::map<std::string, std::shared_ptr<Part>> parts_;  ///< by name
  std::shared_ptr<Published> published_;
};

struct FakeVideoStore::Published {
  std::map<std::string, File> files;
  std::map<std::string, std::string> owners;  ///< of published paths: the name of the part
  std::uint64_t last_number = 0;
};

}  // namespace support
