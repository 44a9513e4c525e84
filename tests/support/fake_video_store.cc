#include "tests/support/fake_video_store.h"

#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "core/text/http_headers.h"
#include "core/video/video_check.h"

namespace support {

class FakeVideoStore::Sink final : public core::VideoSink {
 public:
  Sink(FakeVideoStore& store, core::FilePlan plan)
      : store_(store), plan_(std::move(plan)), name_(core::part_file_name(plan_.fields)) {
    auto& part = store_.parts_[name_];
    if (part == nullptr || part->validator.empty()) {
      part = std::make_shared<Part>();
    }
    part->is_open = true;
    part_ = part;
  }
  ~Sink() override {
    part_->is_open = false;
    if (has_its_name() && size() == 0) {
      store_.parts_.erase(name_);
    }
  }

  [[nodiscard]] std::int64_t size() const override {
    return part_->validator.empty() ? 0 : static_cast<std::int64_t>(part_->content.size());
  }
  [[nodiscard]] const std::string& validator() const override { return part_->validator; }
  [[nodiscard]] const core::PromisedContent& promised() const override { return part_->promised; }
  [[nodiscard]] std::optional<core::FetchFailure> restart(
      std::string_view validator, const core::PromisedContent& promised) override {
    *part_ = core::is_strong_etag(validator) ? Part{"", std::string(validator), promised} : Part{};
    part_->is_open = true;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<core::FetchFailure> append(std::string_view bytes) override {
    part_->content += bytes;
    return std::nullopt;
  }
  [[nodiscard]] std::variant<core::SavedFile, core::FetchFailure> publish(
      const core::PromisedContent& promised) override {
    if (!has_its_name()) {
      return taken();
    }
    core::VideoCheck check(core::hashes_of(promised));
    check.update(part_->content);
    auto checked = core::check_content(promised, check.finish());
    if (auto* wrong = std::get_if<core::FetchFailure>(&checked)) {
      store_.parts_.erase(name_);
      return std::move(*wrong);
    }
    const auto& video = std::get<core::CheckedVideo>(checked);
    std::string path;
    do {  // another run may take the name meanwhile
      path = store_.name_for(plan_, video, part_->content);
      if (store_.before_create) {
        store_.before_create(path);
      }
    } while (path != plan_.replaces && store_.is_taken(path, part_->content));
    Published& published = *store_.published_;
    File& file = published.files[path];
    if (file.content != part_->content) {
      file = {part_->content, ++published.last_number};
    }
    published.owners[path] = name_;
    store_.parts_.erase(name_);
    return core::SavedFile{path, video.bytes, core::hex(video.sha256), video.checks};
  }

 private:
  // Whether no run with a claim took the part away.
  [[nodiscard]] bool has_its_name() const {
    const auto found = store_.parts_.find(name_);
    return found != store_.parts_.end() && found->second == part_;
  }
  [[nodiscard]] static core::FetchFailure taken() {
    return {.kind = core::FetchFailure::Kind::blocked, .text = "another run took the part"};
  }

  FakeVideoStore& store_;
  core::FilePlan plan_;
  std::string name_;
  std::shared_ptr<Part> part_;
};

std::string FakeVideoStore::name_for(const core::FilePlan& plan, const core::CheckedVideo& video,
                                     const std::string& content) const {
  if (holds(plan.replaces) && plan.replaces.ends_with("." + video.extension)) {
    return plan.replaces;
  }
  for (int nth = 1;; ++nth) {
    std::string path = kRoot + plan.name_template->render(plan.fields, video.extension, nth);
    const auto owner = published_->owners.find(path);
    const bool is_anothers =
        owner != published_->owners.end() && owner->second != core::part_file_name(plan.fields);
    if (!is_taken(path, content) && !is_anothers &&
        !(path != plan.replaces && claimed_ && claimed_(path))) {
      return path;
    }
  }
}

bool FakeVideoStore::is_taken(const std::string& path, const std::string& content) const {
  const auto file = published_->files.find(path);
  return file != published_->files.end() && file->second.content != content;
}

void FakeVideoStore::put(const std::string& path, std::string content) {
  published_->files[path] = {std::move(content), ++published_->last_number};
}

void FakeVideoStore::lose_unsynced(const std::function<std::size_t(std::size_t)>& keep) {
  for (auto& [name, part] : parts_) {
    part->content.resize(keep(part->content.size()));
  }
}

std::optional<std::string> FakeVideoStore::content(const std::string& path) const {
  const auto found = published_->files.find(path);
  return found == published_->files.end() ? std::nullopt : std::optional(found->second.content);
}

std::variant<std::unique_ptr<core::VideoSink>, core::FetchFailure> FakeVideoStore::open(
    core::FilePlan plan) {
  if (auto refused = on_open ? on_open(plan) : std::nullopt) {
    return *std::move(refused);
  }
  const auto part = parts_.find(core::part_file_name(plan.fields));
  if (part != parts_.end() && part->second->is_open) {
    if (!plan.is_claimed) {
      return core::FetchFailure{.kind = core::FetchFailure::Kind::blocked,
                                .text = "it is under way"};
    }
    parts_.erase(part);
  }
  return std::make_unique<Sink>(*this, std::move(plan));
}

void FakeVideoStore::discard(core::FilePlan plan) {
  parts_.erase(core::part_file_name(plan.fields));
  discarded.push_back(plan.fields.task_id);
}

std::variant<core::StoredFile, core::NotFound> FakeVideoStore::find(const std::string& path) const {
  const auto found = published_->files.find(path);
  if (found == published_->files.end()) {
    return core::NotFound::missing;
  }
  return core::StoredFile{.bytes = static_cast<std::int64_t>(found->second.content.size()),
                          .identity = {0, found->second.number}};
}

bool FakeVideoStore::holds(const std::string& path) const {
  return path.starts_with(kRoot) && path.find("..") == std::string::npos;
}

std::optional<core::Sha256Digest> FakeVideoStore::sha256_of(const std::string& path) const {
  const auto found = published_->files.find(path);
  if (found == published_->files.end()) {
    return std::nullopt;
  }
  core::Sha256 hash;
  hash.update(found->second.content);
  return hash.finish();
}

void FakeVideoStore::list(const std::function<void(const std::string& path)>& visit) const {
  for (const auto& [path, file] : published_->files) {
    if (path.starts_with(kRoot)) {
      visit(path);
    }
  }
}

void FakeVideoStore::write_beside(const core::BesideFile& file) {
  const auto found = published_->files.find(file.path);
  if (found != published_->files.end() && !file.may_replace(found->second.content)) {
    throw core::Error(file.path + " is a file that is not ours");
  }
  put(file.path, std::string(file.text));
}

}  // namespace support
