#include "core/video/s3/bucket_videos.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/files/free_space.h"
#include "core/files/sha256.h"
#include "core/video/local/local_videos.h"
#include "core/video/local/part_file.h"
#include "core/video/s3/upload_note.h"

namespace core {
namespace {

using Kind = S3Failure::Kind;

constexpr std::size_t kReplacedBytesMax = std::size_t{1} << 20U;  // as of a local sidecar

// An object is what has its name.
FileIdentity identity_of(const S3Object& object) {
  Sha256 hash;
  hash.update(object.url());
  const Sha256Digest digest = hash.finish();
  FileIdentity identity;
  std::memcpy(&identity.volume, digest.data(), sizeof identity.volume);
  std::memcpy(&identity.number, digest.data() + sizeof identity.volume, sizeof identity.number);
  return identity;
}

bool is_hidden(std::string_view key) {
  return key.empty() || key.ends_with('/') || key.substr(key.rfind('/') + 1).starts_with('.');
}

// The parts need no folders: only the bucket has the template's.
FilePlan part_plan(const FilePlan& plan) {
  static const auto kFlat = std::make_shared<const NameTemplate>(NameTemplate::kDefault);
  return {
      .name_template = kFlat, .fields = plan.fields, .replaces = {}, .is_claimed = plan.is_claimed};
}

}  // namespace

class BucketVideos::Listing final : public FileListing {
 public:
  Listing(S3Client& client, const S3Place& place) : client_(client), place_(place) {}

  std::optional<ListedFile> next() override {
    while (true) {
      if (at_ == page_.objects.size() && !load()) {
        return std::nullopt;
      }
      const ListedObject& object = page_.objects[at_++];
      // A comparison with another list would tell of differences that are none.
      if (!last_.empty() && object.key <= last_) {
        throw Error("the bucket " + place_.root() + " lists its keys out of order, near " +
                    object.key + "; a bucket of this kind cannot be compared with the ledger");
      }
      last_ = object.key;
      if (!is_hidden(object.key)) {
        return ListedFile{S3Object{place_.bucket, object.key}.url(), object.bytes};
      }
    }
  }

 private:
  // The next page that has objects.
  bool load() {
    do {
      if (is_begun_ && page_.next.empty()) {
        return false;
      }
      is_begun_ = true;
      auto page = client_.list(place_, page_.next);
      if (const auto* failure = std::get_if<S3Failure>(&page)) {
        throw Error("cannot list the videos in " + place_.root() + ": " + failure->text);
      }
      page_ = std::get<ObjectPage>(std::move(page));
    } while (page_.objects.empty());
    at_ = 0;
    return true;
  }

