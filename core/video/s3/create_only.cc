#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/sha256.h"
#include "core/video/s3/bucket_videos.h"

namespace core {
namespace {

using Kind = S3Failure::Kind;

// Hidden from `verify`, as all whose name begins with a dot.
constexpr std::string_view kMarker = ".reeltally-create-only";
constexpr std::string_view kText =
    "reeltally writes this object to see that the bucket refuses to replace it.\n";

enum class Conduct { refuses, replaces };

// The ways to try, the likeliest first.
std::vector<CreateOnly> ways_of(const std::string& host, std::optional<CreateOnly> wanted) {
  if (wanted) {
    return {*wanted};
  }
  if (host.ends_with(".aliyuncs.com")) {
    return {CreateOnly::oss};
  }
  if (host.ends_with(".myqcloud.com")) {
    return {CreateOnly::cos};
  }
  if (host.ends_with("googleapis.com")) {
    return {CreateOnly::gcs};
  }
  return {CreateOnly::if_none_match, CreateOnly::oss, CreateOnly::cos};
}

// A service that does not know the header says so, or ignores it.
bool is_unknown_way(const S3Failure& failure) {
  return failure.code == "NotImplemented" || failure.code == "InvalidArgument";
}

Conduct judge(S3Client& client, const S3Object& marker) {
  const S3Content content{.body = {.text = kText}, .sha256 = sha256_hex(kText)};
  // Twice, if it was not there before.
  for (int i = 0; i < 2; ++i) {
    const auto done = client.put(marker, content, {}, {.create_only = true});
    if (const auto* failure = std::get_if<S3Failure>(&done)) {
      if (failure->kind == Kind::taken) {
        return Conduct::refuses;
      }
      if (is_unknown_way(*failure)) {
        return Conduct::replaces;
      }
      throw Error("cannot write to the bucket: " + failure->text);
    }
  }
  return Conduct::replaces;
}

}  // namespace

void find_create_only(S3Client& client, const S3Place& place, std::optional<CreateOnly> wanted) {
  const std::string& host = client.settings().endpoint.host();
  for (const CreateOnly way : ways_of(host, wanted)) {
    client.set_create_only(way);
    // Also with `none`: a bucket that cannot be written to is better known now.
    if (judge(client, place.object(kMarker)) == Conduct::refuses || way == CreateOnly::none) {
      return;
    }
  }
  throw UsageError("the bucket " + place.root() +
                   " replaces an object although it is asked not to" +
                   (wanted ? " (--s3-create-only " + std::string(name(*wanted)) + ")" : "") +
                   ", so two runs could overwrite each other's videos; if only one run at a time "
                   "writes there, give --s3-create-only none");
}

}  // namespace core
