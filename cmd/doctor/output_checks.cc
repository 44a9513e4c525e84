#include "cmd/doctor/output_checks.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "cmd/cli/units.h"
#include "cmd/doctor/folder_state.h"
#include "cmd/run/bucket_access.h"
#include "core/error.h"
#include "core/files/free_space.h"
#include "core/video/s3/bucket_videos.h"

namespace cmd {
namespace {

namespace fs = std::filesystem;

void check_folder(const char* what, const std::string& output, const char* option,
                  const Settings& settings, Findings& findings) {
  const fs::path there = existing_part(output);
  if (!may_write_in(there)) {
    findings.failed(what, there.string() + " is not a writable folder",
                    "change its owner or mode, or name another with " + std::string(option));
    return;
  }
  const auto room = core::free_bytes(there);
  const std::int64_t wanted = settings.size("min-free");
  if (room && *room < wanted) {
    findings.failed(
        what, output + " has " + format_size(*room) + " free, --min-free is " + format_size(wanted),
        "free space: with less, runs download no videos");
    return;
  }
  findings.fine(what,
                fs::absolute(output).string() + (room ? ", " + format_size(*room) + " free" : ""));
}

void check_bucket(const Settings& settings, Findings& findings) {
  try {
    BucketAccess bucket(settings);
    core::find_create_only(bucket.client(), bucket.place(), bucket.create_only());
    const core::S3Settings& found = bucket.client().settings();
    findings.fine("bucket", bucket.place().root() + " at " + found.endpoint.url() + ", keys from " +
                                bucket.client().keychain().source());
    if (found.create_only == core::CreateOnly::none) {
      findings.warning("create-only", "the bucket is not asked to keep what is there",
                       "let one run at a time write there, or leave out --s3-create-only none");
    } else {
      findings.fine("create-only", "the bucket refuses to replace an object (" +
                                       std::string(core::name(found.create_only)) + ")");
    }
    const auto listed = bucket.client().list(bucket.place(), "");
    if (const auto* failure = std::get_if<core::S3Failure>(&listed)) {
      findings.warning("bucket's list", failure->text,
                       "allow s3:ListBucket: verify and lists of recorded videos need it");
    }
  } catch (const core::UsageError& failure) {
    findings.failed("bucket", failure.what(), "correct --output or the option that is named");
  } catch (const core::Error& failure) {
    findings.failed("bucket", failure.what(),
                    "check keys, region (AWS_REGION), --s3-endpoint and the bucket's policy");
  }
}

}  // namespace

void check_output(const Settings& settings, Findings& findings) {
  if (!wants_bucket(settings)) {
    check_folder("output folder", settings.text("output"), "--output", settings, findings);
    return;
  }
  check_bucket(settings, findings);
  try {
    check_folder("parts", part_folder(settings), "--part-dir", settings, findings);
  } catch (const core::UsageError& failure) {
    findings.failed("parts", failure.what(), "");
  }
}

}  // namespace cmd