  S3Client& client_;
  const S3Place& place_;
  ObjectPage page_;
  std::size_t at_ = 0;
  bool is_begun_ = false;
  std::string last_;
};

BucketVideos::BucketVideos(std::shared_ptr<S3Client> client, S3Place place,
                           std::shared_ptr<const OutputFolder> parts, Claimed claimed,
                           BucketLimits limits)
    : client_(std::move(client)),
      place_(std::move(place)),
      parts_(std::move(parts)),
      claimed_(std::move(claimed)),
      limits_(limits) {}

BucketVideos::BucketVideos(std::shared_ptr<S3Client> client, S3Place place)
    : client_(std::move(client)), place_(std::move(place)) {}

std::variant<std::unique_ptr<VideoSink>, FetchFailure> BucketVideos::open(FilePlan plan) {
  assert(parts_ != nullptr);
  const FilePlan local = part_plan(plan);
  auto opened = PartFile::open_with(
      parts_, local, [this, plan = std::move(plan)](Part& part, const CheckedVideo& video) {
        return BucketPlacing({.client = *client_,
                              .place = place_,
                              .limits = limits_,
                              .part = part,
                              .plan = plan,
                              .video = video,
                              .claimed = claimed_})
            .run();
      });
  if (auto* failure = std::get_if<FetchFailure>(&opened)) {
    return std::move(*failure);
  }
  return std::unique_ptr<VideoSink>(std::move(std::get<std::unique_ptr<PartFile>>(opened)));
}

// An upload that was begun is left to the bucket's own rules: the engine must not wait for it.
void BucketVideos::discard(FilePlan plan) {
  const std::string part = part_file_name(plan.fields);
  auto opened = open(std::move(plan));
  if (auto* sink = std::get_if<std::unique_ptr<VideoSink>>(&opened)) {
    // A part that holds nothing goes with its object.
    static_cast<void>((*sink)->restart({}, {}));
    UploadNoteFile(parts_->descriptor(), part).remove();
  }
}

std::variant<StoredFile, NotFound> BucketVideos::find(const std::string& path) const {
  const auto object = parse_s3_url(path);
  if (!object) {
    return is_s3_url(path) ? NotFound::missing : LocalVideos(path).find(path);
  }
  const auto head = client_->head(*object);
  if (const auto* failure = std::get_if<S3Failure>(&head)) {
    return failure->kind == Kind::absent ? NotFound::missing : NotFound::unreadable;
  }
  const auto& facts = std::get<ObjectFacts>(head);
  return StoredFile{.bytes = facts.bytes,
                    .is_regular = true,
                    .changed_at = facts.changed_at,
                    .identity = identity_of(*object)};
}

bool BucketVideos::holds(const std::string& path) const {
  return !relative_key(place_, path).empty();
}

std::optional<Sha256Digest> BucketVideos::sha256_of(const std::string& path) const {
  const auto object = parse_s3_url(path);
  if (!object) {
    return is_s3_url(path) ? std::nullopt : LocalVideos(path).sha256_of(path);
  }
  Sha256 hash;
  const auto got = client_->get(
      *object, [&hash] { static_cast<void>(hash.finish()); },
      [&hash](std::string_view piece) {
        hash.update(piece);
        return true;
      });
  return std::holds_alternative<S3Failure>(got) ? std::nullopt : std::optional(hash.finish());
}

std::unique_ptr<FileListing> BucketVideos::in_order() const {
  return std::make_unique<Listing>(*client_, place_);
}

void BucketVideos::list(const std::function<void(const std::string& path)>& visit) const {
  Listing listing(*client_, place_);
  while (const auto file = listing.next()) {
    visit(file->path);
  }
}

std::optional<std::int64_t> BucketVideos::free_bytes() const {
  return parts_ == nullptr ? std::nullopt : core::free_bytes(parts_->path());
}

void BucketVideos::write_beside(const BesideFile& file) {
  const auto require = [&file](const S3Client::Result<S3Client::Done>& done) {
    if (const auto* failure = std::get_if<S3Failure>(&done)) {
      throw Error(failure->kind == Kind::taken
                      ? "the sidecar " + file.path + " was replaced by another program at once"
                      : "cannot write the sidecar " + failure->text);
    }
  };
  const S3Object object = place_.object(relative_key(place_, file.path));
  const S3Content content{.body = {.text = file.text}, .sha256 = sha256_hex(file.text)};
  const auto before = client_->head(object);
  const auto* facts = std::get_if<ObjectFacts>(&before);
  if (facts == nullptr) {
    require(client_->put(object, content, {}, {.create_only = true}));
    return;
  }
  std::string text;
  const auto got = client_->get(
      object, [&text] { text.clear(); },
      [&text](std::string_view piece) {
        text += piece;
        return text.size() <= kReplacedBytesMax;
      });
  if (std::holds_alternative<S3Failure>(got) || !file.may_replace(text)) {
    throw Error("the sidecar " + file.path +
                " was not written: a file that is not ours has its name");
  }
  // Other services do not all know the condition.
  const bool knows = client_->settings().create_only == CreateOnly::if_none_match;
  require(client_->put(object, content, {}, {.if_match = knows ? facts->etag : ""}));
}

}  // namespace core
