#include "cmd/run/video_hooks.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "cmd/cli/units.h"
#include "cmd/os/child_process.h"
#include "core/error.h"

namespace cmd {

VideoHooks::VideoHooks(VideoHookSettings settings, Log& log)
    : settings_(std::move(settings)), log_(log), stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!stop_.valid()) {
    throw core::Error("the system has no file descriptors left; raise `ulimit -n`");
  }
  if (settings_.sidecar || !settings_.program.empty()) {
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  }
}

VideoHooks::~VideoHooks() { finish(true); }

void VideoHooks::published(const core::WantedVideo& video, const std::string& account,
                           const core::SavedFile& file, core::Ticket ticket) {
  if (!wanted()) {
    return;
  }
  waiting_.push_back({.ticket = ticket,
                      .video = {.task_id = video.id.text(),
                                .account = account,
                                .model = video.model,
                                .status = video.status,
                                .finish_time = video.finish_time,
                                .labels = video.labels,
                                .index = video.link.index,
                                .file = file}});
}

void VideoHooks::committed(core::Ticket ticket) {
  if (waiting_.empty() || waiting_.front().ticket > ticket) {
    return;
  }
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty() && waiting_.front().ticket <= ticket) {
    ready_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  changed_.notify_all();
}

void VideoHooks::hurry() {
  hurry_ = true;
  eventfd_write(stop_.number(), 1);
}

void VideoHooks::finish(bool hurry_up) {
  if (hurry_up) {
    hurry();
  }
  {
    const std::lock_guard lock(mutex_);
    no_more_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  const std::size_t dropped = ready_.size() + waiting_.size();
  ready_.clear();
  waiting_.clear();
  if (dropped > 0) {
    failures_ += dropped;
    log_.warning("the run ended before --exec or --sidecar handled " +
                 format_count(dropped, "recorded video"));
  }
}

void VideoHooks::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return no_more_ || !ready_.empty(); });
    if (hurry_ || ready_.empty()) {
      return;
    }
    const Job job = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    do_job(job);
    lock.lock();
  }
}

void VideoHooks::do_job(const Job& job) {
  try {
    if (settings_.sidecar) {
      write_sidecar(*settings_.videos, job.video);
    }
    if (!settings_.program.empty()) {
      if (const std::string failure = run_program(job); !failure.empty()) {
        fail("--exec " + settings_.program + " for " + job.video.file.path + ": " + failure +
             "; the video is kept");
      }
    }
  } catch (const std::exception& failure) {
    fail(failure.what());
  }
}

std::string VideoHooks::run_program(const Job& job) const {
  Environment environment = settings_.environment;
  environment["REELTALLY_TASK_ID"] = job.video.task_id;
  environment["REELTALLY_ACCOUNT"] = job.video.account;
  environment["REELTALLY_MODEL"] = job.video.model;
  environment["REELTALLY_VIDEO_INDEX"] = std::to_string(job.video.index);
  environment["REELTALLY_PATH"] = job.video.file.path;
  environment["REELTALLY_BYTES"] = std::to_string(job.video.file.bytes);
  environment["REELTALLY_SHA256"] = job.video.file.sha256;
  return run_child({.arguments = {settings_.program, job.video.file.path},
                    .environment = std::move(environment),
                    .timeout = kTimeout,
                    .stop_fd = stop_.number(),
                    .on_line = [&](std::string_view line) {
                      log_.note(std::string(job.video.task_id).append(": ").append(line));
                    }});
}

void VideoHooks::fail(const std::string& message) {
  log_.warning(message);
  const std::lock_guard lock(mutex_);
  ++failures_;
}

}  // namespace cmd
